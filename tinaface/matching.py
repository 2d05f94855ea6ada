"""Which detection found which face: the one matching of window, command line and evaluation.

The rules, in this order:

1. Detections take turns by descending score; equal scores keep the order they are given in.
2. A detection takes, of the faces still free that it overlaps by at least the IoU threshold, the
   one it overlaps most (the earlier one if two are equal). One face is found once: a second
   detection of it is a false alarm.
3. A detection that took no face, and lies with at least half of its own area (intersection over
   its own area, "IoF") on one face flagged as ignored, is absorbed: neither right nor wrong. An
   ignored face absorbs any number. As IoF >= IoU, what would match an ignored face is absorbed.
4. Every other detection is a false alarm, and every face left over is missed.

A face without area cannot be overlapped; it counts neither as found nor as missed.

Because turns go by score, a detection's fate depends on better ones only. So one matching serves
every score threshold: the state at a threshold is this matching cut there, and moving a slider
matches nothing again.

Source: the greedy matching of COCO's evaluation, its crowd regions taken for ignored faces.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tinaface.boxes import FloatArray, IndexArray, area, paired_iou, pairwise_intersection

BoolArray = npt.NDArray[np.bool_]

UNMATCHED = -1
ABSORBED = -2

# Pairs of boxes looked at in one go; bounds memory to some tens of MiB, however crowded.
_PAIRS_AT_ONCE = 1 << 20


@dataclass(frozen=True, eq=False)
class Matching:
    """What became of each detection and each face of one image, valid for every score threshold.

    Attributes:
        scores: `[N]` scores of the detections, in the order they were given.
        matched_gt: `[N]` row of the face that each detection found, UNMATCHED or ABSORBED.
        iou: `[N]` overlap of each detection with the face it found, 0 where it found none.
        matched_detection: `[M]` row of the detection that found each face, or UNMATCHED.
        is_target: `[M]` faces that count: not ignored, and with an area.
    """

    scores: FloatArray
    matched_gt: IndexArray
    iou: FloatArray
    matched_detection: IndexArray
    is_target: BoolArray

    def __post_init__(self) -> None:
        for array in (
            self.scores,
            self.matched_gt,
            self.iou,
            self.matched_detection,
            self.is_target,
        ):
            array.setflags(write=False)

    def hits(self, threshold: float) -> IndexArray:
        """Rows of detections of at least this score that found a face."""
        return np.flatnonzero((self.matched_gt >= 0) & (self.scores >= threshold))

    def false_alarms(self, threshold: float) -> IndexArray:
        """Rows of detections of at least this score that found none and were not absorbed."""
        return np.flatnonzero((self.matched_gt == UNMATCHED) & (self.scores >= threshold))

    def missed(self, threshold: float) -> IndexArray:
        """Rows of faces that no detection of at least this score found."""
        if not len(self.scores):
            return np.flatnonzero(self.is_target)
        finder_score = np.where(
            self.matched_detection >= 0, self.scores[self.matched_detection], -np.inf
        )
        return np.flatnonzero(self.is_target & (finder_score < threshold))


@dataclass(frozen=True, eq=False)
class Overlaps:
    """How the detections and the faces of one image overlap: all that any matching needs.

    Kept sparse, so that it is small for crowds too, and matched again cheaply: at a stricter IoU,
    or with some of the faces preferred.

    Attributes:
        xyxy, scores: `[N, 4]` and `[N]`, the detections.
        gt_boxes, is_target: `[M, 4]` and `[M]`, the faces and which of them count.
        detection, gt, iou: `[P]` each, the pairs of a detection and a target that overlap by at
            least `least_iou`.
        ignored_share: `[N]` largest share of each detection's area on one ignored face.
        least_iou: the lowest IoU threshold that these pairs can answer.
    """

    xyxy: FloatArray
    scores: FloatArray
    gt_boxes: FloatArray
    is_target: BoolArray
    detection: IndexArray
    gt: IndexArray
    iou: FloatArray
    ignored_share: FloatArray
    least_iou: float

    @cached_property
    def _turn(self) -> IndexArray:
        """`[N]` the place of each detection in the order of turns."""
        turn = np.empty(len(self.scores), np.intp)
        turn[np.argsort(-self.scores, kind="stable")] = np.arange(len(self.scores))
        return turn

    def match(
        self,
        iou_threshold: float = 0.5,
        ignore_threshold: float = 0.5,
        preferred: BoolArray | None = None,
        prefers_later: bool = False,
    ) -> Matching:
        """The matching at one IoU threshold.

        Args:
            iou_threshold: least overlap of a hit, not below `least_iou`.
            ignore_threshold: least share on an ignored face to be absorbed.
            preferred: `[M]` faces that a detection takes before any other, however it overlaps.
            prefers_later: of two faces overlapped equally, take the later (as pycocotools does).
        """
        if iou_threshold < self.least_iou:
            raise ValueError(f"overlaps below {self.least_iou} are not kept, got {iou_threshold}")
        kept = np.flatnonzero(self.iou >= iou_threshold)
        detection, gt, iou = self.detection[kept], self.gt[kept], self.iou[kept]
        second_choice = np.zeros(len(gt), bool) if preferred is None else ~preferred[gt]
        order = np.lexsort(
            (-gt if prefers_later else gt, -iou, second_choice, self._turn[detection])
        )

        matched_gt = np.full(len(self.scores), UNMATCHED, np.intp)
        matched_iou = np.zeros(len(self.scores))
        matched_detection = np.full(len(self.gt_boxes), UNMATCHED, np.intp)
        # Pairs come turn by turn, a detection's best face first, so the first pair with both sides
        # free is the right one. Plain lists: one pair at a time, they are faster than arrays.
        is_waiting = [True] * len(self.scores)
        is_free = [True] * len(self.gt_boxes)
        taken = []
        for pair, row, face in zip(
            order.tolist(), detection[order].tolist(), gt[order].tolist(), strict=True
        ):
            if is_waiting[row] and is_free[face]:
                is_waiting[row] = is_free[face] = False
                taken.append(pair)

        matched_gt[detection[taken]] = gt[taken]
        matched_iou[detection[taken]] = iou[taken]
        matched_detection[gt[taken]] = detection[taken]
        matched_gt[(matched_gt == UNMATCHED) & (self.ignored_share >= ignore_threshold)] = ABSORBED
        return Matching(self.scores, matched_gt, matched_iou, matched_detection, self.is_target)


def find_overlaps(
    xyxy: FloatArray,
    scores: FloatArray,
    gt_boxes: FloatArray,
    is_ignored: BoolArray,
    least_iou: float = 0.5,
) -> Overlaps:
    """The overlaps of one image's detections with its faces.

    Args:
        xyxy, scores: `[N, 4]` and `[N]`, the detections in any order.
        gt_boxes, is_ignored: `[M, 4]` and `[M]`, the marked faces.
        least_iou: in 0 < least_iou <= 1; pairs that overlap less are not kept.

    Raises:
        ValueError: arrays that do not belong together, or scores or boxes that are not finite.
    """
    if not 0 < least_iou <= 1:
        raise ValueError(f"least_iou must lie in 0..1 and above 0, got {least_iou}")
    if xyxy.shape != (len(scores), 4) or gt_boxes.shape != (len(is_ignored), 4):
        raise ValueError(
            f"boxes {xyxy.shape} with {len(scores)} scores, "
            f"faces {gt_boxes.shape} with {len(is_ignored)} flags"
        )
    # float64: an overlap of exactly the threshold is a hit, and float32 would decide it by chance.
    xyxy, gt_boxes = xyxy.astype(np.float64), gt_boxes.astype(np.float64)
    scores, is_ignored = scores.astype(np.float64), is_ignored.astype(bool)
    if not (np.isfinite(xyxy).all() and np.isfinite(scores).all() and np.isfinite(gt_boxes).all()):
        raise ValueError("boxes and scores must be finite")
    is_target = ~is_ignored & (area(gt_boxes) > 0)
    targets = np.flatnonzero(is_target)
    detection, target, iou = overlapping_pairs(xyxy, gt_boxes[targets], least_iou)
    return Overlaps(
        xyxy,
        scores,
        gt_boxes,
        is_target,
        detection,
        targets[target],
        iou,
        _largest_share(xyxy, gt_boxes[is_ignored]),
        least_iou,
    )


def match(
    detections_xyxy: FloatArray,
    scores: FloatArray,
    gt_boxes: FloatArray,
    is_ignored: BoolArray,
    iou_threshold: float = 0.5,
) -> Matching:
    """Matches one image's detections `[N, 4]`, `[N]` with its faces `[M, 4]`, `[M]`.

    The module's docstring has the rules. Raises ValueError as `find_overlaps` does.
    """
    overlaps = find_overlaps(detections_xyxy, scores, gt_boxes, is_ignored, iou_threshold)
    return overlaps.match(iou_threshold)


def overlapping_pairs(
    xyxy: FloatArray, gt_boxes: FloatArray, least_iou: float
) -> tuple[IndexArray, IndexArray, FloatArray]:
    """The pairs of a detection and a face with at least that IoU: rows, rows, IoU, `[P]` each.

    Two boxes of IoU t share, along x, at least t times the wider one's width. So with the faces
    sorted by their left edge, the partners of a detection are found in one short stretch of them,
    and no `[N, M]` matrix is built.
    """
    by_left = np.argsort(gt_boxes[:, 0], kind="stable")
    lefts = gt_boxes[by_left, 0]
    x0, x1 = xyxy[:, 0], xyxy[:, 2]
    width = np.maximum(x1 - x0, 0)
    # Rounding may not hide a pair that sits exactly on the threshold.
    slack = 1e-9 * (np.abs(x0) + np.abs(x1))
    # A face left of the detection is at most width / t wide, and (1 - t) of that may stick out.
    first = np.searchsorted(lefts, x0 - width * (1 - least_iou) / least_iou - slack, side="left")
    end = np.searchsorted(lefts, x1 - width * least_iou + slack, side="right")
    partners = np.maximum(end - first, 0)

    pieces = []
    before = np.concatenate([[0], np.cumsum(partners)])
    start = 0
    while start < len(xyxy):
        stop = int(np.searchsorted(before, before[start] + _PAIRS_AT_ONCE, side="right")) - 1
        stop = max(stop, start + 1)
        counts = partners[start:stop]
        detection = np.repeat(np.arange(start, stop), counts)
        place = np.arange(len(detection)) - np.repeat(before[start:stop] - before[start], counts)
        gt = by_left[place + np.repeat(first[start:stop], counts)]
        iou = paired_iou(xyxy[detection], gt_boxes[gt])
        enough = iou >= least_iou
        pieces.append((detection[enough], gt[enough], iou[enough]))
        start = stop
    if not pieces:
        return np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0)
    detections, gts, ious = zip(*pieces, strict=True)
    return np.concatenate(detections), np.concatenate(gts), np.concatenate(ious)


def _largest_share(xyxy: FloatArray, regions: FloatArray) -> FloatArray:
    """`[N]` largest share of each box's own area that lies on one region."""
    largest = np.zeros(len(xyxy))
    if not len(regions):
        return largest
    own = area(xyxy)
    step = max(1, _PAIRS_AT_ONCE // len(regions))
    for start in range(0, len(xyxy), step):
        rows = slice(start, start + step)
        largest[rows] = pairwise_intersection(xyxy[rows], regions).max(axis=1)
    return np.divide(largest, own, out=np.zeros_like(largest), where=own > 0)
