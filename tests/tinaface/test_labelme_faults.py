"""Each fault that a Labelme file may have, by its id in the design's table."""

import math
import os
from pathlib import Path

import numpy as np
import pytest

from tests.fixtures.documents import COMPACT, save, shapes_text
from tinaface import labelme
from tinaface.errors import DocumentError


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


@pytest.mark.parametrize("stem", ["x" * 250, "ü" * 125])
def test_set_aside_shortens_a_name_that_would_be_too_long(tmp_path: Path, stem: str) -> None:
    first = labelme.set_aside(save(tmp_path, "first", f"{stem}.json"))
    second = labelme.set_aside(save(tmp_path, "second", f"{stem}.json"))

    assert (first.read_text(), second.read_text()) == ("first", "second")
    assert first.name.startswith(stem[:100])
    assert first.name.endswith(".json.broken")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_f03_other_encodings_are_read_with_a_notice_and_saved_as_utf_8(
    tmp_path: Path, encoding: str
) -> None:
    path = save(tmp_path, COMPACT.replace("\\u00fc", "ü").encode(encoding))

    document = labelme.read(path)
    labelme.write(document, path)

    assert [notice.fault for notice in document.notices] == ["F03"]
    assert path.read_bytes() == COMPACT.replace("\\u00fc", "ü").encode()


def test_f03_a_byte_order_mark_does_not_keep_latin_1_from_being_read(tmp_path: Path) -> None:
    text = COMPACT.replace("\\u00fc", "ü")
    path = save(tmp_path, b"\xef\xbb\xbf" + text.encode("latin-1"))

    document = labelme.read(path)

    assert document.notices == [labelme.Notice("F03", "not UTF-8, read as Latin-1")]
    assert document.to_text() == text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32-le"])
def test_f03_cut_wide_text_is_refused_for_what_it_is(encoding: str) -> None:
    with pytest.raises(DocumentError) as raised:
        labelme.parse(COMPACT.encode(encoding)[:-1])

    assert "truncated data" in raised.value.why


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


@pytest.mark.parametrize(("deep", "is_read"), [(98, True), (99, False)])
def test_f04_the_levels_above_a_shape_count_too(deep: int, is_read: bool) -> None:
    text = shapes_text("[[1, 2], [3, 4]]").replace(
        '"points"', f'"deep": {"[" * (deep - 1)}{"]" * (deep - 1)}, "points"'
    )

    if is_read:
        assert labelme.parse(text.encode()).to_text() == text
    else:
        with pytest.raises(DocumentError, match="nested"):
            labelme.parse(text.encode())


def test_f04_many_brackets_side_by_side_are_not_deep() -> None:
    text = shapes_text(f"[{', '.join(['[1, 2]'] * 500)}]", shape_type="polygon")

    assert len(labelme.parse(text.encode()).shapes[0].points) == 500


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
