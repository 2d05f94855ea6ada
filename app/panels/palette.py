"""Ctrl+K: finds a command by some letters of its name and calls it."""

from collections.abc import Callable

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QTreeWidgetItem, QWidget

from app.action import Command
from app.actions import COMMANDS
from app.finder import Finder
from app.keys.fuzzy import score
from app.keys.keymap import Keymap


class Palette(Finder):
    """All commands, the best match first; those that cannot be used are grey and say why."""

    def __init__(self, keymap: Keymap, why_not: Callable[[Command], str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Command palette"))
        self._keymap = keymap
        self._why_not = why_not
        self.search.setPlaceholderText(self.tr("Type some letters of a command"))
        self.search.setAccessibleName(self.tr("Search commands"))
        self.list.setAccessibleName(self.tr("Commands"))
        self.fill("")

    def found(self, wanted: str) -> list[QTreeWidgetItem]:
        ranked = [(score(wanted, command.full_label), command) for command in COMMANDS]
        fitting = [(rank, command) for rank, command in ranked if rank is not None]
        fitting.sort(key=lambda one: -one[0])
        return [self._item(command) for _, command in fitting]

    def can_choose(self, item_id: str) -> bool:
        return any(one.id == item_id and not self._why_not(one) for one in COMMANDS)

    def _item(self, command: Command) -> QTreeWidgetItem:
        why = self._why_not(command)
        item = self.row(command.id, command.full_label, why or self._keymap.shown(command.id))
        if why:
            # Grey, but it can be chosen, so that the keyboard reaches the reason.
            colours = self.palette()
            grey = colours.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
            item.setForeground(0, grey)
            item.setForeground(1, colours.color(QPalette.ColorRole.PlaceholderText))
        return item
