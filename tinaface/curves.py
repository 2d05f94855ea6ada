"""Precision over recall as a line to draw and to pick from, whatever the protocol."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinaface.boxes import Detections, FloatArray
from tinaface.metrics import Ranking
from tinaface.wider_eval import N_THRESHOLDS, WiderCurve

MOST_POINTS = 1000


@dataclass(frozen=True, eq=False)
class Curve:
    """What each score threshold gives, `[P]` each, by falling threshold."""

    thresholds: FloatArray
    recall: FloatArray
    precision: FloatArray

    def __len__(self) -> int:
        return len(self.thresholds)

    def nearest(self, recall: float, precision: float) -> int | None:
        """The point nearest to a place in the square of both; None of an empty curve."""
        if not len(self):
            return None
        return int(np.argmin(np.hypot(self.recall - recall, self.precision - precision)))

    def at(self, threshold: float) -> int | None:
        """The point that a threshold gives; None where it lets nothing through."""
        place = int(np.searchsorted(-self.thresholds, -threshold, side="right")) - 1
        return place if place >= 0 else None

    def scores_between(self, low_recall: float, high_recall: float) -> tuple[float, float] | None:
        """The lowest and the highest threshold with a recall in a range; None without any."""
        inside = np.flatnonzero((self.recall >= low_recall) & (self.recall <= high_recall))
        if not len(inside):
            return None
        return float(self.thresholds[inside[-1]]), float(self.thresholds[inside[0]])


def curve_of(ranking: Ranking, most_points: int = MOST_POINTS) -> Curve:
    """The curve of a ranking; of more points than can be seen, some evenly over the recall.

    No threshold parts equal scores, so only the last of each counts.
    """
    ends = np.flatnonzero(np.append(ranking.scores[1:] != ranking.scores[:-1], True))
    ends = ends[: len(ranking.scores)]
    recall = ranking.recall[ends]
    if len(ends) > most_points:
        wanted = np.linspace(0, recall[-1], most_points - 1)
        kept = np.append(np.searchsorted(recall, wanted, side="left"), len(ends) - 1)
        ends = ends[np.unique(np.minimum(kept, len(ends) - 1))]
    return Curve(ranking.scores[ends], ranking.recall[ends], ranking.precision[ends])


def wider_curve_of(curve: WiderCurve, detections: Sequence[Detections]) -> Curve:
    """The curve of the WIDER FACE protocol, its thresholds as scores before the stretch.

    Args:
        detections: those that were judged, of all pictures.
    """
    scores = np.concatenate([np.zeros(0), *(found.scores for found in detections)])
    low, high = (float(scores.min()), float(scores.max())) if len(scores) else (0.0, 1.0)
    stretched = 1 - np.arange(1, N_THRESHOLDS + 1) / N_THRESHOLDS
    return Curve(low + stretched * (high - low), curve.recall, curve.precision)
