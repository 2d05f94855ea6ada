"""How long one picture takes in detection, and where: network, candidates, suppression, voting.

Given a folder, its pictures are looked at with the shipped weights; else pictures of noise, which
tell of the network alone, and suppression is timed on boxes made up: 10,000 around 300 places, as
crowds leave them at score 0.01.
"""

import argparse
import dataclasses
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tinaface import boxes, dataset
from tinaface.images import read_rgb

WEIGHTS = Path(__file__).parents[2] / "resources" / "weights" / "compact.safetensors"
LARGEST = 200


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def crowd(count: int = 10_000, places: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Boxes and scores."""
    draw = np.random.default_rng(0)
    side = draw.lognormal(3, 0.7, (places, 1)) * [1, 1.3]
    corner = draw.uniform(0, 900, (places, 2))
    place = draw.integers(0, places, count)
    centre = corner[place] + draw.normal(0, 0.4, (count, 2)) * side[place]
    half = side[place] * draw.lognormal(0, 0.25, (count, 1)) / 2
    xyxy = np.hstack([centre - half, centre + half]).astype(np.float32)
    return xyxy, draw.beta(1, 12, count).astype(np.float32)


def run(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks detect", description=__doc__)
    parser.add_argument("--images", type=Path, help="folder of real pictures")
    parser.add_argument("--turns", type=int, default=8)
    arguments = parser.parse_args(argv)
    from tinaface.inference.loading import load_predictor
    from tinaface.inference.settings import DetectSettings

    predictor = load_predictor(WEIGHTS)
    voting = DetectSettings.for_preset(predictor.preset)
    plain = dataclasses.replace(voting, votes=False)
    measured: dict[str, float] = {}
    if arguments.images is None:
        noise = np.random.default_rng(0).integers(0, 256, (640, 640, 3), np.uint8)
        pictures = [noise] * arguments.turns
        xyxy, scores = crowd()
        kept = boxes.suppress(xyxy, scores, 0.45)
        for name, call in (
            ("suppress_s", lambda: boxes.suppress(xyxy, scores, 0.45)),
            ("vote_s", lambda: boxes.vote(xyxy[kept], xyxy, scores, 0.45)),
        ):
            measured[name] = min(seconds(call) for _ in range(arguments.turns))
    else:
        found = [entry for part in dataset.scan(arguments.images) for entry in part]
        pictures = [read_rgb(entry.image) for entry in found[:: max(len(found) // LARGEST, 1)]]
    for rgb in pictures[:3]:
        predictor.detect(rgb, voting)
    # In turns, so that a busy moment does not fall on one of them alone.
    taken: dict[str, list[float]] = {"plain_s": [], "voting_s": []}
    for rgb in pictures:
        for name, settings in (("plain_s", plain), ("voting_s", voting)):
            taken[name].append(
                seconds(lambda rgb=rgb, settings=settings: predictor.detect(rgb, settings))  # type: ignore[misc]
            )
    measured |= {name: statistics.fmean(values) for name, values in taken.items()}
    for name, value in measured.items():
        print(f"{name.removesuffix('_s'):10} {value * 1000:7.1f} ms")
    print(json.dumps({**measured, "pictures": len(pictures)}))
    return 0
