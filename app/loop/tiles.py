"""Cuts a crowd's picture into tiles so large on the screen that small faces can be judged."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from app.placement import BoxArray
from tinaface.boxes import IndexArray

LEAST_FACE_PX = 24
"""Screen pixels of the median face in a tile."""
OVERLAP = 0.2
"""Neighbouring tiles share this part of their side at least."""


@dataclass(frozen=True, eq=False)
class Tiles:
    """A grid of tiles of equal size that covers a picture, row by row.

    Attributes:
        lefts, tops: where columns and rows begin, in picture pixels.
        width, height: of every tile.
    """

    lefts: tuple[float, ...]
    tops: tuple[float, ...]
    width: float
    height: float

    def __len__(self) -> int:
        return len(self.lefts) * len(self.tops)

    def box(self, tile: int) -> tuple[float, float, float, float]:
        """Corners of a tile."""
        row, column = divmod(tile, len(self.lefts))
        x0, y0 = self.lefts[column], self.tops[row]
        return x0, y0, x0 + self.width, y0 + self.height

    def holding(self, xyxy: BoxArray) -> IndexArray:
        """`[N]` the one tile that each box belongs to: of those that hold its centre, the one
        whose own centre is nearest."""
        centres = (xyxy[:, :2] + xyxy[:, 2:]) / 2
        column = np.searchsorted(_borders(self.lefts, self.width), centres[:, 0], side="right")
        row = np.searchsorted(_borders(self.tops, self.height), centres[:, 1], side="right")
        return (row * len(self.lefts) + column).astype(np.intp)


def _borders(starts: tuple[float, ...], length: float) -> list[float]:
    """Where one tile's share ends and the next one's begins: amid what both show."""
    return [(before + length + after) / 2 for before, after in pairwise(starts)]


def cut(
    picture: tuple[int, int], view: tuple[int, int], heights: np.ndarray, unit: float = 1.0
) -> Tiles:
    """The fewest tiles in which the median face is large enough.

    Args:
        picture, view: height and width, of the view in device pixels.
        heights: of the faces, in picture pixels.
        unit: device pixels of a screen pixel.
    """
    zoom = min(view[0] / max(picture[0], 1), view[1] / max(picture[1], 1))
    if len(heights) and np.median(heights) > 0:
        zoom = max(zoom, LEAST_FACE_PX * unit / float(np.median(heights)))
    height, width = (min(side / zoom, whole) for side, whole in zip(view, picture, strict=True))
    return Tiles(_starts(picture[1], width), _starts(picture[0], height), width, height)


def _starts(whole: float, side: float) -> tuple[float, ...]:
    """The fewest even starts that cover a length with enough overlap."""
    if side >= whole - 1e-6:
        return (0.0,)
    count = math.ceil((whole - side) / (side * (1 - OVERLAP)) - 1e-9) + 1
    return tuple(place * (whole - side) / (count - 1) for place in range(count))
