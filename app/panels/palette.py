"""Ctrl+K: finds a command by some letters of its name and calls it."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QDialog, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app.action import Command
from app.actions import COMMANDS
from app.keys.fuzzy import score
from app.keys.keymap import Keymap

WIDTH, HEIGHT = 560, 420
TOP = 80
ID = Qt.ItemDataRole.UserRole
_TO_LIST = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


class Palette(QDialog):
    """All commands, the best match first; those that cannot be used are grey and say why.

    Signals:
        chosen: id of the command that the user picked.
    """

    chosen = Signal(str)

    def __init__(self, keymap: Keymap, why_not: Callable[[Command], str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Command palette"))
        self.resize(min(WIDTH, parent.width() - 40), min(HEIGHT, parent.height() - TOP))
        self._keymap = keymap
        self._why_not = why_not
        self.search = QLineEdit(placeholderText=self.tr("Type some letters of a command"))
        self.search.setAccessibleName(self.tr("Search commands"))
        self.search.textChanged.connect(self._fill)
        self.search.returnPressed.connect(self._choose)
        self.search.installEventFilter(self)
        self.list = QTreeWidget()
        self.list.ensurePolished()  # else the rows are laid out without the style sheet
        self.list.setAccessibleName(self.tr("Commands"))
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
        self._fill("")
        self.search.setFocus()

    def _fill(self, wanted: str) -> None:
        ranked = [(score(wanted, command.full_label), command) for command in COMMANDS]
        found = [(rank, command) for rank, command in ranked if rank is not None]
        found.sort(key=lambda one: -one[0])
        self.list.clear()
        self.list.addTopLevelItems([self._item(command) for _, command in found])
        first = self.list.topLevelItem(0)
        if first is not None:
            self.list.setCurrentItem(first)

    def _item(self, command: Command) -> QTreeWidgetItem:
        why = self._why_not(command)
        item = QTreeWidgetItem([command.full_label, why or self._keymap.shown(command.id)])
        item.setData(0, ID, command.id)
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if why:
            # Grey, but it can be chosen, so that the keyboard reaches the reason.
            grey = self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
            for column in (0, 1):
                item.setForeground(column, grey)
        return item

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is None:
            return
        command_id = item.data(0, ID)
        if any(command.id == command_id and self._why_not(command) for command in COMMANDS):
            return
        self.accept()
        self.chosen.emit(command_id)

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
