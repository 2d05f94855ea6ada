"""A few steps of a training on made-up pictures, to know how long a step takes on this computer.

Decoding and augmenting are left out: the network waits for them less than a hundredth of the time
(`python -m tests.benchmarks pipeline`).
"""

import time

import keras
import numpy as np
import tensorflow as tf

from tinaface.network.detector import build_detector
from tinaface.training.config import TrainConfig
from tinaface.training.pipeline import Batch
from tinaface.training.step import TrainingStep

_FACES = 4
_MOST_STEPS = 5
# A slow computer is known well enough after fewer.
_MOST_SECONDS = 8.0


def seconds_per_batch(config: TrainConfig) -> float:
    """The median over a few steps, after one that makes the graph.

    Raises tf.errors.ResourceExhaustedError where a batch does not fit into memory.
    """
    keras.utils.set_random_seed(config.seed)
    preset = config.trained_preset
    detector = build_detector(preset, dtype=config.precision)
    step = TrainingStep(detector, preset.schedule, config.restraint)
    batch = _made_up(config.pictures_per_batch, preset.schedule.crop)
    step.run([batch], 0.0)
    taken: list[float] = []
    while len(taken) < _MOST_STEPS and sum(taken) < _MOST_SECONDS:
        began = time.perf_counter()
        step.run([batch], 0.0)
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


def _made_up(count: int, crop: int) -> Batch:
    """Noise with boxes in it: what is in a picture does not change what a step costs."""
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 0.75 * crop, (count, _FACES, 2))
    boxes = np.concatenate([corners, corners + crop / 8], axis=-1)
    return Batch(
        tf.constant(rng.uniform(0, 255, (count, crop, crop, 3)), tf.float32),
        tf.constant(boxes, tf.float32),
        tf.fill([count], _FACES),
        tf.zeros([count, 0, 4]),
    )
