"""How well a file of weights detects: AP at IoU 0.5 by the preset's own rule of detection."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinaface.boxes import Detections
from tinaface.errors import DatasetError
from tinaface.evaluation import FaceSet, VocJudgement, judge
from tinaface.images import read_rgb
from tinaface.inference.predict import Predictor
from tinaface.inference.settings import DetectSettings
from tinaface.matching import find_overlaps
from tinaface.metrics import average_precision, height_figure
from tinaface.presets import PRESETS
from tinaface.training.labelled import LabelledSet
from tinaface.training.samples import USUAL_THRESHOLD, Sample, choose, sample_of
from tinaface.weights import read_header

# What was found in each picture; None in one that cannot be read.
_Found = Sequence[Detections | None]


@dataclass(frozen=True)
class Measured:
    """What a validation found.

    Attributes:
        figures: `ap50`; `threshold` and `recall` where there is one false alarm a picture on
            average, left out where no threshold gives so few; AP of the faces of each range of
            heights that has any (`metrics.height_figure`); `ap_easy`, `ap_medium` and `ap_hard` by
            the official protocol where the pictures are WIDER FACE's.
        samples: pictures to look at, the same ones each time, less those that cannot be read.
    """

    figures: dict[str, float]
    samples: tuple[Sample, ...] = ()

    @property
    def threshold(self) -> float:
        """Above which boxes are shown."""
        return self.figures.get("threshold", USUAL_THRESHOLD)


class Validation:
    """A set of pictures to measure weights by; one that cannot be read is left out.

    Args:
        benchmark: WIDER FACE's own truth of the same pictures, one for one.
    """

    def __init__(self, labelled: LabelledSet, benchmark: FaceSet | None = None):
        self._labelled = labelled
        self._benchmark = benchmark
        self._shown = choose(labelled.truths)

    def __call__(self, weights: Path) -> Measured:
        """Measures one file of weights."""
        settings = DetectSettings.for_preset(PRESETS[read_header(weights).preset])
        predictor = Predictor(weights)
        found: list[Detections | None] = []
        for entry in self._labelled.entries:
            try:
                rgb = read_rgb(entry.image)
            except DatasetError:
                found.append(None)
            else:
                found.append(predictor.detect(rgb, settings))
        measured = Measured(self._figures(found) | self._by_difficulty(found))
        return Measured(measured.figures, self._samples(found, measured.threshold))

    def _figures(self, found: _Found) -> dict[str, float]:
        judgement = VocJudgement(
            [
                find_overlaps(one.xyxy, one.scores, truth.gt_boxes, truth.is_ignored)
                for one, truth in zip(found, self._labelled.truths, strict=True)
                if one is not None
            ]
        )
        figures = {"ap50": judgement.ap or 0.0}
        counts = judgement.ranking.at_false_alarms(1.0)
        if counts is not None:
            figures |= {"threshold": counts.threshold, "recall": counts.recall}
        for name, ranking in judgement.by_height().items():
            ap = average_precision(ranking)
            if ap is not None:
                figures[height_figure(name)] = ap
        return figures

    def _by_difficulty(self, found: _Found) -> dict[str, float]:
        if self._benchmark is None:
            return {}
        # The protocol has no picture left out: in one that cannot be read nothing was found.
        whole = [Detections.none() if one is None else one for one in found]
        judged = judge("wider", self._benchmark, whole)
        return {f"ap_{name}": one.ap for name, one in judged.items() if one.ap is not None}

    def _samples(self, found: _Found, threshold: float) -> tuple[Sample, ...]:
        entries, truths = self._labelled.entries, self._labelled.truths
        return tuple(
            sample_of(entries[row].image, truths[row], one, threshold)
            for row in self._shown
            if (one := found[row]) is not None
        )
