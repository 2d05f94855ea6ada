"""Documents survive reading and writing; edits touch nothing else; damage is never overwritten."""

import contextlib
import json
import math
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

from tinaface import labelme
from tinaface.errors import DocumentError
from tinaface.json_text import Part, Repeats, elements, members, skip_space

COMPACT = (
    '{"version": "5.5.0", "flags": {"blurred": true}, "shapes": [{"label": "face", "points": '
    '[[1.50, 2], [30e0, 40.125000]], "group_id": 7, "shape_type": "rectangle", "flags": {}}, '
    '{"label": "M\\u00fctze", "points": [[0, 0], [5, 0], [5, 5]], "shape_type": "polygon"}], '
    '"imagePath": "a.jpg", "imageData": null, "imageHeight": 48, "imageWidth": 64, "mine": 1e3}\n'
)


def save(folder: Path, text: str | bytes, name: str = "a.json") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def shapes_text(*points: str, shape_type: str = "rectangle") -> str:
    shapes = ", ".join(
        f'{{"label": "face", "points": {text}, "shape_type": "{shape_type}"}}' for text in points
    )
    return f'{{"version": "5.5.0", "imagePath": "a.jpg", "shapes": [{shapes}]}}'


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


def test_a_lone_surrogate_is_written_as_an_escape(tmp_path: Path) -> None:
    document = labelme.new("a.jpg", 4, 4)

    document.add_box(np.array([1, 2, 3, 4]), label="\ud83d")
    labelme.write(document, tmp_path / "a.json")

    assert labelme.read(tmp_path / "a.json").shapes[0].label == "\ud83d"


# ---- faults of the design's table ----


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[]", "object"),
        ("{}", "'shapes'"),
        ('{"shapes": {}}', "shapes must be a list"),
        ('{"shapes": [1]}', "shapes[0] must be an object"),
        ('{"shapes": [{"points": []}]}', "shapes[0].label"),
        ('{"shapes": [{"label": "a", "points": "x"}]}', "shapes[0].points"),
        ('{"shapes": [{"label": "a", "points": [], "flags": [1]}]}', "shapes[0].flags"),
        ('{"shapes": [{"label": "a", "points": [], "shape_type": 3}]}', "shapes[0].shape_type"),
    ],
)
def test_f02_json_that_is_no_labelme_document_names_the_key(text: str, key: str) -> None:
    with pytest.raises(DocumentError) as raised:
        labelme.parse(text.encode())
    assert key in raised.value.why


@pytest.mark.parametrize("cut", [0, 1, 100, len(COMPACT) - 2])
def test_f01_a_cut_document_is_refused_and_never_overwritten(tmp_path: Path, cut: int) -> None:
    path = save(tmp_path, COMPACT[:cut])
    with pytest.raises(DocumentError, match="Cannot read"):
        labelme.read(path)

    for overwrite in (False, True):
        with pytest.raises(DocumentError, match="damaged"):
            labelme.write(labelme.new("a.jpg", 1, 1), path, overwrite=overwrite)

    assert path.read_text() == COMPACT[:cut]
    assert labelme.set_aside(path).name == "a.json.broken"
    labelme.write(labelme.new("a.jpg", 1, 1), path)
    assert (tmp_path / "a.json.broken").read_text() == COMPACT[:cut]


def test_set_aside_never_replaces_an_earlier_one(tmp_path: Path) -> None:
    save(tmp_path, "old", "a.json.broken")

    aside = labelme.set_aside(save(tmp_path, "new"))

    assert (aside.name, aside.read_text()) == ("a.json.broken-2", "new")
    assert (tmp_path / "a.json.broken").read_text() == "old"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_f03_other_encodings_are_read_with_a_notice_and_saved_as_utf_8(
    tmp_path: Path, encoding: str
) -> None:
    path = save(tmp_path, COMPACT.replace("\\u00fc", "ü").encode(encoding))

    document = labelme.read(path)
    labelme.write(document, path)

    assert [notice.fault for notice in document.notices] == ["F03"]
    assert path.read_bytes() == COMPACT.replace("\\u00fc", "ü").encode()


def test_f04_the_last_of_two_equal_keys_counts_with_a_notice() -> None:
    text = COMPACT.replace('"mine": 1e3', '"imagePath": "b.jpg", "imagePath": "c.jpg"')
    text = text.replace('"group_id": 7', '"label": "person"')

    document = labelme.parse(text.encode())

    assert document.image_path == "c.jpg"
    assert document.shapes[0].label == "person"
    assert [notice.fault for notice in document.notices] == ["F04", "F04"]
    document.set_label(0, "face")
    assert document.to_text() == text.replace('"person"', '"face"')


