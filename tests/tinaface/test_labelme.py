"""Documents survive reading and writing; edits touch nothing else; damage is never overwritten."""

import contextlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from tests.fixtures.documents import COMPACT, save, shapes_text
from tinaface import labelme
from tinaface.errors import DocumentError
from tinaface.json_text import Part, Repeats, Style, elements, members, skip_space

# ---- laws ----

numbers = st.sampled_from(
    ["0", "-0", "1.0", "1", "1e3", "-2.50E-1", "0.1234567890123456789", "NaN"]
)
texts = st.sampled_from(
    ['"face"', '"a\\"b"', '"\\u00e9"', '"é"', '"\\ud83d\\ude00"', '""', '"]},{"']
)
spaces = st.sampled_from(["", "", " ", "\n", "\r\n  ", "\t"])


@st.composite
def json_texts(draw: st.DrawFn, depth: int = 2) -> str:
    """Any JSON value, laid out at random."""
    kind = draw(st.integers(0, 4 if depth else 2))
    if kind < 2:
        return draw(numbers if kind else texts)
    if kind == 2:
        return draw(st.sampled_from(["null", "true", "false"]))
    inner = json_texts(depth - 1)
    if kind == 3:
        return array(draw, draw(st.lists(inner, max_size=3)))
    return record(draw, draw(st.lists(st.tuples(texts, inner), max_size=3)))


def array(draw: st.DrawFn, items: list[str]) -> str:
    return f"[{draw(spaces)}" + ",".join(draw(spaces) + item + draw(spaces) for item in items) + "]"


def record(draw: st.DrawFn, fields: list[tuple[str, str]]) -> str:
    pairs = [
        f"{draw(spaces)}{key}{draw(spaces)}:{draw(spaces)}{value}{draw(spaces)}"
        for key, value in fields
    ]
    return f"{{{draw(spaces)}{','.join(pairs)}}}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Text of a document with rectangles, other shapes, unknown keys and any layout."""
    shapes = []
    for _ in range(draw(st.integers(0, 4))):
        corner = st.tuples(numbers, numbers)
        points = array(draw, [array(draw, list(draw(corner))) for _ in range(2)])
        fields = [
            ('"label"', draw(texts)),
            ('"points"', points),
            ('"shape_type"', draw(st.sampled_from(['"rectangle"', '"polygon"', "null"]))),
            ('"mine"', draw(json_texts())),
        ]
        shapes.append(record(draw, draw(st.permutations(fields))))
    fields = [
        ('"version"', '"5.4.1"'),
        ('"shapes"', array(draw, shapes)),
        ('"imagePath"', '"..\\\\images\\\\a.jpg"'),
        ('"unknown"', draw(json_texts())),
    ]
    return draw(spaces) + record(draw, draw(st.permutations(fields))) + draw(spaces)


@given(documents())
def test_an_untouched_document_keeps_every_byte(text: str) -> None:
    assert labelme.parse(text.encode()).to_text() == text


def place_of_shapes(text: str) -> tuple[Part, list[Part]]:
    """Where the list of shapes stands in a document, and where each shape does."""
    parts, _ = members(text, skip_space(text, 0), Repeats())
    array = next(part for part in parts if part.name == "shapes")
    return array, elements(text, array.start, Repeats())[0]


@given(documents(), st.data())
def test_editing_a_shape_leaves_every_byte_outside_it(text: str, data: st.DataObject) -> None:
    document = labelme.parse(text.encode())
    _, parts = place_of_shapes(text)
    assume(parts)
    place = data.draw(st.integers(0, len(parts) - 1))

    document.set_label(place, "other")

    old, new = parts[place], document.shapes[place].text
    assert document.to_text() == text[: old.start] + new + text[old.end :]
    assert json.loads(new)["label"] == "other"


@given(documents())
def test_adding_a_box_leaves_every_byte_outside_the_list_of_shapes(text: str) -> None:
    document = labelme.parse(text.encode())
    before = [shape.text for shape in document.shapes]

    document.add_box(np.array([1, 2, 3, 4.5]))

    old, _ = place_of_shapes(text)
    new, parts = place_of_shapes(document.to_text())
    assert document.to_text()[: new.start] == text[: old.start]
    assert document.to_text()[new.end :] == text[old.end :]
    assert [document.to_text()[part.start : part.end] for part in parts[:-1]] == before
    assert parts[-1].value["points"] == [[1, 2], [3, 4.5]]


@given(documents(), st.data())
def test_undoing_every_edit_gives_the_bytes_back(text: str, data: st.DataObject) -> None:
    document = labelme.parse(text.encode())
    undo = []
    for _ in range(data.draw(st.integers(1, 5))):
        if document.shapes and data.draw(st.booleans()):
            place = data.draw(st.integers(0, len(document.shapes) - 1))
            old = document.shapes[place]
            if data.draw(st.booleans()):
                document.set_flag(place, "ignore", True)
                undo.append((document.replace_shape, place, old))
            else:
                document.remove_shape(place)
                undo.append((document.insert_shape, place, old))
        else:
            place = document.add_box(np.array([0.0, 0, 9, 9]))
            undo.append((document.remove_shape, place))
        labelme.parse(document.to_text().encode())

    for call, *arguments in reversed(undo):
        call(*arguments)

    assert document.to_text() == text
    assert not document.is_modified


