"""Small copies on disk: found again for the same state, and the oldest go first."""

import os
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from app.images import Stamp
from app.thumbnails.disk import ThumbnailFiles

PICTURE = Path("/photographs/a.jpg")
STATE = Stamp(100, 200)


def grey(side: int = 64) -> QImage:
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(0xFF808080)
    return image


def test_a_copy_is_found_for_the_same_state_only(tmp_path: Path):
    files = ThumbnailFiles(tmp_path)

    files.write(PICTURE, STATE, 256, grey())

    kept = files.read(PICTURE, STATE, 256)
    assert kept is not None
    assert (kept.width(), kept.pixelColor(3, 3).red()) == (64, 128)
    assert files.read(PICTURE, Stamp(100, 201), 256) is None
    assert files.read(PICTURE, STATE, 128) is None


def test_a_damaged_copy_is_none(tmp_path: Path):
    files = ThumbnailFiles(tmp_path)
    files.write(PICTURE, STATE, 256, grey())
    (path,) = tmp_path.rglob("*.jpg")
    path.write_bytes(b"rubbish")

    assert files.read(PICTURE, STATE, 256) is None


def test_the_least_recently_used_are_deleted(tmp_path: Path):
    files = ThumbnailFiles(tmp_path)
    for number in range(6):
        files.write(PICTURE, Stamp(1, number), 256, grey())
    size = sum(path.stat().st_size for path in tmp_path.rglob("*.jpg"))
    for number, path in enumerate(sorted(tmp_path.rglob("*.jpg"))):
        os.utime(path, (number, number))
    newest = sorted(tmp_path.rglob("*.jpg"))[-1]

    ThumbnailFiles(tmp_path, limit_bytes=size // 2).trim()

    left = list(tmp_path.rglob("*.jpg"))
    assert newest in left
    assert 1 <= len(left) <= 3


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="another system's permissions")
def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    files = ThumbnailFiles(tmp_path / "file" / "thumbnails")

    files.write(PICTURE, STATE, 256, grey())

    assert files.read(PICTURE, STATE, 256) is None