@pytest.mark.parametrize("deep", [101, 5000, 200_000])
def test_f04_deep_nesting_is_refused_not_followed(deep: int) -> None:
    text = f'{{"shapes": [], "deep": {"[" * deep}{"]" * deep}}}'

    with pytest.raises(DocumentError, match="nested"):
        labelme.parse(text.encode())


def test_f04_a_hundred_levels_are_read() -> None:
    text = f'{{"shapes": [], "deep": {"[" * 99}{"]" * 99}}}'

    assert labelme.parse(text.encode()).to_text() == text


@pytest.mark.slow
def test_f04_more_than_64_mib_are_read_and_written(tmp_path: Path) -> None:
    path = save(
        tmp_path, COMPACT.replace('"imageData": null', f'"imageData": "{"A" * (65 << 20)}"')
    )
    document = labelme.read(path)

    document.add_box(np.array([1, 2, 3, 4]))
    labelme.write(document, path)

    assert len(labelme.read(path).shapes) == 3
    assert path.stat().st_size > 65 << 20


@pytest.mark.parametrize("version", ["3.16.7", "4.5.6", "5.10.1", "6.3.1", "7.0.0"])
def test_f05_versions_3_to_7_are_read_without_notice(version: str) -> None:
    document = labelme.parse(COMPACT.replace("5.5.0", version).encode())

    assert document.notices == []
    assert version in document.to_text()


@pytest.mark.parametrize("version", ['"8.0.0"', '"next"', "5", "null"])
def test_f05_other_versions_are_read_with_a_notice(version: str) -> None:
    document = labelme.parse(COMPACT.replace('"5.5.0"', version).encode())

    assert [notice.fault for notice in document.notices] == ["F05"]


def test_f06_the_picture_inside_is_kept() -> None:
    text = COMPACT.replace('"imageData": null', '"imageData": "/9j/4AA="')
    document = labelme.parse(text.encode())

    document.set_box(0, np.array([1, 2, 3, 4]))

    assert document.has_image_data
    assert '"imageData": "/9j/4AA="' in document.to_text()


@pytest.mark.parametrize("path", ['"/home/x/a.jpg"', '"C:\\\\a.jpg"', "null", '""', "3"])
def test_f07_an_image_path_that_is_not_relative_gives_a_notice(path: str) -> None:
    document = labelme.parse(COMPACT.replace('"a.jpg"', path).encode())

    assert [notice.fault for notice in document.notices] == ["F07"]


def test_f07_a_windows_image_path_is_understood() -> None:
    document = labelme.parse(COMPACT.replace('"a.jpg"', '"..\\\\images\\\\a.jpg"').encode())

    assert document.image_path == "../images/a.jpg"
    assert document.notices == []


@pytest.mark.parametrize("kind", ["polygon", "circle", "point", "mask", "oriented_rectangle", "x"])
def test_f11_other_shapes_have_no_box_and_no_fault(kind: str) -> None:
    shape = labelme.parse(shapes_text("[[1, 2], [3, 4]]", shape_type=kind).encode()).shapes[0]

    assert (shape.box, shape.fault) == (None, None)


@pytest.mark.parametrize(
    "points",
    ["[[1, 2], [5, 2], [5, 9], [1, 9]]", "[[5, 9], [5, 2], [1, 2], [1, 9], [5, 9]]"],
)
def test_f12_four_points_along_the_axes_are_a_box(points: str) -> None:
    document = labelme.parse(shapes_text(points).encode())

    np.testing.assert_array_equal(document.shapes[0].box, [1, 2, 5, 9])
    document.set_box(0, np.array([1, 2, 6, 9]))
    assert document.shapes[0].points == [[1, 2], [6, 9]]


