"""The docks: where each stands at first, beside which page, and how they are remembered."""

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QObject, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from app.pages.current import CurrentPage
from app.pages.table import REVIEW, page_of
from app.settings import Settings
from app.theme import named

LAYOUT_VERSION = 1
NARROW = 800
"""Below this width the docks at the right lie behind each other."""

LEFT_WIDTH, RIGHT_WIDTH = 250, 310


class Docks(QObject):
    """The docks of the window, those without a widget yet are filled when the window is shown.

    Args:
        add_to_menu: takes the action that shows and hides a dock.
    """

    def __init__(
        self, window: QMainWindow, settings: Settings, add_to_menu: Callable[[QAction], None]
    ) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self._add_to_menu = add_to_menu
        area = Qt.DockWidgetArea
        left, right = area.LeftDockWidgetArea, area.RightDockWidgetArea
        self.images = self._dock("Images", self.tr("Images"), left)
        self.boxes = self._dock("Boxes", self.tr("Boxes"), right)
        self.detection = self._dock("Detection", self.tr("Detection"), right)
        self.inspector = self._dock("Inspector", self.tr("Inspector"), right)
        window.tabifyDockWidget(self.boxes, self.inspector)
        self.navigator = self._dock("Navigator", self.tr("Navigator"), left)
        self.magnifier = self._dock("Magnifier", self.tr("Magnifier"), right)
        self.log = self._dock("Log", self.tr("Log"), area.BottomDockWidgetArea)
        for dock in (self.navigator, self.magnifier, self.log):
            dock.hide()
        window.setCorner(Qt.Corner.BottomLeftCorner, left)
        window.setCorner(Qt.Corner.BottomRightCorner, right)

    def _dock(self, name: str, title: str, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = named(QDockWidget(title, self._window), name)
        dock.setWidget(QWidget())
        self._window.addDockWidget(area, dock)
        self._add_to_menu(dock.toggleViewAction())
        return dock

    def arrange(self, page: CurrentPage) -> None:
        """Takes the first widths, then what was remembered, and follows the page from then on."""
        self._window.resizeDocks(
            [self.images, self.boxes], [LEFT_WIDTH, RIGHT_WIDTH], Qt.Orientation.Horizontal
        )
        self._window.resizeDocks([self.boxes, self.detection], [2, 1], Qt.Orientation.Vertical)
        self._beside = PageDocks(self._window, page)
        self._first = self._window.saveState(LAYOUT_VERSION)
        stored = self._settings.layout()
        if stored is not None:
            geometry, state = stored
            self._window.restoreGeometry(geometry)
            self._window.restoreState(state, LAYOUT_VERSION)
            self._bring_back()

    def _bring_back(self) -> None:
        """Docks that float where no screen is any more come home."""
        screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
        for dock in self._window.findChildren(QDockWidget):
            if dock.isFloating() and not any(one.intersects(dock.geometry()) for one in screens):
                dock.setFloating(False)

    def fit(self, width: int) -> None:
        """Goes by the width of the window."""
        self._beside.fit(width)

    def reset(self) -> None:
        """Arranges the window as at its first start."""
        self._settings.forget_layout()
        self._beside.reset(self._first)

    def layout_state(self) -> tuple[QByteArray, QByteArray]:
        """What `Settings.set_layout` keeps."""
        return self._window.saveGeometry(), self._beside.state_to_remember()

    def bring_forward(self, dock: QDockWidget) -> None:
        """Shows a dock, before those that lie on it."""
        dock.show()
        dock.raise_()

    def toggle_magnifier(self) -> None:
        """Opens the magnifier, or closes it."""
        self.magnifier.setVisible(not self.magnifier.isVisible())


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
