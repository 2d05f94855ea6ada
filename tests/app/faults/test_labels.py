"""Label files of every kind of damage: the picture is shown, the file is left or written whole."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.command_line import Options
from app.models.files import Sign
from tests.app.studio import Studio, boxes_of, make_folder, write_label
from tinaface import labelme

BROKEN = [b'{"shapes": [', b"", b"\x00" * 40, b'{"shapes": [}'.ljust(9000)]
FOREIGN = [
    (b"[1, 2]", "object"),
    (b'{"faces": []}', "'shapes' is missing"),
    (b'{"shapes": 3}', "shapes must be a list"),
    (b'{"shapes": [{"label": 3, "points": []}]}', "shapes[0].label must be a text"),
]


def document(**fields: Any) -> dict[str, Any]:
    shape = {"label": "face", "points": [[10, 10], [30, 40]], "shape_type": "rectangle"}
    return {
        "version": "5.0.1",
        "shapes": [{**shape, "flags": {}}],
        "imagePath": "a.jpg",
        "imageData": None,
        "imageHeight": 60,
        "imageWidth": 80,
        **fields,
    }


def rectangle(points: list[Any]) -> dict[str, Any]:
    return {"label": "face", "points": points, "shape_type": "rectangle", "flags": {}}


def opened(studio: Studio, folder: Path, content: bytes | dict[str, Any]) -> Path:
    """Opens the folder with this label file of its first image."""
    path = folder / "a.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    studio.open(folder)
    return path


def badge(studio: Studio, row: int = 0) -> str:
    text: str = studio.session.files.index(row).data(Qt.ItemDataRole.ToolTipRole)
    assert studio.session.files.has_sign(studio.session.files.name(row), Sign.FAULT), text
    return text


def add_box(studio: Studio) -> None:
    studio.key(Qt.Key.Key_W)
    studio.drag((50, 10), (70, 30))
    studio.session.save_now()
    studio.saved()


@pytest.mark.parametrize("content", BROKEN)
def test_f01_broken_labels_show_the_picture_and_are_locked_until_a_new_start(
    studio: Studio, folder: Path, content: bytes
):
    path = opened(studio, folder, content)

    assert studio.session.shown is not None
    assert studio.session.shown.picture is not None
    assert not studio.session.can_edit
    assert badge(studio)
    studio.window.canvas.setFocus()
    studio.session.save_now()
    assert path.read_bytes() == content

    (offer,) = studio.session.messages.posted[-1].message.offers
    offer.call()
    studio.settle()
    add_box(studio)

    assert path.with_name("a.json.broken").read_bytes() == content
    assert len(boxes_of(path)) == 1


@pytest.mark.parametrize(("content", "named"), FOREIGN)
def test_f02_json_that_is_no_labelme_document_is_locked_and_the_key_named(
    studio: Studio, folder: Path, content: bytes, named: str
):
    path = opened(studio, folder, content)

    assert not studio.session.can_edit
    assert named in studio.session.messages.posted[-1].message.why
    assert named in badge(studio)
    assert path.read_bytes() == content


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_f03_other_encodings_are_shown_with_a_badge_and_saved_as_utf_8(
    studio: Studio, folder: Path, encoding: str
):
    text = json.dumps(document(owner="Zoë"), ensure_ascii=False)
    path = opened(studio, folder, text.encode(encoding))
    assert studio.session.can_edit
    assert "a.json" in badge(studio)

    add_box(studio)

    assert json.loads(path.read_bytes().decode("utf-8"))["owner"] == "Zoë"
    assert len(boxes_of(path)) == 2


def test_f04_a_key_given_twice_has_a_badge(studio: Studio, folder: Path):
    text = json.dumps(document()).replace('{"version"', '{"version": "4.0.0", "version"')

    opened(studio, folder, text.encode())

    assert "twice" in badge(studio)


def test_f04_labels_nested_without_end_are_refused_and_left(studio: Studio, folder: Path):
    content = json.dumps(document()).replace("null", "[" * 5000 + "]" * 5000).encode()

    path = opened(studio, folder, content)

    assert not studio.session.can_edit
    assert "deep" in studio.session.messages.posted[-1].message.why
    assert path.read_bytes() == content


def test_f05_a_newer_version_has_a_badge_and_keeps_its_keys(studio: Studio, folder: Path):
    path = opened(studio, folder, document(version="99.1", tracks=[1]))
    assert "99.1" in badge(studio)

    add_box(studio)

    written = json.loads(path.read_text())
    assert (written["version"], written["tracks"]) == ("99.1", [1])


def test_f06_a_picture_inside_stays_in_the_file(studio: Studio, folder: Path):
    path = opened(studio, folder, document(imageData="aGVsbG8="))

    add_box(studio)

    assert json.loads(path.read_text())["imageData"] == "aGVsbG8="


def test_f06_a_picture_inside_goes_with_the_next_edit_where_the_setting_says_so(
    studio: Studio, folder: Path
):
    found = document(version="5.0.1", owner="Zoë", imageData="aGVsbG8=", flags={"day": True})
    studio.session.settings.image_data = "drop"
    path = opened(studio, folder, found)
    before = path.read_bytes()
    studio.session.save_now()
    assert path.read_bytes() == before

    add_box(studio)

    written = json.loads(path.read_text())
    assert written["imageData"] is None
    assert list(written) == list(found)
    assert written["shapes"][:1] == found["shapes"]
    kept = found.keys() - {"imageData", "shapes"}
    assert {key: written[key] for key in kept} == {key: found[key] for key in kept}
    studio.session.settings.image_data = "keep"  # what is gone does not come back by itself
    add_box(studio)
    assert json.loads(path.read_text())["imageData"] is None


def test_f06_the_only_picture_is_kept_whatever_the_setting_says(studio: Studio, folder: Path):
    inside = base64.b64encode((folder / "b.jpg").read_bytes()).decode()
    path = folder / "lonely.json"
    # It names another image of the folder, but that is not the picture inside.
    path.write_text(json.dumps(document(imageData=inside, imagePath="b.jpg")))
    studio.session.settings.image_data = "drop"
    studio.open(path)

    add_box(studio)

    assert len(boxes_of(path)) == 2
    assert json.loads(path.read_text())["imageData"] == inside


def test_f06_the_picture_inside_is_kept_where_the_image_has_gone_meanwhile(
    studio: Studio, folder: Path
):
    studio.session.settings.image_data = "drop"
    path = opened(studio, folder, document(imageData="aGVsbG8="))
    (folder / "a.jpg").unlink()

    add_box(studio)

    assert json.loads(path.read_text())["imageData"] == "aGVsbG8="


@pytest.mark.parametrize("said", [None, "/home/ann/a.jpg", "C:\\faces\\a.jpg", "old/b.jpg", 3])
def test_f07_the_image_of_the_same_stem_is_shown_and_named_with_the_next_edit(
    studio: Studio, folder: Path, said: object
):
    path = opened(studio, folder, document(imagePath=said))
    before = path.read_bytes()
    studio.session.save_now()
    assert path.read_bytes() == before

    add_box(studio)

    assert labelme.read(path).image_path == "a.jpg"
    assert len(boxes_of(path)) == 2


def test_f07_labels_in_their_own_folder_name_the_image_from_there(studio: Studio, tmp_path: Path):
    root = make_folder(tmp_path / "set", ("images/a.jpg",))
    (root / "labels").mkdir()
    path = write_label(root / "labels" / "a.json", [[10, 10, 30, 40]])
    studio.open(root)

    add_box(studio)

    assert labelme.read(path).image_path == "../images/a.jpg"


def test_f08_the_real_size_wins_and_a_swapped_one_is_explained(studio: Studio, folder: Path):
    opened(studio, folder, document(imageHeight=80, imageWidth=60))

    assert studio.session.document is not None
    assert studio.session.document.image_size == (60, 80)
    assert "before EXIF rotation" in badge(studio)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_f08_boxes_made_before_the_turn_are_turned_on_request_and_undone(
    studio: Studio, tmp_path: Path, orientation: int
):
    root = tmp_path / "p"
    root.mkdir()
    stored = np.zeros((60, 80, 3), np.uint8)
    stored[10:20, 50:70] = 255  # what the box marks
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(root / "a.png", exif=exif)
    content = document(shapes=[rectangle([[50, 10], [70, 20]])], imagePath="a.png")
    path = opened(studio, root, content)
    assert studio.session.document is not None
    assert studio.session.document.image_size == (80, 60)

    (offer,) = studio.session.messages.posted[-1].message.offers
    offer.call()
    studio.session.save_now()
    studio.saved()

    x0, y0, x1, y1 = studio.session.document.gt_boxes[0].astype(int)
    upright = np.array(ImageOps.exif_transpose(Image.open(root / "a.png")))
    assert upright[y0:y1, x0:x1].min() == 255
    assert (upright > 0).sum() == (y1 - y0) * (x1 - x0) * 3
    assert labelme.read(path).image_size == (80, 60)
    studio.window.actions_.action("edit.undo").trigger()
    studio.session.save_now()
    studio.saved()
    assert boxes_of(path) == [[[50, 10], [70, 20]]]


def test_f09_labels_without_image_are_shown_on_grey_and_can_be_edited(studio: Studio, folder: Path):
    path = write_label(folder / "lonely.json", [[10, 10, 30, 40]])
    said = json.loads(path.read_text())["imagePath"]

    studio.open(path)

    assert studio.session.messages.posted[0].message.what.startswith("lonely.json has no image")
    shown = studio.session.shown
    assert shown is not None
    assert shown.picture is not None
    assert shown.picture.size == (60, 80)
    add_box(studio)
    assert len(boxes_of(path)) == 2
    assert json.loads(path.read_text())["imagePath"] == said


def test_f06_the_picture_inside_is_shown_where_the_image_is_missing(studio: Studio, folder: Path):
    inside = base64.b64encode((folder / "b.jpg").read_bytes()).decode()
    path = folder / "lonely.json"
    path.write_text(json.dumps(document(imageData=inside, imagePath="lonely.jpg")))

    studio.open(path)

    assert "the picture inside it is shown" in studio.session.messages.posted[0].message.what
    assert studio.session.shown is not None
    assert studio.session.shown.picture is not None
    assert studio.session.shown.picture.image.pixelColor(5, 5).red() == pytest.approx(128, abs=2)


@pytest.mark.parametrize("inside", ["%%%", "aGVsbG8=", 3])
def test_f06_rubbish_inside_is_no_picture(studio: Studio, folder: Path, inside: object):
    path = folder / "lonely.json"
    path.write_text(json.dumps(document(imageData=inside, imageHeight=None)))

    studio.open(path)

    assert "on grey" in studio.session.messages.posted[0].message.what


def test_f10_two_images_of_one_stem_are_both_locked(studio: Studio, folder: Path):
    make_folder(folder, ("a.png",))
    before = (folder / "a.json").read_bytes()
    studio.open(folder)

    for name in ("a.jpg", "a.png"):
        studio.session.go_to(name)
        studio.settle()
        assert not studio.session.can_edit
        assert "a.json" in studio.session.messages.posted[-1].message.what

    assert (folder / "a.json").read_bytes() == before


def choose(studio: Studio, text: str) -> None:
    """Presses the button of the newest message that has this text."""
    offers = {one.text: one.call for one in studio.session.messages.posted[-1].message.offers}
    with studio.qtbot.waitSignal(studio.session.scan_finished, timeout=10_000):
        offers[text]()
    studio.settle()


def test_f10_the_owner_that_was_picked_is_edited_and_the_other_image_is_left(
    studio: Studio, folder: Path
):
    make_folder(folder, ("a.png",))
    studio.open(folder)
    assert [one.text for one in studio.session.messages.posted[-1].message.offers] == [
        "Labels of a.jpg",
        "Labels of a.png",
    ]

    choose(studio, "Labels of a.png")
    studio.session.go_to("a.png")
    studio.settle()
    add_box(studio)

    assert len(boxes_of(folder / "a.json")) == 2
    assert labelme.read(folder / "a.json").image_path == "a.png"
    before = (folder / "a.json").read_bytes()
    studio.session.go_to("a.jpg")
    studio.settle()
    assert not studio.session.can_edit
    assert studio.session.document is not None
    assert not len(studio.session.document.gt_boxes)
    assert studio.session.messages.posted[-1].message.what == "a.json has the labels of a.png"
    studio.session.save_now()
    studio.saved()
    assert (folder / "a.json").read_bytes() == before


def test_f10_the_choice_is_remembered_and_can_be_changed(studio: Studio, folder: Path):
    make_folder(folder, ("a.png",))
    studio.open(folder)
    choose(studio, "Labels of a.jpg")
    assert studio.session.can_edit
    studio.session.close_folder()

    studio.open(folder / "a.png")
    assert not studio.session.can_edit
    choose(studio, "Labels of a.png")

    assert studio.session.name == "a.png"
    assert studio.session.can_edit
    assert studio.session.document is not None
    assert len(studio.session.document.gt_boxes) == 1


def test_f10_deleting_the_other_image_leaves_the_owners_labels(studio: Studio, folder: Path):
    make_folder(folder, ("a.png",))
    studio.open(folder)
    choose(studio, "Labels of a.png")

    with studio.qtbot.waitSignal(studio.session.scan_finished, timeout=10_000):
        studio.window.actions_.action("file.delete-image").trigger()

    assert not (folder / "a.jpg").exists()
    assert (folder / "a.json").exists()
    assert studio.session.files.total == 3


def test_f10_nobody_chooses_in_a_window_that_only_looks(qtbot: QtBot, folder: Path, tmp_path: Path):
    make_folder(folder, ("a.png",))
    studio = Studio(qtbot, tmp_path, options=Options(read_only=True))

    studio.open(folder)

    assert not studio.session.can_edit
    assert not studio.session.messages.posted[-1].message.offers
    studio.close()


def test_f11_other_shapes_are_kept_to_the_byte(studio: Studio, folder: Path):
    content = document()
    content["shapes"] += [
        {"label": "x", "points": [[1, 1], [9, 1], [9, 9.50]], "shape_type": "polygon", "n": 1},
        {"label": "y", "points": [[5, 5], [6, 6]], "shape_type": "circle", "flags": {}},
        {"label": "z", "points": [[5, 5]], "shape_type": "point", "flags": {}},
    ]
    path = opened(studio, folder, content)
    assert studio.session.document is not None
    assert len(studio.session.document.other_shapes) == 3

    add_box(studio)

    assert json.loads(path.read_text())["shapes"][1:4] == content["shapes"][1:]


def test_f11_other_shapes_become_boxes_on_request_and_in_one_step(studio: Studio, folder: Path):
    content = document()
    content["shapes"] += [
        {"label": "x", "points": [[1, 1], [9, 1], [9, 9.5]], "shape_type": "polygon", "n": 1},
        {"label": "y", "points": [[20, 20], [23, 24]], "shape_type": "circle", "flags": {}},
        {"label": "z", "points": [[5, 5]], "shape_type": "point", "flags": {}},
    ]
    path = opened(studio, folder, content)

    studio.window.actions_.action("edit.convert").trigger()
    studio.session.save_now()
    studio.saved()

    shapes = json.loads(path.read_text())["shapes"]
    assert [shape["points"] for shape in shapes[1:3]] == [[[1, 1], [9, 9.5]], [[15, 15], [25, 25]]]
    assert (shapes[1]["label"], shapes[1]["n"], shapes[1]["shape_type"]) == ("x", 1, "rectangle")
    assert shapes[3] == content["shapes"][3]
    studio.window.actions_.action("edit.undo").trigger()
    studio.session.save_now()
    studio.saved()
    assert json.loads(path.read_text()) == content


@pytest.mark.parametrize(
    "points",
    [
        [[1, 2]],
        [[1, 1], [9, 1], [9, 9]],
        [[1, 1], [9, 2], [9, 9], [1, 9]],
        [[float("nan"), 1], [2, 3]],
        [[None, 1], [2, 3]],
        [["1", 1], [2, 3]],
        [[1, 1], [2, 1e9]],
    ],
)
def test_f12_f13_a_rectangle_that_cannot_be_drawn_has_a_badge_and_is_kept(
    studio: Studio, folder: Path, points: list[Any]
):
    content = document()
    content["shapes"].append(rectangle(points))
    path = opened(studio, folder, content)
    assert studio.session.document is not None
    assert len(studio.session.document.gt_boxes) == 1
    assert badge(studio)

    add_box(studio)

    kept = json.loads(path.read_text())["shapes"][1]["points"]
    assert json.dumps(kept) == json.dumps(points)


def test_f12_four_points_along_the_axes_are_a_box(studio: Studio, folder: Path):
    content = document(shapes=[rectangle([[1, 1], [9, 1], [9, 9], [1, 9]])])

    opened(studio, folder, content)

    assert studio.session.document is not None
    assert studio.session.document.gt_boxes.tolist() == [[1, 1, 9, 9]]


def test_f14_reversed_corners_are_written_in_order_only_where_edited(studio: Studio, folder: Path):
    content = document(shapes=[rectangle([[30, 40], [10, 10]]), rectangle([[79, 59], [60, 50]])])
    path = opened(studio, folder, content)
    assert studio.session.document is not None
    assert studio.session.document.gt_boxes.tolist() == [[10, 10, 30, 40], [60, 50, 79, 59]]

    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Right)
    studio.session.save_now()
    studio.saved()

    edited = sorted(boxes_of(path))
    assert [[79, 59], [60, 50]] in edited
    assert [[11, 10], [31, 40]] in edited


def test_f15_a_box_without_area_can_be_selected_and_deleted(studio: Studio, folder: Path):
    path = opened(studio, folder, document(shapes=[rectangle([[20, 20], [20, 20]])]))
    assert "without area" in badge(studio)

    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Delete)
    studio.session.save_now()
    studio.saved()

    assert boxes_of(path) == []


def test_f16_boxes_outside_the_image_stay_as_they_are_until_edited(studio: Studio, folder: Path):
    outside = rectangle([[-20, -30], [200, 300]])
    path = opened(studio, folder, document(shapes=[outside, rectangle([[500, 500], [600, 600]])]))
    assert studio.session.document is not None
    assert len(studio.session.document.gt_boxes) == 2

    add_box(studio)

    assert boxes_of(path)[:2] == [[[-20, -30], [200, 300]], [[500, 500], [600, 600]]]
