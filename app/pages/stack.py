"""The pages behind each other: each is made when it is first shown."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.pages.table import Surroundings, page_of


class PageStack(QStackedWidget):
    """Shows the session's current page.

    Signals:
        made: id of a page and the page itself, just made and not shown yet.
    """

    made = Signal(str, QWidget)

    def __init__(self, at: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._at = at
        self._pages: dict[str, QWidget] = {}
        at.session.page.changed.connect(self._show)
        self._show(at.session.page.id)

    def page(self, page_id: str) -> QWidget:
        """A page, made now if it was never shown."""
        if page_id not in self._pages:
            page = self._pages[page_id] = page_of(page_id).make(self._at)
            self.addWidget(page)
            self.made.emit(page_id, page)
        return self._pages[page_id]

    def minimumSizeHint(self) -> QSize:
        # Else a page that needs much room would take it from the docks beside another one.
        return self.current.minimumSizeHint()

    @property
    def current(self) -> QWidget:
        """The page that is shown."""
        return self.page(self._at.session.page.id)

    @property
    def focus_target(self) -> QWidget:
        """Where the keys of the page act; where that is hidden, the first that takes the focus."""
        page = self.current
        target = page.focusProxy() or page
        if target.isVisible() and target.isEnabled():
            return target
        others = (
            one
            for one in page.findChildren(QWidget)
            if one.isVisible() and one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
        )
        return next(others, page)

    def _show(self, page_id: str) -> None:
        page = self.page(page_id)
        self.setCurrentWidget(page)
        self.updateGeometry()
        self.focus_target.setFocus(Qt.FocusReason.OtherFocusReason)
