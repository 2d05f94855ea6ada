"""Where the boxes and the predictions of one picture disagree, at any threshold.

Matching is the evaluation's own (`tinaface.matching`), and what is loose the whole data set's
(`tinaface.disagreements`); this only names what they found for the eye: found, missed, extra,
loose.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tinaface.boxes import Detections, FloatArray
from tinaface.disagreements import Candidates, Convention, find, fit, offsets_between
from tinaface.matching import BoolArray, Matching, match


class Agreement(IntEnum):
    """What comparison says of one box or one prediction."""

    NONE = 0
    """Not compared, or counted neither way."""
    TP = 1
    FP = 2
    FN = 3
    LOOSE = 4


AgreementArray = npt.NDArray[np.int8]

MARKS = {Agreement.TP: "✓", Agreement.FP: "+", Agreement.FN: "?", Agreement.LOOSE: "≈"}
IGNORED_MARK = "ø"
"""What tells them apart without colour."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """One matching of all predictions, read at any threshold.

    Attributes:
        matching: boxes against all predictions, whatever their score.
        gt_boxes: `[M, 4]` what was matched: a box that is no face has no area there.
        xyxy: `[N, 4]` the predictions.
        convention: habit of the data set that makes no pair loose.
    """

    matching: Matching
    gt_boxes: FloatArray
    xyxy: FloatArray
    convention: Convention

    @cached_property
    def candidates(self) -> Candidates:
        """All that disagrees at some threshold."""
        return find(self.matching, self.gt_boxes, self.xyxy)

    def of_predictions(self) -> AgreementArray:
        """`[N]` agreements of the predictions; they do not depend on the threshold."""
        matched = self.matching.matched_gt
        agreements = np.full(len(matched), Agreement.NONE, np.int8)
        agreements[self.matching.false_alarms(-np.inf)] = Agreement.FP
        pairs = self.matching.hits(-np.inf)
        offsets = offsets_between(self.gt_boxes[matched[pairs]], self.xyxy[pairs])
        _, is_loose = fit(offsets, self.convention)
        agreements[pairs] = np.where(is_loose, Agreement.LOOSE, Agreement.TP)
        return agreements

    def of_boxes(self, threshold: float) -> AgreementArray:
        """`[M]` agreements of the boxes when only predictions of at least this score are shown."""
        agreements = np.full(len(self.matching.matched_detection), Agreement.NONE, np.int8)
        hits = self.matching.hits(threshold)
        agreements[self.matching.matched_gt[hits]] = self.of_predictions()[hits]
        agreements[self.matching.missed(threshold)] = Agreement.FN
        return agreements


def compare(
    gt_boxes: FloatArray,
    is_ignored: BoolArray,
    is_face: BoolArray,
    predictions: Detections,
    convention: Convention,
) -> Comparison:
    """Matches `[M, 4]` boxes with predictions; matching happens once for all thresholds.

    Boxes that are no faces take no part, as in evaluation; they keep their rows.
    """
    boxes = np.where(is_face[:, None], gt_boxes, 0)
    matching = match(predictions.xyxy, predictions.scores, boxes, is_ignored & is_face)
    return Comparison(matching, boxes, predictions.xyxy, convention)
