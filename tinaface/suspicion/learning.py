"""Learns from a folder how its wrong labels would look, by inventing some.

What is invented is broader than what people do wrong: a box anywhere, moved and resized anyhow,
the labels of any other picture. No true mistake need be known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tinaface.boxes import FloatArray, IndexArray, pairwise_iou
from tinaface.matching import UNMATCHED
from tinaface.suspicion.evidence import Evidence, LabelledPicture, conventions, log_height
from tinaface.suspicion.oddities import usual_text
from tinaface.suspicion.odds import LogOdds, fit
from tinaface.suspicion.suspecter import Models, Suspecter, Suspicion

# Pictures that are learned from; more make it slower and no better.
_MOST_PICTURES = 1500
# The first round learns from all labels, the next from those that it did not suspect.
_ROUNDS = 2
# Of fewer examples nothing is learned.
_FEWEST = 10
# There are fewer pictures than labels, and their features tell more: less caution is needed.
_FEW_PENALTY = 1.0
_SEED = 20


def rank(pictures: Sequence[LabelledPicture]) -> list[Suspicion]:
    """Every label of a data set that may be wrong, the most suspicious first; ties by name."""
    suspecter = learn(pictures)
    found = [one for picture in pictures for one in suspecter.suspect(picture)]
    return sorted(found, key=lambda one: (-one.probability, one.image, one.row or 0))


def learn(pictures: Sequence[LabelledPicture]) -> Suspecter:
    """What a folder's labels and detections teach about its mistakes; the same each time."""
    rng = np.random.default_rng(_SEED)
    sample = [picture for picture in pictures if len(picture.gt_boxes) or len(picture.detections)]
    if len(sample) > _MOST_PICTURES:
        chosen = np.sort(rng.choice(len(sample), _MOST_PICTURES, replace=False))
        sample = [sample[place] for place in chosen]
    habits = conventions(sample)
    heights = [_log_heights(picture) for picture in sample]
    usual = float(np.median(np.concatenate([np.zeros(1), *heights])))
    suspecter = Suspecter(habits, usual, usual_text(pictures), models=None)
    lessons = _Lessons(sample, suspecter, rng)
    if not lessons.are_enough:
        return suspecter
    models = lessons.fit()
    for _ in range(_ROUNDS - 1):
        lessons.doubt(models)
        models = lessons.fit()
    return replace(suspecter, models=lessons.with_swapped(models, rng))


def _log_heights(picture: LabelledPicture) -> FloatArray:
    """Of the faces that count, as `Evidence` measures them."""
    faces = picture.gt_boxes[~picture.is_ignored]
    return log_height(faces)


