"""One update of the weights from one or several batches, each graph traced once."""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tinaface.network.anchors import level_anchors
from tinaface.network.detector import Detector
from tinaface.presets import Schedule
from tinaface.training.config import NO_RESTRAINT, Restraint
from tinaface.training.losses import LossSums, batch_loss
from tinaface.training.optimisers import MovingAverage, build_optimiser
from tinaface.training.pipeline import Batch


class Update(NamedTuple):
    """What a step reports.

    Attributes:
        losses: sums over the batches divided by their normaliser, by the name that is logged.
        gradient_norm: of all gradients together.
        is_finite: whether the weights were moved; they are not where a value is NaN or infinite.
    """

    losses: dict[str, float]
    gradient_norm: float
    is_finite: bool


class TrainingStep:
    """A network with its optimiser and the moving average of its weights.

    Several batches can stand for a larger one: gradients of the sums are added, and divided once
    by the normaliser of all, so that with GroupNorm the update is that of the larger batch.

    Args:
        detector: changed in place.
        schedule: optimiser, crop, and whether ignored faces count neither way.
        restraint: what keeps it from forgetting the weights it begins with.
    """

    def __init__(self, detector: Detector, schedule: Schedule, restraint: Restraint = NO_RESTRAINT):
        self.detector = detector
        self._schedule = schedule
        self._weights = [variable.value for variable in detector.trainable_variables]
        self._anchors = tf.concat(
            level_anchors(detector.preset, schedule.crop, schedule.crop), axis=0
        )
        self._anchors = tf.cast(self._anchors, detector.variable_dtype)
        self._gradients = [
            tf.Variable(tf.zeros_like(weight), trainable=False) for weight in self._weights
        ]
        self._sums = tf.Variable(tf.zeros([4], detector.variable_dtype), trainable=False)
        self._optimiser = build_optimiser(schedule, self._weights)
        self.average = (
            MovingAverage([variable.value for variable in detector.variables], schedule.ema)
            if schedule.ema
            else None
        )
        self._restraint = restraint
        variables = detector.variables if restraint.kept_share else []
        self._first = [variable.numpy() for variable in variables]
        picture = tf.TensorSpec([None, schedule.crop, schedule.crop, 3])
        boxes = tf.TensorSpec([None, None, 4])
        self._accumulate = tf.function(self._add_batch, input_signature=[picture, boxes, boxes])
        self._apply = tf.function(self._move, input_signature=[tf.TensorSpec([])])

    @property
    def state(self) -> dict[str, tf.Variable]:
        """Everything that the next step depends on: weights, statistics, optimiser, average."""
        weights = {f"weights/{v.path}": v.value for v in self.detector.variables}
        average = self.average.state if self.average is not None else {}
        return {**weights, **self._optimiser.state, **average}

    def run(self, batches: list[Batch], rate: float) -> Update:
        """One update from `batches` at a learning rate."""
        for batch in batches:
            self._accumulate(batch.images, batch.gt_boxes, batch.ignored_boxes)
        losses, norm, is_finite = self._apply(tf.constant(rate, tf.float32))
        return Update(
            {name: float(value) for name, value in losses.items()}, float(norm), bool(is_finite)
        )

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        """While entered, the network holds its averaged weights; after that its own again."""
        if self.average is None:
            yield
            return
        variables = [variable.value for variable in self.detector.variables]
        own = [variable.numpy() for variable in variables]
        for variable, value in zip(variables, self._exported(self.average), strict=True):
            variable.assign(value)
        try:
            yield
        finally:
            for variable, held in zip(variables, own, strict=True):
                variable.assign(held)

    def _exported(self, average: MovingAverage) -> list[np.ndarray]:
        """The average, drawn back towards the first weights by the share that is kept."""
        values = [value.numpy() for value in average.values]
        learned_share = 1 - self._restraint.kept_share
        if not self._first:
            return values
        pairs = zip(self._first, values, strict=True)
        return [first + learned_share * (value - first) for first, value in pairs]

    def _add_batch(self, images: tf.Tensor, gt_boxes: tf.Tensor, ignored_boxes: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            # BatchNorm is all that behaves otherwise in training.
            outputs = self.detector(images, training=not self._restraint.freezes_statistics)
            losses = batch_loss(
                outputs,
                self._anchors,
                gt_boxes,
                ignored_boxes if self._schedule.uses_ignore else None,
            )
            total = losses.total
        gradients = tape.gradient(total, self._weights, unconnected_gradients="zero")
        for held, gradient in zip(self._gradients, gradients, strict=True):
            held.assign_add(gradient)
        self._sums.assign_add(tf.stack(losses))

    def _move(self, rate: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor, tf.Tensor]:
        losses = LossSums(*tf.unstack(self._sums))
        gradients = [held / losses.normaliser for held in self._gradients]
        norm = tf.linalg.global_norm(gradients)
        is_finite = tf.math.is_finite(norm) & tf.math.is_finite(losses.total)
        averaged = losses.averaged()

        def move() -> None:
            self._optimiser.update(gradients, rate)
            if self.average is not None:
                self.average.update()

        tf.cond(is_finite, move, lambda: None)
        with tf.control_dependencies([norm, *averaged.values()]):
            for held in self._gradients:
                held.assign(tf.zeros_like(held))
            self._sums.assign(tf.zeros_like(self._sums))
        return averaged, norm, is_finite
