"""Which of many tiles are picked, and which one the keys move from."""

from collections.abc import Sequence

import numpy as np

from tinaface.boxes import IndexArray
from tinaface.matching import BoolArray


class Picking:
    """Some of N places; at the start the first one.

    Attributes:
        current: the place that keys move from; 0 where there is none.
    """

    def __init__(self, count: int) -> None:
        self.current = 0
        self._anchor = 0
        self._is_picked = np.zeros(count, bool)
        self._is_picked[:1] = True

    @property
    def is_picked(self) -> BoolArray:
        """`[N]`."""
        return self._is_picked

    @property
    def places(self) -> IndexArray:
        """The picked places, ascending."""
        return np.flatnonzero(self._is_picked)

    def __len__(self) -> int:
        return int(np.count_nonzero(self._is_picked))

    def take_only(self, place: int) -> None:
        """Picks one place and moves there."""
        self._is_picked[:] = False
        self._is_picked[place] = True
        self.current = self._anchor = place

    def toggle(self, place: int) -> None:
        """Picks a place or lets it go, and moves there."""
        if place < len(self._is_picked):
            self._is_picked[place] = not self._is_picked[place]
            self.current = self._anchor = place

    def extend_to(self, place: int) -> None:
        """Picks all from where the last one was picked up to a place, and moves there."""
        first, last = sorted((self._anchor, place))
        self._is_picked[:] = False
        self._is_picked[first : last + 1] = True
        self.current = place

    def take_beside(self, others: BoolArray, places: Sequence[int]) -> None:
        """Picks some places beside `[N]` others, and moves to the first of them."""
        self._is_picked[:] = others
        self._is_picked[list(places)] = True
        if places:
            self.current = self._anchor = places[0]

    def take_all(self) -> None:
        """Picks every place."""
        self._is_picked[:] = True

    def move(self, step: int, *, extends: bool = False, only_moves: bool = False) -> None:
        """Moves on or back, as far as there are places, and picks what is arrived at."""
        if not len(self._is_picked):
            return
        place = min(max(self.current + step, 0), len(self._is_picked) - 1)
        if extends:
            self.extend_to(place)
        elif only_moves:
            self.current = place
        else:
            self.take_only(place)

    def moved_to(self, count: int, places: IndexArray, current: int) -> "Picking":
        """The same picks among other places.

        Args:
            count: how many places there are now.
            places: where the picked ones are now; -1 for those that are gone.
            current: where the current one is now, or -1. Where it is gone, what came up in its
                place is current, and picked unless others still are: the next verdict is its.
        """
        picking = Picking(count)
        kept = places[places >= 0]
        picking.current = min(current if current >= 0 else self.current, max(count - 1, 0))
        picking._anchor = picking.current
        picking._is_picked[:] = False
        picking._is_picked[kept] = True
        if not len(kept) and count:
            picking._is_picked[picking.current] = True
        return picking
