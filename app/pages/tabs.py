"""The row of tabs, one a page."""

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from app.action import CONTEXT
from app.keys.keymap import Keymap
from app.keys.tips import set_tip
from app.pages.current import CurrentPage
from app.pages.table import PAGES
from app.theme import named


class PageTabs(QWidget):
    """Shows which page is shown, and shows the one that is pressed."""

    def __init__(self, page: CurrentPage, keymap: Keymap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("PageTabs")
        self.setAccessibleName(self.tr("Pages"))
        self._group = QButtonGroup(self)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
        for row in PAGES:
            title = QCoreApplication.translate(CONTEXT, row.title)
            tab = named(QToolButton(), row.id)
            tab.setText(title)
            tab.setCheckable(True)
            set_tip(tab, title, keymap, f"page.{row.id}")
            # Else a click would take the keys away from what the page shows.
            tab.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            tab.clicked.connect(lambda _=False, page_id=row.id: page.show(page_id))
            self._group.addButton(tab)
            line.addWidget(tab)
        page.changed.connect(self._mark)
        self._mark(page.id)

    def tab(self, page_id: str) -> QToolButton:
        """The tab of a page."""
        found = self.findChild(QToolButton, page_id)
        assert isinstance(found, QToolButton)
        return found

    def _mark(self, page_id: str) -> None:
        self.tab(page_id).setChecked(True)
