"""The log dock's text: what the worker and the program said."""

from PySide6.QtCore import QTime
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QWidget

MAX_LINES = 5000


class LogPanel(QPlainTextEdit):
    """Lines with time and level, the newest last; the oldest give way."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, readOnly=True)
        self.setMaximumBlockCount(MAX_LINES)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setAccessibleName(self.tr("Log"))
        self.setPlaceholderText(self.tr("What the detector says appears here"))

    def add(self, level: str, text: str) -> None:
        """Appends one line."""
        now = QTime.currentTime().toString("HH:mm:ss")
        self.appendPlainText(f"{now}  {level:<7}  {text}")
