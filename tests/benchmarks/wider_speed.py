"""How long the WIDER FACE protocol takes on a set of the benchmark's size: at most 10 s.

3,226 pictures with 40,000 faces and 300,000 detections, made up, crowds as uneven as in the
benchmark. With `--files` the detections go through a folder of official result files, too.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tinaface.boxes import Detections
from tinaface.wider import read_results, write_result
from tinaface.wider_eval import evaluate

LIMIT_S = 10.0


def make_set(n_images, n_faces, n_detections, seed=0):
    """Pictures with as uneven a number of faces as WIDER FACE: half hold 3 or fewer."""
    rng = np.random.default_rng(seed)
    share = rng.lognormal(0, 1.5, n_images)
    share /= share.sum()
    faces_of = rng.multinomial(n_faces, share)
    found_of = rng.multinomial(n_detections, 0.5 * share + 0.5 / n_images)
    gt_boxes, detections = [], []
    for n_gt, n_found in zip(faces_of, found_of, strict=True):
        corner = rng.uniform(0, 900, (n_gt, 2))
        boxes = np.hstack([corner, corner + rng.lognormal(3, 1, (n_gt, 1)) * [1, 1.3]]).round()
        copied = rng.permutation(n_gt)[: min(n_gt, n_found)]
        near = boxes[copied] + rng.normal(0, 2, (len(copied), 4))
        corner = rng.uniform(0, 900, (n_found - len(near), 2))
        far = np.hstack([corner, corner + rng.lognormal(3, 1, (len(corner), 1)) * [1, 1.3]])
        scores = np.concatenate([rng.beta(4, 2, len(near)), rng.beta(1, 8, len(far))])
        gt_boxes.append(boxes)
        detections.append(Detections(np.vstack([near, far]), scores))
    # Tall faces count as easy, all but the smallest as hard.
    counted = {
        name: [np.flatnonzero(boxes[:, 3] - boxes[:, 1] >= height) for boxes in gt_boxes]
        for name, height in (("easy", 50), ("medium", 30), ("hard", 10))
    }
    return detections, gt_boxes, counted


def run(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks wider", description=__doc__)
    parser.add_argument("--images", type=int, default=3226)
    parser.add_argument("--faces", type=int, default=40_000)
    parser.add_argument("--detections", type=int, default=300_000)
    parser.add_argument("--files", action="store_true", help="write and read result files, too")
    arguments = parser.parse_args(argv)
    detections, gt_boxes, counted = make_set(
        arguments.images, arguments.faces, arguments.detections
    )

    measured = {}
    if arguments.files:
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            for row, found in enumerate(detections):
                write_result(Path(folder), f"event/{row:05d}.jpg", found)
            measured["write_s"] = time.perf_counter() - started
            started = time.perf_counter()
            detections = [found for _, found in read_results(Path(folder))]
            measured["read_s"] = time.perf_counter() - started
    started = time.perf_counter()
    curves = evaluate(detections, gt_boxes, counted)
    ap = {name: curve.ap for name, curve in curves.items()}
    measured["evaluate_s"] = time.perf_counter() - started

    ratio = measured["evaluate_s"] / LIMIT_S
    for name, seconds in measured.items():
        print(f"{name.removesuffix('_s'):10} {seconds:7.2f} s")
    print(f"{ratio:.2f} of the {LIMIT_S:.0f} s allowed, on {os.cpu_count()} cores")
    print(json.dumps({**measured, "ratio": ratio, "ap": ap}))
    return 0 if ratio <= 1 else 1
