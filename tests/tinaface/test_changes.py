"""Boxes that one of two runs has and the other has not."""

import numpy as np
import pytest

from tests.tinaface.judged import ELSEWHERE, FACES, detections, faces, judged
from tinaface.changes import Change, changed_boxes, one_alarm_thresholds
from tinaface.evaluation import compare

HALF = (0.5, 0.5)


def changes_of(first, second, thresholds=HALF, names=("a",)):
    face_set = faces(names, [FACES] * len(names))
    return changed_boxes(judged(face_set, first), judged(face_set, second), thresholds)


def kinds(changed):
    return [one.change for one in changed]


def test_the_same_run_twice_differs_nowhere():
    found = [detections((FACES[0], 0.9), (ELSEWHERE, 0.7))]

    assert changes_of(found, found) == []


def test_gained_and_lost_faces_are_boxes_of_the_run_that_has_them():
    first = [detections((FACES[0], 0.9))]
    second = [detections((FACES[1], 0.6))]

    lost, gained = changes_of(first, second)

    assert (lost.change, lost.xyxy, lost.score) == (
        Change.LOST,
        tuple(FACES[0]),
        pytest.approx(0.9),
    )
    assert (gained.change, gained.xyxy) == (Change.GAINED, tuple(FACES[1]))


def test_a_face_counts_as_gained_when_only_the_second_score_reaches_its_threshold():
    first = [detections((FACES[0], 0.4))]
    second = [detections((FACES[0], 0.6))]

    assert kinds(changes_of(first, second)) == [Change.GAINED]
    assert changes_of(first, second, thresholds=(0.3, 0.5)) == []


def test_a_face_found_by_a_box_elsewhere_has_moved():
    aside = [8, 0, 48, 40]

    assert kinds(changes_of([detections((FACES[0], 0.9))], [detections((aside, 0.8))])) == [
        Change.MOVED
    ]


def test_a_box_that_hardly_differs_has_not_moved():
    nearly = [1, 0, 41, 40]

    assert changes_of([detections((FACES[0], 0.9))], [detections((nearly, 0.8))]) == []


def test_false_alarms_that_only_one_run_gives_are_told_apart():
    other = [40, 60, 60, 79]

    changed = changes_of([detections((ELSEWHERE, 0.9))], [detections((other, 0.8))])

    assert kinds(changed) == [Change.GONE_ALARM, Change.NEW_ALARM]


def test_changes_come_by_falling_score_and_name_their_picture():
    first = [detections(), detections()]
    second = [detections((FACES[0], 0.6)), detections((FACES[0], 0.9), (ELSEWHERE, 0.7))]

    changed = changes_of(first, second, names=("a", "b"))

    assert [one.picture for one in changed] == [1, 1, 0]
    assert np.all(np.diff([one.score for one in changed]) <= 0)


def test_gained_and_lost_are_as_many_as_the_comparison_says():
    first = [detections((FACES[0], 0.9), (FACES[1], 0.8), (ELSEWHERE, 0.7))]
    second = [detections((FACES[2], 0.4), (ELSEWHERE, 0.3))]
    face_set = faces(["a"], [FACES])
    one, other = judged(face_set, first), judged(face_set, second)

    changed = kinds(changed_boxes(one, other, one_alarm_thresholds(one, other)))

    figures = compare(one, other, None)
    assert changed.count(Change.LOST) == figures["only_first_finds"] == 2
    assert changed.count(Change.GAINED) == figures["only_second_finds"] == 1
