"""What a person set on the Train page, and the command that comes of it. No Qt, no numpy."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tinaface.training.selection import TRAIN, VALIDATE, Choice, Division

SPLIT_FILE = "split.json"
VALIDATION_SHARE = 0.1
"""About this share of the time goes into validation (`tinaface/training/train.py`)."""


class Length(enum.Enum):
    """How long to train."""

    QUICK = "quick"
    NORMAL = "normal"
    FULL = "full"


@dataclass(frozen=True)
class Extent:
    """A length in the words of the command: exactly one of the two."""

    minutes: float | None = None
    epochs: int | None = None


EXTENTS: Mapping[Length, Extent] = {
    Length.QUICK: Extent(minutes=10),
    Length.NORMAL: Extent(epochs=10),
    # The cycle of the compact preset.
    Length.FULL: Extent(epochs=30),
}


@dataclass(frozen=True)
class Advanced:
    """What few people change; None leaves it to the preset."""

    minutes: float | None = None
    batch: int | None = None
    crop: int | None = None
    learning_rate: float | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Plan:
    """One training to be started.

    Attributes:
        root: the data set.
        start: weights to begin with; None for a network that knows nothing.
        preset: of the network; that of `start`.
    """

    root: Path
    choice: Choice = field(default_factory=Choice)
    start: Path | None = None
    preset: str = "compact"
    length: Length = Length.QUICK
    advanced: Advanced = field(default_factory=Advanced)

    @property
    def extent(self) -> Extent:
        """How long, the person's own minutes before the preset's."""
        if self.advanced.minutes is not None:
            return Extent(minutes=self.advanced.minutes)
        return EXTENTS[self.length]

    @property
    def is_gentle(self) -> bool:
        """Whether to take small steps, so that what the weights knew is not forgotten."""
        return self.length is Length.QUICK and self.start is not None

    def options(self, run: Path, division: Division) -> dict[str, object]:
        """The train command's options, by their long names (`runs.train_command`)."""
        advanced, extent = self.advanced, self.extent
        return {
            "data": self.root,
            "split-file": run / SPLIT_FILE,
            "split": TRAIN,
            "validate-split": VALIDATE if division.validate else None,
            "preset": self.preset,
            "from": self.start,
            "gentle": self.is_gentle,
            "minutes": extent.minutes,
            "epochs": extent.epochs,
            "batch": advanced.batch,
            "crop": advanced.crop,
            "learning-rate": advanced.learning_rate,
            "seed": advanced.seed,
        }


def minutes_of(extent: Extent, pass_s: float | None) -> float | None:
    """About how long a training takes on this computer; None where nobody has measured it.

    Args:
        pass_s: seconds of one pass over the pictures.
    """
    if extent.minutes is not None:
        return extent.minutes
    if pass_s is None or extent.epochs is None:
        return None
    return extent.epochs * pass_s / 60 / (1 - VALIDATION_SHARE)
