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
    SUSPICION = "suspicion"
    IMAGE = "image"
    SIZE = "size"
    FOLDER = "folder"
    RANDOM = "random"


@dataclass(frozen=True)
class Queue:
    """Which disagreements are visited, and in which order.

    Attributes:
        seed, sample: of Order.RANDOM: by which chance, and how many are drawn.
        scores: only detections from the lowest to the highest of two scores; None for all.
    """

    order: Order = Order.WORST
    seed: int = 0
    sample: int = 200
    scores: tuple[float, float] | None = None


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


@dataclass(frozen=True, eq=False)
class Rows:
    """What the order of N rows depends on, each field `[N]`.

    Attributes:
        cost: what the worst has most of.
        suspicion: how probable it is that the label is wrong.
        height: of the box; the largest come first.
        image, slot: number of the image in the list, and of the row in the image.
        folder: number of the image's folder in the list.
    """

    cost: FloatArray
    suspicion: FloatArray
    height: FloatArray
    image: IntArray
    slot: IntArray
    folder: IntArray

    def take(self, rows: IndexArray) -> "Rows":
        """These rows only."""
        return Rows(
            self.cost[rows],
            self.suspicion[rows],
            self.height[rows],
            self.image[rows],
            self.slot[rows],
            self.folder[rows],
        )


def first_keys(queue: Queue, rows: Rows) -> FloatArray:
    """`[N]` what decides the order before anything else; smaller is visited earlier."""
    match queue.order:
        case Order.WORST:
            return -rows.cost.astype(np.float64)
        case Order.SUSPICION:
            return -rows.suspicion.astype(np.float64)
        case Order.IMAGE:
            return rows.image.astype(np.float64)
        case Order.SIZE:
            return -rows.height.astype(np.float64)
        case Order.FOLDER:
            return rows.folder.astype(np.float64)
        case Order.RANDOM:
            return _chances(rows.image, rows.slot, queue.seed)


def ranks(queue: Queue, rows: Rows) -> Ranks:
    """The ranks of N rows in a queue."""
    first = first_keys(queue, rows)
    is_by_cost = queue.order in (Order.WORST, Order.RANDOM)
    second = np.zeros(len(first)) if is_by_cost else -rows.cost.astype(np.float64)
    return Ranks(first, second, rows.image, rows.slot)


def near(keys: FloatArray, key: float | None, count: int) -> IndexArray:
    """The rows among which the `count` next ones after a rank must be, whose first key is `key`.

    Before it if `count` is negative; without a key, from the start or the end. So whole ranks are
    compared of few rows only.
    """
    if count < 0:
        return near(-keys, None if key is None else -key, -count)
    beyond = keys if key is None else keys[keys > key]
    limit = np.inf
    if len(beyond) > count:
        limit = np.partition(beyond, count - 1)[count - 1]
    return np.flatnonzero((keys <= limit) if key is None else (keys >= key) & (keys <= limit))


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
