"""How probable it is that a label is wrong: a box that is missing, loose, repeated or no face.

A weak model misses many good labels, above all small ones, so "the model disagrees" is no measure.
`tinaface.suspicion.learning` learns from the folder itself how the model's answers to wrong labels
differ there from its answers to right ones; a finding's probability is that likelihood ratio times
how frequent such mistakes are (`PRIORS`). docs/suspicion.md has the measurements.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from tinaface.boxes import Detections, FloatArray, pairwise_iou
from tinaface.disagreements import Convention
from tinaface.matching import UNMATCHED
from tinaface.suspicion.evidence import Evidence, LabelledPicture
from tinaface.suspicion.oddities import Kind as OddityKind
from tinaface.suspicion.oddities import oddities
from tinaface.suspicion.odds import LogOdds, log_odds_of, probability_of

Kind = Literal["missing", "spurious", "shifted", "duplicate", "swapped", "odd"]

# How frequent such mistakes are thought to be: missing ones by faces, the next by labels, swapped
# by pictures. They weigh the kinds against each other; within one kind they do not matter.
PRIORS: dict[Kind, float] = {"missing": 0.04, "spurious": 0.03, "shifted": 0.04, "swapped": 0.04}
# Two boxes of one face overlap like this; two faces hardly ever do.
_DUPLICATE_IOU, _DUPLICATE_WIDTH = 0.6, 0.06
_SUREST_DUPLICATE = 0.98

LEAST_PROBABILITY = 0.02
"""Less suspicious labels are not listed."""

REASONS = {
    "missing": "a face is found, score {score}, where no label is",
    "spurious": "no face is found, though labels {height} pixels high usually are",
    "weak": "for {height} pixels height only a weak face is found, score {score}",
    "shifted": "the face that is found, score {score}, lies elsewhere: IoU {iou}",
    "duplicate": "it marks a face a second time: IoU {iou} with another label",
    "swapped": "the labels fit hardly any face that is found: another picture's?",
    "text": "its text is unlike the others'",
    "outside": "it reaches out of the picture",
    "shape": "{width} x {height} pixels is no face's shape",
    "tiny": "{width} x {height} pixels is less than anybody can label",
}
"""Why a label is suspicious, by kind or oddity; the window translates these."""


@dataclass(frozen=True)
class Suspicion:
    """One label that may be wrong.

    Attributes:
        image: as the picture names it.
        probability: that something is to be corrected here.
        box: where; None for a whole picture.
        row: of the label in the picture's `gt_boxes`; None for a missing one or a whole picture.
        detection: of the missing label in the picture's detections; None for others.
        other: row of the label that this one repeats.
        score: of the detection that speaks for a face here, if there is any.
        iou: of the label with that detection, or with the label that it repeats.
        oddity: what is odd about an "odd" label.
    """

    image: str
    kind: Kind
    probability: float
    box: tuple[float, float, float, float] | None = None
    row: int | None = None
    detection: int | None = None
    other: int | None = None
    score: float | None = None
    iou: float | None = None
    oddity: OddityKind | None = None

    @property
    def reason(self) -> str:
        """Why, in a sentence for people."""
        numbers = {
            name: f"{value:.{decimals}f}" for name, (value, decimals) in self.numbers.items()
        }
        return self.template.format(**numbers)

    @property
    def summary(self) -> str:
        """What may be wrong, where and why, in a line for people."""
        corners = "" if self.box is None else " at " + ", ".join(f"{side:.0f}" for side in self.box)
        return f"{self.kind}{corners}: {self.reason}"

    @property
    def template(self) -> str:
        """The sentence of REASONS that says why; its `numbers` are to be put in."""
        if self.kind == "odd" and self.oddity is not None:
            return REASONS[self.oddity]
        if self.kind == "spurious" and self.score is not None:
            return REASONS["weak"]
        return REASONS[self.kind]

    @property
    def numbers(self) -> dict[str, tuple[float, int]]:
        """What `template` may name: each number with its decimals."""
        x0, y0, x1, y1 = self.box or (0.0, 0.0, 0.0, 0.0)
        decimals = 1 if self.oddity == "tiny" else 0
        return {
            "width": (x1 - x0, decimals),
            "height": (y1 - y0, decimals),
            "score": (self.score or 0.0, 2),
            "iou": (self.iou or 0.0, 2),
        }

    @staticmethod
    def from_fields(fields: Mapping[str, Any]) -> "Suspicion":
        """The one in a JSON object of `check --suspicious`. Raises TypeError without one."""
        known = {name: value for name, value in fields.items() if name != "reason"}
        return Suspicion(**known | {"box": known["box"] and tuple(known["box"])})


@dataclass(frozen=True, eq=False)
class Models:
    """What tells wrong labels from right ones.

    Attributes:
        spurious, shifted: of labels, log of likelihood ratios.
        missing: of detections, log odds to be a face that is labelled.
        swapped: of pictures, log of likelihood ratios; None where there are too few.
    """

    spurious: LogOdds
    shifted: LogOdds
    missing: LogOdds
    swapped: LogOdds | None = None

    def odds_of_labels(self, features: FloatArray) -> tuple[FloatArray, FloatArray]:
        """`[M]` odds that labels are spurious, and that they are shifted."""
        return (
            np.exp(self.spurious(features)) * PRIORS["spurious"],
            np.exp(self.shifted(features)) * PRIORS["shifted"],
        )

    def probability_of_missing(self, evidence: Evidence) -> FloatArray:
        """`[N]` that each detection is a face without a label; 0 for those that found one."""
        log_odds = self.missing(evidence.of_detections) + _prior("missing")
        return np.where(evidence.matching.matched_gt == UNMATCHED, probability_of(log_odds), 0)

    def probability_of_swap(self, evidence: Evidence) -> float:
        """That the labels belong to another picture."""
        if self.swapped is None or not len(evidence.gt_boxes) or not len(evidence.scores):
            return 0.0
        log_odds = self.swapped(self.swap_features(evidence)[None]) + _prior("swapped")
        return float(probability_of(log_odds)[0])

    def swap_features(self, evidence: Evidence) -> FloatArray:
        """`[4]` whether labels and detections fit, of a picture that has both."""
        against = self.spurious(evidence.of_labels)
        sure = probability_of(self.missing(evidence.of_detections))
        alone = sure[evidence.matching.matched_gt == UNMATCHED].sum()
        return np.asarray(
            [
                against.mean(),
                against.sum() / np.sqrt(len(against)),
                alone / (sure.sum() + 0.5),
                np.log1p(alone),
            ]
        )


@dataclass(frozen=True, eq=False)
class Suspecter:
    """Tells of each picture of a folder what may be wrong.

    Attributes:
        conventions: of each of its folders.
        usual_height: log2, see `Evidence`.
        usual_text: what most labels say; None where no text is known.
        models: None where there was too little to learn from; then labels are only looked at by
            themselves.
    """

    conventions: dict[str, Convention]
    usual_height: float
    usual_text: str | None
    models: Models | None

    def evidence(self, picture: LabelledPicture) -> Evidence:
        """What the detections say of one picture."""
        convention = self.conventions.get(picture.folder, Convention())
        return Evidence(picture, convention, self.usual_height)

    def suspect(self, picture: LabelledPicture) -> list[Suspicion]:
        """What may be wrong in one picture, the most suspicious first."""
        evidence = self.evidence(picture)
        found = _Findings(picture, evidence)
        if self.models is not None:
            found.compare_labels(self.models)
            found.compare_detections(self.models)
        found.look_for_duplicates()
        for oddity in oddities(picture, self.usual_text):
            found.add_odd(oddity.row, oddity.kind, oddity.probability)
        swapped = 0.0 if self.models is None else self.models.probability_of_swap(evidence)
        # If the labels are another picture's, that is one mistake and not one a box.
        rest = [replace(one, probability=one.probability * (1 - swapped)) for one in found.all()]
        rest.append(Suspicion(picture.name, "swapped", swapped))
        listed = [one for one in rest if one.probability >= LEAST_PROBABILITY]
        return sorted(listed, key=lambda one: -one.probability)


class _Findings:
    """What may be wrong in one picture: at most one finding a label."""

    def __init__(self, picture: LabelledPicture, evidence: Evidence) -> None:
        self._picture, self._evidence = picture, evidence
        self._of_row: dict[int, Suspicion] = {}
        self._missing: list[Suspicion] = []

    def all(self) -> list[Suspicion]:
        return [*self._of_row.values(), *self._missing]

    def compare_labels(self, models: Models) -> None:
        """Labels that the model does not find, or finds elsewhere."""
        spurious, shifted = models.odds_of_labels(self._evidence.of_labels)
        probability = (spurious + shifted) / (1 + spurious + shifted)
        detections = self._picture.detections
        for place in np.flatnonzero(probability >= LEAST_PROBABILITY).tolist():
            row = int(self._evidence.rows[place])
            answer = _answer(self._picture.gt_boxes[row], detections)
            self._of_row[row] = Suspicion(
                self._picture.name,
                "shifted"
                if answer is not None and shifted[place] > spurious[place]
                else "spurious",
                float(probability[place]),
                self._box(row),
                row,
                score=None if answer is None else float(detections.scores[answer[0]]),
                iou=None if answer is None else answer[1],
            )

    def compare_detections(self, models: Models) -> None:
        """Faces that are found where no label is."""
        probability = models.probability_of_missing(self._evidence)
        for place in np.flatnonzero(probability >= LEAST_PROBABILITY).tolist():
            row = int(self._evidence.order[place])
            self._missing.append(
                Suspicion(
                    self._picture.name,
                    "missing",
                    float(probability[place]),
                    _plain(self._picture.detections.xyxy[row]),
                    detection=row,
                    score=float(self._picture.detections.scores[row]),
                )
            )

    def look_for_duplicates(self) -> None:
        """Pairs of labels on one face; the one that fits less is in doubt."""
        rows, support = self._evidence.rows, self._evidence.support
        boxes = self._picture.gt_boxes[rows].astype(np.float64)
        overlap = np.triu(pairwise_iou(boxes, boxes), 1)
        for first, second in zip(*np.nonzero(overlap > _DUPLICATE_IOU - 0.1), strict=True):
            # Of two equals the later one was added.
            less, more = (first, second) if support[first] < support[second] else (second, first)
            iou = float(overlap[first, second])
            twice = float(probability_of(np.asarray((iou - _DUPLICATE_IOU) / _DUPLICATE_WIDTH)))
            self._put(
                Suspicion(
                    self._picture.name,
                    "duplicate",
                    min(twice, _SUREST_DUPLICATE),
                    self._box(int(rows[less])),
                    int(rows[less]),
                    other=int(rows[more]),
                    iou=iou,
                )
            )

    def add_odd(self, row: int, kind: OddityKind, probability: float) -> None:
        """One label that is odd by itself."""
        box = self._box(row)
        self._put(
            Suspicion(self._picture.name, "odd", probability, box, row, oddity=kind), adds_up=True
        )

    def _put(self, one: Suspicion, adds_up: bool = False) -> None:
        """Keeps what is the stronger reason; reasons of different nature add up."""
        assert one.row is not None
        before = self._of_row.get(one.row)
        if before is None:
            self._of_row[one.row] = one
            return
        stronger = one if one.probability > before.probability else before
        probability = stronger.probability
        if adds_up:
            probability = 1 - (1 - one.probability) * (1 - before.probability)
        self._of_row[one.row] = replace(stronger, probability=probability)

    def _box(self, row: int) -> tuple[float, float, float, float]:
        return _plain(self._picture.gt_boxes[row])


def _prior(kind: Kind) -> float:
    return float(log_odds_of(np.asarray(PRIORS[kind])))


def _answer(box: FloatArray, detections: Detections) -> tuple[int, float] | None:
    """The detection that most likely means a label's face, and its IoU with the label."""
    if not len(detections):
        return None
    iou = pairwise_iou(box[None].astype(np.float64), detections.xyxy.astype(np.float64))[0]
    value = np.where(iou >= 0.1, log_odds_of(detections.scores) + 6 * iou, -np.inf)
    best = int(value.argmax())
    return (best, float(iou[best])) if np.isfinite(value[best]) else None


def _plain(box: FloatArray) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = box.tolist()
    return x0, y0, x1, y1
