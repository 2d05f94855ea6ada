"""Boxes and detections as numpy arrays: area, IoU, clipping, suppression, voting.

A box is `x0, y0, x1, y1` in pixels of the upright picture; x1 and y1 lie outside the box, so
its width is x1 - x0. No function here adds the "+1" of older protocols.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]
IndexArray = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Detections:
    """The faces found in one image. The arrays are read-only, so that panels can share them.

    Attributes:
        xyxy: `[N, 4]` corners x0, y0, x1, y1 in image pixels; x1 and y1 lie outside the box.
        scores: `[N]` in 0..1, classification and predicted IoU already combined.
    """

    xyxy: FloatArray
    scores: FloatArray

    def __post_init__(self) -> None:
        if self.xyxy.shape != (len(self.scores), 4):
            raise ValueError(f"xyxy must be [{len(self.scores)}, 4], got {self.xyxy.shape}")
        self.xyxy.setflags(write=False)
        self.scores.setflags(write=False)

    def __len__(self) -> int:
        return len(self.scores)

    @staticmethod
    def none() -> "Detections":
        """No face at all."""
        return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    def above(self, threshold: float) -> "Detections":
        """Those whose score is at least `threshold`."""
        kept = self.scores >= threshold
        return Detections(self.xyxy[kept], self.scores[kept])

    def more_than(self, floor: float) -> "Detections":
        """Those whose score is more than `floor`."""
        kept = self.scores > floor
        return Detections(self.xyxy[kept], self.scores[kept])


def area(xyxy: FloatArray) -> FloatArray:
    """`[N]` areas; a box with reversed corners has none."""
    sides = np.maximum(xyxy[..., 2:] - xyxy[..., :2], 0)
    return sides[..., 0] * sides[..., 1]


def pairwise_intersection(left: FloatArray, right: FloatArray) -> FloatArray:
    """`[N, M]` areas that each of the left boxes shares with each of the right ones."""
    shared = np.ones((), left.dtype)
    for low, high in ((0, 2), (1, 3)):
        side = np.minimum(left[:, None, high], right[None, :, high])
        side -= np.maximum(left[:, None, low], right[None, :, low])
        shared = np.maximum(side, 0, out=side) * shared
    return shared


def pairwise_iou(left: FloatArray, right: FloatArray) -> FloatArray:
    """`[N, M]` intersection over union; 0 where the union is empty."""
    shared = pairwise_intersection(left, right)
    union = area(left)[:, None] + area(right)[None, :] - shared
    return _ratio(shared, union)


def paired_iou(left: FloatArray, right: FloatArray) -> FloatArray:
    """`[P]` IoU of the boxes in equal rows of `[P, 4]` and `[P, 4]`; 0 where the union is empty."""
    sides = np.minimum(left[:, 2:], right[:, 2:]) - np.maximum(left[:, :2], right[:, :2])
    shared = np.maximum(sides[:, 0], 0) * np.maximum(sides[:, 1], 0)
    return _ratio(shared, area(left) + area(right) - shared)


def clip(xyxy: FloatArray, height: float, width: float) -> FloatArray:
    """The boxes cut to the picture `[0, width] x [0, height]`."""
    limits = np.asarray([width, height, width, height], xyxy.dtype)
    return np.clip(xyxy, 0, limits)


def suppress(
    xyxy: FloatArray, scores: FloatArray, iou_threshold: float, limit: int | None = None
) -> IndexArray:
    """Greedy non-maximum suppression: which boxes stay, best score first.

    A box goes if a better one that stays overlaps it with an IoU strictly above the threshold. Of
    equal scores the earlier box is the better one. The result is exact for any number of boxes;
    memory is bounded, and a hundred thousand boxes take about a second, because a box is compared
    only with those kept near it and of similar size.

    Args:
        xyxy: `[N, 4]`, finite.
        scores: `[N]`.
        iou_threshold: 0..1.
        limit: most boxes kept, or all.
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[IndexArray] = []
    count = 0
    neighbours = _Neighbours(xyxy, iou_threshold) if len(order) > _FIRST_CHUNK else None
    for rows in _growing_chunks(order):
        if neighbours is not None and count:
            is_free = np.ones(len(rows), np.bool_)
            for query, _, iou in neighbours.near(xyxy[rows]):
                is_free[query[iou > iou_threshold]] = False
            rows = rows[is_free]
        rows = rows[_greedy(xyxy[rows], iou_threshold)]
        kept.append(rows)
        count += len(rows)
        if limit is not None and count >= limit:
            break
        if neighbours is not None:
            neighbours.add(rows)
    return np.concatenate(kept)[:limit] if kept else np.zeros(0, np.intp)


