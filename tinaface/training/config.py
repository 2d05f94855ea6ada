"""What a run was asked for, frozen beside fingerprints of its data and its environment.

Light: no TensorFlow at load.
"""

import dataclasses
import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from tinaface.errors import CheckpointError, DatasetError
from tinaface.presets import PRESETS, Preset, Schedule
from tinaface.training.labelled import DataChoice, LabelledSet

_LIBRARIES = ("tensorflow", "keras", "numpy", "pillow")


@dataclass(frozen=True)
class Restraint:
    """What keeps a training from forgetting what its first weights knew.

    Attributes:
        kept_share: of the first weights in all that is exported. On the line between the two lie
            networks that know nearly all of both (Wortsman et al., arXiv 2109.01903).
        freezes_statistics: BatchNorm normalises by the statistics it has, and leaves them.
        fixed: beginnings of the names of weights that are not learned, as in a file of weights.
    """

    kept_share: float = 0.0
    freezes_statistics: bool = False
    fixed: tuple[str, ...] = ()


NO_RESTRAINT = Restraint()
# Of 50 night photographs (`tests.benchmarks recipe`; AP50 on 80 others of that kind, .419 before,
# and on the same ones as they are, .792), 32 passes with the trunk left alone: with half the rate
# .517 and .785 with none of the first weights, .493 and .798 with half of them; with twice the rate
# .529 and .781, .508 and .805. On test photographs half lost 1.5 points of general AP, and seven
# tenths 0.8.
GENTLE_RESTRAINT = Restraint(kept_share=0.7, freezes_statistics=True)
GENTLE_RATE = 1.0
# In the minutes in which a slow machine begins to learn fifty pictures, a fast one knows them by
# heart.
GENTLE_PASSES = 32


@dataclass(frozen=True)
class TrainConfig(DataChoice):
    """The options of one run, checked when built; those of the data are DataChoice's.

    Attributes:
        weights: file to start from.
        epochs, minutes: length of the run, exactly one.
        batch, crop: pictures a batch on one device, side of the training square; None for the
            preset's.
        accumulate: batches behind one update.
        learning_rate: top of the cycle for the preset's own batch, scaled with the batch; None for
            the preset's.
        gentle: adapt `weights` to few pictures without forgetting what they knew.
        learn_all: learn what the preset's schedule leaves as `weights` have it, too.
        schedule: other values for fields of the preset's `Schedule`.
        checkpoint_minutes: most work that a killed run loses.
        distribute: None, "mirrored" or "workers"; `batch` is then that of one device.
    """

    preset: str = "compact"
    weights: str | None = None
    epochs: int | None = None
    minutes: float | None = None
    batch: int | None = None
    crop: int | None = None
    accumulate: int = 1
    seed: int = 1234
    precision: str = "float32"
    learning_rate: float | None = None
    checkpoint_minutes: float = 2.0
    gentle: bool = False
    learn_all: bool = False
    distribute: str | None = None
    schedule: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ValueError(f"no preset is named {self.preset!r}")
        if (self.epochs is None) == (self.minutes is None):
            raise ValueError("give either epochs or minutes")
        for name in (
            "epochs",
            "minutes",
            "batch",
            "accumulate",
            "learning_rate",
            "checkpoint_minutes",
        ):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"{name} must be positive, got {value}")
        if self.gentle and self.weights is None:
            raise ValueError("gentle needs weights to begin with")
        if self.crop is not None and (self.crop <= 0 or self.crop % 32):
            raise ValueError(f"crop must be a multiple of 32, got {self.crop}")
        changed_schedule(PRESETS[self.preset].schedule, self.schedule)

    @staticmethod
    def of(options: Mapping[str, Any]) -> "TrainConfig":
        """The config of a command's options. Raises DatasetError where they make no sense."""
        try:
            return TrainConfig(**options)
        except ValueError as error:
            raise DatasetError(
                what="Cannot start the training",
                why=str(error),
                remedy="See `python -m tinaface train --help`",
            ) from error

    @property
    def trained_preset(self) -> Preset:
        """The preset with this run's own schedule."""
        schedule = self._changed_schedule
        if self.gentle:
            schedule = gentle_schedule(schedule)
        elif self.restraint.fixed and schedule.rate_from_weights is not None:
            schedule = dataclasses.replace(schedule, learning_rate=schedule.rate_from_weights)
        if self.crop is not None:
            schedule = dataclasses.replace(schedule, crop=self.crop)
        if self.learning_rate is not None:
            schedule = dataclasses.replace(schedule, learning_rate=self.learning_rate)
        if schedule.cycles == 1 and self.epochs is not None:
            schedule = dataclasses.replace(schedule, cycle_epochs=self.epochs)
        return dataclasses.replace(PRESETS[self.preset], schedule=schedule)

    @property
    def _changed_schedule(self) -> Schedule:
        """The preset's, before other options than `schedule` change it further."""
        return changed_schedule(PRESETS[self.preset].schedule, self.schedule)

    @property
    def restraint(self) -> Restraint:
        """What keeps this run from forgetting."""
        restraint = GENTLE_RESTRAINT if self.gentle else NO_RESTRAINT
        fixed = self._changed_schedule.fixed
        if self.weights is None or self.learn_all or not fixed:
            return restraint
        return dataclasses.replace(restraint, freezes_statistics=True, fixed=fixed)

    @property
    def pictures_per_batch(self) -> int:
        return self.batch or self._changed_schedule.batch

    def frozen(self, training: LabelledSet, validation: LabelledSet) -> dict[str, object]:
        """What config.json holds."""
        return {
            "options": dataclasses.asdict(self),
            "preset": self.trained_preset.as_dict(),
            "data": {
                "training": training.fingerprint(),
                "validation": validation.fingerprint(),
            },
            "environment": environment(),
        }

    @staticmethod
    def thawed(config: Mapping[str, object], run: Path) -> "TrainConfig":
        """The options in a config.json. Raises CheckpointError if this version reads it otherwise.

        A run continues exactly only with the settings that it began with.
        """
        try:
            options = config["options"]
            if not isinstance(options, dict):
                raise TypeError("options are no object")
            thawed = TrainConfig(**options)
        except (KeyError, TypeError, ValueError) as error:
            raise _not_ours(run, f"config.json: {error}") from error
        if _learned(thawed.trained_preset.as_dict()) != _learned(config.get("preset")):
            raise _not_ours(run, f"the preset {thawed.preset!r} has other settings now")
        return thawed


