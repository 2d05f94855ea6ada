"""Sets of pictures, and two runs judged on the same ones."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.shared import WIDER, needs_wider
from tinaface.boxes import Detections
from tinaface.errors import DatasetError, DocumentError
from tinaface.evaluation import annotated_set, benchmark_set, compare, judge, labelme_set
from tinaface.metrics import bootstrap


def write_picture(folder, stem, boxes, flags=None):
    """A grey picture of 100 x 80 with Labelme rectangles."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "labels").mkdir(exist_ok=True)
    Image.new("RGB", (100, 80), "grey").save(folder / "images" / f"{stem}.png")
    shapes = [
        {
            "label": "face",
            "points": [[x0, y0], [x1, y1]],
            "group_id": None,
            "shape_type": "rectangle",
            "flags": (flags or {}).get(row, {}),
        }
        for row, (x0, y0, x1, y1) in enumerate(boxes)
    ]
    document = {
        "version": "5.5.0",
        "flags": {},
        "shapes": shapes,
        "imagePath": f"../images/{stem}.png",
        "imageData": None,
        "imageHeight": 80,
        "imageWidth": 100,
    }
    (folder / "labels" / f"{stem}.json").write_text(json.dumps(document))


def found(rows, scores):
    return Detections(np.asarray(rows, np.float32).reshape(-1, 4), np.asarray(scores, np.float32))


def test_a_labelme_folder_is_one_subset_less_its_flagged_faces(tmp_path):
    boxes = [[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]]
    write_picture(tmp_path, "a", boxes, {1: {"ignore": True}, 2: {"invalid": True}})
    write_picture(tmp_path, "b", [])

    face_set = labelme_set(tmp_path)

    assert face_set.names == ("images/a.png", "images/b.png")
    assert [rows.tolist() for rows in face_set.counted["all"]] == [[0], []]
    assert face_set.gt_boxes[0].tolist() == boxes


def test_one_split_of_a_labelme_folder_is_taken_alone(tmp_path):
    for stem in ("a", "b"):
        write_picture(tmp_path, stem, [[0, 0, 10, 10]])
    (tmp_path / "splits.json").write_text('{"validate": ["b"]}')

    assert labelme_set(tmp_path, tmp_path / "splits.json", "validate").names == ("images/b.png",)


def test_a_folder_without_labelled_pictures_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="No labelled picture"):
        labelme_set(tmp_path)


def test_a_picture_with_damaged_labels_is_left_out_and_told(tmp_path):
    for stem in ("a", "b"):
        write_picture(tmp_path, stem, [[0, 0, 10, 10]])
    (tmp_path / "labels" / "a.json").write_text("{")

    face_set = labelme_set(tmp_path)

    assert face_set.names == ("images/b.png",)
    assert "a.json" in str(face_set.unreadable[0])


def test_a_folder_of_nothing_but_damaged_labels_is_refused(tmp_path):
    write_picture(tmp_path, "a", [])
    (tmp_path / "labels" / "a.json").write_text("{")

    with pytest.raises(DocumentError, match=r"a\.json"):
        labelme_set(tmp_path)


def test_an_annotation_text_ignores_its_invalid_faces(tmp_path):
    text = tmp_path / "list.txt"
    text.write_text("e/a.jpg\n2\n0 0 9 9 0 0 0 0 0 0\n20 0 9 9 0 0 0 1 0 0\n")

    face_set = annotated_set(text)

    assert face_set.names == ("e/a.jpg",)
    assert face_set.counted["all"][0].tolist() == [0]


def test_an_annotation_text_without_pictures_is_refused(tmp_path):
    text = tmp_path / "list.txt"
    text.write_text("")

    with pytest.raises(DatasetError, match="no picture"):
        annotated_set(text)


@needs_wider
def test_annotations_choose_pictures_of_the_benchmark(tmp_path):
    text = tmp_path / "list.txt"
    text.write_text("0--Parade/0_Parade_Parade_0_628.jpg\n0\n0 0 0 0 0 0 0 0 0 0\n")

    face_set = benchmark_set(WIDER / "ground_truth", text)

    assert face_set.names == ("0--Parade/0_Parade_Parade_0_628",)
    assert set(face_set.counted) == {"easy", "medium", "hard"}


@needs_wider
def test_annotations_of_other_pictures_are_refused(tmp_path):
    text = tmp_path / "list.txt"
    text.write_text("none.jpg\n0\n")

    with pytest.raises(DatasetError, match="no picture 'none'"):
        benchmark_set(WIDER / "ground_truth", text)


@pytest.mark.parametrize("protocol", ["voc", "wider"])
def test_both_protocols_agree_on_a_set_without_special_cases(tmp_path, protocol):
    for stem in ("a", "b"):
        write_picture(tmp_path, stem, [[0, 0, 40, 40]])
    detections = [found([[0, 0, 40, 40]], [0.9]), found([[50, 0, 90, 40]], [0.5])]

    judgement = judge(protocol, labelme_set(tmp_path), detections)["all"]

    assert judgement.ap == pytest.approx(0.5)
    assert judgement.figures()["faces"] == 2


def test_an_ignored_face_is_neither_found_nor_missed_by_either_protocol(tmp_path):
    write_picture(tmp_path, "a", [[0, 0, 40, 40], [50, 0, 90, 40]], {1: {"ignore": True}})
    detections = [found([[50, 0, 90, 40], [0, 0, 40, 40]], [0.9, 0.5])]
    face_set = labelme_set(tmp_path)

    aps = [judge(protocol, face_set, detections)["all"].ap for protocol in ("voc", "wider")]

    assert aps == [pytest.approx(1), pytest.approx(1)]


def test_two_runs_are_compared_on_the_same_draws_of_pictures(tmp_path):
    for number in range(30):
        write_picture(tmp_path, f"{number:02d}", [[0, 0, 40, 40], [50, 0, 90, 40]])
    face_set = labelme_set(tmp_path)
    good = [found([[0, 0, 40, 40], [50, 0, 90, 40]], [0.9, 0.8])] * 30
    half = [found([[0, 0, 40, 40]], [0.9])] * 30
    draws = bootstrap(30, 50)

    comparison = compare(
        judge("voc", face_set, good)["all"], judge("voc", face_set, half)["all"], draws
    )
    itself = compare(
        judge("wider", face_set, half)["all"], judge("wider", face_set, half)["all"], draws
    )

    assert comparison["difference"] == pytest.approx(0.5)
    assert comparison["is_distinguishable"] is True
    assert comparison["only_first_finds"] == 30
    assert comparison["only_second_finds"] == 0
    assert itself["interval"] == (0, 0)
    assert itself["is_distinguishable"] is False