def vote(
    kept: FloatArray, candidates: FloatArray, scores: FloatArray, iou_threshold: float
) -> FloatArray:
    """`[K, 4]` boxes moved to the mean of all candidates around them, weighted by score.

    A candidate counts where its IoU with the kept box is at least the threshold; a kept box that
    no candidate overlaps that much stays where it is.

    Args:
        kept: `[K, 4]` boxes that survived suppression.
        candidates: `[N, 4]` all boxes before it.
        scores: `[N]` of the candidates.
        iou_threshold: 0..1.

    Source: box voting of Gidaris and Komodakis (arXiv 1505.01749), in the form of the
    specification, section 11.1.
    """
    neighbours = _Neighbours(candidates, iou_threshold)
    neighbours.add(np.arange(len(candidates)))
    weights = np.zeros(len(kept))
    sums = np.zeros((len(kept), 4))
    for start in range(0, len(kept), _LARGEST_CHUNK):
        chunk = slice(start, start + _LARGEST_CHUNK)
        for query, row, iou in neighbours.near(kept[chunk]):
            counts = iou >= iou_threshold
            query, row = query[counts] + start, row[counts]
            weights += np.bincount(query, scores[row], len(kept))
            for corner in range(4):
                votes = scores[row].astype(np.float64) * candidates[row, corner]
                sums[:, corner] += np.bincount(query, votes, len(kept))
    voted = kept.astype(np.float64)
    np.divide(sums, weights[:, None], out=voted, where=weights[:, None] > 0)
    return voted.astype(kept.dtype)


# Boxes that are searched for neighbours together. The first ones have none kept before them; with
# every further one most are gone before they are compared with one another.
_FIRST_CHUNK, _LARGEST_CHUNK = 256, 2048
# Boxes compared with all others of their chunk together.
_BLOCK = 256
# Pairs of which the IoU is computed together.
_MAX_PAIRS = 2_000_000
# Rounding must not move a pair out of reach of each other's bins.
_SLACK = 1.01


def _growing_chunks(order: IndexArray) -> Iterator[IndexArray]:
    """Consecutive parts, each twice as long as the last."""
    start, length = 0, _FIRST_CHUNK
    while start < len(order):
        yield order[start : start + length]
        start += length
        length = min(2 * length, _LARGEST_CHUNK)


def _greedy(xyxy: FloatArray, iou_threshold: float) -> npt.NDArray[np.bool_]:
    """Which of these boxes, best first, stay, if each that stays removes those it overlaps."""
    stays = np.zeros(len(xyxy), np.bool_)
    for start in range(0, len(xyxy), _BLOCK):
        block = xyxy[start : start + _BLOCK]
        free = ~np.any(pairwise_iou(block, xyxy[stays]) > iou_threshold, axis=1)
        rows = np.flatnonzero(free)
        overlaps = pairwise_iou(block[rows], block[rows]) > iou_threshold
        block_stays = np.ones(len(rows), np.bool_)
        for row in range(len(rows)):
            if block_stays[row]:
                block_stays[row + 1 :] &= ~overlaps[row, row + 1 :]
        stays[start + rows[block_stays]] = True
    return stays


