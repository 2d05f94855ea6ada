"""Learns the rescoring of detections (`tinaface.inference.rescoring`) on labelled pictures.

Light: numpy and scipy; the network is the caller's.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.optimize

from tinaface.boxes import Detections, FloatArray
from tinaface.dataset import GroundTruth
from tinaface.inference.rescoring import FACTS, Rescoring, facts, terms
from tinaface.matching import ABSORBED, find_overlaps

# Strength of the penalty on squared weights; the constant bears none. A tenth or ten times as much
# changed AP50 of validation by .001.
_PENALTY = 10.0
# Fewer detections, right and wrong ones each, cannot settle as many weights as there are.
LEAST_DETECTIONS = 500


class Evidence:
    """Facts about detections of labelled pictures, and whether each is a face."""

    def __init__(self) -> None:
        self._facts: list[FloatArray] = []
        self._is_face: list[npt.NDArray[np.bool_]] = []

    def add(
        self, found: Detections, among: Detections, size: tuple[int, int], truth: GroundTruth
    ) -> None:
        """One picture: its detections, the candidates before suppression, height and width."""
        if not len(found):
            return
        matching = find_overlaps(found.xyxy, found.scores, truth.gt_boxes, truth.is_ignored).match()
        counts = matching.matched_gt != ABSORBED
        self._facts.append(facts(found, among, size)[counts])
        self._is_face.append((matching.matched_gt >= 0)[counts])

    @property
    def counts(self) -> tuple[int, int]:
        """Detections that are faces, and that are not."""
        faces = sum(int(np.count_nonzero(one)) for one in self._is_face)
        return faces, sum(map(len, self._is_face)) - faces

    def learn(self) -> Rescoring:
        """The model; ValueError where there are fewer than LEAST_DETECTIONS of either kind."""
        if min(self.counts) < LEAST_DETECTIONS:
            raise ValueError(
                f"{self.counts[0]} detections of faces and {self.counts[1]} false alarms are too "
                f"few: {LEAST_DETECTIONS} of each are needed"
            )
        given, is_face = np.concatenate(self._facts), np.concatenate(self._is_face)
        means, deviations = given.mean(axis=0), given.std(axis=0) + 1e-6
        weights = _logistic(terms(given, means, deviations), is_face)
        return Rescoring(*(_plain(numbers) for numbers in (means, deviations, weights)))


def _logistic(given: FloatArray, is_face: npt.NDArray[np.bool_]) -> FloatArray:
    """`[T]` weights of the logistic model that fits best, with `_PENALTY`."""
    sign = np.where(is_face, 1.0, -1.0)
    penalty = np.full(given.shape[1], _PENALTY)
    penalty[0] = 0

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        margin = sign * (given @ weights)
        value = np.logaddexp(0, -margin).sum() + (penalty * weights**2).sum() / 2
        pull = -sign / (1 + np.exp(np.minimum(margin, 500)))
        return value / len(given), (given.T @ pull + penalty * weights) / len(given)

    start = np.zeros(given.shape[1])
    start[1 + FACTS.index("score")] = 1
    best = scipy.optimize.minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000, "ftol": 1e-10}
    )
    weights: FloatArray = best.x
    return weights


def _plain(numbers: Sequence[float] | FloatArray) -> tuple[float, ...]:
    return tuple(round(float(number), 6) for number in numbers)
