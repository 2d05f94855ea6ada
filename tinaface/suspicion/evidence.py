"""What a model's detections say for and against every label of a picture, as numbers.

The numbers of a label are asked for true labels and for invented ones alike, so that
`tinaface.suspicion` can learn from a folder itself how the two differ there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tinaface.boxes import Detections, FloatArray, IndexArray, area, pairwise_intersection
from tinaface.disagreements import LEAST_PAIRS, Convention, offsets_between
from tinaface.matching import BoolArray, Matching, find_overlaps, match, overlapping_pairs
from tinaface.suspicion.odds import log_odds_of

LEAST_SCORE = 0.1
"""Weaker detections say nothing: a model makes thousands of them."""

# Where no detection answers a label at all: below the log odds of LEAST_SCORE.
_SILENCE = -3.0
_LEAST_IOU = 0.1
# Detections whose place can be trusted.
_SURE = 0.3
_NOBODY = -1


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """One picture's labels and what a model found in it.

    Attributes:
        name: its path relative to the data set, with `/`.
        gt_boxes, is_ignored: `[M, 4]`, `[M]` as `tinaface.dataset.GroundTruth` has them.
        detections: all that the model found, weak ones too.
        size: height and width; None where they are not known.
        labels: the M label texts as they are in the file; none where they are not known.
    """

    name: str
    gt_boxes: FloatArray
    is_ignored: BoolArray
    detections: Detections
    size: tuple[int, int] | None = None
    labels: Sequence[str] = ()

    @property
    def folder(self) -> str:
        """The folder it lies in; labels of one folder usually follow one convention."""
        return self.name.rpartition("/")[0]


def as_detected(gt_boxes: FloatArray, convention: Convention) -> FloatArray:
    """`[M, 4]` where the model is to find these faces, if they are labelled as usual."""
    sides = gt_boxes[:, 2:] - gt_boxes[:, :2]
    centres = (gt_boxes[:, :2] + gt_boxes[:, 2:]) / 2 + (convention.x, convention.y) * sides
    half = sides * np.exp((convention.width, convention.height)) / 2
    return np.concatenate([centres - half, centres + half], axis=1)


def conventions(pictures: Sequence[LabelledPicture]) -> dict[str, Convention]:
    """How the labels of each folder lie to the model's boxes.

    Folders with few sure pairs take the convention of all pictures.
    """
    found: dict[str, list[FloatArray]] = {}
    for picture in pictures:
        sure = picture.detections.above(_SURE)
        boxes = picture.gt_boxes.astype(np.float64)
        matching = match(sure.xyxy, sure.scores, boxes, picture.is_ignored)
        rows = matching.hits(0)
        pairs = offsets_between(boxes[matching.matched_gt[rows]], sure.xyxy[rows])
        found.setdefault(picture.folder, []).append(pairs)
    pairs_of = {folder: np.concatenate(pairs) for folder, pairs in found.items()}
    common = Convention.of(np.concatenate([np.zeros((0, 4)), *pairs_of.values()]))
    return {
        folder: Convention.of(pairs) if len(pairs) >= LEAST_PAIRS else common
        for folder, pairs in pairs_of.items()
    }


class Evidence:
    """What one picture's detections say of its labels, of other boxes, and of themselves.

    Attributes:
        order: `[N]` rows of the picture's detections that say anything, best first.
        xyxy, scores: `[N, 4]`, `[N]` these.
        gt_boxes: `[M, 4]` the labels in the model's convention.
        rows: `[M]` their rows in the picture's labels: those that count.
        matching: of the two.
    """

    def __init__(self, picture: LabelledPicture, convention: Convention, usual: float) -> None:
        """`usual` is the log2 of a usual height of faces, for pictures with no other label."""
        scores = picture.detections.scores
        by_score = np.argsort(-scores, kind="stable")
        self.order: IndexArray = by_score[scores[by_score] >= LEAST_SCORE]
        self.xyxy: FloatArray = picture.detections.xyxy[self.order].astype(np.float64)
        self.scores: FloatArray = scores[self.order].astype(np.float64)
        boxes = picture.gt_boxes.astype(np.float64)
        self.rows: IndexArray = np.flatnonzero(~picture.is_ignored & (area(boxes) > 0))
        self.gt_boxes = as_detected(boxes[self.rows], convention)
        # Ignored regions absorb what lies on them, as in evaluation.
        everything = np.concatenate([self.gt_boxes, boxes[picture.is_ignored]])
        is_ignored = np.arange(len(everything)) >= len(self.rows)
        overlaps = find_overlaps(self.xyxy, self.scores, everything, is_ignored)
        self.matching: Matching = overlaps.match()
        self._convention = convention
        self._usual = usual

    @cached_property
    def log_odds(self) -> FloatArray:
        """`[N]` the detections' scores on a scale without ends."""
        return log_odds_of(self.scores)

    # ---- of labels ----

    @cached_property
    def of_labels(self) -> FloatArray:
        """`[M, F]` of the labels that count."""
        return self._of(self.gt_boxes, np.arange(len(self.gt_boxes)))

    def of_invented(self, boxes: FloatArray, own: IndexArray | None = None) -> FloatArray:
        """`[K, F]` of boxes in the labels' convention.

        Args:
            boxes: `[K, 4]`.
            own: `[K]` place of the label that each stands for, whose detection is free for it;
                without it they stand beside all labels.
        """
        nobody = np.full(len(boxes), _NOBODY, np.intp) if own is None else own
        return self._of(as_detected(boxes, self._convention), nobody)

    def _of(self, boxes: FloatArray, own: IndexArray) -> FloatArray:
        detection, box, iou = overlapping_pairs(self.xyxy, boxes, _LEAST_IOU)
        owner = self.matching.matched_gt[detection]
        free = (owner < 0) | (owner == own[box])
        detection, box, iou = detection[free], box[free], iou[free]
        score = self.log_odds[detection]
        best = [
            _largest(np.where(iou >= least, score, _SILENCE), box, len(boxes))
            for least in (0.5, 0.3, _LEAST_IOU)
        ]
        # The detection that is most likely meant: sure of itself, and near.
        answer, has_answer = _row_of_largest(score + 6 * iou, box, len(boxes))
        answer_score = np.where(has_answer, score[answer] if len(score) else 0, _SILENCE)
        answer_iou = np.where(has_answer, iou[answer] if len(iou) else 0, 0)
        apart = np.zeros((len(boxes), 4))
        if has_answer.any():
            meant = self.xyxy[detection[answer[has_answer]]]
            apart[has_answer] = np.abs(offsets_between(boxes[has_answer], meant))
        height = log_height(boxes)
        others = self._others(own)
        surety = answer_score - _SILENCE
        return np.stack(
            [
                *best,
                answer_score,
                answer_iou,
                surety * answer_iou,
                surety * np.minimum(apart[:, :2].max(axis=1), 1),
                surety * np.minimum(apart[:, 2:].max(axis=1), 1),
                height,
                height * best[0],
                height * answer_iou,
                others,
                others * best[0],
                height - self._other_heights(own),
            ],
            axis=1,
        )

    @cached_property
    def support(self) -> FloatArray:
        """`[M]` log odds of the detection matched with each label."""
        finder = self.matching.matched_detection[: len(self.gt_boxes)]
        if not len(self.scores):
            return np.full(len(self.gt_boxes), _SILENCE)
        return np.where(finder >= 0, self.log_odds[finder], _SILENCE)

    def _others(self, own: IndexArray) -> FloatArray:
        """`[K]` how well the model sees the picture's other labels; 0 where it has no other."""
        total, count = self.support.sum(), len(self.support)
        if not count:
            return np.zeros(len(own))
        is_own = own >= 0
        mine = np.where(is_own, self.support[own], 0)
        left = count - is_own
        return np.where(left > 0, (total - mine) / np.maximum(left, 1) / (1 + 1 / (1 + left)), 0)

    def _other_heights(self, own: IndexArray) -> FloatArray:
        """`[K]` mean log2 height of the picture's other labels."""
        heights = log_height(self.gt_boxes)
        is_own = own >= 0
        mine = np.where(is_own, heights[own], 0) if len(heights) else np.zeros(len(own))
        # The usual height counts as one more label.
        return (heights.sum() - mine + self._usual) / (len(heights) - is_own + 1)

    # ---- of detections ----

    @cached_property
    def of_detections(self) -> FloatArray:
        """`[N, F]` of the detections, each as if the label that it found were not there."""
        own = np.maximum(self.matching.matched_gt, _NOBODY)
        own = np.where(own < len(self.gt_boxes), own, _NOBODY)
        shared = pairwise_intersection(self.xyxy, self.gt_boxes)
        own_area, gt_area = area(self.xyxy), area(self.gt_boxes)
        shared[own >= 0, own[own >= 0]] = 0
        iou = shared / np.maximum(own_area[:, None] + gt_area[None] - shared, 1e-9)
        inside = shared.max(axis=1, initial=0) / np.maximum(own_area, 1e-9)
        height = log_height(self.xyxy)
        is_alone = self.matching.matched_gt < 0
        better_alone = np.log1p(np.cumsum(is_alone) - is_alone)
        return np.stack(
            [
                self.log_odds,
                height,
                height * self.log_odds,
                height - self._other_heights(own),
                iou.max(axis=1, initial=0),
                np.minimum(inside, 1),
                self._overlap_with_better(),
                better_alone,
                self._others(own),
            ],
            axis=1,
        )

    def _overlap_with_better(self) -> FloatArray:
        """`[N]` largest IoU of each detection with a better one: leftovers of suppression."""
        worse, better, iou = overlapping_pairs(self.xyxy, self.xyxy, _LEAST_IOU)
        is_better = better < worse
        return _largest(iou[is_better], worse[is_better], len(self.xyxy), 0.0)


def log_height(boxes: FloatArray) -> FloatArray:
    """`[N]` log2 of the heights, 0 at 32 pixels."""
    return np.log2(np.maximum(boxes[:, 3] - boxes[:, 1], 1)) - 5


def _largest(
    values: FloatArray, group: IndexArray, groups: int, least: float = _SILENCE
) -> FloatArray:
    """`[groups]` largest value of each group, or `least`."""
    largest = np.full(groups, least)
    np.maximum.at(largest, group, values)
    return largest


def _row_of_largest(
    values: FloatArray, group: IndexArray, groups: int
) -> tuple[IndexArray, BoolArray]:
    """`[groups]` row of each group's largest value, and whether it has any."""
    row = np.zeros(groups, np.intp)
    has_any = np.zeros(groups, bool)
    order = np.argsort(values, kind="stable")
    row[group[order]] = order  # of several entries for one group, the last assignment stays
    has_any[group] = True
    return row, has_any
