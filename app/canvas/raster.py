"""Draws many axis-aligned outlines into an image at once, with numpy.

One call per box costs Python more than the pixels do: 5,000 rectangles as Qt objects take 7 ms,
here 2 ms. Lines are gathered in a mask of line numbers; the halo is the mask grown by one.
"""

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

IntArray = npt.NDArray[np.int64]
PixelArray = npt.NDArray[np.uint32]

DASH = (4, 3)
"""On and off, in screen pixels."""
DOT = (2, 2)
SOLID = (1, 0)


def pixels_of(image: QImage) -> PixelArray:
    """The `[H, W]` 32-bit pixels of an image, shared with it and writable.

    The image must be of a 32-bit format, and outlive the array.
    """
    array = np.frombuffer(image.bits(), np.uint32)
    return array.reshape(image.height(), image.bytesPerLine() // 4)[:, : image.width()]


class LineMask:
    """Lines of several colours over one part of the view, given in whole device pixels.

    Args:
        x, y, width, height: the part; whatever lies outside is cut off.
        unit: thickness of a line, and length of a dash's pixel, in device pixels.
    """

    def __init__(self, x: int, y: int, width: int, height: int, unit: int) -> None:
        # A margin as wide as the halo, so that lines just outside still cast theirs inside.
        self._margin = unit
        self._x, self._y, self.unit = x - unit, y - unit, unit
        self._width, self._height = width + 2 * unit, height + 2 * unit
        self._lines = np.zeros((self._height, self._width), np.uint8)
        self._flat = self._lines.reshape(-1)
        self._colours: list[int] = []

    def outline(
        self, xyxy: IntArray, colour: int, dash: tuple[int, int] = SOLID, inset: int = 0
    ) -> None:
        """Outlines `[N, 4]` boxes just outside their own pixels; later lines cover earlier ones.

        Args:
            inset: moves the outline inwards by so many pixels (outwards if negative).
        """
        number = self._number(colour)
        for ring in range(self.unit):
            grow = 1 + ring - inset
            x0, y0 = xyxy[:, 0] - grow, xyxy[:, 1] - grow
            x1, y1 = xyxy[:, 2] + grow - 1, xyxy[:, 3] + grow - 1
            self._rows(np.concatenate([y0, y1]), _twice(x0), _twice(x1) + 1, number, dash)
            self._columns(np.concatenate([x0, x1]), _twice(y0), _twice(y1) + 1, number, dash)

    def corners(self, xyxy: IntArray, colour: int) -> None:
        """Thickens the corners of `[N, 4]` outlines: two more pixels outwards, a third long."""
        number = self._number(colour)
        u = self.unit
        length = np.clip(
            np.minimum(xyxy[:, 2] - xyxy[:, 0], xyxy[:, 3] - xyxy[:, 1]) // 3, u, 12 * u
        )
        for ring in range(u, 3 * u):
            grow = 1 + ring
            x0, y0 = xyxy[:, 0] - grow, xyxy[:, 1] - grow
            x1, y1 = xyxy[:, 2] + grow, xyxy[:, 3] + grow
            reach = length + grow
            rows = np.concatenate([y0, y0, y1 - 1, y1 - 1])
            start = np.concatenate([x0, x1 - reach, x0, x1 - reach])
            self._rows(rows, start, start + np.tile(reach, 4), number, SOLID)
            columns = np.concatenate([x0, x0, x1 - 1, x1 - 1])
            start = np.concatenate([y0, y1 - reach, y0, y1 - reach])
            self._columns(columns, start, start + np.tile(reach, 4), number, SOLID)

    def segments(self, ends: IntArray, colour: int) -> None:
        """Draws `[N, 4]` straight lines from x, y to x, y, one `unit` thick."""
        number = self._number(colour)
        dx, dy = ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]
        steps = np.maximum(np.maximum(np.abs(dx), np.abs(dy)), 1)
        # Only the seen part: a stroke through a face at 6400 % is long.
        seen = (steps < 1 << 16) & self._touches(ends)
        ends, dx, dy, steps = ends[seen], dx[seen], dy[seen], steps[seen]
        line, along = _ragged(steps + 1)
        x = ends[line, 0] + dx[line] * along // steps[line] - self._x
        y = ends[line, 1] + dy[line] * along // steps[line] - self._y
        for shift in range(self.unit):
            inside = (x + shift >= 0) & (x + shift < self._width) & (y >= 0) & (y < self._height)
            self._lines[y[inside], x[inside] + shift] = number

    def paint(self, pixels: PixelArray, halo: int | None) -> None:
        """Puts the lines, over a halo around them, into the `[H, W]` pixels of the part."""
        if not self._colours:
            return  # a picture without boxes: the passes below would cost 10 ms for nothing
        numbers = self._lines
        if halo is not None:
            # The halo is number 1, below all lines, so the larger number is what is seen.
            numbers = np.maximum(numbers, self._grown().view(np.uint8))
        inner = slice(self._margin, -self._margin)
        numbers = numbers[inner, inner]
        table = np.array([0, halo or 0, *self._colours], np.uint32)
        # And, then or: a masked copy takes ten times as long.
        pixels &= np.negative((numbers == 0).astype(np.uint32))
        pixels |= np.take(table, numbers)

    def _grown(self) -> npt.NDArray[np.bool_]:
        grown = self._lines > 0
        for _ in range(self.unit):
            wide = grown.copy()
            wide[:, 1:] |= grown[:, :-1]
            wide[:, :-1] |= grown[:, 1:]
            grown = wide.copy()
            grown[1:] |= wide[:-1]
            grown[:-1] |= wide[1:]
        return grown

    def _number(self, colour: int) -> int:
        if colour not in self._colours:
            self._colours.append(colour)
        return self._colours.index(colour) + 2

    def _touches(self, ends: IntArray) -> npt.NDArray[np.bool_]:
        low, high = np.minimum(ends[:, :2], ends[:, 2:]), np.maximum(ends[:, :2], ends[:, 2:])
        corner = np.array([self._x, self._y])
        size = np.array([self._width, self._height])
        return ((high >= corner) & (low < corner + size)).all(axis=1)

    def _rows(
        self, y: IntArray, start: IntArray, stop: IntArray, number: int, dash: tuple[int, int]
    ) -> None:
        y, start, stop = y - self._y, start - self._x, stop - self._x
        seen = (y >= 0) & (y < self._height)
        strides = (self._width, 1)
        self._runs(y[seen], start[seen], stop[seen], self._width, strides, number, dash)

    def _columns(
        self, x: IntArray, start: IntArray, stop: IntArray, number: int, dash: tuple[int, int]
    ) -> None:
        x, start, stop = x - self._x, start - self._y, stop - self._y
        seen = (x >= 0) & (x < self._width)
        strides = (1, self._width)
        self._runs(x[seen], start[seen], stop[seen], self._height, strides, number, dash)

    def _runs(
        self,
        across: IntArray,
        start: IntArray,
        stop: IntArray,
        limit: int,
        strides: tuple[int, int],
        number: int,
        dash: tuple[int, int],
    ) -> None:
        """Sets runs `start:stop`, cut to `0:limit`, in the dash's rhythm.

        Args:
            across: the row of a horizontal run, or the column of a vertical one.
            strides: steps in memory from run to run and along a run.
        """
        first, last = np.maximum(start, 0), np.minimum(stop, limit)
        seen = first < last
        across, start, first, last = across[seen], start[seen], first[seen], last[seen]
        run, along = _ragged(last - first)
        at = (across * strides[0] + first * strides[1])[run] + along * strides[1]
        if dash != SOLID:
            on, off = dash[0] * self.unit, dash[1] * self.unit
            # Looked up, as dividing half a million numbers takes as long as drawing them.
            is_on = np.arange(limit + on + off) % (on + off) < on
            at = at[is_on[((first - start) % (on + off))[run] + along]]
        self._flat[at] = number


def _ragged(counts: IntArray) -> tuple[IntArray, IntArray]:
    """For each run its number and the place inside it: counts 2, 3 give 00111 and 01012."""
    run = np.repeat(np.arange(len(counts)), counts)
    begins = np.cumsum(counts) - counts
    return run, np.arange(len(run)) - begins[run]


def _twice(values: IntArray) -> IntArray:
    return np.concatenate([values, values])
