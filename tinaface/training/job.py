"""Starts and continues runs: options to entries, network, loop and exported weights."""

import contextlib
import dataclasses
import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tinaface import run_lock
from tinaface.dataset import Entry, GroundTruth, ground_truth
from tinaface.errors import CheckpointError, DatasetError, TinaFaceError
from tinaface.network.detector import Detector, build_detector, load_detector, save_detector
from tinaface.presets import Preset
from tinaface.runs import State
from tinaface.training.config import TrainConfig, content_hashes, fingerprint
from tinaface.training.reporter import Report, Reporter
from tinaface.training.run_folder import RunFolder
from tinaface.training.train import Length, Training, TrainingSet
from tinaface.training.validate import Validation
from tinaface.weights import WeightsHeader

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
    try:
        config = TrainConfig(**options)
    except ValueError as error:
        raise DatasetError(
            what="Cannot start the training",
            why=str(error),
            remedy="See `python -m tinaface train --help`",
        ) from error
    with _at_work(path, report) as (folder, reporter):
        training, validation = config.training_entries(), config.validation_entries()
        _refuse_overlap(training, validation)
        folder.create(config.frozen(training, validation))
        return _train(config, folder, training, validation, say, reporter, is_stopped, resume=False)


def continue_run(
    path: Path, say: Say, report: Callable[[Report], None], is_stopped: Callable[[], bool]
) -> dict[str, object]:
    """Trains on from a run folder's state; else as `start_run`."""
    stored = RunFolder(path).read_config()
    config = TrainConfig.thawed(stored, path)
    with _at_work(path, report) as (folder, reporter):
        training, validation = config.training_entries(), config.validation_entries()
        if stored.get("data") != {
            "training": fingerprint(training),
            "validation": fingerprint(validation),
        }:
            raise CheckpointError(
                what=f"Cannot continue the training in {path}",
                why=f"the pictures or labels in {config.data} have changed since it began",
                remedy="Start a new run with --from best.safetensors, which learns from the new "
                "ones",
            )
        return _train(config, folder, training, validation, say, reporter, is_stopped, resume=True)


@contextlib.contextmanager
def _at_work(path: Path, report: Callable[[Report], None]) -> Iterator[tuple[RunFolder, Reporter]]:
    """Holds the run folder, and leaves in its status how the work ended."""
    folder = RunFolder(path)
    with run_lock.held(path):
        folder.tidy()
        reporter = Reporter(folder, report)
        reporter.enter(State.PREPARING)
        try:
            yield folder, reporter
        except TinaFaceError as error:
            reporter.fail(error)
            raise
        except KeyboardInterrupt:
            reporter.enter(State.STOPPED)
            raise
        except (MemoryError, tf.errors.ResourceExhaustedError) as error:
            shortage = CheckpointError(
                what="The training ran out of memory",
                why="a batch does not fit into what is free",
                remedy="Take a smaller --batch or --crop, with --accumulate for the same effect",
            )
            reporter.fail(shortage)
            raise shortage from error
        except BaseException as error:
            reporter.fail(
                TinaFaceError(
                    what="The training ended by a fault of the program",
                    why=f"{type(error).__name__}: {error}",
                    remedy=f"Continue it with --resume --run {path}, and please report this",
                )
            )
            raise


def _train(
    config: TrainConfig,
    folder: RunFolder,
    training: Sequence[Entry],
    validation: Sequence[Entry],
    say: Say,
    reporter: Reporter,
    is_stopped: Callable[[], bool],
    *,
    resume: bool,
) -> dict[str, object]:
    truths = [ground_truth(entry) for entry in training]
    preset = config.trained_preset
    _describe(preset, folder, truths, len(validation), say)
    keras.utils.set_random_seed(config.seed)
    detector = _initial_detector(config, preset)
    job = Training(
        detector,
        preset.schedule,
        TrainingSet(training, truths),
        folder,
        Length(config.epochs, config.minutes),
        seed=config.seed,
        batch=config.pictures_per_batch,
        accumulate=config.accumulate,
        checkpoint_every_s=60 * config.checkpoint_minutes,
        validate=Validation(validation) if validation else None,
        export=_Export(config, folder),
        restraint=config.restraint,
    )
    if resume:
        job.resume()
    outcome = job.run(reporter, is_stopped)
    reporter.enter(State.STOPPED if outcome.is_stopped else State.FINISHED)
    if outcome.is_stopped:
        say(f"stopped; continue with --resume --run {folder.path}")
    return {
        "run": str(folder.path),
        "stopped": outcome.is_stopped,
        "steps": outcome.place.step,
        "seconds": round(outcome.place.seconds, 1),
        "best_ap50": outcome.place.best_ap if validation else None,
        "weights": str(folder.best) if folder.best.exists() else None,
    }


def _initial_detector(config: TrainConfig, preset: Preset) -> Detector:
    detector = build_detector(preset, dtype=config.precision)
    if config.weights is None:
        return detector
    loaded, header = load_detector(Path(config.weights))
    if header.network_hash != preset.network_hash:
        raise CheckpointError(
            what=f"Cannot start from {config.weights}",
            why=f"they fill {header.preset!r}, and the run trains {preset.name!r}",
            remedy=f"Give --preset {header.preset}, or other weights",
        )
    detector.set_weights(loaded.get_weights())
    return detector


def _refuse_overlap(training: Sequence[Entry], validation: Sequence[Entry]) -> None:
    """A picture that was learned says nothing about others; names are no proof, content is."""
    if not validation:
        return
    learned = content_hashes(training)
    for digest, entry in content_hashes(validation).items():
        if digest in learned:
            raise DatasetError(
                what="Training and validation share pictures",
                why=f"{learned[digest].image} and {entry.image} are the same picture",
                remedy="Take it out of one of the two",
            )


def _describe(
    preset: Preset,
    folder: RunFolder,
    truths: Sequence[GroundTruth],
    validation: int,
    say: Say,
) -> None:
    """Says what will be learned, and every way in which a label does not count."""
    faces = sum(int((~truth.is_ignored).sum()) for truth in truths)
    ignored = sum(int(truth.is_ignored.sum()) for truth in truths)
    say(
        f"{preset.name}: {len(truths)} pictures with {faces} faces to learn, "
        f"{validation} to choose by; run folder {folder.path}"
    )
    if ignored:
        rule = "count neither way" if preset.schedule.uses_ignore else "are background here"
        say(f"note: {ignored} faces flagged ignore or invalid {rule}")
    limit = preset.schedule.max_faces
    crowded = sum((~truth.is_ignored).sum() > (limit or len(truth.is_ignored)) for truth in truths)
    if crowded:
        say(
            f"note: {crowded} pictures hold more than {limit} faces, the most that {preset.name} "
            f"takes: the largest {limit} of a crop are learned, the others count neither way"
        )


class _Export:
    """Writes the network with a header that says where it comes from."""

    def __init__(self, config: TrainConfig, folder: RunFolder):
        self._config = config
        self._folder = folder

    def __call__(self, detector: Detector, path: Path, figures: dict[str, float]) -> None:
        options = dataclasses.asdict(self._config)
        data = ", ".join(
            str(Path(options[name]).name) for name in ("data", "split") if options[name] is not None
        )
        header = WeightsHeader.of(
            detector.preset,
            source=f"trained on {data}, run {self._folder.path.name}",
            date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            ap=figures.get("ap50"),
            threshold=figures.get("threshold"),
        )
        save_detector(detector, path, header)
