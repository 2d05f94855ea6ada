"""Small pictures: the same upright picture as on the canvas, whatever the format."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QColor, QImage, QPainter

from app.images import decode, decode_small
from app.thumbnails.disk import ThumbnailFiles
from app.thumbnails.painting import overlay_of, paint_thumbnail
from app.thumbnails.thumbnail import SIDE, Thumbnail, read_thumbnail
from tests.app.studio import make_folder, write_label


def test_a_picture_is_scaled_to_fit_and_never_enlarged(tmp_path: Path):
    Image.new("RGB", (1000, 500), (200, 10, 10)).save(tmp_path / "wide.jpg")
    Image.new("RGB", (80, 60)).save(tmp_path / "small.png")

    wide, size = decode_small(tmp_path / "wide.jpg", 256)
    small, _ = decode_small(tmp_path / "small.png", 256)

    assert ((wide.width(), wide.height()), size) == ((256, 128), (500, 1000))
    assert (small.width(), small.height()) == (80, 60)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_small_picture_lies_as_the_large_one(tmp_path: Path, orientation: int, suffix: str):
    pixels = np.zeros((300, 600, 3), np.uint8)
    pixels[:150, :300] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned.{suffix}"
    Image.fromarray(pixels).save(path, exif=exif)

    small, size = decode_small(path, 60)

    full = decode(path)
    assert size == full.size
    for x, y in ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)):
        near = small.pixelColor(int(x * small.width()), int(y * small.height())).red()
        far = full.image.pixelColor(int(x * full.image.width()), int(y * full.image.height())).red()
        assert abs(near - far) < 20


def test_a_thumbnail_has_boxes_also_from_its_copy(tmp_path: Path):
    root = make_folder(tmp_path / "p", ("a.jpg",))
    write_label(root / "a.json", [[1, 2, 20, 30]])
    files = ThumbnailFiles(tmp_path / "cache")

    first = read_thumbnail(root / "a.jpg", files, lambda: None)
    second = read_thumbnail(root / "a.jpg", files, lambda: None)

    assert len(list((tmp_path / "cache").rglob("*.jpg"))) == 1
    for one in (first, second):
        assert one.image is not None
        assert (one.size, one.gt_boxes.tolist(), one.fault) == ((60, 80), [[1, 2, 20, 30]], "")
        assert max(one.image.width(), one.image.height()) <= SIDE


def test_what_cannot_be_shown_says_why(tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(b"no picture")

    found = read_thumbnail(tmp_path / "a.jpg", ThumbnailFiles(tmp_path / "cache"), lambda: None)

    assert found.image is None
    assert "a.jpg" in found.fault


def test_of_a_label_and_a_prediction_in_one_place_both_are_seen(qtbot):
    picture = QImage(100, 100, QImage.Format.Format_RGB32)
    picture.fill(QColor("black"))
    box = np.array([[20, 20, 80, 80]], np.float32)
    thumbnail = Thumbnail(picture, (100, 100), box, box, np.ones(1, np.float32))
    canvas = QImage(picture)
    painter = QPainter(canvas)

    paint_thumbnail(painter, canvas.rect(), thumbnail, overlay_of(thumbnail, 0.5, "both"))
    painter.end()

    side = [canvas.pixelColor(20, y) for y in range(25, 75)]
    assert any(colour.blue() > colour.red() + 40 for colour in side)  # a label's blue
    assert any(colour.red() > colour.blue() + 40 for colour in side)  # a prediction's orange
