"""What the golden checks of training share: the reference's names, padding, anchors, errors."""

import numpy as np
import numpy.typing as npt

from tinaface.network.anchors import base_anchors, level_sizes
from tinaface.presets import Preset

Arrays = dict[str, npt.NDArray[np.generic]]

# Our names of outputs and of logged losses, and the golden files'.
OUTPUTS = {"class_logits": "cls", "box_deltas": "reg", "iou_logits": "iou"}
LOSSES = {
    "loss_classification": "loss_cls",
    "loss_box": "loss_bbox",
    "loss_iou": "loss_iou",
    "loss": "loss",
}


def padded(file: Arrays, prefix: str) -> npt.NDArray[np.generic]:
    """`[B, G, 4]` of the arrays `prefix0`, `prefix1`..., rows of zeros behind the faces."""
    images = []
    while f"{prefix}{len(images)}" in file:
        images.append(file[f"{prefix}{len(images)}"])
    result = np.zeros((len(images), max(map(len, images)), 4), images[0].dtype)
    for row, gt in zip(result, images, strict=True):
        row[: len(gt)] = gt
    return result


def reference_anchors(
    preset: Preset, height: int, width: int, dtype: type[np.floating]
) -> npt.NDArray[np.floating]:
    """`[N, 4]` anchors of all levels, shifted in `dtype` from base anchors rounded to float32."""
    levels = []
    for stride, (rows, columns) in zip(
        preset.strides, level_sizes(preset, height, width), strict=True
    ):
        base = base_anchors(preset.anchors, stride).astype(dtype)
        y, x = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
        corner = stride * np.stack([x, y, x, y], axis=-1).astype(dtype)
        levels.append((corner[:, :, None, :] + base).reshape(-1, 4))
    return np.concatenate(levels)


def relative_error(found: object, expected: npt.NDArray[np.generic]) -> float:
    """Largest difference, of the largest expected entry; NaN where shapes differ."""
    ours = np.asarray(found)
    if ours.shape != expected.shape:
        return float("nan")
    if not expected.size:
        return 0.0
    difference = np.abs(ours.astype(np.float64) - expected).max()
    largest = np.abs(expected).max()
    return float(difference / largest) if largest else float(difference)
