"""Where the boxes and the predictions of one picture disagree, at any threshold.

Matching is the evaluation's own (`tinaface.matching`); this only names what it found for the
eye: found, missed, extra, loose.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from tinaface.boxes import Detections, FloatArray
from tinaface.matching import Matching, match

LOOSE_IOU = 0.75
"""A matched pair that overlaps less is shown as loose."""


class Verdict(IntEnum):
    """What comparison says of one box or one prediction."""

    NONE = 0
    """Not compared, or counted neither way."""
    TP = 1
    FP = 2
    FN = 3
    LOOSE = 4


VerdictArray = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Comparison:
    """One matching of all predictions, read at any threshold.

    Attributes:
        matching: boxes against all predictions, whatever their score.
    """

    matching: Matching

    def of_predictions(self) -> VerdictArray:
        """`[N]` verdicts of the predictions; they do not depend on the threshold."""
        matched = self.matching.matched_gt
        verdicts = np.full(len(matched), Verdict.NONE, np.int8)
        verdicts[self.matching.false_alarms(-np.inf)] = Verdict.FP
        verdicts[matched >= 0] = Verdict.TP
        verdicts[(matched >= 0) & (self.matching.iou < LOOSE_IOU)] = Verdict.LOOSE
        return verdicts

    def of_boxes(self, threshold: float) -> VerdictArray:
        """`[M]` verdicts of the boxes when only predictions of at least this score are shown."""
        verdicts = np.full(len(self.matching.matched_detection), Verdict.NONE, np.int8)
        hits = self.matching.hits(threshold)
        verdicts[self.matching.matched_gt[hits]] = self.of_predictions()[hits]
        verdicts[self.matching.missed(threshold)] = Verdict.FN
        return verdicts


def compare(
    gt_boxes: FloatArray, is_ignored: npt.NDArray[np.bool_], predictions: Detections
) -> Comparison:
    """Matches `[M, 4]` boxes with predictions; matching happens once for all thresholds."""
    return Comparison(match(predictions.xyxy, predictions.scores, gt_boxes, is_ignored))
