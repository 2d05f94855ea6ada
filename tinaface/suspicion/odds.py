"""Logistic regression: how much likelier some features are in one class than in another.

Source: Newton's method for penalised logistic regression (Hastie, Tibshirani, Friedman, "The
Elements of Statistical Learning", section 4.4).
"""

from dataclasses import dataclass

import numpy as np

from tinaface.boxes import FloatArray

_STEPS = 25
_ENOUGH = 1e-6
# What a single example may say at most; beyond that a handful of odd ones would decide everything.
_LARGEST = 12.0


@dataclass(frozen=True, eq=False)
class LogOdds:
    """A fitted model. It also knows how features were scaled.

    Attributes:
        mean, spread: `[F]` of the features that it was fitted to.
        weights: `[F + 1]` of the scaled features and of 1.
    """

    mean: FloatArray
    spread: FloatArray
    weights: FloatArray

    def __call__(self, features: FloatArray) -> FloatArray:
        """`[N]` log of the odds of class 1 against class 0, given `[N, F]` features."""
        values = _with_one((features - self.mean) / self.spread) @ self.weights
        return np.clip(values, -_LARGEST, _LARGEST)


def fit(
    features: FloatArray, is_one: FloatArray, weights: FloatArray, penalty: float = 3.0
) -> LogOdds:
    """The log odds of class 1, as the examples have them.

    Args:
        features: `[N, F]`.
        is_one: `[N]` 1 or 0.
        weights: `[N]` how much each example counts.
        penalty: of the squared weights, counted in examples; it keeps few examples from deciding.
    """
    mean = np.average(features, axis=0, weights=weights)
    spread = np.sqrt(np.average((features - mean) ** 2, axis=0, weights=weights)) + 1e-6
    scaled = _with_one((features - mean) / spread)
    ridge = np.full(scaled.shape[1], penalty)
    ridge[-1] = 1e-6  # how frequent a class is may be what it is
    found = np.zeros(scaled.shape[1])
    for _ in range(_STEPS):
        probability = probability_of(scaled @ found)
        gradient = scaled.T @ (weights * (is_one - probability)) - ridge * found
        curvature = (scaled * (weights * probability * (1 - probability))[:, None]).T @ scaled
        step = np.linalg.solve(curvature + np.diag(ridge), gradient)
        # A full step may overshoot where the classes are far apart.
        step *= min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        found += step
        if float(np.abs(step).max()) < _ENOUGH:
            break
    return LogOdds(mean, spread, found)


def probability_of(log_odds: FloatArray) -> FloatArray:
    """The probability that belongs to the log of odds."""
    return 1 / (1 + np.exp(-np.clip(log_odds, -60, 60)))


def log_odds_of(probability: FloatArray, least: float = 1e-4) -> FloatArray:
    """The log of the odds of a probability, which is kept `least` away from 0 and 1."""
    kept = np.clip(probability, least, 1 - least)
    return np.log(kept) - np.log1p(-kept)


def _with_one(features: FloatArray) -> FloatArray:
    return np.concatenate([features, np.ones((len(features), 1))], axis=1)
