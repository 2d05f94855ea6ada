"""Starts and continues runs: options to entries, network, loop and exported weights."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tinaface import run_lock, runs
from tinaface.errors import CheckpointError, DatasetError, TinaFaceError
from tinaface.inference.rescoring import rescoring_extra
from tinaface.network.detector import Detector, build_detector, load_detector, save_detector
from tinaface.presets import Preset
from tinaface.runs import State
from tinaface.training.config import GENTLE_PASSES, TrainConfig
from tinaface.training.difficulty import benchmark_of
from tinaface.training.labelled import LabelledSet
from tinaface.training.pace import Workload, median_seconds, remember
from tinaface.training.preflight import Level, look
from tinaface.training.replicas import LOST, Replicas, build_replicas
from tinaface.training.reporter import Report, Reporter
from tinaface.training.run_folder import RunFolder
from tinaface.training.train import Length, Training
from tinaface.training.validate import Validation
from tinaface.weights import WeightsHeader, now, read_header

Say = Callable[[str], None]


def start_run(
    options: Mapping[str, Any],
    path: Path,
    say: Say,
    report: Callable[[Report], None],
    is_stopped: Callable[[], bool],
) -> dict[str, object]:
    """Trains in a new run folder.

    Args:
        options: fields of `TrainConfig`.
        say: takes lines for people.
        report: takes the progress.
        is_stopped: asked after each step.

    Returns:
        Plain JSON values: run, steps, seconds, best AP, path of the weights, whether stopped.

    Raises:
        DatasetError: no usable pictures, or the same picture in training and validation.
        CheckpointError: the folder holds a run, weights do not fit, or the training diverged.
    """
    config = TrainConfig.of(options)
    replicas = build_replicas(config.distribute)
    if replicas.is_chief:
        RunFolder(path).require_new()
    with _at_work(path, report, replicas) as (folder, reporter):
        looked = look(config, path if replicas.is_chief else None)
        if looked.errors:
            raise looked.errors[0]
        for check in looked.checks:
            say(("note: " if check.level is Level.WARNING else "") + check.text)
        frozen = config.frozen(looked.training, looked.validation)
        _require_same_data(frozen, replicas)
        if replicas.is_chief:
            folder.create(frozen)
        run = _Run(config, replicas, folder, looked.training, looked.validation)
        return run.train(say, reporter, is_stopped, resume=False)


def continue_run(
    path: Path, say: Say, report: Callable[[Report], None], is_stopped: Callable[[], bool]
) -> dict[str, object]:
    """Trains on from a run folder's state; else as `start_run`."""
    stored = RunFolder(path).read_config()
    config = TrainConfig.thawed(stored, path)
    replicas = build_replicas(config.distribute)
    with _at_work(path, report, replicas) as (folder, reporter):
        training, validation = config.training_set(), config.validation_set()
        if stored.get("data") != {
            "training": training.fingerprint(),
            "validation": validation.fingerprint(),
        }:
            raise CheckpointError(
                what=f"Cannot continue the training in {path}",
                why=f"the pictures or labels in {config.data} have changed since it began",
                remedy="Start a new run with --from best.safetensors, which learns from the new "
                "ones",
            )
        run = _Run(config, replicas, folder, training, validation)
        return run.train(say, reporter, is_stopped, resume=True)


@contextlib.contextmanager
def _at_work(
    path: Path, report: Callable[[Report], None], replicas: Replicas
) -> Iterator[tuple[RunFolder, Reporter]]:
    """Holds the run folder, and leaves in its status how the work ended.

    Machines beside the chief only read it.
    """
    folder = RunFolder(path)
    with contextlib.ExitStack() as stack:
        if replicas.is_chief:
            stack.enter_context(run_lock.held(path))
            folder.tidy()
        reporter = Reporter(folder if replicas.is_chief else None, report)
        reporter.enter(State.PREPARING)
        try:
            yield folder, reporter
        except TinaFaceError as error:
            reporter.fail(error)
            raise
        except KeyboardInterrupt:
            reporter.enter(State.STOPPED)
            raise
        except BaseException as error:
            explained = _explained(error, path, replicas)
            reporter.fail(explained)
            if isinstance(error, MemoryError | tf.errors.OpError):
                raise explained from error
            raise


def _explained(error: BaseException, path: Path, replicas: Replicas) -> CheckpointError:
    """What a person can do about an error that is not ours."""
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return CheckpointError(
            what="The training ran out of memory",
            why="a batch does not fit into what is free",
            remedy="Take a smaller --batch or --crop, with --accumulate for the same effect",
        )
    if replicas.workers > 1 and isinstance(error, LOST):
        return CheckpointError(
            what="Another machine of this training is gone",
            # TensorFlow puts the name of an operation in braces before its sentence.
            why=str(error).splitlines()[0].rpartition("}} ")[2],
            remedy=f"Start all of them again with --resume --run {path}: the training goes on "
            "from its last checkpoint",
        )
    return CheckpointError(
        what="The training ended by a fault",
        why=f"{type(error).__name__}: {error}",
        remedy=f"Continue it with --resume --run {path}; if it ends there again, report this",
    )


