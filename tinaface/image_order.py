"""The orders of the list of images."""

from collections.abc import Mapping
from enum import Enum

import numpy as np

from tinaface.image_columns import FloatColumn, PlaceArray


class ImageOrder(Enum):
    """What comes first. Ties, and images of which too little is known, go by path."""

    NAME = "name"
    WORST = "worst"
    MOST_BOXES = "boxes"
    SMALLEST_FACE = "smallest"
    NEWEST = "newest"
    RANDOM = "random"


_COLUMN_OF = {
    ImageOrder.WORST: "cost",
    ImageOrder.MOST_BOXES: "boxes",
    ImageOrder.SMALLEST_FACE: "min_face",
    ImageOrder.NEWEST: "mtime_ns",
}


def ranked(
    order: ImageOrder, columns: Mapping[str, FloatColumn], count: int, seed: int
) -> PlaceArray:
    """The places of `count` images in an order; of a seed always the same random one."""
    if order is ImageOrder.RANDOM:
        return np.random.default_rng(seed).permutation(count)
    if order is ImageOrder.NAME:
        return np.arange(count)
    keys = columns[_COLUMN_OF[order]]
    # A stable sort keeps the listing's order within ties, and puts NaN last.
    return np.argsort(keys if order is ImageOrder.SMALLEST_FACE else -keys, kind="stable")
