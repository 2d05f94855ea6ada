"""Golden checks of the network: maps, deformable convolution, anchors, coder, start values.

Each takes the path of a file of its kind, whatever seed and size it was made with.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tests.golden.measurement import Measurement
from tests.golden.recipe import VARIANTS, network_input, paper_network, variant_of
from tinaface.boxes import FloatArray, clip
from tinaface.convert.reference import reference_variables
from tinaface.network import coder
from tinaface.network.anchors import base_anchors, level_anchors
from tinaface.network.deform_conv import deform_conv2d
from tinaface.network.detector import Detector, build_detector
from tinaface.presets import PRESETS
from tinaface.training import losses

PRESET = PRESETS["paper-bn"]

# Of the largest entry of a map (golden/README.md, "Advice").
MAP_TOLERANCE = 2e-5
# A single layer, and formulas of a few operations, in float32.
LAYER_TOLERANCE = 5e-6
# Standard errors that the spread or the mean of a random tensor may lie from the reference's.
STANDARD_ERRORS = 6.0
# Logarithm of the ratio of two largest entries: 0.2 between two normal draws, 0.8 between a normal
# and a uniform one of the same spread.
EXTREME_TOLERANCE = 0.5


def check_maps(path: Path) -> list[Measurement]:
    """The maps and outputs in an `a1`, `a2`, `a3` or `b` file, in inference mode."""
    with np.load(path) as file:
        detector = paper_network(variant_of(path), int(file["weights_seed"]))
        found = _maps(detector, network_input(file))
        return [
            Measurement(
                path.name, quantity, _relative_error(found[quantity], file[quantity]), MAP_TOLERANCE
            )
            for quantity in file.files
            if re.fullmatch(r"[CPI]\d|(cls|reg|iou)\d", quantity)
        ]


def _maps(detector: Detector, x: FloatArray) -> dict[str, FloatArray]:
    """Every map of the network, NCHW, under the names of the golden files."""
    maps = dict(detector.features(x))
    outputs = detector.outputs(maps)
    for name, letters in (("class_logits", "cls"), ("box_deltas", "reg"), ("iou_logits", "iou")):
        for level, output in zip(detector.preset.levels, outputs[name], strict=True):
            maps[f"{letters}{level}"] = output
    return {name: value.numpy().transpose(0, 3, 1, 2) for name, value in maps.items()}


def check_deform_conv(path: Path) -> list[Measurement]:
    """Output and gradients of every case of a `c_deform_conv` file."""
    with np.load(path) as file:
        cases = sorted({name.split("_")[0] for name in file.files if name.startswith("case")})
        return [
            measurement
            for case in cases
            for measurement in _deform_conv_case(path.name, case, file)
        ]


def _deform_conv_case(
    name: str, case: str, file: Mapping[str, FloatArray]
) -> Iterator[Measurement]:
    stride, padding, dilation, _, deformable_groups, is_modulated = map(int, file[f"{case}_params"])
    inputs = {"x": "NHWC", "offset": "NHWC", "weight": "HWIO"}
    if is_modulated:
        inputs["mask"] = "NHWC"
    tensors = {key: tf.constant(_ours(file[f"{case}_{key}"], inputs[key])) for key in inputs}
    with tf.GradientTape() as tape:
        tape.watch(list(tensors.values()))
        output = deform_conv2d(
            tensors["x"],
            tensors["offset"],
            tensors["weight"],
            tensors.get("mask"),
            stride=stride,
            padding=padding,
            dilation=dilation,
            deformable_groups=deformable_groups,
        )
        weighted = tf.reduce_sum(output * _ours(file[f"{case}_grad_out"], "NHWC"))
    gradients = tape.gradient(weighted, tensors)

    expected = _ours(file[f"{case}_out"], "NHWC")
    yield Measurement(name, f"{case} out", _relative_error(output, expected), LAYER_TOLERANCE)
    offset = file[f"{case}_offset"]
    for key, layout in inputs.items():
        if key == "offset" and np.array_equal(offset, np.round(offset)):
            continue  # at whole pixels the derivative has two sides, and either is right
        expected = _ours(file[f"{case}_grad_{key}"], layout)
        error = _relative_error(gradients[key], expected)
        yield Measurement(name, f"{case} gradient of {key}", error, LAYER_TOLERANCE)


def _ours(value: FloatArray, layout: str) -> FloatArray:
    return value.transpose(2, 3, 1, 0) if layout == "HWIO" else value.transpose(0, 2, 3, 1)


def check_anchors(path: Path) -> list[Measurement]:
    """Anchors, their order and number, of every input size in a `d_anchors` file."""

    def measure(quantity: str, error: float, tolerance: float) -> Measurement:
        return Measurement(path.name, quantity, float(error), tolerance)

    measurements = []
    with np.load(path) as file:
        if "base" in file:
            base = np.stack([base_anchors(PRESET.anchors, stride) for stride in PRESET.strides])
            measurements.append(
                measure("base, differing entries", _differing(base, file["base"]), 0)
            )
        for key in file.files:
            match = re.fullmatch(r"(\d+)x(\d+)_(.+)", key)
            if match is None:
                continue
            levels = level_anchors(PRESET, int(match[1]), int(match[2]))
            anchors, expected = np.concatenate(levels), file[key]
            if match[3].startswith("anchors"):
                step = re.search(r"every_(\d+)", match[3])
                found = anchors[:: int(step[1]) if step else 1]
                measurements.append(
                    measure(f"{key}, differing entries", _differing(found, expected), 0)
                )
            elif match[3] == "sum_f64":
                found = anchors.sum(axis=0, dtype=np.float64)
                measurements.append(measure(key, _relative_error(found, expected), 1e-12))
            else:
                counts = np.asarray([len(level) for level in levels])
                measurements.append(
                    measure(f"{key}, differing levels", _differing(counts, expected), 0)
                )
    return measurements


def check_box_coder(path: Path) -> list[Measurement]:
    """Both directions of the coder, and its gradient, of an `e_bbox_coder` file."""
    with np.load(path) as file:
        anchors, gt_boxes, deltas = file["anchors"], file["gt"], file["deltas"]
        height, width = map(float, file["clip_hw"])
        decoded = coder.decode(anchors, deltas)
        variable = tf.constant(deltas)
        with tf.GradientTape() as tape:
            tape.watch(variable)
            in_training = losses.decode(tf.constant(anchors), variable)
            weighted = tf.reduce_sum(in_training * file["grad_weight"])
        found = {
            "encoded": coder.encode(anchors, gt_boxes),
            "decoded": decoded,
            "decoded_clipped": clip(decoded, height, width),
            "roundtrip": coder.decode(anchors, coder.encode(anchors, gt_boxes)),
            "grad_deltas": tape.gradient(weighted, variable),
        }
        pairs = {name: (value, file[name]) for name, value in found.items() if name in file}
        pairs["decoded, in training"] = (in_training, file["decoded"])
        return [
            Measurement(path.name, name, _relative_error(ours, theirs), LAYER_TOLERANCE)
            for name, (ours, theirs) in pairs.items()
        ]


def check_start_values(path: Path) -> list[Measurement]:
    """What a fresh network starts from, of a `k_init_stats` file: one random draw by another."""
    variables = reference_variables(build_detector(PRESETS[VARIANTS[variant_of(path)]]))
    with np.load(path) as file:
        keys, means, spreads, extremes = (file[name] for name in ("keys", "mean", "std", "max_abs"))
    trainable = {key for key, variable in variables.items() if variable.trainable}
    unknown = trainable.symmetric_difference(map(str, keys))
    constant_error = spread_error = mean_error = extreme_error = 0.0
    for key, mean, spread, extreme in zip(keys, means, spreads, extremes, strict=True):
        if str(key) in unknown:
            continue
        value = variables[str(key)].numpy().astype(np.float64)
        if spread == 0:
            constant_error = max(constant_error, float(np.abs(value - np.float64(mean)).max()))
            continue
        # Both are draws, so their difference has twice the variance of one.
        errors = np.sqrt(value.size)
        spread_error = max(spread_error, abs(np.log(value.std() / spread)) * errors)
        mean_error = max(mean_error, abs(value.mean() - mean) / (np.sqrt(2) * spread) * errors)
        extreme_error = max(extreme_error, abs(np.log(np.abs(value).max() / extreme)))
    return [
        Measurement(path.name, "keys in one network only", len(unknown), 0),
        Measurement(path.name, "constants, absolute", constant_error, 0),
        Measurement(path.name, "spread, standard errors", spread_error, STANDARD_ERRORS),
        Measurement(path.name, "mean, standard errors", mean_error, STANDARD_ERRORS),
        Measurement(
            path.name, "largest entry, logarithm of ratio", extreme_error, EXTREME_TOLERANCE
        ),
    ]


def _relative_error(ours: Any, theirs: FloatArray) -> float:
    """Largest difference, of the largest entry that the reference has."""
    ours = np.asarray(ours)
    if ours.shape != theirs.shape:
        return float("nan")
    largest = float(np.abs(theirs).max(initial=0))
    difference = float(np.abs(ours - theirs).max(initial=0))
    return difference / largest if largest else difference


def _differing(ours: Any, theirs: Any) -> float:
    if np.shape(ours) != np.shape(theirs):
        return float("nan")
    return float(np.sum(ours != theirs))


CHECKS = {
    "a1_backbone": check_maps,
    "a2_fpn": check_maps,
    "a3_context_head": check_maps,
    "b_heads": check_maps,
    "c_deform_conv": check_deform_conv,
    "d_anchors": check_anchors,
    "e_bbox_coder": check_box_coder,
    "k_init_stats": check_start_values,
}
