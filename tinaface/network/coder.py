"""Box coder: boxes as differences from anchors, and back.

Source: R-CNN's parametrisation (arXiv 1311.2524, appendix C); specification, section 7. Light:
numpy only. Training has the same formula in TensorFlow, for gradients.
"""

import math

import numpy as np

from tinaface.boxes import FloatArray

# What one unit of a delta means, so that dx, dy, dw and dh are of one order of magnitude.
STANDARD_DEVIATIONS = (0.1, 0.1, 0.2, 0.2)
# Largest change of a logarithmic side: no box grows or shrinks more than 62.5 times.
LIMIT = abs(math.log(16 / 1000))


def _centre_form(xyxy: FloatArray) -> tuple[FloatArray, FloatArray]:
    """`[N, 2]` centres and sides."""
    return (xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]


def encode(anchors: FloatArray, boxes: FloatArray) -> FloatArray:
    """`[N, 4]` deltas dx, dy, dw, dh that lead from each anchor to its box; both `[N, 4]` corners.

    A box without width or height has no finite delta.
    """
    anchor_centres, anchor_sides = _centre_form(anchors)
    centres, sides = _centre_form(boxes)
    shifts = (centres - anchor_centres) / anchor_sides
    growths = np.log(sides / anchor_sides)
    deltas = np.concatenate([shifts, growths], axis=1)
    return deltas / np.asarray(STANDARD_DEVIATIONS, deltas.dtype)


def decode(anchors: FloatArray, deltas: FloatArray) -> FloatArray:
    """`[N, 4]` corners that the deltas lead to from the anchors, not clipped to the picture."""
    anchor_centres, anchor_sides = _centre_form(anchors)
    scaled = deltas * np.asarray(STANDARD_DEVIATIONS, deltas.dtype)
    centres = anchor_centres + scaled[:, :2] * anchor_sides
    sides = anchor_sides * np.exp(np.clip(scaled[:, 2:], -LIMIT, LIMIT))
    return np.concatenate([centres - sides / 2, centres + sides / 2], axis=1)
