"""Golden checks of post-processing: candidates, suppression, voting.

Each takes the path of a file of its kind, whatever seed and size it was made with.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np

from tests.golden.measurement import Measurement
from tests.shared import GOLDEN
from tinaface import boxes
from tinaface.boxes import Detections, FloatArray
from tinaface.inference.postprocess import View, candidates, merge, select
from tinaface.inference.settings import DetectSettings
from tinaface.presets import PRESETS

PRESET = PRESETS["paper-bn"]
# Coordinates, of the largest coordinate; scores, absolute.
TOLERANCE = 1e-5
# Detections nearer to a threshold than this may be on either side of it.
THRESHOLD_MARGIN = 1e-5

BENCHMARK = DetectSettings.for_preset(PRESET)
CASES = {
    "val": {},
    "plain": {},
    "flip": {},
    "infer": {"candidates_per_level": 10_000, "score_floor": 0.4, "max_detections": 300},
    "top50": {"candidates_per_level": 50, "score_floor": 0.02, "max_detections": 40},
    "empty": {"score_floor": 1.0},
}


def check_postprocess(path: Path) -> list[Measurement]:
    """Candidates and detections of every case of an `i_postprocess` file."""
    with np.load(path) as file:
        return list(_postprocess(path.name, dict(file)))


def check_nms_many(path: Path) -> list[Measurement]:
    """Suppression of the recipe's boxes of an `i2_nms_many` file."""
    recipe = _recipe(path)
    with np.load(path) as file:
        seed, count = int(file["seed"]), int(file["count"])
        rows, expected = file["unique_indices"], file["kept"]
    xyxy = recipe.boxes(seed, "many", count, 1200, 1600, 8, 160)[rows]
    scores = recipe.uniform(seed, "many/score", (count,), 0, 1)[rows]

    found = select(Detections(xyxy, scores), DetectSettings(BENCHMARK.resize))

    return list(_compare(path.name, "kept", found, expected, 0.01))


def check_box_voting(path: Path) -> list[Measurement]:
    """Voting on the kept boxes of an `i3_box_voting_own` file."""
    with np.load(path) as file:
        given, kept, expected = file["candidates"], file["kept"], file["voted"]
        iou_threshold = float(file["iou_threshold_f64"])

    voted = boxes.vote(kept[:, :4], given[:, :4], given[:, 4], iou_threshold)

    return list(_compare(path.name, "voted", Detections(voted, kept[:, 4]), expected, None))


def _postprocess(name: str, file: dict[str, FloatArray]) -> Iterator[Measurement]:
    view = _view(file, "img_hw", "scale_factor")
    for case, changes in CASES.items():
        settings = _settings(changes)
        laid = _flipped(view) if case == "flip" else view
        # The reference counts candidates before any threshold.
        everything = candidates(_raw(file, "raw"), PRESET, laid, _settings(changes, floor=0.0))
        expected_count = int(file[f"{case}_candidate_count"])
        yield Measurement(name, f"{case} candidate count", abs(len(everything) - expected_count), 0)
        if f"{case}_candidates" in file:
            yield from _compare(
                name, f"{case} candidates", everything, file[f"{case}_candidates"], None
            )
        found = select(candidates(_raw(file, "raw"), PRESET, laid, settings), settings)
        yield from _compare(
            name, f"{case} detections", found, file[f"{case}_detections"], settings.score_floor
        )
    small = _view(file, "tta2_img_hw", "tta2_scale_factor")
    variants = {"raw": view, "tta1": _flipped(view), "tta2": small, "tta3": _flipped(small)}
    every = merge(
        [candidates(_raw(file, key), PRESET, laid, BENCHMARK) for key, laid in variants.items()]
    )
    yield from _compare(
        name, "tta detections", select(every, BENCHMARK), file["tta_detections"], 0.01
    )


def _settings(changes: dict[str, float | int], floor: float | None = None) -> DetectSettings:
    values = {**vars(BENCHMARK), **changes}
    if floor is not None:
        values["score_floor"] = floor
    return DetectSettings(**values)


def _view(file: dict[str, FloatArray], size: str, scale: str) -> View:
    height, width = (int(side) for side in file[size])
    scale_x, scale_y = (float(factor) for factor in file[scale][:2])
    return View(height, width, scale_x, scale_y)


def _flipped(view: View) -> View:
    return View(view.height, view.width, view.scale_x, view.scale_y, is_flipped=True)


def _raw(file: dict[str, FloatArray], key: str) -> dict[str, list[FloatArray]]:
    """The file's maps in our layout: NCHW of one picture becomes HWC."""
    names = {"class_logits": "cls", "box_deltas": "reg", "iou_logits": "iou"}
    return {
        ours: [file[f"{key}_{theirs}{level}"][0].transpose(1, 2, 0) for level in PRESET.levels]
        for ours, theirs in names.items()
    }


def _compare(
    name: str, quantity: str, found: Detections, expected: FloatArray, threshold: float | None
) -> Iterator[Measurement]:
    """Count, boxes and scores of two lists in the same order, but for neighbours in a tie."""
    ours = np.concatenate([found.xyxy, found.scores[:, None]], axis=1)
    if threshold is not None:
        ours = ours[np.abs(ours[:, 4] - threshold) > THRESHOLD_MARGIN]
        expected = expected[np.abs(expected[:, 4] - threshold) > THRESHOLD_MARGIN]
    yield Measurement(name, f"{quantity}: count", abs(len(ours) - len(expected)), 0)
    if len(ours) != len(expected):
        yield Measurement(name, f"{quantity}: boxes", float("nan"), TOLERANCE)
        return
    if not len(expected):
        return
    largest = np.abs(expected[:, :4]).max()
    ours = _with_ties_in_order(ours, expected, TOLERANCE * largest)
    box_error = np.abs(ours[:, :4] - expected[:, :4]).max() / largest
    yield Measurement(name, f"{quantity}: boxes", float(box_error), TOLERANCE)
    score_error = np.abs(ours[:, 4] - expected[:, 4]).max()
    yield Measurement(name, f"{quantity}: scores", float(score_error), TOLERANCE)


def _with_ties_in_order(ours: FloatArray, expected: FloatArray, margin: float) -> FloatArray:
    """Our rows, those out of place exchanged where scores equal up to rounding allow it."""
    misplaced = np.flatnonzero(np.abs(ours[:, :4] - expected[:, :4]).max(axis=1) > margin)
    ours, free = ours.copy(), ours[misplaced]
    for row in misplaced:
        is_tied = np.abs(free[:, 4] - expected[row, 4]) <= TOLERANCE
        distance = np.abs(free[:, :4] - expected[row, :4]).max(axis=1)
        best = int(np.argmin(np.where(is_tied, distance, np.inf)))
        ours[row] = free[best]
        free = np.delete(free, best, axis=0)
    return ours


def _recipe(path: Path) -> ModuleType:
    """The generator that the golden files come with."""
    beside = path.with_name("weights_recipe.py")
    source = beside if beside.exists() else GOLDEN / "weights_recipe.py"
    spec = importlib.util.spec_from_file_location("weights_recipe", source)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECKS = {
    "i_postprocess": check_postprocess,
    "i2_nms_many": check_nms_many,
    "i3_box_voting_own": check_box_voting,
}
