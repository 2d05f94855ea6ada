"""Tooltips that end with the keys of a command, whatever keys the user chose."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.keys.keymap import Keymap


def set_tip(widget: QWidget, text: str, keymap: Keymap, *command_ids: str) -> None:
    """Gives a widget a tooltip with the first key of each command, kept up to date."""
    tip = widget.findChild(_Tip) or _Tip(widget, keymap)
    assert isinstance(tip, _Tip)
    tip.tell(text, command_ids)


class _Tip(QObject):
    """The tooltip of one widget."""

    def __init__(self, widget: QWidget, keymap: Keymap) -> None:
        super().__init__(widget)
        self._widget = widget
        self._keymap = keymap
        self._text = ""
        self._command_ids: tuple[str, ...] = ()
        keymap.changed.connect(self._show)

    def tell(self, text: str, command_ids: tuple[str, ...]) -> None:
        """Takes another text."""
        self._text, self._command_ids = text, command_ids
        self._show()

    def _show(self) -> None:
        keys = [self._keymap.shown(one, 1) for one in self._command_ids]
        shown = ", ".join(key for key in keys if key)
        if shown:
            text = self.tr("{text} ({keys})").format(text=self._text, keys=shown)
        else:
            text = self._text
        self._widget.setToolTip(text)
