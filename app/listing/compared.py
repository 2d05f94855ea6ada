"""Keeps the list's columns of disagreements up to date: fp, fn, best score, cost of the worst."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from app.session import Session
from tinaface.disagreement_table import DisagreementTable
from tinaface.image_columns import FloatColumn

EVERY_MS = 300
DEPENDING = frozenset({"fp", "fn", "score"})


class ComparedColumns(QObject):
    """Follows the comparison of the data set and the threshold.

    Rows are filtered and sorted anew only after the whole set was compared or the threshold moved:
    a verdict must not take the image away from under the user.

    Args:
        keep: has the index note columns for the next start; called when all images were compared.
    """

    def __init__(
        self,
        session: Session,
        keep: Callable[[dict[str, FloatColumn]], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._keep = keep
        self._rearranges = False
        self._whole: DisagreementTable | None = None
        self._soon = QTimer(self, singleShot=True, interval=EVERY_MS)
        self._soon.timeout.connect(self._fill)
        comparison = session.loop.comparison
        comparison.changed.connect(self._on_change)
        comparison.finished.connect(self._on_finished)
        session.threshold_changed.connect(self._on_threshold)

    def _on_change(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _on_threshold(self) -> None:
        self._rearranges = True
        self._on_change()

    def _on_finished(self) -> None:
        files, table = self._session.files, self._session.loop.comparison.table
        if table is self._whole:
            self._on_change()  # one image was compared again
            return
        self._whole, self._rearranges = table, True
        self._fill()
        if table.images:
            self._keep({name: files.columns[name].copy() for name in ("fp", "fn", "cost", "score")})

    def _fill(self) -> None:
        self._soon.stop()
        session, files = self._session, self._session.files
        table = session.loop.comparison.table
        if session.is_scanning or not table.images:
            return
        found = table.columns_by_image(session.threshold, files.total)
        for name, column in found.items():
            files.columns.put_from(0, name, column)
        rearranges, self._rearranges = self._rearranges, False
        if rearranges and (files.asked.columns & DEPENDING or files.order[0].value == "worst"):
            files.rearrange()