@given(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4))
def test_a_box_comes_back_within_half_a_thousandth(corners: list[float]) -> None:
    document = labelme.new("a.jpg", 10, 10)

    document.add_box(np.array(corners))

    box = labelme.parse(document.to_text().encode()).shapes[0].box
    expected = [*np.minimum(corners[:2], corners[2:]), *np.maximum(corners[:2], corners[2:])]
    np.testing.assert_allclose(box, expected, atol=0.00051, rtol=0)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_a_reason(data: bytes) -> None:
    with contextlib.suppress(DocumentError):
        labelme.parse(data)


# ---- edits ----


def test_moving_a_box_changes_its_points_only() -> None:
    document = labelme.parse(COMPACT.encode())

    document.set_box(0, np.array([1, 2, 33.33333, 44]))

    assert document.to_text() == COMPACT.replace(
        "[[1.50, 2], [30e0, 40.125000]]", "[[1.0, 2.0], [33.333, 44.0]]"
    )


def test_a_box_that_follows_the_mouse_makes_no_text_until_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = labelme.parse(COMPACT.encode())
    printed: list[object] = []
    text = Style.text

    def recorded(style: Style, value: object, level: int, *, inline: bool = False) -> str:
        printed.append(value)
        return text(style, value, level, inline=inline)

    monkeypatch.setattr(Style, "text", recorded)

    for step in range(9):
        document.set_box(0, np.array([1, 2, 30 + step, 44]))
    assert printed == []

    moved = COMPACT.replace("[[1.50, 2], [30e0, 40.125000]]", "[[1.0, 2.0], [38.0, 44.0]]")
    assert document.to_text() == moved


def test_an_edit_of_an_edited_shape_keeps_the_first() -> None:
    document = labelme.parse(COMPACT.encode())

    document.set_box(0, np.array([1, 2, 3, 4]))
    document.to_text()
    document.set_label(0, "head")
    document.set_flag(0, "ignore", True)

    shape = labelme.parse(document.to_text().encode()).shapes[0]
    assert shape.fields == document.shapes[0].fields
    assert shape.fields["points"] == [[1, 2], [3, 4]]
    assert (shape.label, shape.is_ignored) == ("head", True)


def test_a_new_box_looks_like_the_rest_of_an_indented_document() -> None:
    document = labelme.new("a.jpg", 48, 64)

    document.add_box(np.array([1, 2, 3, 4]))
    document.add_box(np.array([5, 6, 7, 8]))

    text = document.to_text()
    assert text == json.dumps(json.loads(text), indent=2)


def test_windows_line_ends_stay() -> None:
    text = json.dumps(json.loads(COMPACT), indent=4).replace("\n", "\r\n")
    document = labelme.parse(text.encode())

    document.add_box(np.array([1, 2, 3, 4]))

    assert document.to_text().count("\n") == document.to_text().count("\r\n")
    assert document.to_text().replace("\r\n", "\n") == json.dumps(
        json.loads(document.to_text()), indent=4
    )


def test_a_flag_keeps_the_other_flags_and_keys() -> None:
    text = COMPACT.replace('"flags": {}}', '"flags": {"blur":  false}, "note": 1e3}')
    document = labelme.parse(text.encode())

    document.set_flag(0, "ignore", True)

    assert document.shapes[0].flags == {"blur": False, "ignore": True}
    assert document.shapes[0].is_ignored
    assert '"note": 1e3' in document.to_text()


@pytest.mark.parametrize("indent", [None, 2])
def test_a_flag_leaves_the_text_of_the_other_flags(indent: int | None) -> None:
    text = json.dumps(json.loads(COMPACT), indent=indent)
    flags = '{"n": 1e2, "blur":  false}'
    text = text.replace('"flags": {}}', f'"flags": {flags}}}').replace(
        '"flags": {}\n', f'"flags": {flags}\n'
    )
    document = labelme.parse(text.encode())

    document.set_flag(0, "blur", True)
    document.set_flag(0, "ignore", True)

    assert document.to_text() == text.replace(flags, '{"n": 1e2, "blur":  true, "ignore": true}')


@pytest.mark.parametrize("flags", ["null", "{}"])
def test_a_first_flag_makes_the_object_it_stands_in(flags: str) -> None:
    text = COMPACT.replace('"flags": {}}', f'"flags": {flags}}}')
    document = labelme.parse(text.encode())

    document.set_flag(0, "ignore", True)

    assert document.to_text() == text.replace(f'"flags": {flags}}}', '"flags": {"ignore": true}}')


def test_only_true_makes_a_face_ignored() -> None:
    for value, is_ignored in (("true", True), ("false", False), ("1", False), ('"yes"', False)):
        text = COMPACT.replace('"flags": {}}', f'"flags": {{"ignore": {value}}}}}')

        assert labelme.parse(text.encode()).shapes[0].is_ignored is is_ignored


