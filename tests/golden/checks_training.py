"""Golden checks of training: assigner, losses, augmentation, rates, optimiser.

Each takes the path of a file of its kind, whatever seed and size it was made with. Whole training
steps of the network are in `checks_training_step`.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from tests.golden.checks_training_step import check_training_step
from tests.golden.measurement import Measurement
from tests.golden.training_data import (
    LOSSES,
    OUTPUTS,
    Arrays,
    padded,
    reference_anchors,
    relative_error,
)
from tinaface.inference.settings import padded_size, resized_size
from tinaface.network.anchors import level_anchors
from tinaface.presets import PRESETS, Schedule
from tinaface.training import augment, losses, targets
from tinaface.training.augment import Distortion, Sample
from tinaface.training.optimisers import SGD
from tinaface.training.schedule import LearningRate

PRESET = PRESETS["paper-bn"]
# Values computed in another order of float32 operations, of the tensor's largest entry.
FORWARD = 2e-5
GRADIENT = 1e-5
LOSS = 1e-5


def check_assigner(path: Path) -> list[Measurement]:
    """Every anchor's face, and its largest IoU, for every set of an `f_assigner` file."""
    file = _read(path)
    height, width = (int(side) for side in file["image_hw"])
    anchors = tf.constant(np.concatenate(level_anchors(PRESET, height, width)))
    return [
        measurement
        for case in _cases(file, "_assigned")
        for measurement in _assigner_case(path.name, file, case, anchors)
    ]


def _assigner_case(name: str, file: Arrays, case: str, anchors: tf.Tensor) -> Iterator[Measurement]:
    gt = tf.constant(file[f"{case}_gt"][None])
    # Only cases so named deviate from the released settings, which do not use ignored faces.
    rule = re.fullmatch(r"ignored_iof_([\d.]+)", case)
    ignored = tf.constant(file[f"{case}_ignore"][None]) if rule else None
    iof = float(rule[1]) if rule else None
    assigned = targets.assign_anchors(anchors, gt, ignored, iof).numpy()[0]
    wrong = np.count_nonzero(assigned != file[f"{case}_assigned"])
    yield Measurement(name, f"{case}: anchors assigned otherwise", wrong, 0)
    positives = abs(np.count_nonzero(assigned > 0) - int(file[f"{case}_positives"]))
    yield Measurement(name, f"{case}: positives", positives, 0)
    if not rule and gt.shape[1]:
        largest = tf.reduce_max(targets.iou(gt[0][:, None], anchors[None]), axis=0)
        error = np.abs(largest.numpy() - file[f"{case}_max_iou"]).max()
        yield Measurement(name, f"{case}: largest IoU", float(error), 1e-6)


def check_losses(path: Path) -> list[Measurement]:
    """Losses of whole batches with their gradients, then element-wise, of a `g1_losses` file."""
    file = _read(path)
    batches = [m for case in _cases(file, "_loss_f64") for m in _batch(path.name, file, case)]
    return [*batches, *_elements(path.name, file)]


def _batch(name: str, file: Arrays, case: str) -> Iterator[Measurement]:
    height, width = (int(side) for side in file["image_hw"])
    inputs = {
        ours: [
            tf.constant(file[f"in_{theirs}{level}"].transpose(0, 2, 3, 1))
            for level in PRESET.levels
        ]
        for ours, theirs in OUTPUTS.items()
    }
    anchors = tf.constant(reference_anchors(PRESET, height, width, np.float32))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        averaged = losses.batch_loss(
            inputs, anchors, tf.constant(padded(file, f"{case}_gt"))
        ).averaged()
        total = averaged["loss"]
    gradients = tape.gradient(total, inputs)
    for ours, theirs in LOSSES.items():
        expected = float(file[f"{case}_{theirs}_f64"])
        error = abs(float(averaged[ours]) - expected) / max(abs(expected), 1.0)
        yield Measurement(name, f"{case}: {ours}", error, LOSS)
    for ours, theirs in OUTPUTS.items():
        error = max(
            relative_error(
                gradient.numpy().transpose(0, 3, 1, 2), file[f"{case}_grad_{theirs}{level}"]
            )
            for level, gradient in zip(PRESET.levels, gradients[ours], strict=True)
        )
        yield Measurement(name, f"{case}: gradient of {ours}", error, GRADIENT)


