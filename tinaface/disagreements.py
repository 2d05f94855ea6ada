"""Where labels and predictions of one image disagree, found once for every score threshold.

FP: a prediction without a label. FN: a label that no prediction found. LOOSE: a pair that fits
badly. DUP: two labels on one face. Found, absorbed and missed are the evaluation's own
(`tinaface.matching`), so a count here is a count there.

Labels and models differ by habit: where annotators include the ears, every pair overlaps by 0.75
or less. So looseness is judged twice, as the boxes lie and after the data set's median offset is
taken off, and the better fit counts.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from tinaface.boxes import FloatArray, IndexArray
from tinaface.matching import BoolArray, Matching, overlapping_pairs

LOOSE_IOU = 0.75
"""A pair that overlaps less is loose."""
LOOSE_SIDE_RATIO = 1.25
"""A pair whose widths or heights differ by more is loose."""
DUPLICATE_IOU = 0.7
"""Two labels that overlap more are one face labelled twice."""
LEAST_PAIRS = 20
"""Of fewer pairs the median offset tells more about the pictures than about a habit."""

# What a miss weighs by the height of the face in pixels: a large one is seldom the model's fault.
MISS_HEIGHTS = (16.0, 32.0, 96.0)
MISS_WEIGHTS = (0.2, 0.4, 0.7, 1.0)


class Kind(IntEnum):
    """How an image's labels and predictions may disagree."""

    FP = 0
    FN = 1
    LOOSE = 2
    DUP = 3


@dataclass(frozen=True)
class Convention:
    """By how much a data set's labels and the model's boxes differ as a habit.

    Attributes:
        x, y: median offset of the prediction's centre in widths and heights of the label.
        width, height: median logarithm of the prediction's sides over the label's.
    """

    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0

    @staticmethod
    def of(offsets: FloatArray) -> "Convention":
        """The median of `[P, 4]` offsets (`offsets_between`); none where there are few."""
        if len(offsets) < LEAST_PAIRS:
            return Convention()
        return Convention(*(float(value) for value in np.median(offsets, axis=0)))


@dataclass(frozen=True, eq=False)
class Candidates:
    """All that disagrees in one image at some threshold t: K of them, where low < t <= high.

    Attributes:
        kind: `[K]` int8, Kind, ascending.
        low, high: `[K]` float32.
        cost: `[K]` float32 in 0..1, how much each matters; the worst is looked at first.
        row: `[K]` int32: of an FP the prediction, else the label; of a DUP the later label.
        partner: `[K]` int32: of an FN or LOOSE the prediction that found the label at some score,
            of a DUP the earlier label; -1 where there is none.
        xyxy, partner_xyxy: `[K, 4]` float32, the boxes in `row` and `partner`, the latter not a
            number where there is none.
        offsets: `[L, 4]` float32 (`offsets_between`) of the L LOOSE ones, in their order. Whether
            they are loose once the convention is taken off, `fit` tells.
        pair_offsets: `[P, 4]` the same of all pairs of the image, loose or not.
    """

    kind: npt.NDArray[np.int8]
    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]
    cost: npt.NDArray[np.float32]
    row: npt.NDArray[np.int32]
    partner: npt.NDArray[np.int32]
    xyxy: npt.NDArray[np.float32]
    partner_xyxy: npt.NDArray[np.float32]
    offsets: npt.NDArray[np.float32]
    pair_offsets: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.kind)

    def holds(self, threshold: float) -> BoolArray:
        """`[K]` which of them there are at a threshold; LOOSE ones before any convention."""
        # A float64 scalar keeps the comparison exact: float32 would round the threshold.
        at = np.float64(threshold)
        return (self.low < at) & (at <= self.high)


def offsets_between(gt_boxes: FloatArray, xyxy: FloatArray) -> FloatArray:
    """`[P, 4]` how predictions lie to labels: centre in sides of the label, log ratio of sides."""
    gt, found = gt_boxes.astype(np.float64), xyxy.astype(np.float64)
    gt_sides, sides = gt[:, 2:] - gt[:, :2], found[:, 2:] - found[:, :2]
    centres = (found[:, :2] + found[:, 2:] - gt[:, :2] - gt[:, 2:]) / 2
    with np.errstate(divide="ignore"):
        return np.concatenate([centres / gt_sides, np.log(sides / gt_sides)], axis=1)


