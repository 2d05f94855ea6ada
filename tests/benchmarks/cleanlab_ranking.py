"""cleanlab's ranking of the same labels, asked in another process.

It gets every advantage that this project's data allow: its scores are wanted as probabilities, and
ours are not, so both the scores as they are and calibrated ones are tried (each replaced by the
share of such detections that find a labelled face), each with its own thresholds and with lower
ones; the benchmark tells which was best.
"""

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.rankings import Ranking
from tinaface.boxes import FloatArray
from tinaface.matching import match
from tinaface.suspicion.evidence import LabelledPicture
from tinaface.suspicion.odds import fit, log_odds_of, probability_of

_LEAST_SCORE = 0.1
"""Weaker detections are hardly ever faces; how many there are would decide the calibration."""


@dataclass(frozen=True)
class Setting:
    """How cleanlab is asked. 0.95 and 0.5 are its own thresholds."""

    is_calibrated: bool
    high: float
    low: float

    def __str__(self) -> str:
        scores = "calibrated scores" if self.is_calibrated else "scores as they are"
        return f"{scores}, thresholds {self.high:g} and {self.low:g}"


SETTINGS = [
    Setting(is_calibrated, high, low)
    for is_calibrated in (False, True)
    for high, low in ((0.95, 0.5), (0.8, 0.5), (0.6, 0.3), (0.4, 0.2))
]


def ask(
    python: str, pictures: Sequence[LabelledPicture], setting: Setting
) -> tuple[Ranking, FloatArray]:
    """Boxes ranked by quality, the lowest first, and `[I]` 1 - quality of the pictures."""
    calibrated = _calibration(pictures) if setting.is_calibrated else _as_they_are
    images, kept = [], []
    for picture in pictures:
        scores = calibrated(picture.detections.scores.astype(float))
        # It looks at none of those below both thresholds, and slowly at all others.
        rows = np.flatnonzero(scores >= setting.low)
        kept.append(picture.detections.xyxy[rows])
        images.append(
            {
                "labels": picture.gt_boxes.tolist(),
                "boxes": picture.detections.xyxy[rows].tolist(),
                "scores": scores[rows].tolist(),
            }
        )
    request = {"images": images, "high": setting.high, "low": setting.low}
    child = Path(__file__).with_name("cleanlab_child.py")
    done = subprocess.run(
        [python, "-I", str(child)],
        input=json.dumps(request),
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    )
    answer = json.loads(done.stdout)
    findings = []
    for place, (picture, found) in enumerate(zip(pictures, kept, strict=True)):
        for row, quality in enumerate(answer["overlooked"][place]):
            if quality is not None:
                findings.append((place, found[row].tolist(), 1 - quality))
        for row, quality in enumerate(answer["badloc"][place]):
            findings.append((place, picture.gt_boxes[row].tolist(), 1 - quality))
    return Ranking.of(findings), 1 - np.asarray(answer["image"])


def _calibration(pictures: Sequence[LabelledPicture]) -> Callable[[FloatArray], FloatArray]:
    """A rising function from scores to the share of detections that find a labelled face."""
    scores, is_found = [], []
    for picture in pictures:
        found = picture.detections.above(_LEAST_SCORE)
        matching = match(found.xyxy, found.scores, picture.gt_boxes, picture.is_ignored)
        scores.append(found.scores)
        is_found.append(matching.matched_gt >= 0)
    values = log_odds_of(np.concatenate(scores).astype(float))[:, None]
    model = fit(values, np.concatenate(is_found).astype(float), np.ones(len(values)))
    return lambda given: probability_of(model(log_odds_of(given)[:, None]))


def _as_they_are(scores: FloatArray) -> FloatArray:
    return scores
