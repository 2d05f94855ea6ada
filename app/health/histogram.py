"""Counts by class as bars, with their numbers."""

from collections.abc import Mapping

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme

BAR_GAP = 3
TEXT_GAP = 8
LEAST_BAR = 60


class Histogram(QWidget):
    """A title and a bar a class; the longest is as long as there is room."""

    def __init__(self, title: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._theme = theme
        self._counts: Mapping[str, int] = {}
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_counts(self, counts: Mapping[str, int]) -> None:
        """Shows other counts."""
        self._counts = counts
        said = (f"{name}: {count}" for name, count in counts.items())
        self.setAccessibleDescription(", ".join(said))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().height() + BAR_GAP
        return QSize(240, line * (len(self._counts) + 1) + BAR_GAP)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, scheme, metrics = QPainter(self), self._theme.scheme, self.fontMetrics()
        line = metrics.height() + BAR_GAP
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(scheme.muted))
        painter.drawText(QRect(0, 0, self.width(), line), left, self._title)
        texts = {name: self.locale().toString(count) for name, count in self._counts.items()}
        names = max((metrics.horizontalAdvance(name) for name in texts), default=0)
        numbers = max((metrics.horizontalAdvance(text) for text in texts.values()), default=0)
        start = names + TEXT_GAP
        room = max(self.width() - start - numbers - TEXT_GAP, LEAST_BAR)
        most = max(self._counts.values(), default=0) or 1
        for row, (name, count) in enumerate(self._counts.items(), start=1):
            y = row * line
            painter.setPen(QColor(scheme.text))
            painter.drawText(QRect(0, y, names, line), right, name)
            length = max(round(room * count / most), 1 if count else 0)
            painter.fillRect(QRect(start, y + 2, length, line - 5), QColor(scheme.accent))
            place = QRect(start + length + TEXT_GAP // 2, y, numbers + TEXT_GAP, line)
            painter.drawText(place, left, texts[name])
        painter.end()
