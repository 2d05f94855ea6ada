"""`python -m tinaface train`: from labelled pictures to weights that detect."""

import argparse
import dataclasses
import json
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinaface.presets import PRESETS
from tinaface.training.allocator import keep_freed_memory
from tinaface.training.config import TrainConfig
from tinaface.training.pace import Workload, remember, remembered
from tinaface.training.preflight import Level, Preflight, look
from tinaface.verbs.labelled_data import add_labelled_data

if TYPE_CHECKING:
    from tinaface.training.reporter import Report

SUMMARY = "train a detector on labelled pictures"
STOPPED = 130
_MARKS = {Level.OK: "✓", Level.WARNING: "!", Level.FAILED: "✗"}
# Arguments that a run's config does not hold.
_NOT_FROZEN = frozenset({"verb", "run", "run_folder", "resume", "check", "measure", "json"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options; those of the data are `detect`'s and `evaluate`'s, too."""
    add_labelled_data(parser)
    run = parser.add_argument_group("run")
    run.add_argument(
        "--run", dest="run_folder", metavar="DIR", help="run folder (default: runs/DATE-PRESET)"
    )
    run.add_argument(
        "--resume", action="store_true", help="continue the run in --run, with its own options"
    )
    run.add_argument(
        "--check",
        action="store_true",
        help="do not train: list what stands ready and what does not, and end with 1 if it fails",
    )
    length = run.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=int, metavar="N", help="passes over the data")
    length.add_argument("--minutes", type=float, metavar="M", help="time, validation included")
    run.add_argument("--seed", type=int, metavar="S", help="of weights, order and augmentation")
    run.add_argument(
        "--checkpoint-minutes",
        type=float,
        metavar="M",
        help="most work that a killed run loses (default: 2)",
    )
    run.add_argument(
        "--measure",
        action="store_true",
        help="with --check: take a few steps to know how long the training would last",
    )
    run.add_argument("--json", action="store_true", help="last line: one JSON object")
    network = parser.add_argument_group("network")
    network.add_argument("--preset", choices=list(PRESETS), help="default: compact")
    network.add_argument("--from", dest="weights", metavar="FILE", help="weights to start from")
    network.add_argument(
        "--gentle",
        action="store_true",
        default=None,
        help="few passes from --from, part of it kept: for few pictures, minutes",
    )
    network.add_argument(
        "--learn-all",
        action="store_true",
        default=None,
        help="learn the trunk of --from and its statistics, too, which compact else keeps",
    )
    network.add_argument("--batch", type=int, metavar="B", help="pictures a batch, on each device")
    network.add_argument("--crop", type=int, metavar="S", help="side of the training square")
    network.add_argument("--accumulate", type=int, metavar="K", help="batches behind one update")
    network.add_argument(
        "--learning-rate",
        type=float,
        metavar="R",
        help="top of the cycle for the preset's own batch; scales with the batch",
    )
    network.add_argument(
        "--schedule",
        action="append",
        type=_change,
        metavar="NAME=VALUE",
        help="another value, as JSON, for a field of the preset's schedule "
        "(tinaface/presets.py says what each means); may be repeated",
    )
    network.add_argument(
        "--distribute",
        choices=["mirrored", "workers"],
        help="train on all GPUs of this machine, or on the machines in TF_CONFIG",
    )
    network.add_argument(
        "--precision",
        choices=["float32", "mixed_bfloat16"],
        help="arithmetic of the layers (default: float32)",
    )


def _change(text: str) -> tuple[str, object]:
    """A field's name and new value of `NAME=VALUE`."""
    name, is_given, value = text.partition("=")
    if not is_given:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value  # words need no quotes


def run(arguments: argparse.Namespace) -> int:
    """Trains, printing a line every few seconds. 0 at the end, 130 if stopped with a checkpoint."""
    options = (name for name in vars(arguments) if name not in _NOT_FROZEN)
    given = {name: vars(arguments)[name] for name in options if vars(arguments)[name] is not None}
    if "schedule" in given:
        given["schedule"] = dict(given["schedule"])
    _check_usage(arguments, given)
    folder = Path(arguments.run_folder or _new_folder(given))
    if arguments.check:
        return _check(given, folder, arguments.json, measures=arguments.measure)
    # With --json the last line of stdout is for programs; what people read goes to stderr.
    out = sys.stderr if arguments.json else sys.stdout
    stop = threading.Event()

    def ask_to_stop(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt  # whoever asks twice does not want to wait for a checkpoint
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_stop)

    keep_freed_memory()
    from tinaface.training.job import continue_run, start_run

    def say(line: str) -> None:
        print(line, file=out, flush=True)

    if arguments.resume:
        result = continue_run(folder, say, lambda r: say(_line(r)), stop.is_set)
    else:
        result = start_run(given, folder, say, lambda r: say(_line(r)), stop.is_set)
    if arguments.json:
        print(json.dumps(result), flush=True)
    return STOPPED if result["stopped"] else 0


def _new_folder(given: dict[str, object]) -> str:
    return f"runs/{time.strftime('%Y%m%d-%H%M%S')}-{given.get('preset', 'compact')}"


def _check(given: dict[str, Any], folder: Path, as_json: bool, *, measures: bool) -> int:
    """Lists what a training would find. 0 if it would start."""
    config = TrainConfig.of(given)
    looked = look(config, folder, loads_library=True)
    pace = _pace(config, looked, measures) if looked.is_ready else None
    if as_json:
        checks = [dataclasses.asdict(check) for check in looked.checks]
        answer = {"ready": looked.is_ready, "checks": checks, "pace": pace}
        print(json.dumps(answer), flush=True)
    else:
        for check in looked.checks:
            print(f"{_MARKS[check.level]} {check.text}")
            if check.remedy:
                print(f"  {check.remedy}")
        if pace is not None and pace["seconds_per_batch"] is not None:
            print(
                f"  a pass takes about {_clock(pace['batches'] * pace['seconds_per_batch'])} here: "
                f"{pace['batches']} batches of {pace['seconds_per_batch']:.2f} s"
            )
    return 0 if looked.is_ready else 1


def _pace(config: TrainConfig, looked: Preflight, measures: bool) -> dict[str, Any]:
    """Batches of a pass over the data, and seconds a batch, None while nobody has measured them."""
    from tinaface.training.pipeline import Order

    preset = config.trained_preset
    order = Order.of(
        looked.training.truths, preset.schedule, config.pictures_per_batch, config.seed
    )
    workload = Workload.of(config)
    seconds = remembered(workload)
    if seconds is None and measures:
        from tinaface.training.calibration import seconds_per_batch

        seconds = seconds_per_batch(config)
        remember(workload, seconds)
    return {"batches": order.batches_per_epoch, "seconds_per_batch": seconds}


def _check_usage(arguments: argparse.Namespace, given: dict[str, object]) -> None:
    """Ends with code 2 where options contradict each other."""
    problem = None
    if arguments.resume:
        if arguments.check:
            problem = "--check looks at a new run: give its options instead of --resume"
        elif arguments.run_folder is None:
            problem = "--resume needs --run"
        elif given:
            problem = "--resume takes its options from the run: give none but --run"
    elif arguments.measure and not arguments.check:
        problem = "--measure goes with --check"
    elif arguments.data is None:
        problem = "--data is required"
    elif arguments.epochs is None and arguments.minutes is None:
        problem = "give --epochs or --minutes"
    if problem is not None:
        sys.stderr.write(f"usage: {problem}\n")
        raise SystemExit(2)


def _line(report: "Report") -> str:
    """One line of progress for people."""
    head = f"{100 * report.share:5.1f} %  step {report.step}  epoch {report.epoch + 1}"
    figures = report.figures
    if "loss" in figures:
        return (
            f"{head}  loss {figures['loss']:.3f}  {figures['pictures_per_s']:.1f} pictures/s"
            f"  {_clock(report.remaining_s)} left"
        )
    return (
        head
        + "  "
        + "  ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in figures.items())
    )


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
