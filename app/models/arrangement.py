"""Which images are shown, and in which order: the filter, a kept selection and a sort, outside Qt.

A *place* counts all images in the order in which they were found, a *row* only those shown.
"""

from collections.abc import Sequence

import numpy as np

from app.models.sign_bytes import SignBytes
from tinaface.image_columns import ImageColumns, PlaceArray
from tinaface.image_filter import Filter, parse
from tinaface.image_order import ImageOrder, ranked


class Arrangement:
    """Rows and places of one folder.

    Attributes:
        folded_names: of all images, casefolded.
        columns: what is known of each.
        signs: of each; appended by whoever appends names.
        asked: the filter of the search box.
        kept: places of a selection that somebody made; None for all images.
        order, seed: of the images; the seed is of the random order.
        shown: the place of each row.
    """

    def __init__(self) -> None:
        self.folded_names: list[str] = []
        self.columns = ImageColumns()
        self.signs = SignBytes(self.columns)
        self.asked: Filter = parse("")
        self.kept: frozenset[int] | None = None
        self.shown: Sequence[int] | PlaceArray = range(0)
        self.order = ImageOrder.NAME
        self.seed = 0
        # Where each place stands in the order; None where that is the place itself.
        self._rank: PlaceArray | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether some images may be hidden."""
        return not self.asked.is_empty or self.kept is not None

    @property
    def is_natural(self) -> bool:
        """Whether images stand in the order in which they were found."""
        return self.order is ImageOrder.NAME

    def append(self, names: Sequence[str]) -> Sequence[int] | PlaceArray:
        """Adds images and gives `shown` with those that pass at its end; the caller sets it.

        Qt's views must be told how many rows come before there are any.
        """
        first = len(self.folded_names)
        self.folded_names += [name.casefold() for name in names]
        count = len(self.folded_names)
        self.columns.grow(count)
        if self._rank is not None:
            self._rank = np.concatenate([self._rank, np.arange(first, count)])
        if isinstance(self.shown, range) and not self.is_filtered:
            return range(count)
        return np.concatenate([np.asarray(self.shown, np.intp), self._passing(first)])

    def sort(self, order: ImageOrder, seed: int = 0) -> None:
        """Takes an order; `arrange` applies it."""
        self.order, self.seed = order, seed

    def arrange(self) -> None:
        """Filters and sorts all images anew."""
        count = len(self.folded_names)
        if self.is_natural and not self.is_filtered:
            self._rank, self.shown = None, range(count)
            return
        passing = self._passing(0)
        if self.is_natural:
            self._rank, self.shown = None, passing
            return
        order = ranked(self.order, self.columns.since(), count, self.seed)
        self._rank = np.empty(count, np.intp)
        self._rank[order] = np.arange(count)
        is_passing = np.zeros(count, np.bool_)
        is_passing[passing] = True
        self.shown = order[is_passing[order]]

    def _passing(self, first: int) -> PlaceArray:
        """The places from `first` on that the filter lets through, ascending."""
        names = self.folded_names[first:] if first else self.folded_names
        passing = self.asked.passing(names, self.columns.since(first))
        if self.kept is not None:
            is_kept = np.zeros(len(self.folded_names), np.bool_)
            is_kept[list(self.kept)] = True
            passing &= is_kept[first:]
        return first + np.flatnonzero(passing)

    def row_of(self, place: int) -> int | None:
        """The row of a place; None where it is hidden."""
        if isinstance(self.shown, range):
            return place
        row = self.row_near(place)
        return row if row < len(self.shown) and self.shown[row] == place else None

    def row_near(self, place: int) -> int:
        """The row of a place, or the one before which it would stand."""
        if isinstance(self.shown, range):
            return place
        shown = np.asarray(self.shown)
        if self._rank is None:
            return int(np.searchsorted(shown, place))
        return int(np.searchsorted(self._rank[shown], self._rank[place]))
