"""The row of tabs, one a page."""

from PySide6.QtCore import QCoreApplication

from app.action import CONTEXT
from app.choice_bar import ChoiceBar
from app.keys.keymap import Keymap
from app.pages.current import CurrentPage
from app.pages.table import PAGES


class PageTabs(ChoiceBar):
    """Shows which page is shown, and shows the one that is pressed."""

    def __init__(self, page: CurrentPage, keymap: Keymap) -> None:
        super().__init__("PageTabs", "", keymap, spacing=2)
        self.setAccessibleName(self.tr("Pages"))
        self.short.setAccessibleName(self.tr("Pages"))
        for row in PAGES:
            title = QCoreApplication.translate(CONTEXT, row.title)
            self.add(row.id, title, title, f"page.{row.id}")
        self.chosen.connect(page.show)
        page.changed.connect(self.mark)
        self.mark(page.id)
