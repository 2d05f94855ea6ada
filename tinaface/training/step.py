"""One update of the weights from one or several batches, each graph traced once."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tinaface.network.anchors import level_anchors
from tinaface.network.detector import Detector, named_weights
from tinaface.presets import Schedule
from tinaface.training.config import NO_RESTRAINT, Restraint
from tinaface.training.losses import LossSums, batch_loss
from tinaface.training.optimisers import MovingAverage, build_optimiser
from tinaface.training.pipeline import Batch
from tinaface.training.replicas import Replicas, single
from tinaface.training.targets import shares_inside


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
        replicas: the devices that compute; the detector was built in their scope.
        batch_spec: of the batches, where several devices take parts of them.
    """

    def __init__(
        self,
        detector: Detector,
        schedule: Schedule,
        restraint: Restraint = NO_RESTRAINT,
        replicas: Replicas | None = None,
        batch_spec: Batch | None = None,
    ):
        self.detector = detector
        self._schedule = schedule
        self._restraint = restraint
        self._replicas = replicas or single()
        with self._replicas.scope():
            self._make_variables()
        picture = tf.TensorSpec([None, schedule.crop, schedule.crop, 3])
        boxes = tf.TensorSpec([None, None, 4])
        signature = [picture, boxes, boxes]
        if batch_spec is not None:
            signature = [batch_spec.images, batch_spec.gt_boxes, batch_spec.ignored_boxes]
        # Our own functions need no rewriting by AutoGraph, which takes as long as making the graph.
        self._accumulate = tf.function(
            self._add_everywhere, input_signature=signature, autograph=False
        )
        self._apply = tf.function(self._move, input_signature=[tf.TensorSpec([])], autograph=False)

    def _make_variables(self) -> None:
        detector, schedule = self.detector, self._schedule
        fixed = self._restraint.fixed
        self._weights = [
            variable.value
            for name, variable in named_weights(detector).items()
            if variable.trainable and not name.startswith(fixed)
        ]
        self._anchors = tf.concat(
            level_anchors(detector.preset, schedule.crop, schedule.crop), axis=0
        )
        self._anchors = tf.cast(self._anchors, detector.variable_dtype)
        self._is_judged = None
        if schedule.least_inside:
            inside = shares_inside(self._anchors, schedule.crop)
            self._is_judged = inside >= schedule.least_inside
        self._gradients = [
            self._replicas.own_sum(weight.shape, weight.dtype) for weight in self._weights
        ]
        self._sums = self._replicas.own_sum([4], tf.as_dtype(detector.variable_dtype))
        self._optimiser = build_optimiser(schedule, self._weights)
        self.average = (
            MovingAverage([variable.value for variable in detector.variables], schedule.ema)
            if schedule.ema
            else None
        )
        variables = detector.variables if self._restraint.kept_share else []
        self._first = [variable.numpy() for variable in variables]

    @property
    def state(self) -> dict[str, tf.Variable]:
        """Everything that the next step depends on: weights, statistics, optimiser, average."""
        weights = {f"weights/{v.path}": v.value for v in self.detector.variables}
        average = self.average.state if self.average is not None else {}
        return {**weights, **self._optimiser.state, **average}

    def run(self, batches: list[Batch], rate: float) -> Update:
        """One update from `batches` at a learning rate."""
        with self._replicas.scope():
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
        exported = self._exported(self.average)
        with self._replicas.scope():
            for variable, value in zip(variables, exported, strict=True):
                variable.assign(value)
        try:
            yield
        finally:
            with self._replicas.scope():
                for variable, held in zip(variables, own, strict=True):
                    variable.assign(held)

    def restore(self, arrays: Mapping[str, npt.NDArray[np.generic]] | None) -> None:
        """Fills the state from the chief's arrays; the other machines give None."""
        with self._replicas.scope():
            for name, variable in self.state.items():
                own = variable.numpy() if arrays is None else arrays[name]
                variable.assign(self._replicas.from_chief(own))

    def _add_everywhere(
        self, images: tf.Tensor, gt_boxes: tf.Tensor, ignored_boxes: tf.Tensor
    ) -> None:
        self._replicas.run(self._add_batch, images, gt_boxes, ignored_boxes)

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
                self._schedule.least_claim,
                self._is_judged,
                self._schedule.mined_negatives,
            )
            total = losses.total
        gradients = tape.gradient(total, self._weights, unconnected_gradients="zero")
        for held, gradient in zip(self._gradients, gradients, strict=True):
            held.assign_add(gradient)
        self._sums.assign_add(tf.stack(losses))

    def _take_sums(self) -> list[tf.Tensor]:
        """The sums of all devices, which begin anew."""
        held = [*self._gradients, self._sums]
        added = self._replicas.add_up([tf.identity(variable) for variable in held])
        with tf.control_dependencies(added):
            for variable in held:
                variable.assign(tf.zeros_like(variable))
        return added

    def _move(self, rate: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor, tf.Tensor]:
        *summed, sums = self._replicas.one_of(self._replicas.run(self._take_sums))
        losses = LossSums(*tf.unstack(sums))
        gradients = [gradient / losses.normaliser for gradient in summed]
        norm = tf.linalg.global_norm(gradients)
        is_finite = tf.math.is_finite(norm) & tf.math.is_finite(losses.total)

        def move() -> None:
            self._optimiser.update(gradients, rate)
            if self.average is not None:
                self.average.update()

        tf.cond(is_finite, move, lambda: None)
        return losses.averaged(), norm, is_finite