def _elements(name: str, file: Arrays) -> Iterator[Measurement]:
    logits = tf.constant(file["focal_logits"])
    # The reference's class number 0 is the face, 1 the background.
    for label, is_face in ((0, True), (1, False)):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            focal = losses.focal_loss(logits, tf.fill(logits.shape, is_face))
        gradient = tape.gradient(focal, logits)
        pairs = {f"focal_label{label}": focal, f"focal_grad{label}": gradient}
        for key, value in pairs.items():
            yield Measurement(name, key, relative_error(value, file[key]), GRADIENT)

    predicted, gt = tf.constant(file["diou_pred"]), tf.constant(file["diou_target"])
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        diou = losses.diou_loss(predicted, gt)
    pairs = {
        "diou": diou,
        "diou_grad": tape.gradient(diou, predicted),
        "aligned_iou": targets.iou(predicted, gt),
    }
    iou_logits = tf.constant(file["bce_logits"])
    with tf.GradientTape() as tape:
        tape.watch(iou_logits)
        bce = losses.iou_loss(iou_logits, tf.constant(file["bce_target"]))
    pairs |= {"bce": bce, "bce_grad": tape.gradient(bce, iou_logits)}
    for key, value in pairs.items():
        yield Measurement(name, key, relative_error(value, file[key]), GRADIENT)


def check_augment(path: Path) -> list[Measurement]:
    """Crops, distortions, flip, resizing and padding of an `h_augment` file, draws replayed."""
    file = _read(path)
    return [
        *(m for case in _cases(file, "_patch_y0x0hw") for m in _crop(path.name, file, case)),
        *_colours(path.name, file),
        *_geometry(path.name, file),
    ]


def _crop(name: str, file: Arrays, case: str) -> Iterator[Measurement]:
    height, width = (int(side) for side in file[f"{case}_hw"])
    gt, ignored = tf.constant(file[f"{case}_gt"]), tf.constant(file[f"{case}_ignore"])
    side = int(float(file[f"{case}_scale_f64"]) * min(height, width))
    patches = augment.patches_at(tf.constant(file[f"{case}_left_top_draws_f64"]), tf.constant(side))
    patch = augment.first_patch_with_face(patches, tf.concat([gt, ignored], axis=0))
    y, x, rows, columns = file[f"{case}_patch_y0x0hw"]
    wrong = np.abs(patch.numpy() - [x, y, x + columns, y + rows]).max()
    yield Measurement(name, f"{case}: patch", float(wrong), 0)
    cropped = augment.crop(Sample(tf.zeros([height, width, 3]), gt, ignored), patch)
    yield Measurement(name, f"{case}: side", abs(cropped.image.shape[0] - int(rows)), 0)
    for kept, key in ((cropped.gt_boxes, "gt_out"), (cropped.ignored_boxes, "ignore_out")):
        expected = file[f"{case}_{key}"]
        yield Measurement(name, f"{case}: {key} count", abs(len(kept) - len(expected)), 0)
        yield Measurement(name, f"{case}: {key}", relative_error(kept, expected), 0)


def _colours(name: str, file: Arrays) -> Iterator[Measurement]:
    # The reference's pictures are BGR, ours RGB.
    image = tf.constant(file["photo_in_bgr"][..., ::-1].copy())
    hsv = augment.rgb_to_hsv(image)
    yield Measurement(name, "hsv", relative_error(hsv, file["photo_hsv_of_in"]), FORWARD)
    back = augment.hsv_to_rgb(tf.constant(file["photo_hsv_of_in"])).numpy()[..., ::-1]
    yield Measurement(name, "hsv back", relative_error(back, file["photo_back_to_bgr"]), FORWARD)
    for case in _cases(file, "_draws_f64", start="photo"):
        changed = augment.distort(image, _replayed(file, case)).numpy()[..., ::-1]
        error = relative_error(changed, file[f"{case}_out"])
        yield Measurement(name, f"{case}: distorted", error, FORWARD)