def test_the_version_is_written_only_where_there_was_none() -> None:
    document = labelme.parse(b'{"shapes": []}')
    assert document.to_text() == '{"shapes": []}'

    document.add_box(np.array([1, 2, 3, 4]))

    assert labelme.parse(document.to_text().encode()).version == labelme.FORMAT_VERSION


def test_the_picture_can_be_named_anew() -> None:
    document = labelme.parse(COMPACT.replace("a.jpg", "C:\\\\x\\\\a.jpg").encode())
    assert not document.has_relative_image_path

    document.set_image("../images/a.jpg", 48, 64)

    assert document.to_text() == COMPACT.replace("a.jpg", "../images/a.jpg")


def test_a_picture_inside_goes_and_every_other_byte_stays() -> None:
    text = '{"shapes": [ ],  "imageData" : "aGk=", "version":"5.0", "x": 1.0}'
    document = labelme.parse(text.encode())

    document.drop_image_data()

    assert not document.has_image_data
    assert document.to_text() == text.replace('"aGk="', "null")


def test_a_lone_surrogate_is_written_as_an_escape(tmp_path: Path) -> None:
    document = labelme.new("a.jpg", 4, 4)

    document.add_box(np.array([1, 2, 3, 4]), label="\ud83d")
    labelme.write(document, tmp_path / "a.json")

    assert labelme.read(tmp_path / "a.json").shapes[0].label == "\ud83d"


# ---- files ----


def test_a_document_may_be_saved_over_another_one_but_a_new_one_may_not(tmp_path: Path) -> None:
    document = labelme.read(save(tmp_path, COMPACT))
    other = save(tmp_path, shapes_text(), "b.json")

    with pytest.raises(DocumentError, match="Did not write"):
        labelme.write(labelme.new("a.jpg", 1, 1), other)
    assert other.read_text() == shapes_text()
    labelme.write(document, other)

    assert other.read_text() == COMPACT


def test_saving_keeps_the_mode_of_the_file(tmp_path: Path) -> None:
    path = save(tmp_path, COMPACT)
    path.chmod(0o640)
    document = labelme.read(path)
    document.add_box(np.array([1, 2, 3, 4]))

    labelme.write(document, path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_saving_makes_the_folders_that_a_first_label_needs(tmp_path: Path) -> None:
    path = tmp_path / "labels" / "sub" / "deep" / "a.json"
    document = labelme.new("../../../images/sub/deep/a.jpg", 48, 64)

    labelme.write(document, path)

    assert labelme.read(path).to_text() == document.to_text()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "labels").write_text("a file where the folder should be")

    with pytest.raises(DocumentError, match="Cannot write"):
        labelme.write(labelme.new("a.jpg", 48, 64), tmp_path / "labels" / "sub" / "a.json")


def test_saving_through_a_symbolic_link_replaces_its_target(tmp_path: Path) -> None:
    path = save(tmp_path, COMPACT, "real.json")
    link = tmp_path / "a.json"
    link.symlink_to("real.json")
    document = labelme.read(link)
    document.add_box(np.array([1, 2, 3, 4]))

    labelme.write(document, link)

    assert link.is_symlink()
    assert path.read_text() == document.to_text()


def test_a_saved_document_is_unmodified_until_the_next_edit(tmp_path: Path) -> None:
    document = labelme.new("a.jpg", 1, 1)
    assert document.is_modified
    labelme.write(document, tmp_path / "a.json")
    assert not document.is_modified

    document.add_box(np.array([1, 2, 3, 4]))

    assert document.is_modified
    labelme.write(document, tmp_path / "a.json")
    assert not document.is_modified


def test_the_image_path_is_relative_with_slashes(tmp_path: Path) -> None:
    image = tmp_path / "images" / "sub" / "a.jpg"

    path = labelme.relative_image_path(image, tmp_path / "labels" / "sub" / "a.json")

    assert path == "../../images/sub/a.jpg"


READ_WITH_LABELME = """
import json, sys
from labelme._label_file import LabelFile
file = LabelFile(sys.argv[1])
print(json.dumps([[shape["label"], shape["points"], shape["flags"]] for shape in file.shapes]))
"""


@pytest.mark.slow
def test_labelmes_own_reader_finds_the_boxes_that_we_wrote(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    Image.new("RGB", (64, 48)).save(tmp_path / "images" / "a.jpg")
    path = tmp_path / "labels" / "a.json"
    document = labelme.new(labelme.relative_image_path(tmp_path / "images/a.jpg", path), 48, 64)
    document.add_box(np.array([1.5, 2.25, 30, 40.125]))
    document.add_box(np.array([10, 10, 12, 12]))
    document.set_flag(1, "ignore", True)
    labelme.write(document, path)

    # Another process, as labelme brings a second Qt binding.
    run = subprocess.run(
        [sys.executable, "-c", READ_WITH_LABELME, str(path)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == [
        ["face", [[1.5, 2.25], [30, 40.125]], {}],
        ["face", [[10, 10], [12, 12]], {"ignore": True}],
    ]
