"""Ctrl+G: goes to an image by its number in the list or by a part of its name."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem, QWidget

from app.finder import Finder
from app.models.files import FilesModel

MOST = 200
"""Rows that are listed: who sees as many types another letter."""


class GoTo(Finder):
    """The listed images, each with its number: the one of the typed number, then names that hold
    the typed text."""

    def __init__(self, files: FilesModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._files = files
        self.setWindowTitle(self.tr("Go to image"))
        self.search.setPlaceholderText(self.tr("Number in the list, or part of a name"))
        self.search.setAccessibleName(self.tr("Number or name of an image"))
        self.list.setAccessibleName(self.tr("Images"))
        # Long names of one series differ at their end.
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.fill("")

    def found(self, wanted: str) -> list[QTreeWidgetItem]:
        wanted = wanted.strip().casefold()
        names = self._files.names()
        number = int(wanted) if wanted.isdecimal() else 0
        rows = [number - 1] if 1 <= number <= len(names) else []
        for row, name in enumerate(names):
            if len(rows) >= MOST:
                break
            if row != number - 1 and wanted in name.casefold():
                rows.append(row)
        count = self.locale().toString
        made = [self.row(names[row], names[row], count(row + 1)) for row in rows]
        return made or [self.row("", self.tr("No listed image has this number or name"), "")]
