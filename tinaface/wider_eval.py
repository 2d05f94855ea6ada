"""The protocol of the WIDER FACE benchmark: easy, medium and hard, ignored faces, AP.

The rules, as the official tool applies them:

1. The scores of all pictures together are stretched to 0..1 (smallest to 0, largest to 1).
2. In each picture detections come by descending score, equal ones in the given order. Each belongs
   to the box it overlaps most (the first if several are equal), at IoU >= 0.5, whether or not that
   box is taken. The IoU counts a box from x0 to x1 as x1 - x0 + 1 pixels wide.
3. A detection that belongs to an ignored box is no proposal; every other one is. The first one that
   belongs to a box that counts recalls it.
4. At threshold 1 - t / 1000, t = 1..1000, proposals and recalled boxes are counted over all
   pictures. Precision is recalled / proposals; recall is recalled / all boxes that count, also
   those of pictures without detections.
5. AP is the area under the falling envelope of precision over recall.

In a picture without any marked box nothing is counted, not even false alarms: so does the tool.

Where all scores are equal the tool divides 0 by 0; here they all become 1.

Source: specification, section 12.2; the AP is that of PASCAL VOC 2010.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tinaface.boxes import Detections, FloatArray, IndexArray

N_THRESHOLDS = 1000
IOU_THRESHOLD = 0.5

# Pairs of boxes, and pictures, looked at in one go: memory stays at some tens of MiB.
_PAIRS_AT_ONCE = 1 << 20
_IMAGES_AT_ONCE = 1000


@dataclass(frozen=True, eq=False)
class Events:
    """Something that happens in pictures at certain thresholds: a proposal, or a box recalled.

    Attributes:
        image: `[E]` rows of the pictures.
        place: `[E]` first threshold t - 1 at which each happens; it stays so at all lower ones.
    """

    image: IndexArray
    place: IndexArray

    def totals(self, weights: FloatArray) -> FloatArray:
        """`[R, T]` events at each threshold, if each picture occurred as often as `[R, I]` says."""
        n_images = weights.shape[1]
        totals = np.zeros((len(weights), N_THRESHOLDS))
        for start in range(0, n_images, _IMAGES_AT_ONCE):
            stop = min(start + _IMAGES_AT_ONCE, n_images)
            inside = (self.image >= start) & (self.image < stop)
            cells = np.bincount(
                (self.image[inside] - start) * N_THRESHOLDS + self.place[inside],
                minlength=(stop - start) * N_THRESHOLDS,
            )
            counts = cells.reshape(-1, N_THRESHOLDS).astype(np.float64)
            totals += weights[:, start:stop] @ counts
        return np.cumsum(totals, axis=1)


@dataclass(frozen=True, eq=False)
class WiderCurve:
    """Precision and recall on one subset at N_THRESHOLDS falling thresholds.

    Attributes:
        proposals: detections that count.
        recalls: boxes found for the first time.
        n_boxes: `[I]` boxes of each picture that count.
    """

    proposals: Events
    recalls: Events
    n_boxes: IndexArray

    @cached_property
    def precision(self) -> FloatArray:
        """`[T]`, 0 where nothing is proposed."""
        return self._precision_recall(np.ones((1, len(self.n_boxes))))[0][0]

    @cached_property
    def recall(self) -> FloatArray:
        """`[T]`, 0 where no box counts."""
        return self._precision_recall(np.ones((1, len(self.n_boxes))))[1][0]

    @property
    def ap(self) -> float | None:
        """Average precision, or None where no box counts."""
        if not self.n_boxes.sum():
            return None
        return float(self.weighted_ap(np.ones((1, len(self.n_boxes))))[0])

    def weighted_ap(self, weights: FloatArray) -> FloatArray:
        """`[R]` AP if each picture occurred as often as each row of `[R, I]` says (bootstrap).

        The stretch of the scores stays that of the pictures as they are. NaN where no box counts.
        """
        precision, recall = self._precision_recall(weights)
        envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        steps = np.diff(recall, axis=1, prepend=0)
        return np.where(weights @ self.n_boxes > 0, (steps * envelope).sum(axis=1), np.nan)

    def _precision_recall(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        recalled = self.recalls.totals(weights)
        n_boxes = (weights @ self.n_boxes)[:, None]
        return _ratio(recalled, self.proposals.totals(weights)), _ratio(recalled, n_boxes)


def evaluate(
    detections: Sequence[Detections],
    gt_boxes: Sequence[FloatArray],
    counted: Mapping[str, Sequence[IndexArray]],
) -> dict[str, WiderCurve]:
    """The curve of each subset.

    Args:
        detections: those of each picture, in any order.
        gt_boxes: every marked box of each picture, `[N, 4]`.
        counted: for each subset and picture, the rows of the boxes that count there. A row named
            twice asks for two finds of one box, of which one is possible, as in the tool.

    Raises:
        ValueError: not as many pictures of one as of the other, or a row that is no box, or a score
            that is not finite.
    """
    for name, rows in counted.items():
        if not len(detections) == len(gt_boxes) == len(rows):
            raise ValueError(
                f"{len(detections)} pictures with detections, {len(gt_boxes)} with boxes, "
                f"{len(rows)} with rows of {name}"
            )
    orders = [np.argsort(-found.scores, kind="stable") for found in detections]
    partners = [
        _partners(found.xyxy[order].astype(np.float64), boxes.astype(np.float64))
        for found, order, boxes in zip(detections, orders, gt_boxes, strict=True)
    ]
    places = [
        _threshold_places(scores)[order]
        for scores, order in zip(
            _stretch([found.scores for found in detections]), orders, strict=True
        )
    ]

    # All pictures in one row of arrays from here on, with boxes numbered through.
    n_detections = np.array([len(found) for found in detections], np.intp)
    n_gt = np.array([len(boxes) for boxes in gt_boxes], np.intp)
    offset = np.cumsum(n_gt) - n_gt
    image = np.repeat(np.arange(len(detections)), n_detections)
    partner = _joined(partners)
    place = _joined(places)
    judged = n_gt[image] > 0
    image, partner, place = image[judged], partner[judged], place[judged]
    has_partner = partner >= 0
    box = np.where(has_partner, partner + offset[image], 0)

    curves = {}
    for name, rows in counted.items():
        is_counted = np.zeros(max(int(n_gt.sum()), 1), bool)
        for first, n_boxes, row in zip(offset, n_gt, rows, strict=True):
            if row.size and not 0 <= row.min() <= row.max() < n_boxes:
                raise ValueError(f"{name} counts a row outside the {n_boxes} boxes of a picture")
            is_counted[first + row] = True
        is_proposal = ~has_partner | is_counted[box]
        on_counted = np.flatnonzero(has_partner & is_counted[box])
        # Detections of one picture lie by descending score, so the first occurrence recalls.
        first_finds = on_counted[np.unique(box[on_counted], return_index=True)[1]]
        curves[name] = WiderCurve(
            Events(image[is_proposal], place[is_proposal]),
            Events(image[first_finds], place[first_finds]),
            np.array([len(row) for row in rows], np.intp),
        )
    return curves


def _stretch(scores: Sequence[FloatArray]) -> list[FloatArray]:
    """The scores of all pictures, stretched together to 0..1."""
    occupied = [part for part in scores if len(part)]
    if not occupied:
        return [part.astype(np.float64) for part in scores]
    low = float(min(part.min() for part in occupied))
    span = float(max(part.max() for part in occupied)) - low
    if span == 0:
        return [np.ones(len(part)) for part in scores]
    if not np.isfinite(span):
        raise ValueError("scores must be finite")
    return [(part.astype(np.float64) - low) / span for part in scores]


def _threshold_places(scores: FloatArray) -> IndexArray:
    """For each stretched score the first place t - 1 whose threshold it reaches."""
    rising = (1 - np.arange(1, N_THRESHOLDS + 1) / N_THRESHOLDS)[::-1]
    return N_THRESHOLDS - np.searchsorted(rising, scores, side="right")


def _partners(xyxy: FloatArray, gt_boxes: FloatArray) -> IndexArray:
    """`[N]` row of the box that each detection belongs to, -1 where it overlaps none enough."""
    partners = np.full(len(xyxy), -1, np.intp)
    if not len(gt_boxes):
        return partners
    step = max(1, _PAIRS_AT_ONCE // len(gt_boxes))
    own, others = _pixel_area(xyxy), _pixel_area(gt_boxes)
    for start in range(0, len(xyxy), step):
        rows = slice(start, start + step)
        part = xyxy[rows]
        shared = np.minimum(part[:, 2, None], gt_boxes[:, 2])
        shared -= np.maximum(part[:, 0, None], gt_boxes[:, 0])
        shared += 1
        np.maximum(shared, 0, out=shared)
        height = np.minimum(part[:, 3, None], gt_boxes[:, 3])
        height -= np.maximum(part[:, 1, None], gt_boxes[:, 1])
        height += 1
        shared *= np.maximum(height, 0, out=height)
        union = own[rows, None] + others
        union -= shared
        iou = np.divide(shared, union, out=np.zeros_like(shared), where=shared > 0)
        best = iou.argmax(axis=1)
        reached = iou[np.arange(len(best)), best] >= IOU_THRESHOLD
        partners[rows] = np.where(reached, best, -1)
    return partners


def _pixel_area(xyxy: FloatArray) -> FloatArray:
    """`[N]` areas where x1 and y1 are the last pixels inside."""
    sides = xyxy[:, 2:] - xyxy[:, :2] + 1
    return sides[:, 0] * sides[:, 1]


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Part over whole; 0 where the whole is empty."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _joined(parts: Sequence[IndexArray]) -> IndexArray:
    return np.concatenate(parts) if parts else np.zeros(0, np.intp)
