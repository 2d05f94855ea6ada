"""Tells how a training goes: to its run folder, to TensorBoard, and to whoever started it."""

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from tinaface.errors import TinaFaceError
from tinaface.runs import State, Status, read_status, write_status
from tinaface.training.run_folder import Place, RunFolder

_STATUS_EVERY_S = 1.0


@dataclass(frozen=True)
class Report:
    """How far a run has come.

    Attributes:
        share: of the run that is over, 0..1.
        remaining_s: estimate of the time left; None while nobody knows.
        figures: means since the last report: losses, rate, pictures per second; or a validation's.
    """

    step: int
    epoch: int
    share: float
    remaining_s: float | None
    figures: dict[str, float]


class Reporter:
    """Keeps `status.json`, `metrics.jsonl` and the event file of one run up to date.

    Args:
        folder: None where another machine keeps them: then nothing is written.
        tell: takes each report, for a line on the screen.
    """

    def __init__(self, folder: RunFolder | None, tell: Callable[[Report], None]):
        self._folder = folder
        self._tell = tell
        # What a continued run had reached stays told until it moves on.
        before = None if folder is None else read_status(folder.path)
        self._status = dataclasses.replace(before or Status(State.PREPARING), error=None)
        self._written_at = 0.0
        self._events: EventFile | None = None

    def enter(self, state: State) -> None:
        """The training is in another state now."""
        self._write(dataclasses.replace(self._status, state=state))

    def fail(self, error: TinaFaceError) -> None:
        """The training cannot go on."""
        self._write(dataclasses.replace(self._status, state=State.FAILED, error=error.as_dict()))

    def move(self, place: Place, epoch: int, share: float) -> None:
        """A step is done; told at most once a second."""
        left = place.seconds * (1 - share) / share if share > 0 else None
        self._status = dataclasses.replace(
            self._status,
            step=place.step,
            epoch=epoch,
            share=min(share, 1.0),
            seconds=round(place.seconds, 1),
            remaining_s=None if left is None else round(max(left, 0.0), 1),
            best_ap50=place.best_ap if place.best_ap >= 0 else None,
        )
        if time.monotonic() - self._written_at > _STATUS_EVERY_S:
            self._write(self._status)

    def record(self, figures: dict[str, float]) -> None:
        """Figures of the place that `move` told last."""
        status = self._status
        self._tell(Report(status.step, status.epoch, status.share, status.remaining_s, figures))
        if self._folder is None:
            return
        place = {
            "step": status.step,
            "epoch": status.epoch,
            "seconds": status.seconds,
            "share": round(status.share, 5),
            "remaining_s": status.remaining_s,
        }
        self._folder.append_metrics({**place, **figures})
        if self._events is None:
            self._events = EventFile(self._folder.path, status.step)
        self._events.add(status.step, figures)
        speed = figures.get("pictures_per_s", status.pictures_per_s)
        self._write(dataclasses.replace(status, pictures_per_s=speed))

    def _write(self, status: Status) -> None:
        self._status = dataclasses.replace(status, updated=time.time())
        if self._folder is not None:
            write_status(self._folder.path, self._status)
        self._written_at = time.monotonic()


class EventFile:
    """TensorBoard's file of figures, one a process, written without its package.

    It is a TFRecord file of Event messages; TensorFlow brings both. Its own `tf.summary.scalar`
    imports the package `tensorboard`, which a training does not need.

    Args:
        first_step: what earlier processes wrote from here on is not shown any more.
    """

    def __init__(self, folder: Path, first_step: int):
        name = f"events.out.tfevents.{time.time():.6f}"
        self._writer = tf.io.TFRecordWriter(str(folder / name))
        self._write(tf.compat.v1.Event(wall_time=time.time(), file_version="brain.Event:2"))
        start = tf.compat.v1.SessionLog(status=tf.compat.v1.SessionLog.START)
        self._write(tf.compat.v1.Event(wall_time=time.time(), step=first_step, session_log=start))

    def add(self, step: int, figures: dict[str, float]) -> None:
        """One point of each curve."""
        values = [
            tf.compat.v1.Summary.Value(tag=tag, simple_value=value)
            for tag, value in figures.items()
        ]
        summary = tf.compat.v1.Summary(value=values)
        self._write(tf.compat.v1.Event(wall_time=time.time(), step=step, summary=summary))

    def _write(self, event: "tf.compat.v1.Event") -> None:
        self._writer.write(event.SerializeToString())
        self._writer.flush()
