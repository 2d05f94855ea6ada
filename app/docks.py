"""Which docks stand beside which page: each page keeps its own arrangement."""

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

from app.pages.current import CurrentPage
from app.pages.table import REVIEW, page_of

LAYOUT_VERSION = 1
NARROW = 800
"""Below this width the docks at the right lie behind each other."""


class PageDocks:
    """Changes the docks with the page. The arrangement beside the canvas is remembered."""

    def __init__(self, window: QMainWindow, page: CurrentPage) -> None:
        self._window = window
        self._shown = page.id
        self._states: dict[str, QByteArray] = {}
        self._wide: QByteArray | None = None
        # Kept before the next page takes the room it needs.
        page.leaving.connect(self._keep)
        page.changed.connect(self._arrange)

    def state_to_remember(self) -> QByteArray:
        """How the docks stand beside the canvas where there is room."""
        return self._states[REVIEW] if self._shown != REVIEW else self._state()

    def fit(self, width: int) -> None:
        """Lays the docks at the right behind each other in a narrow window, and back."""
        if width < NARROW and self._wide is None:
            self._wide = self._window.saveState(LAYOUT_VERSION)
            self._stack()
        elif width >= NARROW and self._wide is not None:
            wide, self._wide = self._wide, None
            self._window.restoreState(wide, LAYOUT_VERSION)

    def reset(self, first: QByteArray) -> None:
        """Arranges every page as at its first showing."""
        self._states = {REVIEW: first}
        self._arrange(self._shown)

    def _keep(self, page_id: str) -> None:
        self._states[page_id] = self._state()

    def _state(self) -> QByteArray:
        return self._wide or self._window.saveState(LAYOUT_VERSION)

    def _stack(self) -> None:
        right = [
            dock
            for dock in self._window.findChildren(QDockWidget)
            if not (dock.isHidden() or dock.isFloating()) and self._is_right(dock)
        ]
        for dock in right[1:]:
            self._window.tabifyDockWidget(right[0], dock)
        if right:
            right[0].raise_()

    def _settle(self) -> None:
        """Lets the window know how much room the new page needs, before docks are laid out."""
        centre, layout = self._window.centralWidget(), self._window.layout()
        inner = None if centre is None else centre.layout()
        for one in (inner, layout):
            if one is not None:
                one.activate()

    def _is_right(self, dock: QDockWidget) -> bool:
        return self._window.dockWidgetArea(dock) == Qt.DockWidgetArea.RightDockWidgetArea

    def _arrange(self, page_id: str) -> None:
        self._shown = page_id
        is_narrow, self._wide = self._wide is not None, None
        self._settle()
        state = self._states.get(page_id)
        if state is not None:
            self._window.restoreState(state, LAYOUT_VERSION)
        else:
            wanted = page_of(page_id).docks
            for dock in self._window.findChildren(QDockWidget):
                dock.setVisible(dock.objectName() in wanted)
        if is_narrow:
            self.fit(self._window.width())
