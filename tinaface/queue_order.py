"""In which order disagreements are visited: ranks that compare row by row, without sorting all."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tinaface.boxes import FloatArray, IndexArray
from tinaface.matching import BoolArray

IntArray = npt.NDArray[np.integer]


class Order(Enum):
    """How the queue runs. Within an image or a folder the worst come first; ties go by path."""

    WORST = "worst"
    IMAGE = "image"
    SIZE = "size"
    FOLDER = "folder"
    RANDOM = "random"


@dataclass(frozen=True)
class Queue:
    """Which disagreements are visited, and in which order.

    Attributes:
        seed, sample: of Order.RANDOM: by which chance, and how many are drawn.
    """

    order: Order = Order.WORST
    seed: int = 0
    sample: int = 200


class Rank(NamedTuple):
    """Where one disagreement stands; what is visited earlier is smaller."""

    first: float
    second: float
    image: int
    slot: int


@dataclass(frozen=True, eq=False)
class Ranks:
    """The ranks of N rows, each field `[N]`."""

    first: FloatArray
    second: FloatArray
    image: IntArray
    slot: IntArray

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, row: int) -> Rank:
        return Rank(
            float(self.first[row]),
            float(self.second[row]),
            int(self.image[row]),
            int(self.slot[row]),
        )

    def take(self, rows: IndexArray | BoolArray) -> "Ranks":
        """The ranks of these rows."""
        return Ranks(self.first[rows], self.second[rows], self.image[rows], self.slot[rows])

    def is_before(self, rank: Rank) -> BoolArray:
        """`[N]` which rows are visited before a rank."""
        is_before: BoolArray = self.slot < rank.slot
        for keys, key in (
            (self.image, rank.image),
            (self.second, rank.second),
            (self.first, rank.first),
        ):
            is_before = (keys < key) | ((keys == key) & is_before)
        return is_before

    def is_at(self, rank: Rank) -> BoolArray:
        """`[N]` which rows stand at this very rank; one at most."""
        return (
            (self.slot == rank.slot)
            & (self.image == rank.image)
            & (self.second == rank.second)
            & (self.first == rank.first)
        )

    def nearest(self, count: int) -> IndexArray:
        """The `count` rows that come first, in order; the last ones, last first, if negative."""
        wanted = min(abs(count), len(self))
        if not wanted:
            return np.zeros(0, np.intp)
        if count < 0:
            return Ranks(-self.first, -self.second, -self.image, -self.slot).nearest(wanted)
        # Only rows that can be among them are sorted: a queue may be long.
        limit = np.partition(self.first, wanted - 1)[wanted - 1]
        rows = np.flatnonzero(self.first <= limit)
        near = self.take(rows)
        order = np.lexsort((near.slot, near.image, near.second, near.first))
        return rows[order[:wanted]]


def ranks(
    queue: Queue,
    cost: FloatArray,
    height: FloatArray,
    image: IntArray,
    slot: IntArray,
    folder: IntArray,
) -> Ranks:
    """The ranks of N rows in a queue; every argument `[N]`.

    Args:
        cost: what the worst has most of.
        height: of the box; the largest come first.
        image, slot: number of the image in the list, and of the row in the image.
        folder: number of the image's folder in the list.
    """
    zero = np.zeros(len(cost))
    worst = -cost.astype(np.float64)
    match queue.order:
        case Order.WORST:
            return Ranks(worst, zero, image, slot)
        case Order.IMAGE:
            return Ranks(image.astype(np.float64), worst, image, slot)
        case Order.SIZE:
            return Ranks(-height.astype(np.float64), worst, image, slot)
        case Order.FOLDER:
            return Ranks(folder.astype(np.float64), worst, image, slot)
        case Order.RANDOM:
            return Ranks(_chances(image, slot, queue.seed), zero, image, slot)


def _chances(image: IntArray, slot: IntArray, seed: int) -> FloatArray:
    """`[N]` numbers in 0..1 that look random and depend on the row and the seed alone.

    Source: the finishing steps of SplitMix64.
    """
    with np.errstate(over="ignore"):
        mixed = image.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed += (slot.astype(np.uint64) + np.uint64(1)) * np.uint64(0xD1B54A32D192ED03)
        mixed += np.uint64(seed + 1) * np.uint64(0x8CB92BA72F3D8DD7)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed ^= mixed >> np.uint64(31)
    return mixed.astype(np.float64) / 2**64