class _Lessons:
    """The features of what is labelled, found and invented in some pictures."""

    def __init__(
        self,
        pictures: Sequence[LabelledPicture],
        suspecter: Suspecter,
        rng: np.random.Generator,
    ) -> None:
        self._pictures, self._suspecter = pictures, suspecter
        self._evidence = [suspecter.evidence(picture) for picture in pictures]
        boxes = [picture.gt_boxes[~picture.is_ignored] for picture in pictures]
        corners = np.concatenate([np.zeros((0, 4)), *boxes])
        self._sides = np.maximum(corners[:, 2:] - corners[:, :2], 1)
        both = list(zip(pictures, self._evidence, strict=True))
        self._labels = _joined(evidence.of_labels for evidence in self._evidence)
        self._spurious = _joined(self._at_random(*each, rng) for each in both)
        self._shifted = _joined(self._moved(*each, rng) for each in both)
        self._detections = _joined(evidence.of_detections for evidence in self._evidence)
        matched = _joined(evidence.matching.matched_gt for evidence in self._evidence)
        self._is_found, self._is_alone = matched >= 0, matched == UNMATCHED
        # How far each is believed to be what it says.
        self._trust = np.ones(len(self._labels))
        self._trust_alone = self._is_alone.astype(np.float64)

    @property
    def are_enough(self) -> bool:
        """Whether anything can be learned: faces found and invented, and false alarms."""
        piles = (self._is_found.sum(), len(self._spurious), len(self._shifted))
        return min(piles) >= _FEWEST and bool(self._is_alone.any())

    def fit(self) -> Models:
        """What they teach, but for swapped pictures."""
        return Models(
            spurious=_against(self._labels, self._trust, self._spurious),
            shifted=_against(self._labels, self._trust, self._shifted),
            missing=fit(
                self._detections,
                self._is_found.astype(np.float64),
                self._trust_alone + self._is_found,
            ),
        )

    def doubt(self, models: Models) -> None:
        """Believes less what was found suspicious."""
        spurious, shifted = models.odds_of_labels(self._labels)
        self._trust = 1 / (1 + spurious + shifted)
        missing = _joined(models.probability_of_missing(evidence) for evidence in self._evidence)
        self._trust_alone = self._is_alone * (1 - missing)

    def with_swapped(self, models: Models, rng: np.random.Generator) -> Models:
        """The same, and how labels of another picture look: each gets those of some other."""
        both = [
            (picture, evidence)
            for picture, evidence in zip(self._pictures, self._evidence, strict=True)
            if len(evidence.gt_boxes) and len(evidence.scores)
        ]
        if len(both) < _FEWEST:
            return models
        turns = rng.integers(1, len(both), len(both)).tolist()
        wrong = []
        for place, ((picture, _), turn) in enumerate(zip(both, turns, strict=True)):
            stranger, _ = both[(place + turn) % len(both)]
            mixed = replace(picture, gt_boxes=stranger.gt_boxes, is_ignored=stranger.is_ignored)
            evidence = self._suspecter.evidence(mixed)
            if len(evidence.gt_boxes):
                wrong.append(models.swap_features(evidence))
        right = np.stack([models.swap_features(evidence) for _, evidence in both])
        trust = np.ones(len(right))
        for _ in range(_ROUNDS):
            models = replace(models, swapped=_against(right, trust, np.stack(wrong), _FEW_PENALTY))
            trust = 1 - np.asarray([models.probability_of_swap(e) for _, e in both])
        return models

    # ---- inventing ----

    def _at_random(
        self, picture: LabelledPicture, evidence: Evidence, rng: np.random.Generator
    ) -> FloatArray:
        """Features of boxes where no label is, as many as there are labels, of usual sizes."""
        count = len(evidence.gt_boxes)
        sides = self._sides[rng.integers(0, max(len(self._sides), 1), count)]
        height, width = picture.size or _extent(picture)
        sides = np.minimum(sides, (width, height))
        corners = rng.uniform(0, 1, (count, 2)) * (np.asarray([width, height]) - sides)
        boxes = np.concatenate([corners, corners + sides], axis=1)
        free = pairwise_iou(boxes, picture.gt_boxes.astype(np.float64)).max(axis=1, initial=0) < 0.1
        return evidence.of_invented(boxes[free])

    def _moved(
        self, picture: LabelledPicture, evidence: Evidence, rng: np.random.Generator
    ) -> FloatArray:
        """Features of labels that were moved and resized."""
        boxes = picture.gt_boxes[evidence.rows].astype(np.float64)
        sides = boxes[:, 2:] - boxes[:, :2]
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2 + rng.normal(0, 0.2, sides.shape) * sides
        # Too large and too small happen to both sides alike.
        scale = np.exp(rng.normal(0, 0.3, (len(boxes), 1)) + rng.normal(0, 0.1, sides.shape))
        moved = np.concatenate([centres - scale * sides / 2, centres + scale * sides / 2], axis=1)
        iou = np.diagonal(pairwise_iou(boxes, moved))
        is_wrong: IndexArray = np.flatnonzero((iou > 0.15) & (iou < 0.6))
        return evidence.of_invented(moved[is_wrong], is_wrong)


def _extent(picture: LabelledPicture) -> tuple[float, float]:
    """Height and width of a picture whose size is not known: what boxes reach."""
    boxes = np.concatenate([picture.gt_boxes, picture.detections.xyxy])
    right, bottom = boxes[:, 2:].max(axis=0, initial=1)
    return float(bottom), float(right)


def _joined(parts: Iterable[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    found = list(parts)
    return np.concatenate(found) if found else np.zeros(0)


def _against(
    right: FloatArray, trust: FloatArray, wrong: FloatArray, penalty: float = 3.0
) -> LogOdds:
    """Log of how much likelier features are among wrong ones: both sides count alike."""
    features = np.concatenate([right, wrong])
    is_wrong = np.arange(len(features)) >= len(right)
    balance = trust.sum() / max(len(wrong), 1)
    weights = np.concatenate([trust, np.full(len(wrong), balance)])
    return fit(features, is_wrong.astype(np.float64), weights, penalty)