def fit(offsets: FloatArray, convention: Convention) -> tuple[FloatArray, BoolArray]:
    """IoU `[P]` of pairs without the convention's share, and which of them are loose.

    IoU does not change when both axes are stretched, so the offsets alone tell it.
    """
    habit = np.array([convention.x, convention.y, convention.width, convention.height])
    own_iou, own_ratio = _overlap(offsets)
    iou, ratio = _overlap(offsets - habit)
    is_loose = (own_iou < LOOSE_IOU) | (own_ratio > LOOSE_SIDE_RATIO)
    is_loose &= (iou < LOOSE_IOU) | (ratio > LOOSE_SIDE_RATIO)
    return np.maximum(own_iou, iou), is_loose


def _overlap(offsets: FloatArray) -> tuple[FloatArray, FloatArray]:
    """IoU and the larger ratio of sides, both `[P]`, of boxes that lie so to a box of 1 x 1."""
    half = np.exp(offsets[:, 2:]) / 2
    shared = np.minimum(offsets[:, :2] + half, 0.5) - np.maximum(offsets[:, :2] - half, -0.5)
    both = np.prod(np.maximum(shared, 0), axis=1)
    union = 1 + np.prod(2 * half, axis=1) - both
    return both / union, np.exp(np.abs(offsets[:, 2:]).max(axis=1, initial=0))


def find(matching: Matching, gt_boxes: FloatArray, xyxy: FloatArray) -> Candidates:
    """All disagreements of one image.

    Args:
        matching: of all predictions, whatever their score.
        gt_boxes: `[M, 4]` labels, as they were matched.
        xyxy: `[N, 4]` predictions, as they were matched.
    """
    extra = matching.false_alarms(-np.inf)
    targets = np.flatnonzero(matching.is_target)
    finder = matching.matched_detection[targets]
    finder_score = np.full(len(targets), -np.inf)
    finder_score[finder >= 0] = matching.scores[finder[finder >= 0]]
    pairs = matching.hits(-np.inf)
    pair_offsets = offsets_between(gt_boxes[matching.matched_gt[pairs]], xyxy[pairs])
    _, may_be_loose = fit(pair_offsets, Convention())
    loose, offsets = pairs[may_be_loose], pair_offsets[may_be_loose]
    later, earlier, duplicate_iou = _duplicates(gt_boxes, targets)

    everywhere = np.full(len(later), np.inf)
    return Candidates(
        kind=np.repeat(
            np.array(list(Kind), np.int8), [len(extra), len(targets), len(loose), len(later)]
        ),
        low=_joined(
            np.full(len(extra), -np.inf), finder_score, np.full(len(loose), -np.inf), -everywhere
        ),
        high=_joined(
            matching.scores[extra],
            np.full(len(targets), np.inf),
            matching.scores[loose],
            everywhere,
        ),
        cost=_joined(
            matching.scores[extra],
            _miss_weights(gt_boxes[targets]),
            1 - fit(offsets, Convention())[0],
            duplicate_iou,
        ),
        row=_joined(extra, targets, matching.matched_gt[loose], later, dtype=np.int32),
        partner=_joined(np.full(len(extra), -1), finder, loose, earlier, dtype=np.int32),
        xyxy=_joined(
            xyxy[extra], gt_boxes[targets], gt_boxes[matching.matched_gt[loose]], gt_boxes[later]
        ),
        partner_xyxy=_joined(
            np.full((len(extra), 4), np.nan),
            _found_boxes(xyxy, finder),
            xyxy[loose],
            gt_boxes[earlier],
        ),
        offsets=offsets.astype(np.float32),
        pair_offsets=pair_offsets.astype(np.float32),
    )


def _found_boxes(xyxy: FloatArray, finder: IndexArray) -> FloatArray:
    """`[M, 4]` the predictions in rows `finder`, not a number where that is none."""
    boxes = np.full((len(finder), 4), np.nan)
    boxes[finder >= 0] = xyxy[finder[finder >= 0]]
    return boxes


def _joined(*parts: npt.NDArray[Any], dtype: type = np.float32) -> npt.NDArray[Any]:
    return np.concatenate(parts).astype(dtype)


def _miss_weights(gt_boxes: FloatArray) -> FloatArray:
    heights = gt_boxes[:, 3] - gt_boxes[:, 1]
    return np.array(MISS_WEIGHTS)[np.searchsorted(MISS_HEIGHTS, heights, side="right")]


def _duplicates(
    gt_boxes: FloatArray, targets: IndexArray
) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Rows of labels on one face, the later and the earlier one of each pair, and their IoU."""
    boxes = gt_boxes[targets].astype(np.float64)
    left, right, iou = overlapping_pairs(boxes, boxes, DUPLICATE_IOU)
    twice = (left > right) & (iou > DUPLICATE_IOU)
    return targets[left[twice]], targets[right[twice]], iou[twice]
