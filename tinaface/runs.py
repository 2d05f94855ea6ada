"""What a training and those who watch it agree on; how a window starts, follows and steers one.

A training is a process of its own, `python -m tinaface train … --run DIR`, that may outlive the
window. Everything goes through files of its run folder DIR:

    config.json     options, preset, fingerprints of data and environment; never changed
    run.lock        process and machine at work here; `run_lock.holder_of(DIR)` asks if it lives
    status.json     how far it is, replaced after a step, at most once a second: `Status`
    metrics.jsonl   one JSON object a report: `MetricsFollower`. Always step, epoch, seconds, share,
                    remaining_s; in training loss, loss_classification, loss_box, loss_iou,
                    gradient_norm, rate, pictures_per_s; after a validation validation_ap50,
                    validation_threshold, validation_recall, AP of ranges of heights as
                    validation_ap50_16_to_32, and validation_ap_easy, …_medium, …_hard where the
                    pictures are WIDER FACE's
    samples.jsonl   one JSON object a validation: what it found in a few pictures, for people to
                    look at (`tinaface/training/samples.py`)
    events.out.*    the same figures for TensorBoard
    best.safetensors, last.safetensors    weights with their AP in the header, replaced in one piece
    state.safetensors                     what `--resume` continues from
    stop, pause, validate                 empty files that ask something of the training: `ask`

Asking is looked at between two steps. `stop` writes a checkpoint and ends, with state `stopped`;
`pause` writes a checkpoint and waits until the file is gone; `validate` measures now. A training
removes `stop` and `validate` when it obeys; whoever made `pause` removes it (`withdraw`).

SIGINT and SIGTERM mean `stop`, too. A folder whose status says `training` but whose lock has no
living holder was killed: `--resume --run DIR` loses what came after its last checkpoint.
"""

import contextlib
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from tinaface.atomic import replace_file
from tinaface.run_lock import holder_of

CONFIG = "config.json"
STATUS = "status.json"
METRICS = "metrics.jsonl"
SAMPLES = "samples.jsonl"
BEST = "best.safetensors"
LAST = "last.safetensors"


class Request(StrEnum):
    """What can be asked of a running training; each is the name of a file in its folder."""

    STOP = "stop"
    PAUSE = "pause"
    VALIDATE = "validate"


class State(StrEnum):
    """Where a training is in its life.

    The last three are ends; KILLED is never written, it is what `read_status` finds out.
    """

    PREPARING = "preparing"
    TRAINING = "training"
    VALIDATING = "validating"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    KILLED = "killed"

    @property
    def is_alive(self) -> bool:
        """Whether a process is, or should be, at work."""
        return self in (State.PREPARING, State.TRAINING, State.VALIDATING, State.PAUSED)


@dataclass(frozen=True)
class Status:
    """How far a training is.

    Attributes:
        share: of the run that is over, 0..1.
        seconds: at work so far, earlier processes' included.
        remaining_s: estimate of the time left; None while nobody knows.
        pictures_per_s: None before the first report.
        best_ap50: of the best validation so far, or None.
        error: {"what", "why", "remedy"} of a failed training.
        updated: when this was written, in seconds since 1970.
    """

    state: State
    step: int = 0
    epoch: int = 0
    share: float = 0.0
    seconds: float = 0.0
    remaining_s: float | None = None
    pictures_per_s: float | None = None
    best_ap50: float | None = None
    error: dict[str, str] | None = None
    updated: float = field(default_factory=time.time)


def write_status(run: Path, status: Status) -> None:
    """Replaces `status.json`; not synced, since it is written all the time."""
    replace_file(run / STATUS, json.dumps(asdict(status)).encode(), is_synced=False)


def read_status(run: Path) -> Status | None:
    """The status of a run, None where there is none or it cannot be read.

    A training that should be at work but whose process is gone is KILLED.
    """
    status = _read(run)
    if status is None or not status.state.is_alive or holder_of(run) is not None:
        return status
    # It may have ended between the two looks: the status is written before the lock is given back.
    status = _read(run)
    if status is not None and status.state.is_alive:
        return replace(status, state=State.KILLED)
    return status


def _read(run: Path) -> Status | None:
    try:
        content = json.loads((run / STATUS).read_text("utf-8"))
        return Status(**{**content, "state": State(content["state"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def ask(run: Path, request: Request) -> None:
    """Asks something of the training in `run`. Raises OSError where the folder is not writable."""
    (run / request).touch()


def withdraw(run: Path, request: Request) -> None:
    """Takes a request back; for `pause` that is how a training goes on."""
    (run / request).unlink(missing_ok=True)


def is_asked(run: Path, request: Request) -> bool:
    """Whether a request stands."""
    return (run / request).exists()


def train_command(run: Path, options: Mapping[str, object]) -> list[str]:
    """The command line that starts a training, or continues one (`{"resume": True}`).

    Args:
        options: by the names of the command's long options without dashes, as `data`, `from`,
            `batch`; True gives the option alone, None and False leave it out.
    """
    words = [sys.executable, "-m", "tinaface", "train", "--run", os.fspath(run)]
    for name, value in options.items():
        if value is None or value is False:
            continue
        words.append("--" + name.replace("_", "-"))
        if value is not True:
            words.append(str(value))
    return words


def find_runs(folder: Path) -> list[Path]:
    """The run folders directly in `folder`, newest first; none where it cannot be listed."""
    try:
        names = [Path(item.path) for item in os.scandir(folder) if item.is_dir()]
    except OSError:
        return []
    found = []
    for path in names:
        with contextlib.suppress(OSError):
            found.append(((path / CONFIG).stat().st_mtime, path))
    return [path for _, path in sorted(found, reverse=True)]


class MetricsFollower:
    """Reads the lines that `metrics.jsonl` has gained since the last look.

    A resumed training drops the lines of steps that it makes once more, and replaces the file:
    then everything is given again, and `has_restarted` is True for that look.

    Args:
        file: another file of such lines.
    """

    def __init__(self, run: Path, file: str = METRICS) -> None:
        self._path = run / file
        self._end = 0
        self._file_id: tuple[int, int] | None = None
        self.has_restarted = False

    def new_records(self) -> list[dict[str, Any]]:
        """The records since the last look, oldest first; none while there is no file."""
        self.has_restarted = False
        try:
            with self._path.open("rb") as file:
                stat = os.fstat(file.fileno())
                file_id = (stat.st_dev, stat.st_ino)
                if self._file_id not in (None, file_id) or stat.st_size < self._end:
                    self._end, self.has_restarted = 0, True
                self._file_id = file_id
                file.seek(self._end)
                content = file.read()
        except OSError:
            return []
        whole = content[: content.rfind(b"\n") + 1]  # the rest is still being written
        self._end += len(whole)
        records = []
        for line in whole.splitlines():
            with contextlib.suppress(ValueError):
                record = json.loads(line)
                if isinstance(record, dict):
                    records.append(record)
        return records
