"""The updates of the weights, written by hand, and their moving average.

Keras' SGD folds the rate into the velocity and decouples the decay, which is another rule as soon
as the rate changes; hence the reference's three lines here (specification, section 10).
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf

from tinaface.presets import Schedule


class Optimiser(Protocol):
    """Moves weights along gradients, and can be stored and continued."""

    def update(self, gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
        """One step; `gradients` in the order of the weights, `rate` a scalar."""

    @property
    def state(self) -> dict[str, tf.Variable]:
        """Every variable that the next step depends on, by a name that is stable."""


class SGD:
    """Momentum without Nesterov: `g += decay * w; v = momentum * v + g; w -= rate * v`.

    The decay reaches every weight, scales and biases of norms too.
    """

    def __init__(self, weights: Sequence[tf.Variable], momentum: float, weight_decay: float):
        self._weights = list(weights)
        self._momentum = momentum
        self._weight_decay = weight_decay
        self._velocities = [_slot(weight) for weight in self._weights]

    def update(self, gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
        for weight, velocity, gradient in zip(
            self._weights, self._velocities, gradients, strict=True
        ):
            step = gradient + self._weight_decay * weight
            velocity.assign(self._momentum * velocity + step)
            weight.assign_sub(tf.cast(rate, weight.dtype) * velocity)

    @property
    def state(self) -> dict[str, tf.Variable]:
        return {f"velocity/{i}": slot for i, slot in enumerate(self._velocities)}


class AdamW:
    """Adam with decoupled decay of the kernels, gradients cut to a global norm.

    For short trainings from scratch, where SGD's schedule has no time to warm up. Scales and
    biases are not decayed. Source: Loshchilov and Hutter, arXiv 1711.05101, algorithm 2.
    """

    BETA_1 = 0.9
    BETA_2 = 0.99
    EPSILON = 1e-8
    LARGEST_NORM = 10.0

    def __init__(self, weights: Sequence[tf.Variable], weight_decay: float):
        self._weights = list(weights)
        self._weight_decay = weight_decay
        self._first = [_slot(weight) for weight in self._weights]
        self._second = [_slot(weight) for weight in self._weights]
        self._steps = tf.Variable(0, trainable=False, dtype=tf.int64)

    def update(self, gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
        self._steps.assign_add(1)
        count = tf.cast(self._steps, tf.float32)
        correction_1 = 1 - self.BETA_1**count
        correction_2 = 1 - self.BETA_2**count
        cut, _ = tf.clip_by_global_norm(gradients, self.LARGEST_NORM)
        for weight, first, second, gradient in zip(
            self._weights, self._first, self._second, cut, strict=True
        ):
            first.assign(self.BETA_1 * first + (1 - self.BETA_1) * gradient)
            second.assign(self.BETA_2 * second + (1 - self.BETA_2) * gradient**2)
            move = first / correction_1 / (tf.sqrt(second / correction_2) + self.EPSILON)
            if len(weight.shape) > 1:
                move += self._weight_decay * weight
            weight.assign_sub(rate * move)

    @property
    def state(self) -> dict[str, tf.Variable]:
        slots = {f"first/{i}": slot for i, slot in enumerate(self._first)}
        slots |= {f"second/{i}": slot for i, slot in enumerate(self._second)}
        return {**slots, "steps": self._steps}


class MovingAverage:
    """Exponential moving average of weights and norm statistics, which evaluation uses.

    The decay grows with the steps, `min(decay, (1 + n) / (10 + n))`, so that the first ones do
    not remember the random start.
    """

    def __init__(self, variables: Sequence[tf.Variable], decay: float):
        self._variables = list(variables)
        self._decay = decay
        self._steps = tf.Variable(0, trainable=False, dtype=tf.int64)
        self.values = [tf.Variable(variable, trainable=False) for variable in self._variables]

    def update(self) -> None:
        """Takes in the variables' present values."""
        self._steps.assign_add(1)
        count = tf.cast(self._steps, tf.float32)
        share = 1 - tf.minimum(self._decay, (1 + count) / (10 + count))
        for average, variable in zip(self.values, self._variables, strict=True):
            average.assign_sub(tf.cast(share, average.dtype) * (average - variable))

    @property
    def state(self) -> dict[str, tf.Variable]:
        averages = {f"average/{i}": value for i, value in enumerate(self.values)}
        return {**averages, "average/steps": self._steps}


def build_optimiser(schedule: Schedule, weights: Sequence[tf.Variable]) -> Optimiser:
    """The optimiser that a schedule names."""
    if schedule.optimiser == "adamw":
        return AdamW(weights, schedule.weight_decay)
    return SGD(weights, schedule.momentum, schedule.weight_decay)


def _slot(weight: tf.Variable) -> tf.Variable:
    return tf.Variable(np.zeros(weight.shape), trainable=False, dtype=weight.dtype)
