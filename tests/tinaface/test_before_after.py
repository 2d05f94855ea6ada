from pathlib import Path

import numpy as np
import pytest

from tinaface.before_after import before_and_after
from tinaface.boxes import Detections
from tinaface.evaluation import FaceSet

FACES = np.array([[0, 0, 10, 10], [20, 0, 30, 10]], np.float32)


def face_set(n_pictures):
    return FaceSet(
        tuple(f"{number}.jpg" for number in range(n_pictures)),
        tuple(FACES for _ in range(n_pictures)),
        {"all": tuple(np.arange(2) for _ in range(n_pictures))},
        tuple(Path(f"{number}.jpg") for number in range(n_pictures)),
    )


def found(rows, score=0.9):
    return Detections(FACES[rows], np.full(len(rows), score, np.float32))


def test_a_model_that_finds_a_face_more_gains_it_and_its_ap():
    compared = before_and_after(face_set(4), [found([0])] * 4, [found([0, 1])] * 4)

    assert compared["before"]["ap50"] == pytest.approx(0.5)
    assert compared["after"]["ap50"] == pytest.approx(1)
    assert compared["difference"] == pytest.approx(0.5)
    assert compared["is_distinguishable"] is True
    assert [one["change"] for one in compared["changes"]] == ["gained"] * 4
    assert compared["changes"][0]["xyxy"] == [20, 0, 30, 10]


def test_the_same_model_twice_differs_in_nothing():
    both = [found([0]), found([0, 1])]

    compared = before_and_after(face_set(2), both, both)

    assert compared["difference"] == 0
    assert compared["interval"] == (0, 0)
    assert compared["is_distinguishable"] is False
    assert compared["changes"] == []


def test_a_model_that_finds_nothing_has_no_threshold_and_loses_all():
    compared = before_and_after(face_set(2), [found([0, 1])] * 2, [found([])] * 2)

    assert compared["after"]["threshold"] is None
    assert [one["change"] for one in compared["changes"]] == ["lost"] * 4
