"""The devices that train together: one, the GPUs of a machine, or those of several machines.

Each device holds all variables and learns from its part of every batch; sums of gradients, losses
and positives are added up over all devices before one division and one update, so that many
devices move the weights as one would with the whole batch. `tf.distribute` brings the variables
and the collective operations; the loop and the update are ours.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tinaface.errors import CheckpointError, DatasetError

# What the others see of a machine that is gone.
LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)


class Replicas:
    """A strategy, and what the loop asks of it.

    Attributes:
        count: devices over all machines.
        workers: machines, or processes.
        is_chief: this process writes the run folder; the others only compute.
        first: number of this process' first device among all.
    """

    def __init__(self, strategy: tf.distribute.Strategy, workers: int = 1, is_chief: bool = True):
        self._strategy = strategy
        self.count = int(strategy.num_replicas_in_sync)
        self.workers = workers
        self.is_chief = is_chief
        numbers: list[int] = []

        def note(context: tf.distribute.InputContext) -> tf.Tensor:
            numbers.append(int(context.replica_id_in_sync_group))
            return tf.constant(0)

        if self.count > 1:
            strategy.experimental_distribute_values_from_function(note)
        self.first = numbers[0] if numbers else 0

    @property
    def here(self) -> int:
        """Devices of this process."""
        return self.count // self.workers

    def scope(self) -> AbstractContextManager[object]:
        """Variables made inside belong to all devices; some operations on them ask for it."""
        return self._strategy.scope()

    def own_sum(self, shape: Sequence[int], dtype: tf.DType) -> tf.Variable:
        """A variable of zeros that each device adds to by itself."""
        return tf.Variable(
            tf.zeros(shape, dtype),
            trainable=False,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.SUM,
        )

    def run(self, compute: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function on every device; for use inside `tf.function`."""
        return self._strategy.run(compute, args=arguments)

    def add_up(self, tensors: list[tf.Tensor]) -> list[tf.Tensor]:
        """Sums over all devices; for a function that `run` calls."""
        context = tf.distribute.get_replica_context()
        added: list[tf.Tensor] = context.all_reduce(tf.distribute.ReduceOp.SUM, tensors)
        return added

    def one_of(self, results: Sequence[Any]) -> list[tf.Tensor]:
        """What `run` gave, of one device, where all devices gave the same."""
        return [self._strategy.experimental_local_results(result)[0] for result in results]

    def feed(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """A dataset of single devices' batches, in their order, as one of all devices' batches."""
        if self.count == 1:
            return dataset
        # Endless, said aloud: else all machines would ask each other before each batch.
        endless = dataset.apply(
            tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
        )
        return self._strategy.distribute_datasets_from_function(lambda context: endless)

    def agree(self, numbers: Sequence[float]) -> list[float]:
        """Sums of the numbers over all machines, the same on each."""
        if self.workers == 1:
            return [float(number) for number in numbers]
        return [float(v) for v in self._sum_over_machines(np.asarray(numbers, np.float64))]

    def from_chief(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The chief's array, of one shape and type on all machines."""
        if self.workers == 1:
            return array
        # float64 holds every float32 and every count of steps exactly.
        wide = array.astype(np.float64)
        summed = self._sum_over_machines(wide if self.is_chief else np.zeros_like(wide))
        return summed.astype(array.dtype)

    def _sum_over_machines(self, array: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        def share(context: tf.distribute.InputContext) -> tf.Tensor:
            is_first = context.replica_id_in_sync_group == self.first
            return tf.constant(array if is_first else np.zeros_like(array))

        values = self._strategy.experimental_distribute_values_from_function(share)
        total = self._strategy.reduce(tf.distribute.ReduceOp.SUM, values, axis=None)
        result: npt.NDArray[np.float64] = total.numpy()
        return result


def single() -> Replicas:
    """This process' default device alone."""
    return Replicas(tf.distribute.get_strategy())


def build_replicas(distribute: str | None) -> Replicas:
    """The devices that an option names. To be called before anything else uses TensorFlow.

    Args:
        distribute: None, "mirrored" for all GPUs of this machine (without one, its processors), or
            "workers" for the machines in the environment's TF_CONFIG.

    Raises DatasetError where TF_CONFIG is missing or broken, CheckpointError where the others do
    not come.
    """
    if distribute == "workers":
        return _workers()
    if distribute is None:
        return single()
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return Replicas(tf.distribute.MirroredStrategy([device.name for device in devices]))


def _workers() -> Replicas:
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    try:
        cluster = resolver.cluster_spec().as_dict()
        machines = len(cluster.get("chief", [])) + len(cluster.get("worker", []))
        task, index = resolver.task_type, resolver.task_id
        if not machines or task not in ("chief", "worker") or index is None:
            raise ValueError(f"TF_CONFIG is {os.environ.get('TF_CONFIG')!r}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            what="Cannot train on several machines",
            why=f"the environment does not say which: {error}",
            remedy='Set TF_CONFIG on each, as {"cluster": {"worker": ["host:port", ...]}, "task": '
            '{"type": "worker", "index": 0}}; docs/training.md shows how',
        ) from error
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)
        is_chief = task == "chief" or ("chief" not in cluster and index == 0)
        return Replicas(strategy, machines, is_chief)
    except (*LOST, tf.errors.UnknownError) as error:
        raise CheckpointError(
            what="The machines of this training do not come together",
            why=str(error).splitlines()[0],
            remedy="Check that all of them are started and reach each other at TF_CONFIG's ports",
        ) from error
