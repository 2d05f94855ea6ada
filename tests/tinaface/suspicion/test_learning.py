"""Planted mistakes come first, and what a weak model misses anyway does not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.tinaface.suspicion.pictures import LARGE, folder
from tinaface.boxes import Detections
from tinaface.suspicion.evidence import LabelledPicture
from tinaface.suspicion.folder import read_pictures
from tinaface.suspicion.learning import rank
from tinaface.suspicion.suspecter import Suspicion

SAMPLE = Path(__file__).parents[3] / "data" / "sample"


def with_boxes(picture: LabelledPicture, boxes: np.ndarray) -> LabelledPicture:
    array = np.asarray(boxes, np.float32).reshape(-1, 4)
    return replace(picture, gt_boxes=array, is_ignored=np.zeros(len(array), bool))


def first(pictures: list[LabelledPicture]) -> Suspicion:
    return rank(pictures)[0]


def test_a_missing_label_comes_first() -> None:
    pictures = folder()
    gone = pictures[7].gt_boxes[1]
    pictures[7] = with_boxes(pictures[7], np.delete(pictures[7].gt_boxes, 1, axis=0))

    found = first(pictures)

    assert (found.kind, found.image, found.row) == ("missing", "images/7.jpg", None)
    assert found.detection is not None
    np.testing.assert_allclose(pictures[7].detections.xyxy[found.detection], found.box)
    np.testing.assert_allclose(found.box, gone, atol=0.25 * LARGE)


def test_a_label_of_no_face_comes_first() -> None:
    pictures = folder()
    # In the row of small faces, but as large as those that are always found.
    wrong = [430, 522, 430 + LARGE, 594]
    pictures[3] = with_boxes(pictures[3], np.vstack([pictures[3].gt_boxes, wrong]))

    found = first(pictures)

    assert (found.kind, found.image, found.row) == ("spurious", "images/3.jpg", 6)
    assert "usually are" in found.reason or "weak" in found.reason


def test_a_moved_label_comes_first() -> None:
    pictures = folder()
    boxes = pictures[5].gt_boxes.copy()
    boxes[0] += 0.3 * LARGE
    pictures[5] = with_boxes(pictures[5], boxes)

    found = first(pictures)

    assert (found.kind, found.image, found.row) == ("shifted", "images/5.jpg", 0)
    assert found.iou is not None
    assert found.iou < 0.6


def test_a_second_box_on_one_face_comes_first_once() -> None:
    pictures = folder()
    twice = pictures[9].gt_boxes[2] + [2, -2, 2, -2]
    pictures[9] = with_boxes(pictures[9], np.vstack([pictures[9].gt_boxes, twice]))

    found = rank(pictures)

    assert (found[0].kind, found[0].image) == ("duplicate", "images/9.jpg")
    assert {found[0].row, found[0].other} == {2, 6}
    assert sum(one.kind == "duplicate" for one in found) == 1


def test_labels_of_another_picture_are_one_finding() -> None:
    pictures = folder(60)
    left, right = pictures[20], pictures[21]
    pictures[20] = with_boxes(left, right.gt_boxes)
    pictures[21] = with_boxes(right, left.gt_boxes)

    found = rank(pictures)

    assert {one.image for one in found[:2]} == {left.name, right.name}
    assert {one.kind for one in found[:2]} == {"swapped"}
    assert found[0].box is None


def test_faces_that_the_model_seldom_finds_are_not_suspicious() -> None:
    found = rank(folder())

    assert [one for one in found if one.row is not None and one.probability > 0.3] == []


def test_a_habit_of_the_folder_is_no_mistake() -> None:
    """Where all labels include the hair, none is shifted."""
    pictures = [
        with_boxes(p, p.gt_boxes - [0, 0.3, 0, 0] * (p.gt_boxes[:, 3:] - p.gt_boxes[:, 1:2]))
        for p in folder()
    ]

    assert [one for one in rank(pictures) if one.kind == "shifted" and one.probability > 0.3] == []


def test_ranking_is_the_same_each_time() -> None:
    pictures = folder(15)

    assert rank(pictures) == rank(pictures)


def test_ignored_faces_and_what_is_found_on_them_are_not_suspicious() -> None:
    pictures = folder()
    ignored = np.ones(len(pictures[4].gt_boxes), bool)
    pictures[4] = replace(pictures[4], is_ignored=ignored)

    found = [one for one in rank(pictures) if one.image == pictures[4].name]

    assert [one for one in found if one.probability > 0.3] == []


@pytest.mark.parametrize("count", [0, 1, 2])
def test_nothing_is_claimed_of_a_folder_too_small_to_learn_from(count: int) -> None:
    kinds = {one.kind for one in rank(folder(count))}

    assert kinds <= {"odd", "duplicate"}


def test_pictures_without_detections_are_only_looked_at_by_themselves() -> None:
    pictures = [replace(picture, detections=Detections.none()) for picture in folder()]

    assert rank(pictures) == []


def test_the_mistakes_of_the_sample_come_first() -> None:
    found = rank(read_pictures(SAMPLE, SAMPLE / "predictions.jsonl"))

    planted = read_pictures_with_mistakes()
    assert [one.image in planted for one in found[:12]] == [True] * 12
    assert planted <= {one.image for one in found[:20]}


def read_pictures_with_mistakes() -> set[str]:
    import json

    return {one["image"] for one in json.loads((SAMPLE / "planted_errors.json").read_text())}
