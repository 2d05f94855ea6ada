"""Two versions of one image's labels: what only one of them has, and both in one."""

import json
from collections.abc import Sequence

import numpy as np

from tinaface.boxes import pairwise_iou
from tinaface.labelme import Shape

SAME_IOU = 0.7
"""Boxes that overlap more than this are one face marked twice."""


def only_in(one: Sequence[Shape], other: Sequence[Shape]) -> list[bool]:
    """For each shape of `one` whether `other` lacks it; how a file writes it does not matter."""
    known = {_meaning(shape) for shape in other}
    return [_meaning(shape) not in known for shape in one]


def united(mine: Sequence[Shape], theirs: Sequence[Shape]) -> list[Shape]:
    """All of mine, and those of theirs that mine has neither as they are nor as another box of the
    same face."""
    added = [shape for shape, is_new in zip(theirs, only_in(theirs, mine), strict=True) if is_new]
    boxes = _boxes(mine)
    return [*mine, *(shape for shape in added if not _is_covered(shape, boxes))]


def _is_covered(shape: Shape, boxes: np.ndarray) -> bool:
    if shape.box is None or not len(boxes):
        return False
    return bool(pairwise_iou(shape.box[None], boxes).max() > SAME_IOU)


def _boxes(shapes: Sequence[Shape]) -> np.ndarray:
    found = [shape.box for shape in shapes if shape.box is not None]
    return np.array(found, np.float64).reshape(-1, 4)


def _meaning(shape: Shape) -> str:
    return json.dumps(shape.fields, sort_keys=True)
