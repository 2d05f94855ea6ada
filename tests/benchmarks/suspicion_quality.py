"""How well the ranking of suspicious labels finds planted mistakes, beside other rankings.

Labels of a folder are damaged by lot (`planted_labels.py`), several times over; the detections
stay what the weights in the box find in the pictures. What is planted counts as wrong and all
else as right, though any real folder has mistakes of its own, which here count as false alarms.

Detections are made once and kept in `--cache`. cleanlab is asked where `--cleanlab-python` names
an interpreter with `cleanlab` (`pip install .[benchmark]`).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.benchmarks import cleanlab_ranking, planted_labels, rankings
from tests.benchmarks.rankings import LOOKED_AT, Quality, Ranking
from tinaface.boxes import FloatArray
from tinaface.matching import match
from tinaface.metrics import rank as rank_detections
from tinaface.suspicion.evidence import LabelledPicture
from tinaface.suspicion.folder import read_pictures

FACES = Path("../shared/data/faces")
OURS = "suspicion (ours)"


def run(argv: Sequence[str]) -> int:
    """Prints the table. Exit code 1 where another ranking is better."""
    options = _parser().parse_args(argv)
    pictures = _pictures(options)
    threshold = _threshold(pictures)
    faces = sum(len(picture.gt_boxes) for picture in pictures)
    print(f"{options.data.name}, {options.split}: {len(pictures)} pictures, {faces} faces")
    print(f"threshold of one false alarm a picture: {threshold:.2f}")
    qualities: dict[str, list[dict[str, Quality]]] = {}
    counts, seconds = [], []
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        damaged, mistakes = planted_labels.plant(pictures, seed)
        counts.append(len(mistakes))
        start = time.perf_counter()
        ours = rankings.suspicion(damaged)
        seconds.append(time.perf_counter() - start)
        made = {OURS: (ours, None), **_simple(damaged, threshold, seed)}
        if options.cleanlab_python is not None:
            made |= _cleanlab(options, damaged)
        for name, (ranking, of_pictures) in made.items():
            if of_pictures is None:
                of_pictures = rankings.of_pictures(ranking, len(damaged))
            qualities.setdefault(name, []).append(
                {
                    "boxes": rankings.judge_boxes(ranking, mistakes),
                    "pictures": rankings.judge_pictures(of_pictures, mistakes),
                }
            )
        print(f"seed {seed}: {len(mistakes)} mistakes planted", file=sys.stderr)
    print(f"{np.mean(counts):.0f} mistakes planted each time, {options.seeds} times")
    print(f"ranking {len(pictures)} pictures took {min(seconds):.1f} s")
    _print_table(qualities)
    figures = {name: _figures(of_seeds) for name, of_seeds in qualities.items()}
    best = all(
        figures[OURS][level][measure][0] >= figures[name][level][measure][0]
        for name in figures
        for level in ("boxes", "pictures")
        for measure in ("precision", "area")
    )
    print(
        json.dumps(
            {
                "split": options.split,
                "pictures": len(pictures),
                "faces": faces,
                "mistakes": counts,
                "seconds": min(seconds),
                "rankings": figures,
                "is_best": best,
            }
        )
    )
    return 0 if best else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks suspicion")
    parser.add_argument("--data", type=Path, default=FACES, metavar="DIR")
    parser.add_argument("--split", default="validate", help="of DIR/splits.json")
    parser.add_argument("--predictions", type=Path, metavar="FILE", help="default: made now")
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "tinaface-suspicion"
    )
    parser.add_argument("--seeds", type=int, default=5, metavar="N")
    parser.add_argument("--first-seed", type=int, default=0, metavar="N")
    parser.add_argument("--cleanlab-python", metavar="PYTHON")
    parser.add_argument(
        "--cleanlab-setting",
        type=int,
        choices=range(len(cleanlab_ranking.SETTINGS)),
        help="only this one of: "
        + "; ".join(f"{i}: {one}" for i, one in enumerate(cleanlab_ranking.SETTINGS)),
    )
    return parser


def _pictures(options: argparse.Namespace) -> list[LabelledPicture]:
    split_file = options.data / "splits.json"
    predictions = options.predictions
    if predictions is None:
        predictions = options.cache / f"{options.data.resolve().name}-{options.split}.jsonl"
        options.cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tinaface", "detect", str(options.data), "--resume"]
        command += ["--split-file", str(split_file), "--split", options.split]
        subprocess.run([*command, "--jsonl", str(predictions)], check=True, stdout=sys.stderr)
    pictures = read_pictures(options.data, predictions, split_file, options.split)
    # Planted labels have no texts; those of the others would give them away.
    return [replace(picture, labels=()) for picture in pictures]


def _threshold(pictures: Sequence[LabelledPicture]) -> float:
    """That of one false alarm a picture on the labels as they are: what a window starts with."""
    matchings = [
        match(p.detections.xyxy, p.detections.scores, p.gt_boxes, p.is_ignored) for p in pictures
    ]
    counts = rank_detections(matchings).at_false_alarms(1.0)
    return 0.5 if counts is None else counts.threshold


Made = dict[str, tuple[Ranking, FloatArray | None]]


def _simple(damaged: Sequence[LabelledPicture], threshold: float, seed: int) -> Made:
    return {
        "score of unmatched detections": (rankings.by_score(damaged), None),
        "1 - IoU of labels": (rankings.by_iou(damaged, threshold), None),
        "both of these": (rankings.by_both(damaged, threshold), None),
        "random": (rankings.at_random(damaged, threshold, seed), None),
    }


def _cleanlab(options: argparse.Namespace, damaged: Sequence[LabelledPicture]) -> Made:
    settings = cleanlab_ranking.SETTINGS
    if options.cleanlab_setting is not None:
        # Its own thresholds are always shown beside a chosen one.
        settings = [settings[0], settings[options.cleanlab_setting]]
    return {
        f"cleanlab, {setting}": cleanlab_ranking.ask(options.cleanlab_python, damaged, setting)
        for setting in dict.fromkeys(settings)
    }


def _figures(of_seeds: list[dict[str, Quality]]) -> dict[str, dict[str, tuple[float, float]]]:
    """Mean and standard deviation over the seeds."""

    def spread(level: str, value: Callable[[Quality], float]) -> tuple[float, float]:
        values = [value(one[level]) for one in of_seeds]
        return float(np.mean(values)), float(np.std(values))

    return {
        level: {
            "precision": spread(level, lambda quality: quality.precision),
            "area": spread(level, lambda quality: quality.area),
        }
        for level in ("boxes", "pictures")
    } | {"share_of": _shares(of_seeds)}


def _shares(of_seeds: list[dict[str, Quality]]) -> dict[str, tuple[float, float]]:
    """Of each kind of mistake the share found in as many looks as there are mistakes."""
    kinds = of_seeds[0]["boxes"].share_of
    values = {kind: [one["boxes"].share_of[kind] for one in of_seeds] for kind in kinds}
    return {kind: (float(np.mean(v)), float(np.std(v))) for kind, v in values.items()}


def _print_table(qualities: dict[str, list[dict[str, Quality]]]) -> None:
    print(f"\n{'':<58} {'boxes':>23} {'pictures':>23}")
    header = f"{f'P@{LOOKED_AT}':>11} {'area':>11}"
    print(f"{'ranking':<58} {header} {header}")
    for name, of_seeds in qualities.items():
        figures = _figures(of_seeds)
        cells = [
            f"{mean:.3f} ±{deviation:.3f}"
            for level in ("boxes", "pictures")
            for mean, deviation in (figures[level]["precision"], figures[level]["area"])
        ]
        print(f"{name:<58} {' '.join(f'{cell:>11}' for cell in cells)}")
    print("\nshare of each kind found in as many looks as there are mistakes")
    for name, of_seeds in qualities.items():
        shares = _shares(of_seeds)
        cells = [f"{kind} {mean:.2f}" for kind, (mean, _) in shares.items()]
        print(f"{name:<58} {', '.join(cells)}")
