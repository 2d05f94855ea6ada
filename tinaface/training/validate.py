"""How well a file of weights detects: AP at IoU 0.5 by the preset's own rule of detection."""

from pathlib import Path

from tinaface.errors import DatasetError
from tinaface.images import read_rgb
from tinaface.inference.predict import Predictor
from tinaface.inference.settings import DetectSettings
from tinaface.matching import match
from tinaface.metrics import average_precision, rank
from tinaface.presets import PRESETS
from tinaface.training.labelled import LabelledSet
from tinaface.weights import read_header


class Validation:
    """A set of pictures to measure weights by; one that cannot be read is left out."""

    def __init__(self, labelled: LabelledSet):
        self._labelled = labelled

    def __call__(self, weights: Path) -> dict[str, float]:
        """Figures of one file of weights.

        Returns:
            `ap50`; `threshold` and `recall` where there is one false alarm a picture on average,
            left out where no threshold gives so few.
        """
        settings = DetectSettings.for_preset(PRESETS[read_header(weights).preset])
        predictor = Predictor(weights)
        matchings = []
        for entry, truth in zip(self._labelled.entries, self._labelled.truths, strict=True):
            try:
                rgb = read_rgb(entry.image)
            except DatasetError:
                continue
            found = predictor.detect(rgb, settings)
            matchings.append(match(found.xyxy, found.scores, truth.gt_boxes, truth.is_ignored))
        ranking = rank(matchings)
        figures = {"ap50": average_precision(ranking) or 0.0}
        counts = ranking.at_false_alarms(1.0)
        if counts is not None:
            figures |= {"threshold": counts.threshold, "recall": counts.recall}
        return figures
