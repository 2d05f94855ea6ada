"""Picture files of every kind of oddity: shown as the detector sees them, or refused in words."""

import os
import stat
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QRect, Qt

from app import images
from app.models.files import Sign
from tests.app.studio import Studio, boxes_of, make_folder
from tests.fixtures import pictures
from tests.fixtures.pictures import PictureFile
from tinaface.errors import DatasetError
from tinaface.images import read_picture

KINDS = {
    "f29": ("exif-",),
    "f30": ("animated", "pages"),
    "f31": ("grey16", "colour16"),
    "f32": ("cmyk", "profile"),
    "f33": ("grey.jpg", "bilevel", "palette"),
    "f34": ("alpha", "grey-alpha", "transparent"),
    "f35": ("one-pixel", "thin"),
}


def files(folder: Path, kind: str) -> list[PictureFile]:
    return [file for file in pictures.readable(folder) if file.path.name.startswith(KINDS[kind])]


def pixels(path: Path) -> np.ndarray:
    picture = images.decode(path)
    height, width = picture.size
    rows = np.frombuffer(picture.image.constBits(), np.uint8).reshape(height, -1)
    return rows[:, : 4 * width].reshape(height, width, 4)[..., 2::-1].astype(int)


def assert_shown_as_detected(found: list[PictureFile], at_least: int) -> None:
    assert len(found) >= at_least
    for file in found:
        shown = pixels(file.path)
        assert np.abs(shown - file.upright).max() <= max(file.tolerance, 1), file.path.name
        assert np.abs(shown - read_picture(file.path).rgb.astype(int)).max() <= 1, file.path.name


def tooltip(studio: Studio, row: int = 0) -> str:
    text: str = studio.session.files.index(row).data(Qt.ItemDataRole.ToolTipRole)
    assert studio.session.files.has_sign(studio.session.files.name(row), Sign.FAULT), text
    return text


def add_box(studio: Studio) -> None:
    studio.key(Qt.Key.Key_W)
    studio.drag((5, 5), (30, 30))
    studio.session.save_now()
    studio.saved()


def test_f25_a_cut_picture_shows_its_part_with_a_banner_and_its_boxes_are_editable(
    studio: Studio, tmp_path: Path
):
    folder = tmp_path / "p"
    folder.mkdir()
    pictures.truncated_jpeg(folder)

    studio.open(folder)

    assert "cut short" in studio.session.messages.posted[0].message.what
    assert "cut short" in tooltip(studio)
    add_box(studio)
    assert len(boxes_of(folder / "truncated.json")) == 1


def test_f26_a_file_with_a_wrong_suffix_is_shown_by_its_content_with_a_badge(
    studio: Studio, tmp_path: Path
):
    folder = tmp_path / "p"
    folder.mkdir()
    pictures.wrong_extension(folder)

    studio.open(folder)

    assert studio.session.can_edit
    assert "is a PNG file by its content" in tooltip(studio)
    assert not studio.session.messages.posted


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".png"])
def test_f26_a_suffix_that_fits_has_no_badge(studio: Studio, tmp_path: Path, suffix: str):
    folder = make_folder(tmp_path / "p", ("a.jpg",))
    kind = {".tif": "TIFF", ".tiff": "TIFF", ".png": "PNG"}.get(suffix, "JPEG")
    (folder / "a.jpg").unlink()
    Image.new("RGB", (80, 60)).save(folder / f"a{suffix}", format=kind)

    studio.open(folder)

    assert not studio.session.files.has_sign(f"a{suffix}", Sign.FAULT)


def test_f27_what_is_no_picture_file_has_a_badge_and_the_next_one_is_shown(
    studio: Studio, tmp_path: Path
):
    folder = make_folder(tmp_path / "p", ("z.jpg",))
    (folder / "a-empty.jpg").touch()
    (folder / "b-folder.jpg").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "c-pipe.jpg")
    studio.open(folder)

    for row in range(studio.session.files.rowCount() - 1):
        studio.session.go_to_row(row)
        studio.settle()
        assert studio.session.document is None
        assert tooltip(studio, row)
    studio.session.go_to("z.jpg")
    studio.settle()

    assert studio.session.can_edit
    if hasattr(os, "mkfifo"):
        assert stat.S_ISFIFO(os.stat(folder / "c-pipe.jpg").st_mode)


def test_f27_a_label_that_is_a_pipe_or_a_folder_is_not_waited_for(studio: Studio, tmp_path: Path):
    folder = make_folder(tmp_path / "p", ("a.jpg", "b.jpg"))
    (folder / "a.json").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "b.json")
    studio.open(folder)

    for name in ("a.jpg", "b.jpg"):
        studio.session.go_to(name)
        studio.settle()
        assert studio.session.document is not None
        assert not studio.session.can_edit or name == "b.jpg"


def test_f28_a_picture_bomb_is_refused_by_its_header(studio: Studio, tmp_path: Path):
    folder = tmp_path / "p"
    folder.mkdir()
    pictures.bomb(folder)

    studio.open(folder)

    assert studio.session.document is None
    assert "20000 x 20000" in tooltip(studio)


