"""Ctrl+Shift+S: which format the labels are exported to."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.theme import named

INDENT = 24


class Format(Protocol):
    """What the dialog tells of a format."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...


class ExportDialog(QDialog):
    """One choice a format, each with what it holds.

    Signals:
        chosen: the format.
    """

    chosen = Signal(object)

    def __init__(self, formats: Sequence[Format], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Export labels"))
        self._formats = formats
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(self.tr("The labels of all images of the folder, as:")))
        self.choices: list[QRadioButton] = []
        for one in formats:
            choice = QRadioButton(one.name)
            choice.setAccessibleDescription(one.description)
            about = named(QLabel(one.description), "Muted")
            about.setIndent(INDENT)
            layout.addWidget(choice)
            layout.addWidget(about)
            self.choices.append(choice)
        self.choices[0].setChecked(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go_on = buttons.addButton(
            self.tr("Choose where…"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.go_on.setDefault(True)
        buttons.accepted.connect(self._choose)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.choices[0].setFocus()

    def _choose(self) -> None:
        self.accept()
        picked = next(at for at, choice in enumerate(self.choices) if choice.isChecked())
        self.chosen.emit(self._formats[picked])
