"""The window decodes each picture as the detector does, and keeps the last few."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app import images
from app.images import Picture, PictureCache, format_of
from tests.fixtures import pictures
from tinaface.errors import DatasetError
from tinaface.images import read_picture

pytestmark = pytest.mark.usefixtures("qapp")


def pixels(picture: Picture) -> np.ndarray:
    """`[H, W, 3]` of a decoded picture."""
    height, width = picture.size
    rows = np.frombuffer(picture.image.constBits(), np.uint8).reshape(height, -1)
    return rows[:, : 4 * width].reshape(height, width, 4)[..., 2::-1].copy()


def test_every_kind_of_file_is_shown_as_the_detector_sees_it(tmp_path: Path):
    files = pictures.readable(tmp_path)

    for file in files:
        seen = pixels(images.decode(file.path)).astype(np.int16)
        by_detector = read_picture(file.path).rgb.astype(np.int16)

        assert seen.shape == by_detector.shape, file.path.name
        # Both decoders may round a 16-bit, scaled or colour-managed level their own way.
        assert np.abs(seen - by_detector).max() <= 1, file.path.name
        assert np.abs(seen - file.upright).max() <= max(file.tolerance, 1), file.path.name


def test_what_is_no_picture_is_refused_with_a_reason_and_never_waited_for(tmp_path: Path):
    for path in pictures.unreadable(tmp_path):
        with pytest.raises(DatasetError) as caught:
            images.decode(path)

        assert path.name in caught.value.what
        assert caught.value.why


def test_f25_a_truncated_jpeg_shows_its_part_and_says_so(tmp_path: Path):
    file = pictures.truncated_jpeg(tmp_path)

    picture = images.decode(file.path)

    third = file.upright.shape[0] // 3
    difference = pixels(picture)[:third].astype(np.int16) - file.upright[:third]
    assert np.abs(difference).max() <= file.tolerance
    assert picture.notice is not None
    assert file.path.name in picture.notice


def picture_file(folder: Path, name: str, side: int = 64) -> Path:
    path = folder / name
    Image.fromarray(np.full((side, side, 3), 90, np.uint8)).save(path)
    return path


def test_the_cache_stays_within_its_bytes_and_keeps_the_newest(tmp_path: Path):
    one = 64 * 64 * 4
    cache = PictureCache(limit_bytes=3 * one)
    paths = [picture_file(tmp_path, f"{number}.png") for number in range(5)]

    for path in paths:
        cache.read(path)

    assert cache.bytes_held == 3 * one
    assert [cache.holds(path) for path in paths] == [False, False, True, True, True]


def test_a_file_that_changed_is_decoded_again(tmp_path: Path):
    cache = PictureCache()
    path = picture_file(tmp_path, "a.png", 64)
    cache.read(path)

    picture_file(tmp_path, "a.png", 32)

    assert cache.read(path).size == (32, 32)


def test_threads_that_want_one_picture_share_one_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
):
    path = picture_file(tmp_path, "a.png")
    decode, decoded = images.decode, []
    enter = threading.Barrier(4)

    def counting(wanted: Path) -> Picture:
        decoded.append(wanted)
        return decode(wanted)

    monkeypatch.setattr(images, "decode", counting)
    cache = PictureCache()

    def read() -> None:
        enter.wait()
        cache.read(path)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(decoded) == 1


@pytest.mark.parametrize("suffix", ["jpeg", "png", "gif", "bmp", "tiff", "webp"])
def test_a_format_is_told_by_the_first_bytes(tmp_path, suffix):
    path = tmp_path / f"picture.{suffix}"
    Image.new("RGB", (4, 3)).save(path)

    assert format_of(path.read_bytes()) == suffix.encode()
    assert format_of(b"P6 4 3 255 ") == b""
