"""The smallest detectors, and the command line with them: for trainings in processes of their own.

`TINY_DEVICES=2` divides the processor into two devices; `TINY_DIES_AT=3` kills the process before
its third step, as a machine that loses its power.
"""

import contextlib
import dataclasses
import os
import signal
import sys
from pathlib import Path

from tinaface.cli import main
from tinaface.presets import PRESETS, Backbone, Head, Norm

NARROW = Backbone(stem_channels=4, widths=(4, 4, 4, 4), blocks=(1, 1, 1, 1))
# Without mosaics, which take four pictures a sample: six pictures are three batches of two.
TINY = dataclasses.replace(
    PRESETS["compact"],
    name="tiny",
    backbone=NARROW,
    neck_channels=8,
    levels=(2, 3, 4, 5),
    head=Head(depth=1),
    schedule=dataclasses.replace(PRESETS["compact"].schedule, mosaics=0),
)
# The rooms and the schedule of the paper: group norm, deformable convolutions, SGD.
TINY_PAPER = dataclasses.replace(
    PRESETS["paper-gn-dcn"],
    name="tiny-paper",
    norm=Norm("group", groups=2),
    backbone=dataclasses.replace(NARROW, deformable=(False, False, False, True)),
    neck_channels=16,
    levels=(3, 4, 5),
    head=Head(depth=1),
    schedule=dataclasses.replace(PRESETS["paper-gn-dcn"].schedule, warmup_steps=2),
)
# Every kind of room, and the fewest of them: making a graph takes as long as it has operations.
TINIEST = dataclasses.replace(TINY, name="tiniest", levels=(3, 4, 5))


def _divide_processor(devices: int) -> None:
    import tensorflow as tf

    (processor,) = tf.config.list_physical_devices("CPU")
    parts = [tf.config.LogicalDeviceConfiguration()] * devices
    tf.config.set_logical_device_configuration(processor, parts)


def _die_at(step: int) -> None:
    from tinaface.training.step import TrainingStep

    run, calls = TrainingStep.run, iter(range(1, step + 1))

    def run_or_die(self, *arguments):
        if next(calls) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return run(self, *arguments)

    TrainingStep.run = run_or_die


def optimise_graphs(is_wanted: bool) -> None:
    """Without it a training is faster: it takes longer than all steps of so small a network."""
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": not is_wanted})


@contextlib.contextmanager
def without_graphs():
    """While entered, steps run as they are written: making a graph takes longer than a dozen."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def train(words: list[str]) -> int:
    """The command line, with the detectors above; what the environment asks for is done."""
    optimise_graphs(False)
    PRESETS.update({preset.name: preset for preset in (TINY, TINIEST, TINY_PAPER)})
    if "TINY_DEVICES" in os.environ:
        _divide_processor(int(os.environ["TINY_DEVICES"]))
    if "TINY_DIES_AT" in os.environ:
        _die_at(int(os.environ["TINY_DIES_AT"]))
    return main(words)


def train_apart(words: list[str], environment: dict[str, str], told: Path) -> None:
    """As `train`, for a process that was forked: ends it, with what it says in a file."""
    os.environ.update(environment)
    with told.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
    sys.exit(train(words))


if __name__ == "__main__":
    sys.exit(train(sys.argv[1:]))
