"""The page of the settings where keys are chosen."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.action import MENUS
from app.actions import COMMANDS
from app.keys.keymap import Keymap, KeyTakenError
from app.keys.presets import PRESETS
from app.theme import named

ID = Qt.ItemDataRole.UserRole
_MODIFIERS = (
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
)


class KeyButton(QPushButton):
    """Takes the next key after it was pressed; Esc gives up. It is never a trap for Tab.

    Signals:
        pressed_key: the key, in portable form.
    """

    pressed_key = Signal(str)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._text = text
        self._is_listening = False
        self.clicked.connect(self._listen)

    def _listen(self) -> None:
        self._is_listening = True
        self.setText(self.tr("Press the new key…"))

    def _end(self) -> None:
        self._is_listening = False
        self.setText(self._text)

    def event(self, event: QEvent) -> bool:
        if self._is_listening and isinstance(event, QKeyEvent):
            # Before the window's shortcuts and the dialog's Tab and Esc take it.
            event.accept()
            if event.type() == QEvent.Type.KeyPress and event.key() not in _MODIFIERS:
                self._end()
                if event.key() != Qt.Key.Key_Escape:
                    key = QKeySequence(event.keyCombination())
                    self.pressed_key.emit(key.toString(QKeySequence.SequenceFormat.PortableText))
            return True
        if event.type() == QEvent.Type.FocusOut:
            self._end()
        return super().event(event)


class KeysPage(QWidget):
    """All commands with their keys, which can be added, removed and reset."""

    def __init__(self, keymap: Keymap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keymap = keymap
        self.preset = QComboBox()
        self.preset.addItems(list(PRESETS))
        self.preset.setAccessibleName(self.tr("Preset of keys"))
        self.preset.activated.connect(self._choose_preset)
        caption = QLabel(self.tr("Preset"))
        caption.setBuddy(self.preset)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(self.tr("Commands and their keys"))
        self.tree.setHeaderLabels([self.tr("Command"), self.tr("Keys")])
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.currentItemChanged.connect(self._show_state)
        self.add = KeyButton(self.tr("Add key…"))
        self.add.pressed_key.connect(self._add)
        self.clear = QPushButton(self.tr("Remove keys"))
        self.clear.clicked.connect(lambda: self._change([]))
        self.reset = QPushButton(self.tr("Reset"))
        self.reset.clicked.connect(self._reset)
        self.told = QLabel()
        self.told.setWordWrap(True)
        head = QHBoxLayout()
        head.addWidget(caption)
        head.addWidget(self.preset)
        head.addWidget(named(QLabel(self.tr("forgets the keys you chose")), "Muted"), 1)
        buttons = QHBoxLayout()
        for button in (self.add, self.clear, self.reset):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.told)
        layout.addLayout(buttons)
        self._fill()
        keymap.changed.connect(self._show)
        self._show()

    def filter(self, wanted: str) -> bool:
        """Shows the commands whose name or keys hold the words; False where none does."""
        words = wanted.casefold().split()
        any_shown = False
        for item in self._items():
            texts = f"{item.text(0)} {item.text(1)}".casefold()
            is_shown = all(word in texts for word in words)
            item.setHidden(not is_shown)
            any_shown = any_shown or is_shown
        return any_shown

    # ---- showing ----

    def _fill(self) -> None:
        by_menu = sorted(COMMANDS, key=lambda one: (*MENUS, None).index(one.menu))
        for command in by_menu:
            item = QTreeWidgetItem([command.full_label, ""])
            item.setData(0, ID, command.id)
            self.tree.addTopLevelItem(item)
        self.tree.setCurrentItem(self._items()[0])

    def _items(self) -> list[QTreeWidgetItem]:
        items = (self.tree.topLevelItem(at) for at in range(self.tree.topLevelItemCount()))
        return [item for item in items if item is not None]

    def _show(self) -> None:
        self.preset.setCurrentText(self._keymap.preset)
        for item in self._items():
            command_id = item.data(0, ID)
            item.setText(1, self._keymap.shown(command_id))
            for column in (0, 1):
                font = item.font(column)
                font.setBold(self._keymap.is_chosen(command_id))
                item.setFont(column, font)
        self.tree.resizeColumnToContents(0)
        self._show_state()

    def _show_state(self) -> None:
        self.told.clear()
        command_id = self._current
        self.clear.setEnabled(bool(self._keymap.keys(command_id)))
        self.reset.setEnabled(self._keymap.is_chosen(command_id))

    # ---- changing ----

    @property
    def _current(self) -> str:
        item = self.tree.currentItem()
        return "" if item is None else str(item.data(0, ID))

    def _choose_preset(self) -> None:
        self._keymap.choose_preset(self.preset.currentText())

    def _add(self, key: str) -> None:
        self._change([*self._keymap.keys(self._current), key])

    def _change(self, keys: list[str]) -> None:
        self._try(lambda: self._keymap.assign(self._current, keys))

    def _reset(self) -> None:
        self._try(lambda: self._keymap.reset(self._current))

    def _try(self, change: Callable[[], None]) -> None:
        try:
            change()
        except KeyTakenError as taken:
            key = QKeySequence(taken.key).toString(QKeySequence.SequenceFormat.NativeText)
            if taken.owner is None:
                text = self.tr("{key} is held to hide all boxes: choose another key")
                self.told.setText(text.format(key=key))
            else:
                text = self.tr("{key} belongs to “{command}”: remove it there first")
                self.told.setText(text.format(key=key, command=taken.owner.plain_label))
