"""What is looked at before a training begins, so that it does not fail an hour later.

Light: TensorFlow is only loaded by the check that asks whether it can be.
"""

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from tinaface import run_lock
from tinaface.errors import CheckpointError, DatasetError, MissingLibraryError, TinaFaceError
from tinaface.images import read_size
from tinaface.training.config import TrainConfig
from tinaface.training.cost import network_cost
from tinaface.training.labelled import LabelledSet, require_apart
from tinaface.training.run_folder import RunFolder
from tinaface.weights import read_header

_CHECKPOINTS = 3


class Level(StrEnum):
    """How a check ended. A training starts unless one FAILED."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Check:
    """One line of the list.

    Attributes:
        id: options, labels, faces, pictures, validation, overlap, weights, folder, disk, memory
            or library.
        text: what was found, a sentence.
        remedy: what to do; empty where nothing is.
    """

    id: str
    level: Level
    text: str
    remedy: str = ""


@dataclass(frozen=True, eq=False)
class Preflight:
    """All checks, and the data that was read for them.

    Attributes:
        errors: what a training that starts nevertheless would raise, in order of the checks.
    """

    checks: list[Check]
    errors: list[TinaFaceError]
    training: LabelledSet
    validation: LabelledSet

    @property
    def is_ready(self) -> bool:
        return not self.errors


def look(config: TrainConfig, run: Path | None, *, loads_library: bool = False) -> Preflight:
    """Looks at everything that a new run needs.

    Args:
        run: its folder; None where another machine keeps it.
        loads_library: imports TensorFlow, which takes seconds; otherwise it is only looked for.
    """
    looked = _Look(config)
    looked.at("labels", looked.labels)
    if len(looked.training):
        looked.at("faces", looked.faces)
        looked.at("pictures", looked.pictures)
        looked.at("validation", looked.validation_size)
        looked.at("overlap", looked.overlap)
    looked.at("weights", looked.weights)
    if run is not None:
        looked.at("folder", lambda: looked.folder(run))
        looked.at("disk", lambda: looked.disk(run))
    looked.at("memory", looked.memory)
    looked.at("library", lambda: _library(loads_library))
    return Preflight(looked.checks, looked.errors, looked.training, looked.validation)


# Level, text and remedy of what a check found.
Finding = tuple[Level, str, str]


class _Look:
    """The checks of one run; each gives its findings or raises what the run would raise."""

    def __init__(self, config: TrainConfig):
        self._config = config
        self.training = LabelledSet()
        self.validation = LabelledSet()
        self.checks: list[Check] = []
        self.errors: list[TinaFaceError] = []

    def at(self, name: str, check: Callable[[], Iterator[Finding]]) -> None:
        """Runs one check and keeps its lines."""
        try:
            self.checks += [Check(name, *finding) for finding in check()]
        except TinaFaceError as error:
            self.errors.append(error)
            text = f"{error.what}: {error.why}"
            self.checks.append(Check(name, Level.FAILED, text, error.remedy))

    def labels(self) -> Iterator[Finding]:
        self.training = self._config.training_set()
        self.validation = self._config.validation_set()
        faults = [*self.training.faults, *self.validation.faults]
        total = len(self.training) + len(self.validation) + len(faults)
        if faults:
            yield (
                Level.WARNING,
                f"{len(faults)} of {total} label files cannot be read, and their pictures are left "
                f"out; the first: {faults[0].what}: {faults[0].why}",
                "Repair them; `python -m tinaface check DIR` lists them all",
            )
        else:
            yield Level.OK, f"all {total:,} label files can be read", ""

    def faces(self) -> Iterator[Finding]:
        truths = self.training.truths
        faces = sum(int((~truth.is_ignored).sum()) for truth in truths)
        if not faces:
            raise DatasetError(
                what=f"There is nothing to learn in {self._config.data}",
                why=f"its {len(truths)} labelled pictures hold no face",
                remedy="Mark faces with rectangles labelled `face`",
            )
        yield Level.OK, f"{len(truths):,} pictures with {faces:,} faces to learn", ""
        preset = self._config.trained_preset
        ignored = sum(int(truth.is_ignored.sum()) for truth in truths)
        if ignored:
            rule = "count neither way" if preset.schedule.uses_ignore else "are background here"
            yield Level.OK, f"{ignored:,} faces flagged ignore or invalid {rule}", ""
        limit = preset.schedule.max_faces
        crowded = sum(
            np.count_nonzero(~truth.is_ignored) > limit for truth in truths if limit is not None
        )
        if crowded:
            yield (
                Level.WARNING,
                f"{crowded} pictures hold more than {limit} faces, the most that {preset.name} "
                f"takes: the largest {limit} are learned, the others count neither way",
                "",
            )

    def pictures(self) -> Iterator[Finding]:
        """Headers alone: decoding everything would take minutes."""
        unreadable = []
        entries = [*self.training.entries, *self.validation.entries]
        for entry in entries:
            try:
                read_size(entry.image)
            except DatasetError as error:
                unreadable.append(error)
        if not unreadable:
            yield Level.OK, f"all {len(entries):,} pictures begin as pictures do", ""
            return
        text = f"{len(unreadable)} of {len(entries)} pictures cannot be read; the first: "
        text += f"{unreadable[0].what}: {unreadable[0].why}"
        if len(unreadable) == len(entries):
            raise unreadable[0]
        yield Level.WARNING, f"{text}. Others take their places", unreadable[0].remedy

    def validation_size(self) -> Iterator[Finding]:
        if len(self.validation):
            yield Level.OK, f"{len(self.validation):,} pictures choose the best weights", ""
            return
        yield (
            Level.WARNING,
            "no pictures choose the best weights: the last ones count as the best",
            "Give some that are not learned with --validate DIR",
        )

    def overlap(self) -> Iterator[Finding]:
        """No picture may be on both sides."""
        require_apart(self.training, self.validation)
        if len(self.validation):
            yield Level.OK, "no picture is both learned and judged by", ""

    def weights(self) -> Iterator[Finding]:
        if self._config.weights is None:
            yield Level.OK, f"{self._config.preset} starts from nothing", ""
            return
        header = read_header(Path(self._config.weights))
        preset = self._config.trained_preset
        if header.network_hash != preset.network_hash:
            raise CheckpointError(
                what=f"Cannot start from {self._config.weights}",
                why=f"they fill {header.preset!r}, and the run trains {preset.name!r}",
                remedy=f"Give --preset {header.preset}, or other weights",
            )
        yield Level.OK, f"starts from {Path(self._config.weights).name}", ""

    def folder(self, run: Path) -> Iterator[Finding]:
        holder = run_lock.holder_of(run)
        if holder is not None and not holder.is_me:
            raise CheckpointError(
                what=f"Cannot use the run folder {run}",
                why=f"process {holder.pid} on {holder.host} is training there",
                remedy="Wait for it or stop it, or name another folder with --run",
            )
        RunFolder(run).require_new()
        if not os.access(_existing(run), os.W_OK):
            raise CheckpointError(
                what=f"Cannot start a training in {run}",
                why="nothing can be written there",
                remedy="Name another folder with --run",
            )
        yield Level.OK, f"{run} can be written", ""

    def disk(self, run: Path) -> Iterator[Finding]:
        schedule = self._config.trained_preset.schedule
        cost = network_cost(self._config.trained_preset)
        checkpoint = cost.state_bytes(schedule.optimiser, schedule.ema > 0)
        needed = _CHECKPOINTS * (checkpoint + cost.weights_bytes)
        free = shutil.disk_usage(_existing(run)).free
        if free < needed:
            raise CheckpointError(
                what=f"The disk of {run} is nearly full",
                why=f"{_CHECKPOINTS} checkpoints take {_size(needed)}, and {_size(free)} are free",
                remedy="Make room, or name a folder on another disk with --run",
            )
        yield Level.OK, f"{_size(free)} of disk are free, {_size(needed)} are needed at most", ""

    def memory(self) -> Iterator[Finding]:
        config = self._config
        cost = network_cost(config.trained_preset)
        needed = cost.training_bytes(config.trained_preset, config.pictures_per_batch)
        free = available_memory()
        text = f"about {_size(needed)} of memory are needed"
        if free is None:
            yield Level.OK, text, ""
        elif needed > free:
            # A warning: where a GPU computes, it is the GPU's memory that counts.
            remedy = "Take a smaller --batch, with --accumulate for the same effect, or --crop"
            yield Level.WARNING, f"{text}, and {_size(free)} are free", remedy
        else:
            yield Level.OK, f"{text}, {_size(free)} are free", ""


def _library(loads: bool) -> Iterator[Finding]:
    try:
        if loads:
            version = importlib.import_module("tensorflow").__version__
            yield Level.OK, f"TensorFlow {version} can be loaded", ""
        elif importlib.util.find_spec("tensorflow") is None:
            raise ImportError("it is not installed")
        else:
            yield Level.OK, "TensorFlow is installed", ""
    except (ImportError, OSError) as error:
        raise MissingLibraryError(
            what="TensorFlow cannot be loaded",
            why=str(error),
            remedy="Install it as the README says",
        ) from error


def available_memory() -> int | None:
    """Bytes that programs may still take, where the system tells."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
