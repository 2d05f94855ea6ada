"""What a second run finds that a first does not, the other way round, and what lies elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tinaface.boxes import FloatArray, IndexArray, paired_iou
from tinaface.evaluation import VocJudgement
from tinaface.matching import Matching, find_overlaps

MOVED_IOU = 0.75
"""Boxes that two runs give one face count as moved where they overlap less."""


class Change(StrEnum):
    """What the second run does otherwise."""

    GAINED = "gained"
    """A face that only the second finds."""
    LOST = "lost"
    """A face that only the first finds."""
    MOVED = "moved"
    """A face that both find, by boxes that differ."""
    NEW_ALARM = "new false alarm"
    GONE_ALARM = "gone false alarm"


@dataclass(frozen=True)
class ChangedBox:
    """One box that differs.

    Attributes:
        picture: row of the picture.
        xyxy: the box of the run that has it; of a moved one the second's.
        score: of that box.
    """

    change: Change
    picture: int
    xyxy: tuple[float, float, float, float]
    score: float


def changed_boxes(
    first: VocJudgement, second: VocJudgement, thresholds: tuple[float, float]
) -> list[ChangedBox]:
    """All differences of two runs on the same pictures, by falling score.

    Args:
        thresholds: of the first and of the second run, whose scores may mean different things.
    """
    found = [
        changed
        for picture in range(len(first.pictures))
        for changed in _of_picture(first, second, picture, thresholds)
    ]
    return sorted(found, key=lambda changed: -changed.score)


def one_alarm_thresholds(first: VocJudgement, second: VocJudgement) -> tuple[float, float]:
    """The thresholds at which each run gives one false alarm a picture; infinite without one."""
    low, high = (run.ranking.at_false_alarms(1.0) for run in (first, second))
    return (
        np.inf if low is None else low.threshold,
        np.inf if high is None else high.threshold,
    )


def _of_picture(
    first: VocJudgement, second: VocJudgement, picture: int, thresholds: tuple[float, float]
) -> Iterator[ChangedBox]:
    one, other = first.matchings[picture], second.matchings[picture]
    old_boxes, new_boxes = first.pictures[picture].xyxy, second.pictures[picture].xyxy
    old, new = _finders(one, thresholds[0]), _finders(other, thresholds[1])

    def boxes(
        change: Change, xyxy: FloatArray, matching: Matching, rows: IndexArray
    ) -> Iterator[ChangedBox]:
        for row in rows.tolist():
            x0, y0, x1, y1 = xyxy[row].tolist()
            yield ChangedBox(change, picture, (x0, y0, x1, y1), float(matching.scores[row]))

    yield from boxes(Change.GAINED, new_boxes, other, new[(old < 0) & (new >= 0)])
    yield from boxes(Change.LOST, old_boxes, one, old[(old >= 0) & (new < 0)])
    both = (old >= 0) & (new >= 0)
    is_moved = paired_iou(old_boxes[old[both]], new_boxes[new[both]]) < MOVED_IOU
    yield from boxes(Change.MOVED, new_boxes, other, new[both][is_moved])
    gone, come = _unshared(
        old_boxes,
        one.false_alarms(thresholds[0]),
        new_boxes,
        other.scores,
        other.false_alarms(thresholds[1]),
    )
    yield from boxes(Change.NEW_ALARM, new_boxes, other, come)
    yield from boxes(Change.GONE_ALARM, old_boxes, one, gone)


def _finders(matching: Matching, threshold: float) -> IndexArray:
    """`[M]` the detection that finds each face at a threshold, or -1."""
    finders = np.full(len(matching.matched_detection), -1, np.intp)
    hits = matching.hits(threshold)
    finders[matching.matched_gt[hits]] = hits
    return finders


def _unshared(
    old_boxes: FloatArray,
    old: IndexArray,
    new_boxes: FloatArray,
    new_scores: FloatArray,
    new: IndexArray,
) -> tuple[IndexArray, IndexArray]:
    """The false alarms that only the first and only the second run has, of these rows."""
    never = np.zeros(len(old), bool)
    pairs = find_overlaps(new_boxes[new], new_scores[new], old_boxes[old], never).match()
    return old[pairs.matched_detection < 0], new[pairs.matched_gt < 0]
