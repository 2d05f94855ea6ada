"""A whole training: from a folder of labelled pictures to weights that detect.

The loop knows no window and prints nothing: it reports to whoever called.
"""

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from tinaface.dataset import Entry, GroundTruth
from tinaface.errors import CheckpointError
from tinaface.network.detector import Detector
from tinaface.presets import Schedule
from tinaface.training.pipeline import Batch, Order, PictureStore, batches
from tinaface.training.run_folder import Place, RunFolder
from tinaface.training.schedule import LearningRate
from tinaface.training.step import TrainingStep, Update

_REPORT_EVERY_S = 10.0
_CHECKPOINT_EVERY_S = 120.0
# Validation takes at most about this share of the time.
_VALIDATION_SHARE = 0.1
# Half of a small machine; the rest is for the network and the system.
_PICTURE_BYTES = 2 * 2**30


@dataclass(frozen=True)
class Length:
    """How long a run lasts: exactly one of the two is given.

    Attributes:
        epochs: passes over the training set.
        minutes: time at work, validation included.
    """

    epochs: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        if (self.epochs is None) == (self.minutes is None):
            raise ValueError("give either epochs or minutes")


@dataclass(frozen=True)
class TrainingSet:
    """Pictures and their faces, one for one."""

    entries: Sequence[Entry]
    truths: Sequence[GroundTruth]


@dataclass(frozen=True)
class Report:
    """How far a run has come.

    Attributes:
        share: of the run that is over, 0..1.
        remaining_s: estimate of the time left.
        figures: means since the last report: losses, rate, pictures per second; or a validation's.
    """

    step: int
    epoch: int
    share: float
    remaining_s: float
    figures: dict[str, float]


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        is_stopped: it was asked to stop before its end; `--resume` continues it.
    """

    place: Place
    is_stopped: bool


# Measures a file of weights: figures by name, with `ap50` among them.
Validate = Callable[[Path], dict[str, float]]
# Writes the network as it stands, with the figures of its validation.
Export = Callable[[Detector, Path, dict[str, float]], None]


class Training:
    """One run, from the first step or from where its folder says.

    Args:
        detector: changed in place; at the end it holds the averaged weights.
        schedule: with the batch, crop and rate of this run.
        accumulate: batches behind one update.
        validate: None for a run without validation; then the last weights are the best.
    """

    def __init__(
        self,
        detector: Detector,
        schedule: Schedule,
        data: TrainingSet,
        folder: RunFolder,
        length: Length,
        *,
        seed: int,
        batch: int,
        accumulate: int,
        validate: Validate | None,
        export: Export,
    ):
        self._folder = folder
        self._length = length
        self._accumulate = accumulate
        self._validate = validate
        self._export = export
        self._order = Order.of(data.truths, schedule, batch, seed)
        self._store = PictureStore(data.entries, _PICTURE_BYTES)
        self._truths = data.truths
        self._schedule = schedule
        self._steps_per_epoch = -(-self._order.batches_per_epoch // accumulate)
        self._rate = LearningRate(schedule, batch * accumulate, self._steps_per_epoch)
        self._step = TrainingStep(detector, schedule)
        self._place = Place()
        self._validation_cost_s = 0.0
        self._validated_at_s = 0.0

    def resume(self) -> None:
        """Continues where the folder's state stands. Raises CheckpointError if it does not fit."""
        place, arrays = self._folder.read_state()
        state = self._step.state
        if {name: tuple(v.shape) for name, v in state.items()} != {
            name: array.shape for name, array in arrays.items()
        }:
            raise CheckpointError(
                what=f"Cannot continue the training in {self._folder.path}",
                why="its state belongs to another network or optimiser",
                remedy="Start a new run with --from best.safetensors",
            )
        for name, variable in state.items():
            variable.assign(arrays[name])
        self._place = place
        self._validated_at_s = place.seconds
        self._folder.forget_metrics_after(place.step)

    def run(
        self, report: Callable[[Report], None], is_stopped: Callable[[], bool] = lambda: False
    ) -> Outcome:
        """Trains to the end, or until `is_stopped`; either way a checkpoint stands behind it.

        Raises CheckpointError when a loss or gradient is not finite: the state on disk is the
        last good one.
        """
        began = time.monotonic() - self._place.seconds
        stream = self._stream()
        meter = _Meter(self._order.batch * self._accumulate)
        saved_at = self._place.seconds
        while self._share() < 1 and not is_stopped():
            rate = self._rate_now()
            update = self._step.run(self._next(stream), rate)
            if not update.is_finite:
                self._explain_not_finite()
            self._place = dataclasses.replace(
                self._place, step=self._place.step + 1, seconds=time.monotonic() - began
            )
            meter.add(update, rate)
            if meter.is_due:
                self._record(meter.take(), report)
            if self._is_validation_due():
                self._run_validation(report)
                self._place = dataclasses.replace(self._place, seconds=time.monotonic() - began)
            if self._place.seconds - saved_at > _CHECKPOINT_EVERY_S:
                self._save()
                saved_at = self._place.seconds
        stopped = self._share() < 1
        self._save()  # the last validation may take longer than somebody waits
        if not stopped:
            self._run_validation(report)
            self._save()
        return Outcome(self._place, stopped)

    def _stream(self) -> Iterator[Batch]:
        first_batch = self._place.step * self._accumulate
        return iter(batches(self._store, self._truths, self._order, self._schedule, first_batch))

    def _next(self, stream: Iterator[Batch]) -> list[Batch]:
        try:
            return [next(stream) for _ in range(self._accumulate)]
        except tf.errors.OpError:
            if self._store.failure is not None:
                raise self._store.failure from None
            raise

    def _share(self) -> float:
        """How much of the run is over."""
        if self._length.minutes is not None:
            return self._place.seconds / (60 * self._length.minutes)
        epochs = self._length.epochs or 1
        return self._place.step / (epochs * self._steps_per_epoch)

    def _rate_now(self) -> float:
        if self._schedule.cycles > 1 and self._length.epochs is not None:
            return self._rate.with_restarts(self._place.step)
        return self._rate.in_one_cycle(self._place.step, self._share())

    def _record(self, figures: dict[str, float], report: Callable[[Report], None]) -> None:
        share = self._share()
        step, seconds = self._place.step, self._place.seconds
        epoch = step // self._steps_per_epoch
        self._folder.append_metrics(
            {"step": step, "epoch": epoch, "seconds": round(seconds, 1), **figures}
        )
        remaining = seconds * (1 - share) / share if share else float("inf")
        report(Report(step, epoch, share, max(remaining, 0.0), figures))

    def _is_validation_due(self) -> bool:
        if self._validate is None:
            return False
        worked = self._place.seconds - self._validated_at_s
        # The first time nobody knows what it costs: after a share of a minute's training.
        return worked > max(self._validation_cost_s / _VALIDATION_SHARE, 300)

    def _run_validation(self, report: Callable[[Report], None]) -> None:
        """Measures and exports the averaged weights, as best ones if they are."""
        started = time.monotonic()
        with self._averaged():
            detector = self._step.detector
            figures: dict[str, float] = {}
            self._export(detector, self._folder.last, figures)
            if self._validate is not None:
                figures = self._validate(self._folder.last)
                self._export(detector, self._folder.last, figures)
            if self._validate is None or figures["ap50"] > self._place.best_ap:
                self._export(detector, self._folder.best, figures)
        self._place = dataclasses.replace(
            self._place, best_ap=max(self._place.best_ap, figures.get("ap50", -1.0))
        )
        self._validation_cost_s = time.monotonic() - started
        self._validated_at_s = self._place.seconds + self._validation_cost_s
        if figures:
            self._record({f"validation_{k}": v for k, v in figures.items()}, report)

    def _averaged(self) -> "_Averaged":
        return _Averaged(self._step)

    def _save(self) -> None:
        arrays = {name: variable.numpy() for name, variable in self._step.state.items()}
        self._folder.write_state(self._place, arrays)

    def _explain_not_finite(self) -> None:
        raise CheckpointError(
            what=f"The training diverged at step {self._place.step + 1}",
            why="the loss or a gradient is not a finite number",
            remedy=f"Continue from {self._folder.state.name} with --resume, or start again with a "
            "larger --batch or from other weights",
        )


