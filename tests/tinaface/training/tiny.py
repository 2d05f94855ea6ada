"""The smallest detector, and the command line with it: for trainings in processes of their own."""

import dataclasses
import sys

from tinaface.cli import main
from tinaface.presets import PRESETS, Backbone

TINY = dataclasses.replace(
    PRESETS["compact"],
    name="tiny",
    backbone=Backbone(stem_channels=4, widths=(4, 4, 4, 4), blocks=(1, 1, 1, 1)),
    neck_channels=8,
    levels=(2, 3, 4, 5),
)

if __name__ == "__main__":
    PRESETS["tiny"] = TINY
    sys.exit(main(sys.argv[1:]))