class _Neighbours:
    """Finds among many boxes those that could overlap others by more than an IoU.

    Boxes lie in bins by area, and within such a bin in square cells by centre. Two boxes whose IoU
    is t or more have areas within a factor 1 / t, and centres no further apart in x or y than
    (1 - t) times the longer side; so a search looks at the three nearest bins and 3 x 3 cells of
    each, and misses nothing.
    """

    def __init__(self, xyxy: FloatArray, iou_threshold: float) -> None:
        self._x0, self._y0, self._x1, self._y1 = np.ascontiguousarray(xyxy.T)
        self._least_across = iou_threshold / _SLACK
        # Below this the bins would be so wide that one does as well.
        self._bin_width = np.log(_SLACK / iou_threshold) if iou_threshold >= 0.05 else float("inf")
        self._lowest = self._log_area(xyxy).min() if len(xyxy) else 0.0
        bins = self._bin(xyxy)
        longest = np.zeros(int(bins.max(initial=0)) + 3)
        sides = (xyxy[:, 2:] - xyxy[:, :2]).max(axis=1) if len(xyxy) else np.zeros(0)
        np.maximum.at(longest, bins + 1, sides)
        # The longest side of a bin and its two neighbours.
        longest = np.maximum(np.maximum(longest[:-2], longest[1:-1]), longest[2:])
        centres = (xyxy[:, :2] + xyxy[:, 2:]) / 2
        self._origin = centres.min(axis=0) if len(xyxy) else np.zeros(2)
        extent = (centres.max(axis=0) if len(xyxy) else np.zeros(2)) - self._origin
        # Larger cells are always right, only slower; these keep the keys within 64 bits.
        smallest = max(float(extent.max()) / 4096, 1e-6)
        self._cell = np.maximum(_SLACK * (1 - iou_threshold) * longest, smallest)
        # Cells a side in the finest bin, and some to spare, where no box lies.
        self._columns, self._rows = (extent / self._cell.min()).astype(np.int64) + 6
        column, first_of_row = self._place(bins, centres)
        self._all_keys = column + first_of_row
        self._areas = area(xyxy)
        self._keys = np.zeros(0, np.int64)
        self._members = np.zeros(0, np.intp)

    def add(self, rows: IndexArray) -> None:
        """Makes these boxes findable."""
        keys = np.concatenate([self._keys, np.sort(self._all_keys[rows])])
        members = np.concatenate([self._members, rows[np.argsort(self._all_keys[rows])]])
        order = np.argsort(keys, kind="stable")  # two sorted runs: this merges them
        self._keys, self._members = keys[order], members[order]

    def near(self, xyxy: FloatArray) -> Iterator[tuple[IndexArray, IndexArray, FloatArray]]:
        """Pairs of a query's row and a findable box's row, and their IoU; each pair once."""
        centres = (xyxy[:, :2] + xyxy[:, 2:]) / 2
        bins, areas = self._bin(xyxy), area(xyxy)
        x0, y0, x1, y1 = np.ascontiguousarray(xyxy.T)
        for bin_step in (-1, 0, 1):
            other = bins + bin_step
            inside = np.flatnonzero((other >= 0) & (other < len(self._cell)))
            column, first_of_row = self._place(other[inside], centres[inside])
            low = first_of_row + np.maximum(column - 1, 0)
            high = first_of_row + np.minimum(column + 1, self._columns - 1)
            rows = np.array([[-self._columns], [0], [self._columns]])  # above, at and below
            first = np.searchsorted(self._keys, (low + rows).ravel(), "left")
            last = np.searchsorted(self._keys, (high + rows).ravel(), "right")
            inside = np.tile(inside, 3)
            for part in _parts(last - first):
                query, place = _expand(first[part], last[part])
                query, row = inside[part][query], self._members[place]
                # Most pairs end here: what two boxes share is, across, at least the IoU's share
                # of either width.
                across = np.minimum(x1[query], self._x1[row]) - np.maximum(x0[query], self._x0[row])
                may = np.flatnonzero(across >= self._least_across * (x1 - x0)[query])
                query, row, across = query[may], row[may], across[may]
                down = np.minimum(y1[query], self._y1[row]) - np.maximum(y0[query], self._y0[row])
                shared = np.maximum(across, 0) * np.maximum(down, 0)
                yield query, row, _ratio(shared, areas[query] + self._areas[row] - shared)

    def _log_area(self, xyxy: FloatArray) -> FloatArray:
        return np.log(np.maximum(area(xyxy), 1e-6))

    def _bin(self, xyxy: FloatArray) -> IndexArray:
        bins = np.floor((self._log_area(xyxy) - self._lowest) / self._bin_width)
        return bins.astype(np.intp)

    def _place(
        self, bins: IndexArray, centres: FloatArray
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Column of each centre in the cells of a bin, and the key of its row's first cell.

        Keys are numbered bin by bin, row by row, so that neighbours in a row are a range. The
        outermost rows and columns hold no box: whatever lies further out is as good as there.
        """
        place = np.floor((centres - self._origin) / self._cell[bins][:, None]).astype(np.int64) + 2
        column = np.clip(place[:, 0], 0, self._columns - 1)
        row = np.clip(place[:, 1], 1, self._rows - 2)
        return column, (bins * self._rows + row) * self._columns


def _parts(counts: IndexArray) -> Iterator[slice]:
    """Consecutive slices of at most `_MAX_PAIRS` pairs each, or of one row."""
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        done = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, done + _MAX_PAIRS, "right")), start + 1)
        yield slice(start, stop)
        start = stop


def _expand(first: IndexArray, last: IndexArray) -> tuple[IndexArray, IndexArray]:
    """For every i all numbers of `first[i]` up to `last[i]`, and the i of each."""
    counts = last - first
    query = np.repeat(np.arange(len(counts)), counts)
    offset = np.arange(len(query)) - np.repeat(np.cumsum(counts) - counts, counts)
    return query, first[query] + offset


def _ratio(shared: FloatArray, union: FloatArray) -> FloatArray:
    """IoU from both areas; 0 where the union is empty."""
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
