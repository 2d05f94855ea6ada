"""A row of buttons of which one is down; where room is short, one button with a menu."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from app.keys.keymap import Keymap
from app.keys.tips import set_tip
from app.theme import named


class ChoiceBar(QWidget):
    """One choice out of a few.

    Signals:
        chosen: id of the choice that the user pressed.
    """

    chosen = Signal(str)

    def __init__(self, name: str, title: str, keymap: Keymap, spacing: int = 0) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._keymap = keymap
        self._buttons: dict[str, QToolButton] = {}
        self._group = QActionGroup(self)
        self._row = named(QWidget(), name)
        self._line = QHBoxLayout(self._row)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(spacing)
        self._menu = QMenu(self)
        self.short = named(QToolButton(), "ShortChoice")
        self.short.setMenu(self._menu)
        self.short.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.short.setAccessibleName(title)
        self.short.setToolTip(title)
        self.short.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._row)
        layout.addWidget(self.short)

    def add(self, choice: str, text: str, tip: str, *command_ids: str) -> None:
        """One more choice; the tip ends with the keys of these commands."""
        action = QAction(text, self._group, checkable=True)
        action.setObjectName(choice)
        action.triggered.connect(lambda: self.chosen.emit(choice))
        button = named(QToolButton(), choice)
        button.setDefaultAction(action)
        button.setAccessibleName(text)
        button.setAccessibleDescription(tip)
        # Else a click would take the keys away from the picture.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_tip(button, tip, self._keymap, *command_ids)
        self._buttons[choice] = button
        self._line.addWidget(button)
        self._menu.addAction(action)

    @property
    def current(self) -> str:
        """The choice that is marked; empty for none."""
        action = self._group.checkedAction()
        return "" if action is None else action.objectName()

    def button(self, choice: str) -> QToolButton:
        """The button of a choice."""
        return self._buttons[choice]

    def mark(self, choice: str) -> None:
        """Shows which choice holds."""
        action = self._buttons[choice].defaultAction()
        action.setChecked(True)
        self.short.setText(action.text())

    @property
    def full_width(self) -> int:
        """The pixels that all buttons take."""
        return self._row.sizeHint().width()

    @property
    def saving(self) -> int:
        """How many pixels one button is narrower than all."""
        return self.full_width - self.short.sizeHint().width()

    def set_short(self, is_short: bool) -> None:
        """Takes the room of one button, or of all."""
        self._row.setVisible(not is_short)
        self.short.setVisible(is_short)
