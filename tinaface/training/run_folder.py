"""The folder of one training: frozen config, metrics and checkpoints.

    state.safetensors   all that the next step depends on; what `--resume` continues
    last.safetensors    weights as evaluation uses them, at the last validation
    best.safetensors    those of the best validation AP

The other files are those that a window follows and steers a training by: `tinaface.runs`.
Light: no TensorFlow.
"""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from tinaface import runs
from tinaface.atomic import LEFTOVERS, replace_file
from tinaface.errors import CheckpointError
from tinaface.training.samples import SampleRound

Arrays = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Place:
    """Where a training stands.

    Attributes:
        step: updates made so far, so the 0-based number of the next.
        seconds: time at work, earlier processes' included.
        best_ap: best validation AP so far, -1 before the first.
    """

    step: int = 0
    seconds: float = 0.0
    best_ap: float = -1.0

    @staticmethod
    def of(numbers: Sequence[float]) -> "Place":
        """The place whose attributes are these numbers, in order."""
        step, seconds, best_ap = numbers
        return Place(int(step), seconds, best_ap)


@dataclass(frozen=True)
class RunFolder:
    """The files of one run, each replaced in one piece or not at all."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / runs.CONFIG

    @property
    def metrics(self) -> Path:
        return self.path / runs.METRICS

    @property
    def samples(self) -> Path:
        return self.path / runs.SAMPLES

    @property
    def state(self) -> Path:
        return self.path / "state.safetensors"

    @property
    def last(self) -> Path:
        return self.path / runs.LAST

    @property
    def best(self) -> Path:
        return self.path / runs.BEST

    def require_new(self) -> None:
        """Raises CheckpointError where a run is already."""
        if self.config.exists():
            raise CheckpointError(
                what=f"Cannot start a training in {self.path}",
                why="it already holds one",
                remedy="Continue it with --resume, or name another folder with --run",
            )

    def create(self, config: Mapping[str, object]) -> None:
        """Starts a run. Raises CheckpointError where one is already."""
        self.require_new()
        self.path.mkdir(parents=True, exist_ok=True)
        replace_file(self.config, json.dumps(config, indent=2).encode() + b"\n")

    def read_config(self) -> dict[str, object]:
        """The frozen config. Raises CheckpointError where no run is."""
        try:
            config: dict[str, object] = json.loads(self.config.read_text())
        except (OSError, ValueError) as error:
            raise CheckpointError(
                what=f"Cannot continue the training in {self.path}",
                why=f"config.json: {error}",
                remedy="Name the folder of a run, or start one without --resume",
            ) from error
        return config

    def tidy(self) -> None:
        """Removes what a killed process left: half-written files, and requests it did not read."""
        for leftover in (*self.path.glob(LEFTOVERS), *self.path.glob(".*.safetensors.*")):
            leftover.unlink(missing_ok=True)
        for request in runs.Request:
            runs.withdraw(self.path, request)

    def append_metrics(self, record: Mapping[str, object]) -> None:
        """Adds one line; a line cut off by a crash is left out when a run is resumed."""
        _append(self.metrics, record)

    def append_samples(self, samples: SampleRound) -> None:
        """Adds what a validation found in the sample pictures."""
        _append(self.samples, samples.as_record())

    def forget_after(self, step: int) -> None:
        """Drops the lines of steps that a resumed run makes once more."""
        for path in (self.metrics, self.samples):
            if not path.exists():
                continue
            kept = []
            for line in path.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError):
                    if json.loads(line)["step"] <= step:
                        kept.append(line + "\n")
            replace_file(path, "".join(kept).encode())

    def write_state(self, place: Place, arrays: Arrays) -> None:
        """Replaces the state of the run. Raises CheckpointError if it cannot be written."""
        metadata = {name: repr(value) for name, value in asdict(place).items()}
        # safetensors stores an array's memory as it lies, whatever its strides say.
        whole = {name: np.array(array, order="C") for name, array in arrays.items()}
        try:
            replace_file(self.state, safetensors.numpy.save(whole, metadata))
        except OSError as error:
            raise CheckpointError(
                what=f"Cannot write a checkpoint to {self.path}",
                why=error.strerror or str(error),
                remedy="Make room on the disk, then continue with --resume: the checkpoint before "
                "this one is whole",
            ) from error

    def read_state(self) -> tuple[Place, dict[str, npt.NDArray[np.generic]]]:
        """What `write_state` wrote last. Raises CheckpointError if that is missing or damaged."""
        try:
            with safetensors.safe_open(self.state, framework="numpy") as file:
                metadata = file.metadata() or {}
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            place = Place(
                int(metadata["step"]), float(metadata["seconds"]), float(metadata["best_ap"])
            )
        except (OSError, KeyError, ValueError, safetensors.SafetensorError) as error:
            raise CheckpointError(
                what=f"Cannot continue the training in {self.path}",
                why=f"state.safetensors: {error}",
                remedy="Start again with --from best.safetensors and another --run",
            ) from error
        return place, arrays


def _append(path: Path, record: Mapping[str, object]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
