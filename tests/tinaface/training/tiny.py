"""The smallest detectors, and the command line with them: for trainings in processes of their own.

`TINY_DEVICES=2` divides the processor into two devices.
"""

import dataclasses
import os
import sys

from tinaface.cli import main
from tinaface.presets import PRESETS, Backbone, Norm

NARROW = Backbone(stem_channels=4, widths=(4, 4, 4, 4), blocks=(1, 1, 1, 1))
TINY = dataclasses.replace(
    PRESETS["compact"],
    name="tiny",
    backbone=NARROW,
    neck_channels=8,
    levels=(2, 3, 4, 5),
)
# The rooms and the schedule of the paper: group norm, deformable convolutions, SGD.
TINY_PAPER = dataclasses.replace(
    PRESETS["paper-gn-dcn"],
    name="tiny-paper",
    norm=Norm("group", groups=2),
    backbone=dataclasses.replace(NARROW, deformable=(False, False, True, True)),
    neck_channels=16,
    schedule=dataclasses.replace(PRESETS["paper-gn-dcn"].schedule, warmup_steps=2),
)


def _divide_processor(devices: int) -> None:
    import tensorflow as tf

    (processor,) = tf.config.list_physical_devices("CPU")
    parts = [tf.config.LogicalDeviceConfiguration()] * devices
    tf.config.set_logical_device_configuration(processor, parts)


if __name__ == "__main__":
    PRESETS["tiny"] = TINY
    PRESETS["tiny-paper"] = TINY_PAPER
    if "TINY_DEVICES" in os.environ:
        _divide_processor(int(os.environ["TINY_DEVICES"]))
    sys.exit(main(sys.argv[1:]))