def _replayed(file: Arrays, case: str) -> Distortion:
    """The reference's draws, in its order of calls, as ours."""
    draws = iter(file[f"{case}_draws_f64"])

    def uniform_if(is_on: bool, neutral: float) -> tf.Tensor:
        return tf.constant(next(draws) if is_on else neutral, tf.float32)

    def coin() -> bool:
        return bool(next(draws))

    is_on = next(draws) <= 0.5
    neutral = tf.constant(1.0)
    if not is_on:
        zero = tf.constant(0.0)
        return Distortion(tf.constant(False), zero, neutral, neutral, zero, neutral, tf.range(3))
    shift = uniform_if(coin(), 0.0)
    is_contrast_first = coin()
    first = uniform_if(coin(), 1.0) if is_contrast_first else neutral
    saturation = uniform_if(coin(), 1.0)
    hue = uniform_if(coin(), 0.0)
    last = neutral if is_contrast_first else uniform_if(coin(), 1.0)
    order = np.arange(3)
    if coin():
        order = 2 - file[f"{case}_permutation"][::-1]  # a permutation of BGR as one of RGB
    return Distortion(
        tf.constant(True), shift, first, saturation, hue, last, tf.constant(order, tf.int32)
    )


def _geometry(name: str, file: Arrays) -> Iterator[Measurement]:
    gt = tf.constant(file["flip_gt"])
    sample = Sample(tf.constant(file["flip_in"]), gt, gt)
    flipped = augment.flip(sample)
    yield Measurement(name, "flip", relative_error(flipped.image, file["flip_out"]), 0)
    error = relative_error(flipped.gt_boxes, file["flip_gt_out"])
    yield Measurement(name, "flip: boxes", error, FORWARD)
    for direction in ("up", "down"):
        expected = file[f"resize_{direction}_out"]
        resized = augment.resize(sample, expected.shape[0])
        error = relative_error(resized.image, expected)
        yield Measurement(name, f"resize {direction}", error, FORWARD)
    # The file resizes the stored boxes and further ones that it does not store.
    enlarged = augment.resize(sample, file["resize_up_out"].shape[0]).gt_boxes
    error = relative_error(enlarged, file["resize_up_gt_out"][: len(file["flip_gt"])])
    yield Measurement(name, "resize up: boxes", error, FORWARD)
    rgb = tf.constant(file["flip_in"][..., ::-1].copy())
    normalised = augment.normalise(rgb)
    yield Measurement(name, "normalise", relative_error(normalised, file["normalize_out"]), FORWARD)
    rule = PRESET.inference.resize
    wrong = 0
    for width, height, *expected in file["test_resize_w_h_neww_newh_padw_padh"].tolist():
        resized_height, resized_width = resized_size(rule, height, width)
        padded_height, padded_width = padded_size(rule, resized_height, resized_width)
        wrong += [resized_width, resized_height, padded_width, padded_height] != expected
    yield Measurement(name, "sizes of detection", wrong, 0)


def check_learning_rate(path: Path) -> list[Measurement]:
    """The rate at every iteration of a `j_lr_schedule` file."""
    file = _read(path)
    schedule = Schedule(learning_rate=float(file["base_lr_f64"]))
    rate = LearningRate(schedule, schedule.batch, int(file["iters_per_epoch"]))
    found = np.array([rate.with_restarts(int(step)) for step in file["iteration"]])
    return [Measurement(path.name, "rate", relative_error(found, file["lr_f64"]), 1e-12)]


def check_sgd(path: Path) -> list[Measurement]:
    """Weights and velocities after every update of a `j2_sgd` file."""
    file = _read(path)
    weight = tf.Variable(file["start"])
    optimiser = SGD([weight], float(file["momentum_f64"]), float(file["weight_decay_f64"]))
    (velocity,) = optimiser.state.values()
    measurements = []
    for step, rate in enumerate(file["lr_f64"]):
        optimiser.update([tf.constant(file[f"grad{step}"])], tf.constant(rate, tf.float32))
        for key, value in ((f"after{step}", weight), (f"velocity{step}", velocity)):
            error = relative_error(value, file[key])
            measurements.append(Measurement(path.name, key, error, 1e-6))
    return measurements


def _read(path: Path) -> Arrays:
    with np.load(path) as file:
        return dict(file)


def _cases(file: Mapping[str, object], ending: str, start: str = "") -> list[str]:
    """What stands before `ending` in the names of the arrays."""
    return [
        key.removesuffix(ending) for key in file if key.endswith(ending) and key.startswith(start)
    ]


CHECKS = {
    "f_assigner": check_assigner,
    "g1_losses": check_losses,
    "g2_train": check_training_step,
    "h_augment": check_augment,
    "j_lr_schedule": check_learning_rate,
    "j2_sgd": check_sgd,
}
