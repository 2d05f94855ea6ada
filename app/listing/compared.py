"""Keeps the list's columns of disagreements up to date: fp, fn, best score, cost of the worst.

Comparing 32,000 images takes a minute. Until an image has had its turn, what the index knows of it
from the last session holds, if that was made with the same predictions and threshold.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app.session import Session
from tinaface.image_columns import FloatColumn
from tinaface.image_filter import BoolColumn
from tinaface.image_index import COMPARED

EVERY_MS = 300
KEEP_MS = 3000
"""After the last change, as the threshold is dragged and verdicts follow one another."""
DEPENDING = frozenset(COMPARED)

Keep = Callable[[Sequence[str], dict[str, FloatColumn], str], None]


class ComparedColumns(QObject):
    """Follows the comparison of the data set and the threshold.

    Rows are filtered and sorted anew only after the whole set was compared or the threshold moved:
    a verdict must not take the image away from under the user.

    Args:
        keep: has the index note names, their columns and the basis for the next start; called
            when all images were compared, and with those that have changed since.
    """

    def __init__(self, session: Session, keep: Keep, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._keep = keep
        self._rearranges = False
        self._whole: object = None
        # What rows were made with that this session has not compared yet.
        self._basis = ""
        self._kept: tuple[str, dict[str, FloatColumn]] = "", {}
        self._soon = QTimer(self, singleShot=True, interval=EVERY_MS)
        self._soon.timeout.connect(self._fill)
        self._later = QTimer(self, singleShot=True, interval=KEEP_MS)
        self._later.timeout.connect(self.keep_now)
        comparison = session.loop.comparison
        comparison.changed.connect(self._on_change)
        comparison.finished.connect(self._on_finished)
        session.threshold_changed.connect(self._on_threshold)

    def basis(self) -> str:
        """What the columns are made with now: predictions and threshold; empty without any."""
        source = self._session.predictions.shown
        return "" if source is None else f"{source.key} {self._session.threshold:.4f}"

    def take(self, names: Sequence[str], values: Mapping[str, FloatColumn], basis: str) -> None:
        """Takes what the index knows, as far as it holds and this session knows no better."""
        if not basis or basis != self.basis():
            return
        self._basis = basis
        comparison = self._session.loop.comparison
        numbers = (comparison.number(name) for name in names)
        rows = [
            row
            for row, number in enumerate(numbers)
            if number is None or number not in comparison.table
        ]
        self._session.files.put_facts(
            [names[row] for row in rows], {name: column[rows] for name, column in values.items()}
        )

    def forget(self) -> None:
        """Another folder is opened."""
        self._soon.stop()
        self._later.stop()
        self._basis, self._kept = "", ("", {})

    def _on_change(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _on_threshold(self) -> None:
        self._rearranges = True
        self._on_change()

    def _on_finished(self) -> None:
        table = self._session.loop.comparison.table
        if table is self._whole:
            self._on_change()  # one image was compared again
            return
        self._whole, self._rearranges = table, True
        self._fill()
        self.keep_now()

    def _fill(self) -> None:
        self._soon.stop()
        session, files = self._session, self._session.files
        comparison, table = session.loop.comparison, session.loop.comparison.table
        if session.is_scanning or not table.images:
            return
        found = table.columns_by_image(session.threshold, files.total)
        if comparison.is_running and self._basis == self.basis():
            places = np.flatnonzero(~np.isnan(found["fp"]))
            files.columns.put(places, {name: column[places] for name, column in found.items()})
        else:
            self._basis = ""
            for name, column in found.items():
                files.columns.put_from(0, name, column)
        if not comparison.is_running:
            self._later.start()
        rearranges, self._rearranges = self._rearranges, False
        if rearranges and (files.asked.columns & DEPENDING or files.order[0].value == "worst"):
            files.rearrange()

    def keep_again(self) -> None:
        """Has noted all of it once more, as the index may not have had all images."""
        self._kept = "", {}
        self.keep_now()

    def keep_now(self) -> None:
        """Has noted what has changed since the last time."""
        changes = self.changes()
        if changes is not None:
            self._keep(*changes)

    def changes(self) -> tuple[list[str], dict[str, FloatColumn], str] | None:
        """Names, columns and basis of what is to be noted; None where that is nothing."""
        self._later.stop()
        files, comparison, basis = self._session.files, self._session.loop.comparison, self.basis()
        if comparison.is_running or not comparison.table.images or not basis:
            return None
        now = {name: files.columns[name].copy() for name in COMPARED}
        before_basis, before = self._kept
        self._kept = basis, now
        places = np.arange(files.total)
        if basis == before_basis and len(before["fp"]) == files.total:
            places = np.flatnonzero(np.any([_differs(now[n], before[n]) for n in COMPARED], axis=0))
        if not len(places):
            return None
        names = files.all_names()
        return (
            [names[place] for place in places.tolist()],
            {name: column[places] for name, column in now.items()},
            basis,
        )


def _differs(one: FloatColumn, other: FloatColumn) -> BoolColumn:
    return (one != other) & ~(np.isnan(one) & np.isnan(other))
