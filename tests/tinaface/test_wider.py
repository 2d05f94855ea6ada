"""Reading and writing the files of the WIDER FACE benchmark."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.shared import WIDER, needs_wider
from tinaface.boxes import Detections
from tinaface.errors import DatasetError
from tinaface.wider import (
    find_ground_truth,
    read_annotations,
    read_ground_truth,
    read_result,
    read_results,
    truncate,
    write_result,
)

OFFICIAL = """\
0--Parade/one.jpg
2
449 330 122 149 0 0 0 0 0 0
10 20 30 40 2 1 1 1 2 1
0--Parade/none.jpg
0
0 0 0 0 0 0 0 0 0 0
1--Handshaking/flat box.jpg
2
5 6 0 9 0 0 0 0 0 0
5 6 7 9 0 0 0 0 0 0
"""


def written(tmp_path, text, name="list.txt"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_annotation_text_gives_corners_and_attributes(tmp_path):
    first = read_annotations(written(tmp_path, OFFICIAL))[0]

    assert first.name == "0--Parade/one.jpg"
    assert first.gt_boxes.tolist() == [[449, 330, 571, 479], [10, 20, 40, 60]]
    assert first.attributes.tolist() == [[0, 0, 0, 0, 0, 0], [2, 1, 1, 1, 2, 1]]
    assert first.is_invalid.tolist() == [False, True]


def test_the_line_of_zeros_after_a_picture_without_faces_is_no_box(tmp_path):
    annotations = read_annotations(written(tmp_path, OFFICIAL))

    assert [len(a.gt_boxes) for a in annotations] == [2, 0, 1]


def test_boxes_without_an_area_are_left_out(tmp_path):
    flat = read_annotations(written(tmp_path, OFFICIAL))[2]

    assert flat.name == "1--Handshaking/flat box.jpg"
    assert flat.gt_boxes.tolist() == [[5, 6, 12, 15]]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path):
    plain = read_annotations(written(tmp_path, OFFICIAL))

    windows = read_annotations(written(tmp_path, "\ufeff" + OFFICIAL.replace("\n", "\r\n")))

    assert [a.name for a in windows] == [a.name for a in plain]
    assert [a.gt_boxes.tolist() for a in windows] == [a.gt_boxes.tolist() for a in plain]


def test_a_landmark_list_gives_the_same_boxes(tmp_path):
    text = "# 0--Parade/one.jpg 1024 678\n449 330 571 479\n# 1--A/two.jpg 10 10\n"

    first, second = read_annotations(written(tmp_path, text))

    assert (first.name, second.name) == ("0--Parade/one.jpg", "1--A/two.jpg")
    assert first.gt_boxes.tolist() == [[449, 330, 571, 479]]
    assert second.gt_boxes.shape == (0, 4)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a.jpg\n", 2),
        ("a.jpg\nmany\n", 2),
        ("a.jpg\n2\n1 2 3 4 0 0 0 0 0 0\n", 4),
        ("a.jpg\n99999999999\n1 2 3 4 0 0 0 0 0 0\n", 4),
        ("a.jpg\n1\n1 2 3 4 0 0 0 0 0\n", 3),
        ("a.jpg\n1\n5\n", 3),
        ("a.jpg\n1\n1 2 nan 4 0 0 0 0 0 0\n", 3),
        ("# a.jpg\n", 1),
        ("# a.jpg 5 5\n1 2 3\n", 2),
    ],
)
def test_a_broken_annotation_names_its_line(tmp_path, text, line):
    path = written(tmp_path, text)

    with pytest.raises(DatasetError, match=f"line {line} of"):
        read_annotations(path)


def test_a_missing_annotation_file_is_a_dataset_error(tmp_path):
    with pytest.raises(DatasetError, match=r"none\.txt"):
        read_annotations(tmp_path / "none.txt")


@needs_wider
def test_the_official_files_hold_the_published_numbers():
    truth = read_ground_truth(WIDER / "ground_truth")

    assert len(truth.names) == 3226
    assert {k: sum(map(len, rows)) for k, rows in truth.counted.items()} == {
        "easy": 7211,
        "medium": 13319,
        "hard": 31958,
    }


@needs_wider
def test_annotation_text_and_mat_agree_on_every_box():
    truth = read_ground_truth(WIDER / "ground_truth")
    by_name = dict(zip(truth.names, truth.gt_boxes, strict=True))

    annotations = read_annotations(WIDER / "wider_face_split" / "wider_face_val_bbx_gt.txt")

    for annotation in annotations:
        boxes = by_name[annotation.name.removesuffix(".jpg")]
        boxes = boxes[(boxes[:, 2:] > boxes[:, :2]).all(axis=1)]
        np.testing.assert_array_equal(annotation.gt_boxes, boxes)


@needs_wider
def test_the_landmark_list_agrees_with_the_official_text():
    official = read_annotations(WIDER / "wider_face_split" / "wider_face_val_bbx_gt.txt")
    landmarks = read_annotations(WIDER / "wider_val_labelv2_landmarks.txt")

    boxes = {a.name: a.gt_boxes.tolist() for a in landmarks}
    assert all(boxes[a.name] == a.gt_boxes.tolist() for a in official)


def test_ground_truth_is_found_beside_annotations_that_have_a_mat_of_the_same_name(tmp_path):
    (tmp_path / "wider_face_split").mkdir()
    (tmp_path / "wider_face_split" / "wider_face_val.mat").touch()
    assert find_ground_truth(tmp_path / "wider_face_split") is None

    (tmp_path / "ground_truth").mkdir()
    for name in ("face", "easy", "medium", "hard"):
        (tmp_path / "ground_truth" / f"wider_{name}_val.mat").touch()

    assert find_ground_truth(tmp_path / "wider_face_split") == tmp_path / "ground_truth"


def test_a_mat_that_is_none_is_a_dataset_error(tmp_path):
    (tmp_path / "wider_face_val.mat").write_bytes(b"MATLAB 5.0 MAT-file" + bytes(200))

    with pytest.raises(DatasetError, match=r"wider_face_val\.mat"):
        read_ground_truth(tmp_path)


@st.composite
def detections(draw, dtype):
    n = draw(st.integers(0, 6))
    side = st.floats(0, 5000, width=32)
    corner = draw(arrays(np.float64, (n, 2), elements=side)).astype(dtype)
    size = draw(arrays(np.float64, (n, 2), elements=side)).astype(dtype)
    scores = draw(arrays(np.float64, n, elements=st.floats(0, 1, width=32))).astype(dtype)
    order = np.argsort(-scores, kind="stable")
    return Detections(np.hstack([corner, corner + size])[order], scores[order])


@given(detections(np.float32))
def test_writing_then_reading_a_result_gives_every_digit_back(tmp_path_factory, found):
    folder = tmp_path_factory.mktemp("results")

    path = write_result(folder, "0--Parade/a.b.jpg", found)
    again = read_result(path)

    assert path == folder / "0--Parade" / "a.b.txt"
    np.testing.assert_allclose(again.xyxy, found.xyxy, rtol=1e-15)
    np.testing.assert_array_equal(again.scores.astype(np.float32), found.scores)


@given(detections(np.float64))
def test_truncated_rows_are_whole_pixels_as_the_reference_writes_them(tmp_path_factory, found):
    folder = tmp_path_factory.mktemp("results")

    again = read_result(write_result(folder, "e/a.jpg", found, is_truncated=True))

    np.testing.assert_array_equal(again.xyxy, truncate(found.xyxy))
    for row, (x0, y0, x1, y1) in zip(again.xyxy, found.xyxy, strict=True):
        assert row.tolist() == [int(x0), int(y0), int(x1), int(y1)]


def test_the_text_of_a_result_is_the_official_form(tmp_path):
    found = Detections(
        np.array([[1.5, 2.5, 11.25, 22.5], [3.9, 4.2, 9.1, 9.9]], np.float32),
        np.array([0.25, 0.9], np.float32),
    )

    exact = write_result(tmp_path, "0--Parade/a.jpg", found).read_text()
    cut = write_result(tmp_path, "0--Parade/a.jpg", found, is_truncated=True).read_text()

    assert exact.splitlines()[:2] == ["a", "2"]
    assert exact.splitlines()[3] == "1.5 2.5 9.75 20.0 0.25"
    assert cut.splitlines() == ["a", "2", "3 4 6 5 0.9", "1 2 10 20 0.25"]


def test_a_folder_of_results_names_pictures_by_their_place(tmp_path):
    for name in ("1--B/b.jpg", "0--A/a.jpg"):
        write_result(tmp_path, name, Detections.none())

    names = [name for name, _ in read_results(tmp_path)]

    assert names == ["0--A/a", "1--B/b"]


@pytest.mark.parametrize("name", ["../out.jpg", "/out.jpg", "a/../../out.jpg"])
def test_no_result_is_written_outside_its_folder(tmp_path, name):
    with pytest.raises(DatasetError, match="leads out"):
        write_result(tmp_path / "results", name, Detections.none())

    assert not list(tmp_path.rglob("out.txt"))


@pytest.mark.parametrize(
    "text", ["", "a\n", "a\nx\n", "a\n2\n1 2 3 4 0.5\n", "a\n1\n1 2 3 4\n", "a\n1\n1 2 3 inf 1\n"]
)
def test_a_broken_result_file_is_refused(tmp_path, text):
    with pytest.raises(DatasetError, match="Cannot read line"):
        read_result(written(tmp_path, text))


def test_an_empty_folder_of_results_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="No result file"):
        list(read_results(tmp_path))


def test_scipy_is_imported_only_where_a_mat_is_read(tmp_path):
    list_file = written(tmp_path, OFFICIAL)
    program = (
        "import sys, pathlib, tinaface.wider as w\n"
        "w.read_annotations(pathlib.Path(sys.argv[1]))\n"
        "sys.exit('scipy' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program, list_file], check=False).returncode == 0
