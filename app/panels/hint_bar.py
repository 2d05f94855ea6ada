"""The line under the canvas: what the keys do now, and where the cursor is."""

from html import escape

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.wording import percent

NOTE_MS = 4000
GAP = "    "


class HintLabel(QLabel):
    """As many hints as fit whole, or a note."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._hints: list[tuple[str, str]] = []
        self._note = ""

    def set_hints(self, hints: list[tuple[str, str]]) -> None:
        """Pairs of key and word, the most useful first."""
        if hints != self._hints:
            self._hints = hints
            self._show()

    def set_note(self, note: str) -> None:
        """A text in front of the hints; empty for none."""
        self._note = note
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._show()
        super().changeEvent(event)

    def _show(self) -> None:
        plain = ", ".join(f"{key} {word}" for key, word in self._hints)
        self.setAccessibleName(self._note or plain)
        if self._note:
            self.setText(escape(self._note))
            return
        font = QFont(self.font())
        font.setBold(True)
        metrics = QFontMetrics(font)
        room = self.width()
        # The keys stand out against the words, which the style sheet mutes.
        colour = self.window().palette().windowText().color().name()
        shown: list[str] = []
        for key, word in self._hints:
            room -= metrics.horizontalAdvance(f"{key} {word}{GAP}")
            if room < 0:
                break
            bold = f"<b style='color: {colour}'>{escape(key)}</b>&nbsp;" if key else ""
            shown.append(bold + escape(word))
        self.setText("&nbsp;&nbsp;&nbsp; ".join(shown))


class HintBar(QWidget):
    """Hint at the left; picture size, cursor and zoom at the right.

    A note (of a gesture, or of something that could not be done) takes the hint's place for a
    few seconds.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("HintBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._hint = HintLabel()
        self._size, self._cursor, self._zoom = QLabel(), QLabel(), QLabel()
        self._cursor.setMinimumWidth(self.fontMetrics().horizontalAdvance("00000, 00000"))
        self._cursor.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._zoom.setMinimumWidth(self.fontMetrics().horizontalAdvance("6400 %"))
        self._zoom.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._size.setAccessibleName(self.tr("Size of the picture"))
        self._zoom.setAccessibleName(self.tr("Zoom"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 4, 12, 4)
        layout.setSpacing(16)
        layout.addWidget(self._hint, 1)
        for label in (self._cursor, self._size, self._zoom):
            layout.addWidget(label)
        self._note = QTimer(self, singleShot=True, interval=NOTE_MS)
        self._note.timeout.connect(lambda: self.show_note(""))

    def set_hints(self, hints: list[tuple[str, str]]) -> None:
        """What the keys do now: pairs of key and word, the most useful first."""
        self._hint.set_hints(hints)

    def text(self) -> str:
        """What the line says, as plain text."""
        return self._hint.accessibleName()

    def show_note(self, text: str) -> None:
        """Something to be read now; empty takes it away."""
        self._hint.set_note(text)
        if text:
            self._note.start()
        else:
            self._note.stop()

    def show_picture_state(self, is_wanted: bool) -> None:
        """Shows cursor, size and zoom where a picture is looked at, and on no other page."""
        for label in (self._cursor, self._size, self._zoom):
            label.setVisible(is_wanted)

    def show_size(self, height: int, width: int) -> None:
        """The picture's size; zeros for none."""
        text = self.tr("{width} × {height}").format(width=width, height=height)  # noqa: RUF001
        self._size.setText(text if height else "")

    def show_cursor(self, x: float, y: float) -> None:
        """The picture's pixel under the cursor."""
        self._cursor.setText(f"{x:.0f}, {y:.0f}")

    def hide_cursor(self) -> None:
        """The cursor has left the picture."""
        self._cursor.setText("")

    def show_zoom(self, factor: float) -> None:
        """The zoom, 1 is 100 %; 0 for none."""
        self._zoom.setText(percent(factor) if factor else "")
