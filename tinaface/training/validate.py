"""How well a file of weights detects: AP at IoU 0.5 by the preset's own rule of detection."""

from collections.abc import Sequence
from pathlib import Path

from tinaface.dataset import Entry, ground_truth
from tinaface.images import read_rgb
from tinaface.inference.predict import Predictor
from tinaface.inference.settings import DetectSettings
from tinaface.matching import match
from tinaface.metrics import average_precision, rank
from tinaface.presets import PRESETS
from tinaface.weights import read_header


class Validation:
    """A set of pictures to measure weights by."""

    def __init__(self, entries: Sequence[Entry]):
        self._entries = entries
        self._truths = [ground_truth(entry) for entry in entries]

    def __call__(self, weights: Path) -> dict[str, float]:
        """Figures of one file of weights.

        Returns:
            `ap50`; `threshold` and `recall` where there is one false alarm a picture on average,
            left out where no threshold gives so few.
        """
        settings = DetectSettings.for_preset(PRESETS[read_header(weights).preset])
        predictor = Predictor(weights)
        matchings = []
        for entry, truth in zip(self._entries, self._truths, strict=True):
            found = predictor.detect(read_rgb(entry.image), settings)
            matchings.append(match(found.xyxy, found.scores, truth.gt_boxes, truth.is_ignored))
        ranking = rank(matchings)
        figures = {"ap50": average_precision(ranking) or 0.0}
        counts = ranking.at_false_alarms(1.0)
        if counts is not None:
            figures |= {"threshold": counts.threshold, "recall": counts.recall}
        return figures
