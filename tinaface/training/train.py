"""A whole training: from a folder of labelled pictures to weights that detect.

The loop knows no window and prints nothing: it reports to whoever called.
"""

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from tinaface.dataset import Entry, GroundTruth
from tinaface.errors import CheckpointError
from tinaface.network.detector import Detector
from tinaface.presets import Schedule
from tinaface.runs import Request, State, is_asked, withdraw
from tinaface.training.config import NO_RESTRAINT, Restraint
from tinaface.training.meters import Meter, Stopwatch
from tinaface.training.pipeline import Batch, Order, PictureStore, batches
from tinaface.training.reporter import Reporter
from tinaface.training.run_folder import Place, RunFolder
from tinaface.training.schedule import LearningRate
from tinaface.training.step import TrainingStep, Update

_LOOK_EVERY_S = 0.2
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
        restraint: what keeps it from forgetting the weights in `detector`.
        checkpoint_every_s: most that a killed run loses.
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
        checkpoint_every_s: float,
        validate: Validate | None,
        export: Export,
        restraint: Restraint = NO_RESTRAINT,
    ):
        self._folder = folder
        self._length = length
        self._accumulate = accumulate
        self._checkpoint_every_s = checkpoint_every_s
        self._validate = validate
        self._export = export
        self._order = Order.of(data.truths, schedule, batch, seed)
        self._store = PictureStore(data.entries, _PICTURE_BYTES)
        self._truths = data.truths
        self._schedule = schedule
        self._steps_per_epoch = -(-self._order.batches_per_epoch // accumulate)
        self._rate = LearningRate(schedule, batch * accumulate, self._steps_per_epoch)
        self._step = TrainingStep(detector, schedule, restraint)
        self._place = Place()
        self._stopwatch = Stopwatch(0.0)
        self._saved_at_s = 0.0
        self._validation_cost_s = 0.0
        self._validated_at_s = 0.0

    def resume(self) -> None:
        """Continues where the folder's state stands, at the start if it was killed before any.

        Raises CheckpointError if the state does not fit.
        """
        if self._folder.state.exists():
            self._restore()
        self._folder.forget_metrics_after(self._place.step)

    def run(self, reporter: Reporter, is_stopped: Callable[[], bool] = lambda: False) -> Outcome:
        """Trains to the end, or until it is asked to stop; a checkpoint stands behind either.

        Raises CheckpointError when a loss or gradient is not finite: the state on disk is the
        last good one.
        """
        self._stopwatch = Stopwatch(self._place.seconds)
        self._saved_at_s = self._validated_at_s = self._place.seconds
        stream = self._stream()
        meter = Meter(self._order.batch * self._accumulate)
        self._tell_place(reporter)
        reporter.enter(State.TRAINING)
        while self._share() < 1:
            self._pause_if_asked(reporter, is_stopped)
            if is_stopped() or self._is_asked(Request.STOP):
                break
            rate = self._rate_now()
            update = self._step.run(self._next(stream), rate)
            if not update.is_finite:
                self._stop_at_last_good(update)
            self._place = dataclasses.replace(self._place, step=self._place.step + 1)
            self._tell_place(reporter)
            meter.add(update, rate)
            if meter.is_due:
                reporter.record(meter.take())
            if self._is_validation_due() or self._is_asked(Request.VALIDATE):
                self._run_validation(reporter)
            if self._place.seconds - self._saved_at_s > self._checkpoint_every_s:
                self._save()
        stopped = self._share() < 1
        self._save()  # the last validation may take longer than somebody waits
        if not stopped:
            self._run_validation(reporter)
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

    def _tell_place(self, reporter: Reporter) -> None:
        self._place = dataclasses.replace(self._place, seconds=self._stopwatch.seconds)
        reporter.move(self._place, self._place.step // self._steps_per_epoch, self._share())

    def _is_asked(self, request: Request) -> bool:
        return is_asked(self._folder.path, request)

    def _pause_if_asked(self, reporter: Reporter, is_stopped: Callable[[], bool]) -> None:
        """Waits while a pause is asked for; the time does not count, and a stop ends it."""
        if not self._is_asked(Request.PAUSE):
            return
        self._save()
        reporter.enter(State.PAUSED)
        with self._stopwatch.stopped():
            while (
                self._is_asked(Request.PAUSE)
                and not self._is_asked(Request.STOP)
                and not is_stopped()
            ):
                time.sleep(_LOOK_EVERY_S)
        reporter.enter(State.TRAINING)

    def _is_validation_due(self) -> bool:
        if self._validate is None:
            return False
        worked = self._place.seconds - self._validated_at_s
        # The first time nobody knows what it costs: after a share of a minute's training.
        return worked > max(self._validation_cost_s / _VALIDATION_SHARE, 300)

    def _run_validation(self, reporter: Reporter) -> None:
        """Measures and exports the averaged weights, as best ones if they are."""
        withdraw(self._folder.path, Request.VALIDATE)
        reporter.enter(State.VALIDATING)
        started = time.monotonic()
        with self._step.averaged():
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
        self._tell_place(reporter)
        self._validation_cost_s = time.monotonic() - started
        self._validated_at_s = self._place.seconds
        if figures:
            reporter.record({f"validation_{k}": v for k, v in figures.items()})
        reporter.enter(State.TRAINING)

    def _save(self) -> None:
        arrays = {name: variable.numpy() for name, variable in self._step.state.items()}
        self._folder.write_state(self._place, arrays)
        self._saved_at_s = self._place.seconds

    def _restore(self) -> None:
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

    def _stop_at_last_good(self, update: Update) -> None:
        """Exports the weights of the last checkpoint and says what happened."""
        step = self._place.step + 1
        kept = "no checkpoint stands before it"
        if self._folder.state.exists():
            self._restore()
            with self._step.averaged():
                self._export(self._step.detector, self._folder.last, {})
            kept = f"{self._folder.last.name} holds the last good checkpoint, of step "
            kept += str(self._place.step)
        values = ", ".join(f"{name.replace('_', ' ')} {v:g}" for name, v in update.losses.items())
        raise CheckpointError(
            what=f"The training diverged at step {step}",
            why="the loss or a gradient is not a finite number "
            f"({values}, gradient norm {update.gradient_norm:g}); {kept}",
            remedy="Start a new run with a lower --learning-rate or from other weights: the same "
            "run, resumed, would come to the same numbers",
        )
