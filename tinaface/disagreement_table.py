"""The disagreements of a whole data set as flat columns: counted and queued at any threshold.

Images come, change and go one at a time; each has one block of rows, and a block that was
replaced is dead until enough of them have gathered to be swept out. A threshold or a verdict
computes nothing about boxes again.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tinaface.boxes import IndexArray
from tinaface.disagreement_listing import Listing
from tinaface.disagreements import Candidates, Convention, Kind, fit
from tinaface.image_columns import FloatColumn
from tinaface.matching import BoolArray
from tinaface.queue_order import Order, Queue, Rank, Ranks, Rows, first_keys, near, ranks
from tinaface.suspicion.disagreeing import probabilities
from tinaface.suspicion.suspecter import Suspicion

_FIRST_ROOM = 1024
_OF_CANDIDATES = ("kind", "low", "high", "cost", "row", "partner", "xyxy", "partner_xyxy")
_DTYPES: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
    "kind": (np.int8, ()),
    "low": (np.float32, ()),
    "high": (np.float32, ()),
    "cost": (np.float32, ()),
    "suspicion": (np.float32, ()),
    "row": (np.int32, ()),
    "partner": (np.int32, ()),
    "xyxy": (np.float32, (4,)),
    "partner_xyxy": (np.float32, (4,)),
    "image": (np.int32, ()),
    "slot": (np.int32, ()),
    "state": (np.int8, ()),
}
StateArray = npt.NDArray[np.int8]


class State(IntEnum):
    """Whether a disagreement still waits for somebody."""

    OPEN = 0
    DOUBTFUL = 1
    SETTLED = 2
    DEAD = 3
    """Its image was compared again."""


class Counts(NamedTuple):
    """How many disagreements of each kind are open, and how many are put off as doubtful."""

    fp: int = 0
    fn: int = 0
    loose: int = 0
    dup: int = 0
    doubtful: int = 0

    @property
    def open(self) -> int:
        """All that wait, but not the doubtful ones."""
        return self.fp + self.fn + self.loose + self.dup


class Disagreement(NamedTuple):
    """One row of the table.

    Attributes:
        image: number of its image.
        row, partner: as in `Candidates`.
        xyxy: the box in `row`.
        rank: its place in the queue that it was asked for.
    """

    image: int
    kind: Kind
    row: int
    partner: int
    xyxy: tuple[float, float, float, float]
    cost: float
    rank: Rank


class DisagreementTable:
    """All disagreements of a data set.

    Images are numbers in the order of the list, so that ties go by path.
    """

    def __init__(self) -> None:
        self._columns: dict[str, npt.NDArray[Any]] = _room(_FIRST_ROOM)
        self._end = 0
        self._dead = 0
        self._blocks: dict[int, tuple[int, int]] = {}
        self._offsets: dict[int, npt.NDArray[np.float32]] = {}
        self._pair_offsets: dict[int, npt.NDArray[np.float32]] = {}
        self._pairs = 0
        self._folder_of: npt.NDArray[np.int32] = np.zeros(0, np.int32)
        self._convention = Convention()
        self._sample: tuple[Queue, float] | None = None

    def __len__(self) -> int:
        return self._end - self._dead

    def __contains__(self, image: int) -> bool:
        return image in self._blocks

    @property
    def images(self) -> int:
        """How many images were compared."""
        return len(self._blocks)

    # ---- filling ----

    def put(self, image: int, found: Candidates, states: StateArray) -> None:
        """Takes what was found in an image, in place of what was known of it.

        Args:
            states: `[K]` State of each candidate.
        """
        self.drop(image)
        start, stop = self._end, self._end + len(found)
        self._reserve(stop)
        rows = slice(start, stop)
        for name in _OF_CANDIDATES:
            self._columns[name][rows] = getattr(found, name)
        self._columns["image"][rows] = image
        self._columns["slot"][rows] = np.arange(len(found))
        self._columns["suspicion"][rows] = 0
        self._columns["state"][rows] = states
        self._hide(start + np.flatnonzero(states == State.SETTLED))
        self._end = stop
        self._blocks[image] = (start, stop)
        if len(found.pair_offsets):
            self._pair_offsets[image] = found.pair_offsets
            self._pairs += len(found.pair_offsets)
        if len(found.offsets):
            self._offsets[image] = found.offsets
            self._judge_fit(self._loose_rows(image), found.offsets)

    def drop(self, image: int) -> None:
        """Forgets an image."""
        start, stop = self._blocks.pop(image, (0, 0))
        self._offsets.pop(image, None)
        self._pairs -= len(self._pair_offsets.pop(image, ()))
        self._columns["state"][start:stop] = State.DEAD
        self._hide(slice(start, stop))
        self._dead += stop - start
        if self._dead > len(self) + _FIRST_ROOM:
            self._sweep()

    def suspect(self, image: int, suspicions: Iterable[Suspicion]) -> None:
        """Tells how probable it is that labels of an image are wrong, for Order.SUSPICION."""
        rows = slice(*self._block(image))
        columns = (self._columns[name][rows] for name in ("kind", "xyxy", "partner_xyxy"))
        self._columns["suspicion"][rows] = probabilities(suspicions, *columns)

    def _hide(self, rows: slice | IndexArray) -> None:
        """Takes rows out of every threshold: none lies above infinity."""
        self._columns["low"][rows] = np.inf

    def set_folders(self, folder_of: Sequence[int]) -> None:
        """Tells the number of each image's folder, for Order.FOLDER."""
        self._folder_of = np.array(folder_of, np.int32)

    def _reserve(self, rows: int) -> None:
        room = len(self._columns["kind"])
        if rows > room:
            larger = _room(max(rows, 2 * room))
            for name, old in self._columns.items():
                larger[name][: self._end] = old[: self._end]
            self._columns = larger

    def _sweep(self) -> None:
        """Gives the room of dead rows back."""
        is_alive = self._columns["state"][: self._end] != State.DEAD
        place = np.concatenate([[0], np.cumsum(is_alive)])
        self._columns = {name: old[: self._end][is_alive] for name, old in self._columns.items()}
        self._blocks = {
            image: (int(place[start]), int(place[stop]))
            for image, (start, stop) in self._blocks.items()
        }
        self._end, self._dead = int(place[-1]), 0

    # ---- the convention ----

    @property
    def convention(self) -> Convention:
        """The habit that is taken off before a pair counts as loose."""
        return self._convention

    @property
    def pairs(self) -> int:
        """Of how many pairs the convention can be estimated."""
        return self._pairs

    def estimate_convention(self) -> Convention:
        """The median offset over all pairs of all images."""
        known = list(self._pair_offsets.values())
        return Convention.of(np.concatenate(known)) if known else Convention()

    def set_convention(self, convention: Convention) -> None:
        """Judges all pairs again with another habit taken off."""
        if convention == self._convention:
            return
        self._convention = convention
        if self._offsets:
            rows = np.concatenate([self._loose_rows(image) for image in self._offsets])
            self._judge_fit(rows, np.concatenate(list(self._offsets.values())))

    def _loose_rows(self, image: int) -> IndexArray:
        start, stop = self._blocks[image]
        return start + np.flatnonzero(self._columns["kind"][start:stop] == Kind.LOOSE)

    def _judge_fit(self, rows: IndexArray, offsets: npt.NDArray[np.float32]) -> None:
        """Hides LOOSE rows that fit under the convention, and weighs the others."""
        iou, is_loose = fit(offsets, self._convention)
        self._columns["cost"][rows] = 1 - iou
        self._columns["low"][rows] = -np.inf  # a LOOSE row has no other lower limit
        self._hide(rows[~is_loose | (self._columns["state"][rows] == State.SETTLED)])

    # ---- asking ----

    def counts(self, threshold: float) -> Counts:
        """How many there are in the whole data set."""
        rows = self._shown(threshold)
        is_open = self._columns["state"][rows] == State.OPEN
        kinds = self._columns["kind"][rows[is_open]]
        fp, fn, loose, dup = np.bincount(kinds, minlength=len(Kind)).tolist()
        return Counts(fp, fn, loose, dup, len(rows) - len(kinds))

    def counts_by_image(self, threshold: float, images: int) -> npt.NDArray[np.int64]:
        """`[images, 4]` open disagreements of each image by kind."""
        rows = self._in_state(self._shown(threshold), State.OPEN)
        cells = self._columns["image"][rows].astype(np.int64) * len(Kind)
        cells += self._columns["kind"][rows]
        found = np.bincount(cells, minlength=images * len(Kind))[: images * len(Kind)]
        return found.reshape(images, len(Kind))

    def columns_by_image(self, threshold: float, images: int) -> dict[str, FloatColumn]:
        """What the list of images shows of each: `[images]` columns, NaN where none were compared.

        `fp` and `fn` open ones at the threshold, `cost` of the worst open one, `score` of the best
        open prediction without a label, whatever the threshold.
        """
        compared = np.fromiter(self._blocks, np.intp, len(self._blocks))
        found = {name: np.full(images, np.nan) for name in ("fp", "fn", "cost", "score")}
        counts = self.counts_by_image(threshold, images)
        for name, kind in (("fp", Kind.FP), ("fn", Kind.FN)):
            found[name][compared] = counts[compared, kind]
        rows = self._in_state(self._shown(threshold), State.OPEN)
        np.fmax.at(found["cost"], self._columns["image"][rows], self._columns["cost"][rows])
        everything = np.arange(self._end)
        is_extra = self._columns["kind"][everything] == Kind.FP
        rows = self._in_state(everything[is_extra], State.OPEN)
        np.fmax.at(found["score"], self._columns["image"][rows], self._columns["high"][rows])
        return found

    def of_image(
        self, image: int, threshold: float, queue: Queue, state: State = State.OPEN
    ) -> list[Disagreement]:
        """Those of one image, in the queue's order."""
        rows = self._in_state(self._shown(threshold, self._block(image)), state)
        order = self._ranks(rows, queue).nearest(len(rows))
        return self._made(rows[order], queue)

    def about(
        self, image: int, threshold: float, queue: Queue, labels: IndexArray, prediction: int | None
    ) -> list[Disagreement]:
        """Those of one image about some labels or one prediction, doubtful ones among them."""
        rows = self._shown(threshold, self._block(image))
        kind, row, partner = (self._columns[name][rows] for name in ("kind", "row", "partner"))
        is_about = (kind != Kind.FP) & np.isin(row, labels)
        is_about |= (kind == Kind.DUP) & np.isin(partner, labels)
        if prediction is not None:
            is_about |= (kind == Kind.FP) & (row == prediction)
            is_about |= (kind == Kind.LOOSE) & (partner == prediction)
        rows = rows[is_about]
        return self._made(rows[self._ranks(rows, queue).nearest(len(rows))], queue)

    def same(
        self,
        image: int,
        kind: Kind,
        xyxy: tuple[float, float, float, float],
        threshold: float,
        queue: Queue,
    ) -> Disagreement | None:
        """The one of this kind about this very box, wherever its row is by now; None if gone."""
        rows = self._shown(threshold, self._block(image))
        is_same = (self._columns["xyxy"][rows] == np.array(xyxy, np.float32)).all(axis=1)
        is_same &= self._columns["kind"][rows] == kind
        found = self._made(rows[is_same][:1], queue)
        return found[0] if found else None

    def _block(self, image: int) -> tuple[int, int]:
        return self._blocks.get(image, (0, 0))

    def _shown(self, threshold: float, block: tuple[int, int] | None = None) -> IndexArray:
        """The open and doubtful rows that there are at a threshold."""
        start, stop = block or (0, self._end)
        # The next float32 from the threshold upwards parts float32 numbers exactly as it does.
        at = np.float32(threshold)
        at = np.nextafter(at, np.float32(np.inf)) if float(at) < threshold else at
        shown = self._columns["low"][start:stop] < at
        shown &= self._columns["high"][start:stop] >= at
        return start + np.flatnonzero(shown)

    def _in_state(self, rows: IndexArray, state: State) -> IndexArray:
        return rows[self._columns["state"][rows] == state]

    # ---- the queue ----

    def length(self, threshold: float, queue: Queue) -> int:
        """How many the queue holds."""
        return len(self._queued(threshold, queue, State.OPEN))

    def position(self, threshold: float, queue: Queue, rank: Rank) -> int:
        """How many of the queue are visited before this rank."""
        rows = self._queued(threshold, queue, State.OPEN)
        return int(np.count_nonzero(self._ranks(rows, queue).is_before(rank)))

    def neighbours(
        self,
        threshold: float,
        queue: Queue,
        rank: Rank | None,
        count: int,
        state: State = State.OPEN,
    ) -> list[Disagreement]:
        """The next `count` after a rank, nearest first; those before it if `count` is negative.

        Without a rank it begins at the start, or at the end.
        """
        rows = self._queued(threshold, queue, state)
        keys = first_keys(queue, self._ordered_by(rows))
        rows = rows[near(keys, None if rank is None else rank.first, count)]
        places = self._ranks(rows, queue)
        if rank is not None:
            is_before = places.is_before(rank)
            beyond = is_before if count < 0 else ~is_before & ~places.is_at(rank)
            rows, places = rows[beyond], places.take(beyond)
        return self._made(rows[places.nearest(count)], queue)

    def listing(self, threshold: float, queue: Queue, kinds: Collection[Kind]) -> Listing:
        """All of the queue that are of these kinds, in its order."""
        rows = self._queued(threshold, queue, State.OPEN)
        rows = rows[np.isin(self._columns["kind"][rows], list(kinds))]
        rows = rows[self._ranks(rows, queue).nearest(len(rows))]
        kind = self._columns["kind"][rows]
        score = self._columns["high"][rows].copy()
        is_missed, is_double = kind == Kind.FN, kind == Kind.DUP
        score[is_missed] = self._columns["low"][rows][is_missed]
        score[is_double] = self._columns["cost"][rows][is_double]
        score[~np.isfinite(score)] = np.nan
        return Listing(
            image=self._columns["image"][rows],
            kind=kind,
            xyxy=self._columns["xyxy"][rows],
            partner_xyxy=self._columns["partner_xyxy"][rows],
            score=score,
        )

    def _queued(self, threshold: float, queue: Queue, state: State) -> IndexArray:
        rows = self._in_state(self._shown(threshold), state)
        if queue.scores is not None:
            rows = rows[self._is_between(rows, *queue.scores)]
        if queue.order is not Order.RANDOM:
            return rows
        chances = first_keys(queue, self._ordered_by(rows))
        if self._sample is None or self._sample[0] != queue:
            drawn = np.sort(chances)[: queue.sample]
            self._sample = (queue, float(drawn[-1]) if len(drawn) else -1.0)
        # Drawn once: a verdict must not draw another one after it.
        return rows[chances <= self._sample[1]]

    def _is_between(self, rows: IndexArray, low: float, high: float) -> BoolArray:
        """`[N]` which rows are detections with a score in a range."""
        is_detection = np.isin(self._columns["kind"][rows], (Kind.FP, Kind.LOOSE))
        scores = self._columns["high"][rows]
        return is_detection & (scores >= np.float32(low)) & (scores <= np.float32(high))

    def _ranks(self, rows: IndexArray, queue: Queue) -> Ranks:
        return ranks(queue, self._ordered_by(rows))

    def _ordered_by(self, rows: IndexArray) -> Rows:
        columns = self._columns
        image, xyxy = columns["image"][rows], columns["xyxy"]
        folder = np.zeros(len(rows), np.int32)
        if len(self._folder_of):
            folder = self._folder_of[np.minimum(image, len(self._folder_of) - 1)]
        height = xyxy[rows, 3] - xyxy[rows, 1]
        return Rows(
            columns["cost"][rows],
            columns["suspicion"][rows],
            height,
            image,
            columns["slot"][rows],
            folder,
        )

    def _made(self, rows: IndexArray, queue: Queue) -> list[Disagreement]:
        places, columns = self._ranks(rows, queue), self._columns
        return [
            Disagreement(
                image=int(columns["image"][at]),
                kind=Kind(int(columns["kind"][at])),
                row=int(columns["row"][at]),
                partner=int(columns["partner"][at]),
                xyxy=tuple(columns["xyxy"][at].tolist()),
                cost=float(columns["cost"][at]),
                rank=places[number],
            )
            for number, at in enumerate(rows.tolist())
        ]


def _room(rows: int) -> dict[str, npt.NDArray[Any]]:
    return {name: np.zeros((rows, *shape), kind) for name, (kind, shape) in _DTYPES.items()}