def large(kind: str) -> bytes:
    """A small file of this kind whose header promises 400 megapixels."""
    side = 20_000
    if kind == "ppm":
        return b"P6\n20000 20000\n255\n" + bytes(1000)
    made = BytesIO()
    mode = "P" if kind == "gif" else "RGB"
    Image.new(mode, (8, 8)).save(made, {"jpg": "JPEG"}.get(kind, kind))
    content = bytearray(made.getvalue())
    if kind == "gif":
        places, sides = (6, content.index(b",") + 5), struct.pack("<HH", side, side)
    elif kind == "bmp":
        places, sides = (18,), struct.pack("<ii", side, side)
    else:
        places, sides = (content.index(b"\xff\xc0") + 5,), struct.pack(">HH", side, side)
    for place in places:
        content[place : place + len(sides)] = sides
    return bytes(content)


@pytest.mark.parametrize("kind", ["gif", "bmp", "ppm", "jpg"])
def test_f28_a_header_of_any_kind_is_enough_to_refuse(qapp, tmp_path: Path, kind: str):
    path = tmp_path / f"a.{kind}"
    path.write_bytes(large(kind))
    readers: list[Callable[[Path], object]] = [
        images.decode,
        lambda path: images.decode_small(path, 200),
        lambda path: images.decode_part(path, QRect(0, 0, 100, 100), 100),
        read_picture,
    ]

    for read in readers:
        with pytest.raises(DatasetError, match="20000 x 20000"):
            read(path)


def test_f29_all_eight_orientations_are_upright(qapp, tmp_path: Path):
    assert_shown_as_detected(files(tmp_path, "f29"), 8)


def test_f30_the_first_of_several_frames_is_shown_with_a_badge(studio: Studio, tmp_path: Path):
    folder = tmp_path / "p"
    folder.mkdir()
    for file in (pictures.animated_gif(folder), pictures.two_page_tiff(folder)):
        assert np.abs(pixels(file.path) - file.upright).max() <= max(file.tolerance, 1)

    studio.open(folder)
    studio.session.go_to_row(1)
    studio.settle()

    for row in range(2):
        assert "the first one is shown" in tooltip(studio, row)


def test_f31_sixteen_bits_are_shown_by_their_full_range(qapp, tmp_path: Path):
    assert_shown_as_detected(files(tmp_path, "f31"), 3)


def test_f32_cmyk_and_profiles_become_srgb(qapp, tmp_path: Path):
    assert_shown_as_detected(files(tmp_path, "f32"), 2)


def test_f33_grey_bilevel_and_palette_have_three_equal_channels_or_their_colours(
    qapp, tmp_path: Path
):
    assert_shown_as_detected(files(tmp_path, "f33"), 3)


def test_f34_transparency_is_shown_over_black(qapp, tmp_path: Path):
    assert_shown_as_detected(files(tmp_path, "f34"), 3)


@pytest.mark.parametrize("exif", [False, True])  # a PNG with EXIF is decoded by Pillow
def test_f34_transparency_is_shown_on_a_checkerboard_on_request(
    studio: Studio, tmp_path: Path, exif: bool
):
    folder = tmp_path / "p"
    folder.mkdir()
    pixels = np.zeros((60, 80, 4), np.uint8)
    pixels[:, :40] = (200, 100, 50, 255)
    tags = Image.Exif()
    tags[0x010E] = "a description"
    Image.fromarray(pixels).save(folder / "a.png", **({"exif": tags} if exif else {}))
    studio.open(folder)
    canvas = studio.window.canvas
    studio.key(Qt.Key.Key_1)
    before = canvas.grab().toImage()
    action = studio.window.actions_.action("view.checkerboard")

    action.trigger()
    board = canvas.grab().toImage()
    action.trigger()

    left, top, right, bottom = (int(v) for v in canvas.box_in_view(np.array([0, 0, 80, 60.0])))
    clear = [board.pixelColor(x, top + 5).red() for x in range((left + right) // 2 + 2, right - 2)]
    assert set(clear) == {102, 154}
    assert before.pixelColor(right - 5, bottom - 5).red() == 0
    assert board.pixelColor(left + 5, top + 5) == before.pixelColor(left + 5, top + 5)
    assert canvas.grab().toImage() == before


def test_f34_an_idle_alpha_costs_nothing(qapp, tmp_path: Path):
    Image.new("RGBA", (80, 60), (9, 9, 9, 255)).save(tmp_path / "a.png")

    picture = images.decode(tmp_path / "a.png")

    assert picture.see_through is None
    assert picture.size_in_bytes == 80 * 60 * 4


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1)])
def test_f35_the_thinnest_pictures_can_be_zoomed(
    studio: Studio, tmp_path: Path, size: tuple[int, int]
):
    folder = tmp_path / "p"
    folder.mkdir()
    Image.new("RGB", size).save(folder / "a.png")
    studio.open(folder)
    canvas = studio.window.canvas

    for key in (Qt.Key.Key_1, Qt.Key.Key_4, Qt.Key.Key_Plus, Qt.Key.Key_0, Qt.Key.Key_Minus):
        studio.key(key)

    assert 0.02 <= canvas.zoom <= 64
    assert not canvas.grab().isNull()


def test_f36_a_format_without_decoder_says_what_is_missing(studio: Studio, tmp_path: Path):
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "a.heic").write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" * 4)

    studio.open(folder)

    assert studio.session.shown is not None
    assert studio.session.shown.fault is not None
    assert "HEIC" in studio.session.shown.fault.remedy
    assert tooltip(studio)