class _Averaged:
    """While entered, the network holds its averaged weights; after that its own again."""

    def __init__(self, step: TrainingStep):
        self._variables = [variable.value for variable in step.detector.variables]
        self._average = step.average
        self._own: list[np.ndarray] = []

    def __enter__(self) -> None:
        if self._average is None:
            return
        self._own = [variable.numpy() for variable in self._variables]
        for variable, value in zip(self._variables, self._average.values, strict=True):
            variable.assign(value)

    def __exit__(self, *_: object) -> None:
        if self._average is None:
            return
        for variable, value in zip(self._variables, self._own, strict=True):
            variable.assign(value)


class _Meter:
    """Means of the figures since the last report."""

    def __init__(self, pictures_per_step: int):
        self._pictures_per_step = pictures_per_step
        self._rows: list[dict[str, float]] = []
        self._since = time.monotonic()

    def add(self, update: Update, rate: float) -> None:
        self._rows.append({**update.losses, "gradient_norm": update.gradient_norm, "rate": rate})

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self._since > _REPORT_EVERY_S

    def take(self) -> dict[str, float]:
        elapsed = time.monotonic() - self._since
        figures = {
            name: float(np.mean([row[name] for row in self._rows])) for name in self._rows[0]
        }
        figures["pictures_per_s"] = len(self._rows) * self._pictures_per_step / elapsed
        self._rows, self._since = [], time.monotonic()
        return figures
