"""Repairs change what they say and nothing else, and can be taken back to the byte."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tinaface import labelme
from tinaface.health import examine
from tinaface.repair import clip_boxes, take_back, unify_labels


def add(root: Path, *boxes: tuple[float, ...], label: str = "face") -> Path:
    root.mkdir(exist_ok=True)
    Image.new("RGB", (64, 48)).save(root / "a.png")
    document = labelme.new("a.png", 48, 64)
    for box in boxes:
        document.add_box(np.asarray(box), label)
    labelme.write(document, root / "a.json")
    return root / "a.json"


def nowhere(_path: Path, _content: bytes) -> None:
    """Keeps no copy."""


def test_boxes_are_cut_at_the_edges_and_all_else_stays(tmp_path: Path):
    label = add(tmp_path, (1, 2, 11, 14), (-3, 40, 20, 60), (100, 100, 120, 120))
    before = label.read_bytes()
    copies: list[bytes] = []

    repair = clip_boxes(tmp_path, "a.png", lambda _path, content: copies.append(content))

    assert repair is not None
    assert repair.boxes == 1
    assert copies == [before]
    boxes = [shape.box.tolist() for shape in labelme.read(label).shapes if shape.box is not None]
    assert boxes == [[1, 2, 11, 14], [0, 40, 20, 48], [100, 100, 120, 120]]
    assert clip_boxes(tmp_path, "a.png", nowhere) is None
    assert take_back([repair]) == []
    assert label.read_bytes() == before


def test_what_was_changed_since_is_not_taken_back(tmp_path: Path):
    label = add(tmp_path, (-3, 40, 20, 60))
    repair = clip_boxes(tmp_path, "a.png", nowhere)
    assert repair is not None
    label.write_text("{}")

    assert take_back([repair]) == [repair]
    assert label.read_text() == "{}"


def test_spellings_are_unified(tmp_path: Path):
    label = add(tmp_path, (1, 2, 11, 14), label="Face ")
    document = labelme.read(label)
    document.add_box(np.array([20, 20, 30, 32]), "face")
    labelme.write(document, label)
    assert examine(tmp_path).counts() == {"label spelling": 1}

    unify_labels(tmp_path, "a.png", {"Face ": "face"}, nowhere)

    assert examine(tmp_path).counts() == {}


def test_where_no_copy_can_be_kept_nothing_is_changed(tmp_path: Path):
    label = add(tmp_path, (-3, 40, 20, 60))
    before = label.read_bytes()

    def refuse(_path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(labelme.DocumentError):
        clip_boxes(tmp_path, "a.png", refuse)

    assert label.read_bytes() == before


def test_the_picture_inside_is_left_out_where_that_is_wanted_and_the_image_is_there(
    tmp_path: Path,
):
    label = add(tmp_path, (-3, 40, 20, 60))
    text = label.read_text().replace('"imageData": null', '"imageData": "aGVsbG8="')
    label.write_text(text)

    kept = clip_boxes(tmp_path, "a.png", nowhere)
    assert kept is not None
    assert labelme.read(label).has_image_data
    kept.take_back()
    repair = clip_boxes(tmp_path, "a.png", nowhere, lambda image: image == "a.png")

    assert repair is not None
    assert not labelme.read(label).has_image_data
    assert take_back([repair]) == []
    assert label.read_text() == text


def test_the_only_picture_stays_inside(tmp_path: Path):
    label = add(tmp_path, (1, 2, 11, 14), label="Face ")
    text = label.read_text().replace('"imageData": null', '"imageData": "aGVsbG8="')
    label.write_text(text.replace('"imagePath": "a.png"', '"imagePath": "elsewhere.png"'))

    assert unify_labels(tmp_path, "a.png", {"Face ": "face"}, nowhere, lambda _image: True)

    assert labelme.read(label).has_image_data
