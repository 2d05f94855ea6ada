"""A dialog that finds one of many things by typing: the base of palette and *Go to image*."""

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

WIDTH, HEIGHT = 560, 420
TOP = 80
ID = Qt.ItemDataRole.UserRole
_TO_LIST = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


class _Rows(QStyledItemDelegate):
    """Keeps a row's own colour where it is chosen, too: one that is grey would look usable."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        own = index.data(Qt.ItemDataRole.ForegroundRole)
        role = QPalette.ColorRole.Text
        option.palette.setBrush(
            QPalette.ColorRole.HighlightedText,
            option.palette.brush(role) if own is None else own,
        )


class Finder(QDialog):
    """A search field above a list of two columns; whoever derives from it says what is found.

    Signals:
        chosen: id of what the user picked.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(min(WIDTH, parent.width() - 40), min(HEIGHT, parent.height() - TOP))
        self.search = QLineEdit()
        self.search.textChanged.connect(self.fill)
        self.search.returnPressed.connect(self._choose)
        self.search.installEventFilter(self)
        self.list = QTreeWidget()
        self.list.ensurePolished()  # else the rows are laid out without the style sheet
        self.list.setItemDelegate(_Rows(self.list))
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, self.list.header().ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, self.list.header().ResizeMode.ResizeToContents)
        self.list.itemActivated.connect(self._choose)
        self.list.itemClicked.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        self.search.setFocus()

    def found(self, wanted: str) -> list[QTreeWidgetItem]:
        """What fits the typed text, the best first, each made by `row`."""
        raise NotImplementedError

    def can_choose(self, item_id: str) -> bool:
        """Whether Enter may pick it."""
        return bool(item_id)

    @staticmethod
    def row(item_id: str, text: str, aside: str) -> QTreeWidgetItem:
        """One row of the list."""
        item = QTreeWidgetItem([text, aside])
        item.setData(0, ID, item_id)
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return item

    def fill(self, wanted: str) -> None:
        """Lists what fits."""
        self.list.clear()
        self.list.addTopLevelItems(self.found(wanted))
        first = self.list.topLevelItem(0)
        if first is not None:
            self.list.setCurrentItem(first)

    def _choose(self) -> None:
        item = self.list.currentItem()
        item_id = "" if item is None else item.data(0, ID)
        if self.can_choose(item_id):
            self.accept()
            self.chosen.emit(item_id)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lets the arrow keys move in the list while the user types."""
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() in _TO_LIST
        ):
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)
