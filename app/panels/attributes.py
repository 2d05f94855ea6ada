"""The list of a box's attributes: each is one keystroke, Enter or Esc closes it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QFormLayout, QLabel, QLineEdit, QWidget

from app.document import Document
from app.theme import named

KEYS = {"ignore": "G", "blur": "B", "occlusion": "O", "pose": "P", "invalid": "V"}


class AttributesDialog(QDialog):
    """Attributes of the selected boxes; each change is an undoable edit at once.

    A box is ticked where all selected boxes have the flag, half ticked where some have.
    """

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Attributes"))
        self._document = document
        self._rows: Sequence[int] = sorted(document.selection)
        texts = {
            "ignore": self.tr("Ignore region"),
            "blur": self.tr("Blurred"),
            "occlusion": self.tr("Occluded"),
            "pose": self.tr("Unusual pose"),
            "invalid": self.tr("Invalid"),
        }
        layout = QFormLayout(self)
        layout.setHorizontalSpacing(12)
        self.flags: dict[str, QCheckBox] = {}
        for name, key in KEYS.items():
            box = self.flags[name] = QCheckBox(texts[name])
            box.setTristate(True)
            box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            box.clicked.connect(lambda _=False, name=name: self._toggle(name))
            layout.addRow(QLabel(f"<b>{key}</b>"), box)
        self.label = QLineEdit()
        self.label.setAccessibleName(self.tr("Label text"))
        self.label.editingFinished.connect(self._set_label)
        layout.addRow(QLabel("<b>L</b>"), self.label)
        hint = named(QLabel(self.tr("Press a letter; Enter or Esc closes.")), "Muted")
        layout.addRow(hint)
        self.setFocus()
        self._refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A letter toggles its attribute; L goes to the label text."""
        key = event.text().upper()
        names = {letter: name for name, letter in KEYS.items()}
        if self.label.hasFocus():
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.accept()
            else:
                super().keyPressEvent(event)
        elif key in names:
            self._toggle(names[key])
        elif key == "L":
            self.label.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.label.selectAll()
        else:
            super().keyPressEvent(event)

    def _toggle(self, name: str) -> None:
        self._document.set_flag(self._rows, name, not all(self._has(name)))
        self._refresh()

    def _set_label(self) -> None:
        text = self.label.text().strip()
        if text and any(self._document.labels[row] != text for row in self._rows):
            self._document.set_label(self._rows, text)
        self._refresh()

    def _has(self, name: str) -> list[bool]:
        return [self._document.shape(row).flags.get(name) is True for row in self._rows]

    def _refresh(self) -> None:
        states = Qt.CheckState
        for name, box in self.flags.items():
            found = self._has(name)
            some = states.PartiallyChecked if any(found) else states.Unchecked
            box.setCheckState(states.Checked if all(found) else some)
        texts = {self._document.labels[row] for row in self._rows}
        self.label.setText(texts.pop() if len(texts) == 1 else "")
