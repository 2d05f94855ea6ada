"""Which docks stand beside which page: each page keeps its own arrangement."""

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QDockWidget, QMainWindow

from app.pages.current import CurrentPage
from app.pages.table import REVIEW, page_of

LAYOUT_VERSION = 1


class PageDocks:
    """Changes the docks with the page. The arrangement beside the canvas is remembered."""

    def __init__(self, window: QMainWindow, page: CurrentPage) -> None:
        self._window = window
        self._shown = page.id
        self._states: dict[str, QByteArray] = {}
        page.changed.connect(self._change)

    def state_to_remember(self) -> QByteArray:
        """How the docks stand beside the canvas."""
        if self._shown != REVIEW:
            return self._states[REVIEW]
        return self._window.saveState(LAYOUT_VERSION)

    def reset(self, first: QByteArray) -> None:
        """Arranges every page as at its first showing."""
        self._states = {REVIEW: first}
        self._arrange(self._shown)

    def _change(self, page_id: str) -> None:
        self._states[self._shown] = self._window.saveState(LAYOUT_VERSION)
        self._shown = page_id
        self._arrange(page_id)

    def _arrange(self, page_id: str) -> None:
        state = self._states.get(page_id)
        if state is not None:
            self._window.restoreState(state, LAYOUT_VERSION)
            return
        wanted = page_of(page_id).docks
        for dock in self._window.findChildren(QDockWidget):
            dock.setVisible(dock.objectName() in wanted)