def _learned(preset: object) -> dict[str, object]:
    """A preset's settings that decide the weights: not its words, nor its rule of detection."""
    if not isinstance(preset, dict):
        return {}
    return {k: v for k, v in preset.items() if k not in ("source", "inference")}


def changed_schedule(schedule: Schedule, changes: Mapping[str, Any]) -> Schedule:
    """The schedule with other values, given as plain JSON.

    Raises ValueError for a field that it does not have, or a value of another kind than its own.
    """
    hints = get_type_hints(Schedule)
    values: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in hints:
            raise ValueError(f"a schedule has no {name!r}, but {', '.join(sorted(hints))}")
        value = tuple(value) if isinstance(value, list) else value
        if not _fits(value, hints[name]):
            raise ValueError(f"{name} of a schedule cannot be {value!r}")
        values[name] = value
    return dataclasses.replace(schedule, **values)


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is of an annotated type; whole numbers are numbers, truth values are not."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return any(_fits(value, part) for part in parts)
    if origin is Literal:
        return value in parts
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if parts[-1] is Ellipsis:
            return all(_fits(one, parts[0]) for one in value)
        return len(value) == len(parts) and all(map(_fits, value, parts))
    if isinstance(value, bool) and hint is not bool:
        return False
    return isinstance(value, (int, float) if hint is float else hint)


def gentle_schedule(schedule: Schedule) -> Schedule:
    """A short cycle, for weights that are good already.

    The average forgets within fifty steps, as a quick run has but hundreds.
    """
    return dataclasses.replace(
        schedule,
        learning_rate=schedule.learning_rate * GENTLE_RATE,
        warmup_steps=20,
        cycles=1,
        ema=0.98,
    )


def environment() -> dict[str, str]:
    """Versions that decide the numbers."""
    versions = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {"python": platform.python_version(), "machine": platform.machine(), **versions}


def _not_ours(run: Path, why: str) -> CheckpointError:
    return CheckpointError(
        what=f"Cannot continue the training in {run}",
        why=why,
        remedy="Start a new run with --from best.safetensors",
    )
