"""Cuts a crowd's picture into tiles so large on the screen that small faces can be judged."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from app.placement import BoxArray
from tinaface.boxes import IndexArray
from tinaface.matching import BoolArray
from tinaface.verdicts import Corners

LEAST_FACE_PX = 24
"""Screen pixels of the median face in a tile."""
OVERLAP = 0.2
"""Neighbouring tiles share this part of their side at least."""
SLIVER = 1e-3
"""Pixels between two parts that are rounding and no gap."""


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

    def share(self, tile: int) -> Corners:
        """Corners of the part of the picture whose boxes belong to a tile; no two overlap."""
        row, column = divmod(tile, len(self.lefts))
        across, down = self._edges()
        return across[column], down[row], across[column + 1], down[row + 1]

    def _edges(self) -> tuple[list[float], list[float]]:
        """Where shares begin and end, from the picture's edge to the other."""
        return (
            [0.0, *_borders(self.lefts, self.width), self.lefts[-1] + self.width],
            [0.0, *_borders(self.tops, self.height), self.tops[-1] + self.height],
        )

    def covered_by(self, parts: Sequence[Corners]) -> BoolArray:
        """`[T]` whether parts of the picture, such as shares of other cuts, hold each share.

        Tiles are cut anew for each view and as faces come and go, so what was looked at once is
        told by its place.
        """
        across, down = self._edges()
        corners = np.array(parts, np.float64).reshape(-1, 4)
        x = np.unique([*across, *corners[:, ::2].ravel()])
        y = np.unique([*down, *corners[:, 1::2].ravel()])
        is_covered = (np.diff(y) < SLIVER)[:, None] | (np.diff(x) < SLIVER)
        for x0, y0, x1, y1 in corners:
            rows = slice(*np.searchsorted(y, (y0, y1)))
            is_covered[rows, slice(*np.searchsorted(x, (x0, x1)))] = True
        at_x, at_y = np.searchsorted(x, across), np.searchsorted(y, down)
        return np.array(
            [
                is_covered[top:bottom, left:right].all()
                for top, bottom in pairwise(at_y)
                for left, right in pairwise(at_x)
            ],
            np.bool_,
        )


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
