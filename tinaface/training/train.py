"""A whole training: from a folder of labelled pictures to weights that detect.

The loop knows no window and prints nothing: it reports to whoever called.
"""

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from tinaface.errors import CheckpointError, TinaFaceError
from tinaface.network.detector import Detector
from tinaface.presets import Schedule
from tinaface.runs import Request, State, is_asked, withdraw
from tinaface.training.config import NO_RESTRAINT, Restraint
from tinaface.training.labelled import LabelledSet
from tinaface.training.meters import Meter, Stopwatch
from tinaface.training.pipeline import Batch, Order, Part, PictureStore, batches
from tinaface.training.preflight import available_memory
from tinaface.training.replicas import Replicas
from tinaface.training.reporter import Reporter
from tinaface.training.run_folder import Place, RunFolder
from tinaface.training.samples import SampleRound
from tinaface.training.schedule import LearningRate
from tinaface.training.step import TrainingStep, Update
from tinaface.training.validate import Measured

_LOOK_EVERY_S = 0.2
# Validation takes at most about this share of the time.
_VALIDATION_SHARE = 0.1
# Decoded pictures take at most this much, and no more than this share of what is free.
_PICTURE_BYTES = 2 * 2**30
_PICTURE_SHARE = 0.25


@dataclass(frozen=True)
class Length:
    """How long a run lasts: what comes first of the two, where both are given.

    Attributes:
        epochs: passes over the training set.
        minutes: time at work, all validation included.
    """

    epochs: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        if self.epochs is None and self.minutes is None:
            raise ValueError("give epochs or minutes")


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        is_stopped: it was asked to stop before its end; `--resume` continues it.
        unreadable: pictures that were left out.
    """

    place: Place
    is_stopped: bool
    unreadable: Sequence[TinaFaceError]


@dataclass(frozen=True)
class _Wish:
    """What all machines agree on before a step.

    Attributes:
        seconds: time at work by the chief's clock.
    """

    seconds: float
    stops: bool
    pauses: bool
    validates: bool


# Measures a file of weights; `ap50` is among the figures.
Validate = Callable[[Path], Measured]
# Writes the network as it stands, with the figures of its validation.
Export = Callable[[Detector, Path, dict[str, float]], None]


class Training:
    """One run, from the first step or from where its folder says.

    Args:
        detector: changed in place; at the end it holds the averaged weights.
        schedule: with the batch, crop and rate of this run.
        batch: pictures that one device takes at a time.
        accumulate: batches behind one update.
        restraint: what keeps it from forgetting the weights in `detector`.
        checkpoint_every_s: most that a killed run loses.
        validate: None for a run without validation; then the last weights are the best.
    """

    def __init__(
        self,
        detector: Detector,
        schedule: Schedule,
        data: LabelledSet,
        folder: RunFolder,
        length: Length,
        *,
        seed: int,
        batch: int,
        accumulate: int,
        checkpoint_every_s: float,
        validate: Validate | None,
        export: Export,
        replicas: Replicas,
        restraint: Restraint = NO_RESTRAINT,
    ):
        self._folder = folder
        self._replicas = replicas
        self._length = length
        self._accumulate = accumulate
        self._checkpoint_every_s = checkpoint_every_s
        self._validate = validate
        self._export = export
        together = batch * replicas.count
        self._order = Order.of(data.truths, schedule, together, seed)
        start = batch * replicas.first
        self._part = Part(start, start + batch * replicas.here, batch)
        self._store = PictureStore(data.entries, _cache_bytes())
        self._truths = data.truths
        self._schedule = schedule
        self._steps_per_epoch = -(-self._order.batches_per_epoch // accumulate)
        self._rate = LearningRate(schedule, together * accumulate, self._steps_per_epoch)
        batch_spec = self._stream(0).element_spec if replicas.count > 1 else None
        self._step = TrainingStep(detector, schedule, restraint, replicas, batch_spec)
        self._place = Place()
        self._stopwatch = Stopwatch(0.0)
        self._saved_at_s = 0.0
        self._validation_cost_s = 0.0
        self._validated_at_s = 0.0

    def resume(self) -> None:
        """Continues where the folder's state stands, at the start if it was killed before any.

        Raises CheckpointError if the state does not fit.
        """
        if self._replicas.agree([self._replicas.is_chief and self._folder.state.exists()])[0]:
            self._restore()
        if self._replicas.is_chief:
            self._folder.forget_after(self._place.step)

    def run(self, reporter: Reporter, is_stopped: Callable[[], bool] = lambda: False) -> Outcome:
        """Trains to the end, or until it is asked to stop; a checkpoint stands behind either.

        Raises CheckpointError when a loss or gradient is not finite: the state on disk is the
        last good one.
        """
        self._stopwatch = Stopwatch(self._place.seconds)
        self._saved_at_s = self._validated_at_s = self._place.seconds
        stream = iter(self._stream(self._place.step * self._accumulate))
        meter = Meter(self._order.batch * self._accumulate)
        self._tell_place(reporter)
        reporter.enter(State.TRAINING)
        while True:
            wish = self._agree(reporter, is_stopped)
            self._place = dataclasses.replace(self._place, seconds=wish.seconds)
            if wish.stops or self._share() >= 1:
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
            if self._is_validation_due() or wish.validates:
                self._run_validation(reporter)
            if self._place.seconds - self._saved_at_s > self._checkpoint_every_s:
                self._save()
        stopped = self._share() < 1
        self._save()  # the last validation may take longer than somebody waits
        if self._replicas.is_chief:
            withdraw(self._folder.path, Request.STOP)
        if stopped:
            self._export_unmeasured()
        else:
            self._run_validation(reporter)
            self._save()
        return Outcome(self._place, stopped, list(self._store.unreadable.values()))

    def _stream(self, first_batch: int) -> tf.data.Dataset:
        return self._replicas.feed(
            batches(
                self._store,
                self._truths,
                self._order,
                self._schedule,
                first_batch,
                self._part,
            )
        )

    def _next(self, stream: Iterator[Batch]) -> list[Batch]:
        try:
            return [next(stream) for _ in range(self._accumulate)]
        except tf.errors.OpError:
            if len(self._store.unreadable) == len(self._truths):
                raise self._store.unreadable[0] from None
            raise

    def _share(self) -> float:
        """How much of the run is over."""
        epochs, minutes = self._length.epochs, self._length.minutes
        share = 0.0
        if epochs is not None:
            share = self._place.step / (epochs * self._steps_per_epoch)
        if minutes is not None:
            # What the last validation will take belongs to the minutes, and is no time to learn;
            # never more than half of them, lest nothing is learned.
            given = 60 * minutes
            of_time = self._place.seconds / max(given - self._validation_cost_s, given / 2)
            share = max(share, of_time)
        return share

    def _rate_now(self) -> float:
        if self._schedule.cycles > 1 and self._length.minutes is None:
            return self._rate.with_restarts(self._place.step)
        return self._rate.in_one_cycle(self._place.step, self._share())

    def _tell_place(self, reporter: Reporter) -> None:
        self._place = dataclasses.replace(self._place, seconds=self._stopwatch.seconds)
        reporter.move(self._place, self._place.step // self._steps_per_epoch, self._share())

    def _agree(self, reporter: Reporter, is_stopped: Callable[[], bool]) -> "_Wish":
        """What is wished before the next step, the same on all machines; waits out a pause."""
        wish = self._ask_all(is_stopped)
        if wish.pauses and not wish.stops:
            self._save()
            reporter.enter(State.PAUSED)
            with self._stopwatch.stopped():
                while wish.pauses and not wish.stops:
                    time.sleep(_LOOK_EVERY_S)
                    wish = self._ask_all(is_stopped)
            reporter.enter(State.TRAINING)
            wish = dataclasses.replace(wish, seconds=self._place.seconds)
        return wish

    def _ask_all(self, is_stopped: Callable[[], bool]) -> "_Wish":
        """Time and requests are the chief's; any machine may be told to stop."""
        path, is_chief = self._folder.path, self._replicas.is_chief
        stop, pause, validate, seconds = self._replicas.agree(
            [
                is_stopped() or (is_chief and is_asked(path, Request.STOP)),
                is_chief and is_asked(path, Request.PAUSE),
                is_chief and is_asked(path, Request.VALIDATE),
                self._stopwatch.seconds if is_chief else 0.0,
            ]
        )
        return _Wish(seconds, stop > 0, pause > 0, validate > 0)

    def _is_validation_due(self) -> bool:
        if self._validate is None:
            return False
        worked = self._place.seconds - self._validated_at_s
        # The first time nobody knows what it costs: after a share of a minute's training.
        return worked > max(self._validation_cost_s / _VALIDATION_SHARE, 300)

    def _run_validation(self, reporter: Reporter) -> None:
        """Measures and exports the averaged weights, as best ones if they are; the chief does."""
        if not self._replicas.is_chief:
            return
        withdraw(self._folder.path, Request.VALIDATE)
        reporter.enter(State.VALIDATING)
        started = time.monotonic()
        with self._step.averaged():
            detector = self._step.detector
            figures: dict[str, float] = {}
            self._export(detector, self._folder.last, figures)
            if self._validate is not None:
                measured = self._validate(self._folder.last)
                figures = measured.figures
                self._folder.append_samples(self._samples(measured))
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

    def _samples(self, measured: Measured) -> SampleRound:
        ap50 = measured.figures["ap50"]
        return SampleRound(self._place.step, measured.threshold, ap50, measured.samples)

    def _export_unmeasured(self) -> None:
        """Leaves weights to look at where a run ends early; as best ones if there are no others."""
        if not self._replicas.is_chief:
            return
        with self._step.averaged():
            self._export(self._step.detector, self._folder.last, {})
            if not self._folder.best.exists():
                self._export(self._step.detector, self._folder.best, {})

    def _save(self) -> None:
        if self._replicas.is_chief:
            arrays = {name: variable.numpy() for name, variable in self._step.state.items()}
            self._folder.write_state(self._place, arrays)
        self._saved_at_s = self._place.seconds

    def _restore(self) -> None:
        """Fills network and optimiser from the state on disk, on all machines."""
        if not self._replicas.is_chief:
            self._place = Place.of(self._replicas.agree([0.0] * 3))
            self._step.restore(None)
            return
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
        self._place = Place.of(self._replicas.agree(dataclasses.astuple(place)))
        self._step.restore(arrays)

    def _stop_at_last_good(self, update: Update) -> None:
        """Exports the weights of the last checkpoint and says what happened."""
        step = self._place.step + 1
        kept = "no checkpoint stands before it"
        if self._replicas.agree([self._replicas.is_chief and self._folder.state.exists()])[0]:
            self._restore()
            self._export_unmeasured()
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


def _cache_bytes() -> int:
    free = available_memory()
    if free is None:
        return _PICTURE_BYTES
    return min(_PICTURE_BYTES, int(_PICTURE_SHARE * free))