@pytest.mark.parametrize(
    "points",
    [
        "[]",
        "[[1, 2]]",
        "[[1, 2], [3, 4], [5, 6]]",
        "[[1, 2], [5, 3], [5, 9], [1, 9]]",
        "[[1, 2], [5, 9], [5, 2], [1, 9]]",
        "[[1, 2], [5, 2], [5, 9], [1, 9], [1, 3]]",
    ],
)
def test_f12_other_points_are_a_fault(points: str) -> None:
    document = labelme.parse(shapes_text(points).encode())

    assert document.shapes[0].box is None
    assert [notice.fault for notice in document.notices] == ["F12"]


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "null", '"3"', "1.1e7", "true", "[]", "1e999"]
)
def test_f13_a_coordinate_that_is_no_place_is_kept_but_not_drawn(number: str) -> None:
    text = shapes_text(f"[[1, 2], [3, {number}]]", "[[1, 2], [3, 4]]")
    document = labelme.parse(text.encode())

    assert document.shapes[0].box is None
    assert document.notices == [
        labelme.Notice("F13", "a coordinate that is no finite number within ±1e7", 0)
    ]
    document.set_box(1, np.array([0, 0, 9, 9]))
    assert f"[[1, 2], [3, {number}]]" in document.to_text()


def test_f14_reversed_corners_are_shown_in_order_and_written_so_only_when_edited() -> None:
    document = labelme.parse(shapes_text("[[30, 4], [1, 20]]", "[[9, 9], [2, 2]]").encode())

    np.testing.assert_array_equal(document.shapes[0].box, [1, 4, 30, 20])
    document.set_box(0, np.array([30, 4, 1, 21]))
    assert document.to_text() == shapes_text("[[1.0, 4.0], [30.0, 21.0]]", "[[9, 9], [2, 2]]")


def test_f15_a_box_without_area_is_drawn_with_a_fault() -> None:
    shape = labelme.parse(shapes_text("[[3, 4], [3, 9]]").encode()).shapes[0]

    np.testing.assert_array_equal(shape.box, [3, 4, 3, 9])
    assert shape.fault == "F15"


def test_a_box_cannot_be_set_to_what_is_no_place() -> None:
    document = labelme.parse(shapes_text("[[3, 4], [5, 9]]").encode())

    with pytest.raises(ValueError, match="finite"):
        document.set_box(0, np.array([1, 2, math.nan, 4]))


def test_f17_a_file_that_another_program_changed_is_not_overwritten(tmp_path: Path) -> None:
    path = save(tmp_path, COMPACT)
    document = labelme.read(path)
    document.add_box(np.array([1, 2, 3, 4]))
    theirs = COMPACT.replace("5.5.0", "5.5.1")
    # The same length and time, so that only the content tells.
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    path.write_text(theirs)
    os.utime(path, ns=times)

    with pytest.raises(DocumentError, match="another program"):
        labelme.write(document, path)
    assert path.read_text() == theirs

    labelme.write(document, path, overwrite=True)
    assert path.read_text() == document.to_text()


def test_f18_a_file_deleted_meanwhile_is_made_again(tmp_path: Path) -> None:
    path = save(tmp_path, COMPACT)
    document = labelme.read(path)
    path.unlink()

    labelme.write(document, path)

    assert path.read_text() == COMPACT


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write all")
def test_f20_a_write_protected_file_or_folder_is_left_alone(tmp_path: Path) -> None:
    path = save(tmp_path, COMPACT)
    document = labelme.read(path)
    document.add_box(np.array([1, 2, 3, 4]))

    path.chmod(0o444)
    with pytest.raises(DocumentError, match="Cannot write"):
        labelme.write(document, path)
    path.chmod(0o644)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(DocumentError, match="Cannot write"):
            labelme.write(document, path)
    finally:
        tmp_path.chmod(0o755)

    assert path.read_text() == COMPACT


def test_f21_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path, COMPACT)
    document = labelme.read(path)
    document.add_box(np.array([1, 2, 3, 4]))

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DocumentError, match="No space left"):
        labelme.write(document, path)

    assert path.read_text() == COMPACT
    assert os.listdir(tmp_path) == ["a.json"]
    assert document.is_modified


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_f27_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")

    with pytest.raises(DocumentError, match="regular"):
        labelme.read(tmp_path / "a.json")


@pytest.mark.parametrize(
    "name",
    ["ü ö.json", "line\nbreak.json", "😀.json", "שלום.json", "\udcff.json", "x" * 250 + ".json"],
)
def test_f37_any_file_name_is_written_and_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    document = labelme.new("a.jpg", 1, 1)

    labelme.write(document, path)
    labelme.write(document, path)

    assert labelme.read(path).to_text() == document.to_text()


# ---- files ----


def test_saving_keeps_the_mode_of_the_file(tmp_path: Path) -> None:
    path = save(tmp_path, COMPACT)
    path.chmod(0o640)
    document = labelme.read(path)
    document.add_box(np.array([1, 2, 3, 4]))

    labelme.write(document, path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


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
