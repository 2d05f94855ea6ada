"""Scores that know what stands around a face: how sure its neighbours are, how large, how many.

The network judges each place by itself. Whether a faint box is a face depends on more: boxes of a
size that is common in the picture are faces more often, those that overlap a better one less
often, and a place that many anchors agree on is one more often than the whim of a single one.
A logistic model over ten such facts and their products, learned on labelled photographs, weighs
them. Light: numpy only.

Source: the idea is the contextual rescoring of Felzenszwalb et al. (Object detection with
discriminatively trained part-based models, PAMI 2010); facts and form are our own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinaface import boxes
from tinaface.boxes import Detections, FloatArray
from tinaface.errors import CheckpointError
from tinaface.matching import overlapping_pairs
from tinaface.weights import WeightsHeader

KEY = "rescoring"
"""Where a header of weights keeps the model, among what is extra."""

FACTS = (
    "score",  # as log odds
    "size",  # logarithm of the root of the area
    "share",  # of the picture's longer side that the size takes, as logarithm
    "overlap",  # largest IoU with a better box
    "best",  # highest score in the picture
    "sure",  # how many score more than SURE, as logarithm
    "oddity",  # how far the size is from the median of those that score more than LIKELY
    "kin",  # sum of the scores of the others of similar size, as logarithm
    "support",  # how many candidates overlap it by half, as logarithm
    "spread",  # 1 - IoU with those, their mean weighted by score
)
SURE, LIKELY = 0.4, 0.3
# A face is of similar size up to this factor, e^0.8.
_KIN_RANGE = 0.8
_SUPPORT_IOU = 0.5
# Smaller overlaps are none.
_LEAST_OVERLAP = 0.05
# Of a picture where no box is likely.
_FARTHEST = 3.0
# Divides log odds: probabilities of faint boxes lie far below the customary floor of 0.01, above
# which they still tell; the order stays as it is.
_TEMPERATURE = 2.0
# Facts further from their mean, in standard deviations, were hardly ever learned.
_LARGEST = 3.5


@dataclass(frozen=True)
class Rescoring:
    """The learned model.

    Attributes:
        means: of each of FACTS, where it was learned.
        deviations: standard deviations of the same.
        weights: of each of `terms`.
    """

    means: Sequence[float]
    deviations: Sequence[float]
    weights: Sequence[float]

    def __post_init__(self) -> None:
        counts = len(self.means), len(self.deviations), len(self.weights)
        facts = len(FACTS)
        if counts != (facts, facts, 1 + facts + facts * (facts + 1) // 2):
            raise ValueError(f"a model of {facts} facts cannot have {counts} numbers")
        if not np.isfinite([*self.means, *self.deviations, *self.weights]).all():
            raise ValueError("a model must be finite")

    def __call__(self, found: Detections, among: Detections, size: tuple[int, int]) -> Detections:
        """The same boxes with their new scores, best first; arguments as those of `scores`."""
        scores = self.scores(found, among, size)
        order = np.argsort(-scores, kind="stable")
        return Detections(found.xyxy[order], scores[order])

    def scores(self, found: Detections, among: Detections, size: tuple[int, int]) -> FloatArray:
        """`[N]` new scores in 0..1, in the given order.

        Args:
            found: what is left after suppression, `[N, 4]`.
            among: all candidates before it.
            size: height and width of the picture.
        """
        if not len(found):
            return found.scores
        given = terms(facts(found, among, size), self.means, self.deviations)
        log_odds = given @ np.asarray(self.weights)
        return (1 / (1 + np.exp(-log_odds / _TEMPERATURE))).astype(found.scores.dtype)

    def as_text(self) -> str:
        """For a header of weights."""
        return json.dumps({"facts": FACTS, **vars(self)})


def rescoring_of(path: Path, header: WeightsHeader) -> Rescoring | None:
    """The model that a file of weights holds, if any. Raises CheckpointError if it is damaged."""
    text = header.extra.get(KEY)
    if text is None:
        return None
    try:
        fields = json.loads(text)
        if tuple(fields.pop("facts")) != FACTS:
            raise ValueError("other facts than this version knows")
        return Rescoring(**{name: tuple(map(float, numbers)) for name, numbers in fields.items()})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(
            what=f"Cannot use weights {path}",
            why=f"what their header says of {KEY} is damaged: {error}",
            remedy="Use another copy of the file, or the version of the program that wrote it",
        ) from error


def rescoring_extra(header: WeightsHeader) -> dict[str, str]:
    """What of a header's extra is the model: all that other weights of its kind can take over."""
    return {KEY: header.extra[KEY]} if KEY in header.extra else {}


def terms(
    given: FloatArray, means: Sequence[float] | FloatArray, deviations: Sequence[float] | FloatArray
) -> FloatArray:
    """`[N, T]` what a model weighs: a constant, the facts, and the products of any two.

    Args:
        given: `[N, F]` facts, which count in standard deviations from their means.
        means, deviations: `[F]` of each fact.
    """
    standardised = (given - np.asarray(means)) / np.asarray(deviations)
    bounded = np.clip(standardised, -_LARGEST, _LARGEST)
    first, second = np.triu_indices(bounded.shape[1])
    products = bounded[:, first] * bounded[:, second]
    return np.concatenate([np.ones((len(bounded), 1)), bounded, products], axis=1)


def facts(found: Detections, among: Detections, size: tuple[int, int]) -> FloatArray:
    """`[N, F]` FACTS about each detection of a picture, at least one; see `Rescoring`."""
    scores = found.scores.astype(np.float64)
    log_size = np.log(np.maximum(np.sqrt(boxes.area(found.xyxy.astype(np.float64))), 1))
    likely = log_size[scores > LIKELY]
    oddity = np.abs(log_size - np.median(likely)) if len(likely) else _FARTHEST
    support, spread = _agreement(found, among)
    columns = (
        np.log(scores / (1 - scores + 1e-6)),
        log_size,
        log_size - np.log(max(size)),
        _overlap_with_better(found),
        scores.max(),
        np.log1p(np.count_nonzero(scores > SURE)),
        oddity,
        np.log(0.1 + _kin(scores, log_size)),
        support,
        spread,
    )
    return np.stack([np.broadcast_to(column, scores.shape) for column in columns], axis=1)


def _overlap_with_better(found: Detections) -> FloatArray:
    one, other, iou = overlapping_pairs(found.xyxy, found.xyxy, _LEAST_OVERLAP)
    is_better = found.scores[other] > found.scores[one]
    largest = np.zeros(len(found))
    np.maximum.at(largest, one[is_better], iou[is_better])
    return largest


def _kin(scores: FloatArray, log_size: FloatArray) -> FloatArray:
    """`[N]` sums of the scores of the others of similar size."""
    order = np.argsort(log_size)
    sizes, sums = log_size[order], np.concatenate([[0], np.cumsum(scores[order])])
    first = np.searchsorted(sizes, log_size - _KIN_RANGE, "left")
    last = np.searchsorted(sizes, log_size + _KIN_RANGE, "right")
    return np.maximum(sums[last] - sums[first] - scores, 0)


def _agreement(found: Detections, among: Detections) -> tuple[FloatArray, FloatArray]:
    """`[N]` support and `[N]` spread."""
    row, candidate, iou = overlapping_pairs(found.xyxy, among.xyxy, _SUPPORT_IOU)
    counts = np.bincount(row, minlength=len(found))
    weights = np.bincount(row, among.scores[candidate], len(found))
    apart = np.bincount(row, among.scores[candidate] * (1 - iou), len(found))
    return np.log1p(counts), apart / np.maximum(weights, 1e-9)
