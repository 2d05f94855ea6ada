"""Which page is shown; anything may ask for another one."""

from PySide6.QtCore import QObject, Signal

from app.pages.table import REVIEW


class CurrentPage(QObject):
    """The id of the page that is shown (`app/pages/table.py`).

    Signals:
        leaving: another page is about to be shown instead of the one with this id.
        changed: the id of the page that is shown now.
    """

    leaving = Signal(str)
    changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._id = REVIEW

    @property
    def id(self) -> str:
        """The page that is shown."""
        return self._id

    @property
    def is_review(self) -> bool:
        """Whether the page with the canvas is shown."""
        return self._id == REVIEW

    def show(self, page_id: str) -> None:
        """Shows a page."""
        if page_id != self._id:
            self.leaving.emit(self._id)
            self._id = page_id
            self.changed.emit(page_id)
