"""The curves of a run: figures by step from its records, smoothed where asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinaface.boxes import FloatArray
from tinaface.metrics import HEIGHT_BINS, height_figure
from tinaface.wider import SUBSETS

TOTAL, CLASS, BOX, IOU = "loss", "loss_classification", "loss_box", "loss_iou"
RATE, PACE, AP = "rate", "pictures_per_s", "validation_ap50"
HEIGHTS = {name: f"validation_{height_figure(name)}" for name, _, _ in HEIGHT_BINS}
DIFFICULTIES = {name: f"validation_ap_{name}" for name in SUBSETS}


@dataclass(frozen=True, eq=False)
class Series:
    """One figure over the steps at which it was recorded; what is not finite is left out."""

    steps: FloatArray
    values: FloatArray

    @staticmethod
    def of(records: Sequence[Mapping[str, Any]], figure: str) -> "Series":
        """The series of one figure; empty where no record has it."""
        pairs = [
            (record["step"], record[figure])
            for record in records
            if _is_number(record.get("step")) and _is_number(record.get(figure))
        ]
        steps, values = np.asarray(pairs, np.float64).reshape(-1, 2).T
        return Series(steps, values)

    def smoothed(self, share: float) -> "Series":
        """With an exponential average that keeps `share` (0..1) of the past at each point.

        The first points are divided by what they weigh, so the curve does not begin at zero.
        """
        if not 0 < share < 1 or not len(self.values):
            return self
        out = np.empty_like(self.values)
        held = weight = 0.0
        for place, value in enumerate(self.values):
            held = share * held + (1 - share) * value
            weight = share * weight + (1 - share)
            out[place] = held / weight
        return Series(self.steps, out)

    def at(self, step: float) -> tuple[float, float] | None:
        """Step and value of the record next to a step; None of an empty series."""
        if not len(self.steps):
            return None
        nearest = int(np.argmin(np.abs(self.steps - step)))
        return float(self.steps[nearest]), float(self.values[nearest])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))