def _require_same_data(frozen: Mapping[str, Any], replicas: Replicas) -> None:
    """All machines read their own copy of the pictures: they must be the same ones."""
    data = frozen["data"]
    mine = [float(int(data[side]["hash"], 16)) for side in ("training", "validation")]
    if replicas.agree(mine) != [replicas.workers * number for number in mine]:
        raise DatasetError(
            what="Cannot train on several machines",
            why="they do not hold the same pictures and labels",
            remedy="Copy the data set anew, or name one on a disk that all of them share",
        )


@dataclasses.dataclass(frozen=True)
class _Run:
    """What a training is made of, new or continued."""

    config: TrainConfig
    replicas: Replicas
    folder: RunFolder
    training: LabelledSet
    validation: LabelledSet

    def train(
        self, say: Say, reporter: Reporter, is_stopped: Callable[[], bool], *, resume: bool
    ) -> dict[str, object]:
        """Trains to the end, or until it is asked to stop; gives plain JSON values."""
        config, folder, replicas = self.config, self.folder, self.replicas
        preset = config.trained_preset
        machines = f" on {replicas.count} devices" if replicas.count > 1 else ""
        say(f"training {preset.name} in {folder.path}{machines}")
        keras.utils.set_random_seed(config.seed)
        detector = _initial_detector(config, preset, replicas)
        job = Training(
            detector,
            preset.schedule,
            self.training,
            folder,
            self._length(),
            seed=config.seed,
            batch=config.pictures_per_batch,
            accumulate=config.accumulate,
            checkpoint_every_s=60 * config.checkpoint_minutes,
            validate=self._validate(say) if len(self.validation) else None,
            export=_Export(config, folder),
            restraint=config.restraint,
            replicas=replicas,
        )
        if resume:
            job.resume()
        outcome = job.run(reporter, is_stopped)
        self._remember_pace()
        reporter.enter(State.STOPPED if outcome.is_stopped else State.FINISHED)
        for error in outcome.unreadable:
            say(f"note: left out: {error}")
        if outcome.is_stopped:
            say(f"stopped; continue with --resume --run {folder.path}")
        return {
            "run": str(folder.path),
            "stopped": outcome.is_stopped,
            "steps": outcome.place.step,
            "seconds": round(outcome.place.seconds, 1),
            "best_ap50": outcome.place.best_ap if len(self.validation) else None,
            "weights": str(folder.best) if folder.best.exists() else None,
        }

    def _length(self) -> Length:
        epochs, minutes = self.config.epochs, self.config.minutes
        if self.config.gentle and epochs is None:
            epochs = GENTLE_PASSES
        return Length(epochs, minutes)

    def _validate(self, say: Say) -> Validation:
        source = Path(self.config.validate or self.config.data)
        try:
            benchmark = benchmark_of(self.validation, source)
        except DatasetError as error:
            say(f"note: not measured by difficulty: {error}")
            benchmark = None
        return Validation(self.validation, benchmark)

    def _remember_pace(self) -> None:
        """What was measured at work is better than what was measured beforehand."""
        if self.replicas.count > 1:
            return
        reports = runs.MetricsFollower(self.folder.path).new_records()
        samples_per_s = [one["pictures_per_s"] for one in reports if "pictures_per_s" in one]
        seconds = median_seconds(self.config.pictures_per_batch, samples_per_s)
        if seconds is not None:
            remember(Workload.of(self.config), seconds)


def _initial_detector(config: TrainConfig, preset: Preset, replicas: Replicas) -> Detector:
    with replicas.scope():
        detector = build_detector(preset, dtype=config.precision)
    if config.weights is None:
        return detector
    loaded, _ = load_detector(Path(config.weights))
    with replicas.scope():
        detector.set_weights(loaded.get_weights())
    return detector


class _Export:
    """Writes the network with a header that says where it comes from."""

    def __init__(self, config: TrainConfig, folder: RunFolder):
        self._config = config
        self._folder = folder
        # How scores depend on one another hardly changes when a network learns more.
        start = None if config.weights is None else read_header(Path(config.weights))
        self._extra = {} if start is None else rescoring_extra(start)

    def __call__(self, detector: Detector, path: Path, figures: dict[str, float]) -> None:
        options = dataclasses.asdict(self._config)
        data = ", ".join(
            str(Path(options[name]).name) for name in ("data", "split") if options[name] is not None
        )
        header = WeightsHeader.of(
            detector.preset,
            source=f"trained on {data}, run {self._folder.path.name}",
            date=now(),
            ap=figures.get("ap50"),
            threshold=figures.get("threshold"),
            extra=self._extra,
        )
        save_detector(detector, path, header)
