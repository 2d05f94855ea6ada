"""The rules of where a box may be: moving, resizing, drawing, duplicating and pasting.

Boxes are float64 `x0, y0, x1, y1` in pixels of the upright picture; sizes are height, width.
A box that was loaded from outside the picture stays there until it is edited, and an edit
never takes it further out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinaface.boxes import IndexArray, pairwise_iou

BoxArray = npt.NDArray[np.float64]
"""`[N, 4]` or `[4]` corners."""

MINIMUM_SIDE = 2.0
"""Image pixels: what is drawn or resized to less is a slip of the hand, not a face."""

DUPLICATE_OFFSET = 8.0
COPY_IOU = 0.7
"""Above this overlap with a box already there, copying from another picture adds nothing new."""


@dataclass(frozen=True)
class Edges:
    """Which edges of a box an edit moves: -1 is left or top, 1 is right or bottom, 0 neither."""

    x: int
    y: int


def normalise(xyxy: BoxArray) -> BoxArray:
    """The box with x0 <= x1 and y0 <= y1."""
    low = np.minimum(xyxy[..., :2], xyxy[..., 2:])
    high = np.maximum(xyxy[..., :2], xyxy[..., 2:])
    return np.concatenate([low, high], axis=-1)


def is_large_enough(xyxy: BoxArray, minimum_side: float = MINIMUM_SIDE) -> bool:
    """Whether both sides of a box reach the smallest allowed one."""
    width, height = xyxy[2] - xyxy[0], xyxy[3] - xyxy[1]
    return bool(min(width, height) >= minimum_side)


def move(xyxy: BoxArray, dx: float, dy: float, size: tuple[int, int]) -> BoxArray:
    """Moves `[N, 4]` boxes as one: no box leaves the picture, no size changes."""
    if not len(xyxy):
        return xyxy.copy()
    height, width = size
    dx = _limited(dx, xyxy[:, 0].min(), xyxy[:, 2].max(), width)
    dy = _limited(dy, xyxy[:, 1].min(), xyxy[:, 3].max(), height)
    return xyxy + np.array([dx, dy, dx, dy])


def _limited(step: float, low: float, high: float, limit: float) -> float:
    """The step that keeps `low + step >= 0` and `high + step <= limit`.

    What is outside already may stay where it is: the step back is never forced.
    """
    return float(np.clip(step, min(-low, 0.0), max(limit - high, 0.0)))


def move_edges(
    xyxy: BoxArray,
    edges: Edges,
    dx: float,
    dy: float,
    size: tuple[int, int],
    minimum_side: float = MINIMUM_SIDE,
) -> BoxArray:
    """Moves the named edges of `[N, 4]` boxes, as keys do: they stop at the picture's border
    and before the box gets smaller than `minimum_side` (or than it already was)."""
    moved = xyxy.copy()
    height, width = size
    for axis, (edge, step, limit) in enumerate([(edges.x, dx, width), (edges.y, dy, height)]):
        if not edge:
            continue
        low, high = xyxy[:, axis], xyxy[:, axis + 2]
        least = np.minimum(minimum_side, high - low)
        if edge < 0:
            border = np.minimum(low, 0.0)
            moved[:, axis] = np.clip(low + step, border, high - least)
        else:
            border = np.maximum(high, float(limit))
            moved[:, axis + 2] = np.clip(high + step, low + least, border)
    return moved


def resize(
    xyxy: BoxArray,
    edges: Edges,
    to: tuple[float, float],
    size: tuple[int, int],
    *,
    from_centre: bool = False,
    keep_aspect: bool = False,
) -> BoxArray:
    """The `[4]` box after its edges were dragged `to` a point x, y.

    An edge that crosses its opposite one flips the box; every edge stops at the border.
    With `from_centre` the opposite edges move the other way; with `keep_aspect` the box keeps
    the ratio of its sides, and an axis without a dragged edge grows around its middle.
    """
    limits = np.array([size[1], size[0]], np.float64)
    low, high = xyxy[:2], xyxy[2:]
    # A box loaded from outside may keep its edges there; no edit takes them further out.
    floor, ceiling = np.minimum(low, 0.0), np.maximum(high, limits)
    signs = np.array([edges.x, edges.y])
    is_dragged = signs != 0
    is_even = ~is_dragged | from_centre
    anchor = np.where(is_even, (low + high) / 2, np.where(signs > 0, low, high))
    unit = np.maximum(high - low, 1e-6) * np.where(is_even, 0.5, 1.0)
    reach = np.where(is_dragged, np.clip(np.asarray(to), 0.0, limits) - anchor, unit)
    if keep_aspect:
        ahead = np.where(reach < 0, anchor - floor, ceiling - anchor)
        room = np.where(is_even, np.minimum(anchor - floor, ceiling - anchor), ahead)
        wanted = (np.abs(reach) / unit)[is_dragged].max()
        factor = min(wanted, (room / unit).min())
        reach = np.where(reach < 0, -unit, unit) * factor
    opposite = anchor - np.where(is_even, reach, 0.0)
    box = normalise(np.concatenate([opposite, anchor + reach]))
    return np.clip(box, np.tile(floor, 2), np.tile(ceiling, 2))


def drawn(
    start: tuple[float, float],
    to: tuple[float, float],
    size: tuple[int, int],
    *,
    from_centre: bool = False,
    keep_aspect: bool = False,
) -> BoxArray:
    """The `[4]` box drawn from one point to another, inside the picture.

    `from_centre` takes the first point as the centre, `keep_aspect` draws a square.
    """
    height, width = size
    limits = np.array([width, height], np.float64)
    first = np.clip(np.asarray(start, np.float64), 0, limits)
    reach = np.clip(np.asarray(to, np.float64), 0, limits) - first
    if keep_aspect:
        room = np.where(reach < 0, first, limits - first)
        if from_centre:
            room = np.minimum(first, limits - first)
        side = min(float(np.abs(reach).max()), float(room.min()))
        reach = np.where(reach < 0, -side, side)
    opposite = first - reach if from_centre else first
    box = normalise(np.concatenate([opposite, first + reach]))
    return np.clip(box, 0, np.array([width, height, width, height], np.float64))


def duplicated(xyxy: BoxArray, size: tuple[int, int]) -> BoxArray:
    """Copies of `[N, 4]` boxes, 8 px right and down; left or up where the border is near."""
    if not len(xyxy):
        return xyxy.copy()
    height, width = size
    step = DUPLICATE_OFFSET
    dx = step if xyxy[:, 2].max() + step <= width else -step
    dy = step if xyxy[:, 3].max() + step <= height else -step
    return move(xyxy, dx, dy, size)


def pasted(
    xyxy: BoxArray, from_size: tuple[int, int], size: tuple[int, int]
) -> tuple[BoxArray, bool]:
    """Boxes of another picture's size for this one, and whether they had to be scaled.

    They keep their pixels where all lie inside, else they are scaled with the picture.
    """
    height, width = size
    if not len(xyxy):
        return xyxy.copy(), False
    inside = (xyxy[:, :2] >= 0).all() and (xyxy[:, 2:] <= [width, height]).all()
    if inside or from_size == size:
        return xyxy.copy(), False
    factor_y, factor_x = height / from_size[0], width / from_size[1]
    return xyxy * np.array([factor_x, factor_y, factor_x, factor_y]), True


def unknown_rows(xyxy: BoxArray, known: BoxArray, iou: float = COPY_IOU) -> IndexArray:
    """The rows of `[N, 4]` boxes that overlap no `[M, 4]` known one by more than `iou`."""
    if not len(xyxy) or not len(known):
        return np.arange(len(xyxy))
    return np.flatnonzero(pairwise_iou(xyxy, known).max(axis=1) <= iou)


def clipped(xyxy: BoxArray, size: tuple[int, int]) -> BoxArray:
    """`[N, 4]` boxes cut to the picture; those that would have no area left stay as they are."""
    height, width = size
    cut = np.clip(xyxy, 0, np.array([width, height, width, height], np.float64))
    is_gone = (cut[:, :2] >= cut[:, 2:]).any(axis=1, keepdims=True)
    return np.where(is_gone, xyxy, cut)


def bounds(boxes: Iterable[BoxArray]) -> BoxArray:
    """The `[4]` box around all `[4]` boxes; at least one is needed."""
    stacked = np.stack(list(boxes))
    return np.concatenate([stacked[:, :2].min(axis=0), stacked[:, 2:].max(axis=0)])


def reading_order(xyxy: BoxArray) -> IndexArray:
    """`[N]` rows from top to bottom, within a line of boxes from left to right.

    A line is as high as the boxes are on average, so that a tilted row of heads reads in order.
    """
    if not len(xyxy):
        return np.zeros(0, np.intp)
    line_height = max(float(np.median(xyxy[:, 3] - xyxy[:, 1])), 1.0)
    centres = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    return np.lexsort((centres[:, 0], np.floor(centres[:, 1] / line_height)))


def turned(xyxy: BoxArray, orientation: int, stored: tuple[int, int]) -> BoxArray:
    """`[N, 4]` boxes that were marked on a picture as it is stored, moved to the upright one.

    Args:
        orientation: EXIF 5 to 8, which exchange the sides.
        stored: height and width of the stored picture.
    """
    height, width = stored
    x0, y0, x1, y1 = xyxy.T
    if orientation in (6, 7):
        left, right = height - y1, height - y0
    else:
        left, right = y0, y1
    top, bottom = (width - x1, width - x0) if orientation in (7, 8) else (x0, x1)
    return np.stack([left, top, right, bottom], axis=1)
