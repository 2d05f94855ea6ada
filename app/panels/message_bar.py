"""Messages above the picture: what, why, what can be done; nothing waits for them."""

from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.messages import Message, Messages, Posted
from app.theme import Theme, named, pixmap

MAX_SHOWN = 3
ICON = 18
DETAIL_LINES = 6


class MessageBar(QWidget):
    """The newest few messages, one below the other; no height where there are none."""

    def __init__(self, messages: Messages, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        self._theme = theme
        self._rows: list[QWidget] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        messages.changed.connect(self._show)
        theme.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        for row in self._rows:
            self._layout.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = [self._row(posted) for posted in self._messages.posted[-MAX_SHOWN:]]
        for row in self._rows:
            self._layout.addWidget(row)
        self.setVisible(bool(self._rows))

    def _row(self, posted: Posted) -> QWidget:
        message = posted.message
        row = named(QWidget(), "Message")
        row.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row.setProperty("level", message.level.value)
        row.setAccessibleName(message.what)
        row.setAccessibleDescription(f"{message.why} {message.remedy}".strip())
        grid = QGridLayout(row)
        grid.setContentsMargins(12, 7, 8, 7)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self._icon(message), 0, 0, top)
        grid.addWidget(_words(posted), 0, 1)
        grid.addWidget(self._close_button(message), 0, 2, top)
        if message.offers or message.details:
            grid.addLayout(self._offers(message, grid), 1, 1)
        return row

    def _offers(self, message: Message, grid: QGridLayout) -> QHBoxLayout:
        line = QHBoxLayout()
        for offer in message.offers:
            button = QPushButton(offer.text)
            button.clicked.connect(lambda _=False, call=offer.call: call())
            line.addWidget(button)
        if message.details:
            details = self._details(message)
            grid.addWidget(details, 2, 1)
            unfold = QPushButton(self.tr("Details"))
            unfold.setCheckable(True)
            unfold.toggled.connect(details.setVisible)
            line.addWidget(unfold)
        line.addStretch(1)
        return line

    def _close_button(self, message: Message) -> QToolButton:
        close = QToolButton()
        close.setIcon(self._theme.icon("close"))
        close.setToolTip(self.tr("Close this message"))
        close.setAccessibleName(self.tr("Close this message"))
        close.clicked.connect(lambda: self._messages.close(message.key))
        return close

    def _icon(self, message: Message) -> QLabel:
        scheme = self._theme.scheme
        colour = {"info": scheme.accent, "warning": scheme.warning, "error": scheme.bad}
        ratio = self.devicePixelRatioF()
        drawn = pixmap(message.level.value, colour[message.level.value], round(ICON * ratio))
        drawn.setDevicePixelRatio(ratio)
        icon = QLabel()
        icon.setPixmap(drawn)
        icon.setFixedSize(QSize(ICON, ICON + 4))
        return icon

    def _details(self, message: Message) -> QWidget:
        part = QWidget()
        text = QPlainTextEdit(message.details, readOnly=True)
        text.setAccessibleName(self.tr("Details"))
        text.setMaximumHeight(text.fontMetrics().lineSpacing() * DETAIL_LINES + 12)
        copy = QPushButton(self.tr("Copy"))
        copy.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(
                f"{message.what}\n{message.why}\n{message.remedy}\n\n{message.details}"
            )
        )
        line = QHBoxLayout(part)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(text, 1)
        line.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        part.hide()
        return part


def _words(posted: Posted) -> QLabel:
    message = posted.message
    what = message.what if posted.count == 1 else f"{message.what} ({posted.count})"
    sentences = (sentence for sentence in (message.why, message.remedy) if sentence)
    # Reasons often come from the system, without a capital or a full stop.
    rest = " ".join(f"{sentence[0].upper()}{sentence[1:].rstrip('.')}." for sentence in sentences)
    # One label, as only a label knows how high it is at a given width.
    label = QLabel(f"<b>{escape(what)}</b><br>{escape(rest)}" if rest else f"<b>{escape(what)}</b>")
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
