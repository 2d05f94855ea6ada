"""`compare`: two models on the same labelled pictures, as the window does after a training."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tinaface import evaluation
from tinaface.before_after import before_and_after
from tinaface.boxes import Detections
from tinaface.evaluation import RESAMPLES, FaceSet
from tinaface.inference.files import detect_files
from tinaface.inference.loading import load_predictor
from tinaface.inference.settings import DetectSettings
from tinaface.verbs.progress import ProgressBar
from tinaface.weights import file_hash

SUMMARY = "Compare two models on the same pictures: AP before and after, faces gained and lost."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options; those of the data are `train`'s, too."""
    parser.add_argument("--before", type=Path, required=True, metavar="FILE", help="weights")
    parser.add_argument("--after", type=Path, required=True, metavar="FILE", help="weights")
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="pictures with Labelme files"
    )
    parser.add_argument("--split-file", type=Path, metavar="FILE", help="JSON lists of pictures")
    parser.add_argument(
        "--split",
        action="append",
        default=[],
        metavar="NAME",
        help="a list, or folder of DIR; several are compared each on its own",
    )
    parser.add_argument(
        "--resamples",
        type=int,
        default=RESAMPLES,
        metavar="N",
        help=f"draws of pictures behind the intervals (default: {RESAMPLES})",
    )
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Prints a line a split, and with --json, as the last line, one JSON object."""
    if arguments.split_file is not None and not arguments.split:
        print("usage: --split-file needs --split", file=sys.stderr)
        return 2
    out = sys.stderr if arguments.json else sys.stdout
    sets = {split or "all": _face_set(arguments, split) for split in arguments.split or [None]}
    images = {image for one in sets.values() for image in one.images or ()}
    bar = ProgressBar(2 * len(images), "pictures")
    found: list[dict[Path, Detections]] = []
    for weights in (arguments.before, arguments.after):
        found.append(_detect(weights, sorted(images), bar, len(found) * len(images)))
    bar.close()
    splits: dict[str, Any] = {}
    for name, face_set in sets.items():
        before, after = ([one[image] for image in face_set.images or ()] for one in found)
        splits[name] = before_and_after(face_set, before, after, arguments.resamples)
        print(_line(name, splits[name]), file=out)
    if arguments.json:
        hashes = {name: file_hash(getattr(arguments, name)) for name in ("before", "after")}
        print(json.dumps({**hashes, "splits": splits}), flush=True)
    return 0


def _face_set(arguments: argparse.Namespace, split: str | None) -> FaceSet:
    return evaluation.labelme_set(arguments.data, arguments.split_file, split)


def _detect(
    weights: Path, images: list[Path], bar: ProgressBar, done: int
) -> dict[Path, Detections]:
    predictor = load_predictor(weights)
    settings = DetectSettings.for_preset(predictor.preset)
    found = {}
    for result in detect_files(lambda rgb: predictor.detect(rgb, settings), images):
        if result.error is not None:
            bar.note(str(result.error))
        found[result.path] = result.detections
        bar.update(done + len(found))
    return found


def _line(name: str, compared: dict[str, Any]) -> str:
    before, after = (_ap(compared[side]["ap50"]) for side in ("before", "after"))
    text = f"{name}: {compared['pictures']} pictures, AP50 {before} before, {after} after"
    if compared["interval"] is None:
        return text
    low, high = compared["interval"]
    verdict = "" if compared["is_distinguishable"] else ", not distinguishable"
    return f"{text}, {compared['difference']:+.3f} (95 %: {low:+.3f} to {high:+.3f}{verdict})"


def _ap(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
