"""How well a file of weights detects: AP at IoU 0.5 by the preset's own rule of detection."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from tinaface.boxes import Detections
from tinaface.errors import DatasetError
from tinaface.images import read_rgb
from tinaface.inference.predict import Predictor
from tinaface.inference.settings import DetectSettings
from tinaface.matching import match
from tinaface.metrics import average_precision, rank
from tinaface.presets import PRESETS
from tinaface.training.labelled import LabelledSet
from tinaface.training.samples import USUAL_THRESHOLD, Sample, choose, sample_of
from tinaface.weights import read_header


@dataclass(frozen=True)
class Measured:
    """What a validation found.

    Attributes:
        figures: `ap50`; `threshold` and `recall` where there is one false alarm a picture on
            average, left out where no threshold gives so few.
        samples: pictures to look at, the same ones each time, less those that cannot be read.
    """

    figures: dict[str, float]
    samples: tuple[Sample, ...] = ()

    @property
    def threshold(self) -> float:
        """Above which boxes are shown."""
        return self.figures.get("threshold", USUAL_THRESHOLD)


class Validation:
    """A set of pictures to measure weights by; one that cannot be read is left out."""

    def __init__(self, labelled: LabelledSet):
        self._labelled = labelled
        self._shown = frozenset(choose(labelled.truths))

    def __call__(self, weights: Path) -> Measured:
        """Measures one file of weights."""
        settings = DetectSettings.for_preset(PRESETS[read_header(weights).preset])
        predictor = Predictor(weights)
        matchings = []
        shown: dict[int, Detections] = {}
        for row, (entry, truth) in enumerate(
            zip(self._labelled.entries, self._labelled.truths, strict=True)
        ):
            try:
                rgb = read_rgb(entry.image)
            except DatasetError:
                continue
            found = predictor.detect(rgb, settings)
            matchings.append(match(found.xyxy, found.scores, truth.gt_boxes, truth.is_ignored))
            if row in self._shown:
                shown[row] = found
        ranking = rank(matchings)
        figures = {"ap50": average_precision(ranking) or 0.0}
        counts = ranking.at_false_alarms(1.0)
        if counts is not None:
            figures |= {"threshold": counts.threshold, "recall": counts.recall}
        measured = Measured(figures)
        samples = (self._sample(row, shown[row], measured.threshold) for row in shown)
        return dataclasses.replace(measured, samples=tuple(samples))

    def _sample(self, row: int, found: Detections, threshold: float) -> Sample:
        image, truth = self._labelled.entries[row].image, self._labelled.truths[row]
        return sample_of(image, truth, found, threshold)
