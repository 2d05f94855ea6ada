"""Messages above the picture: what, why, what can be done; nothing waits for them."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
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
        line = QHBoxLayout()
        line.setContentsMargins(12, 7, 8, 7)
        line.setSpacing(10)
        line.addWidget(self._icon(message), 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(_words(posted), 1)
        for offer in message.offers:
            button = QPushButton(offer.text)
            button.clicked.connect(lambda _=False, call=offer.call: call())
            line.addWidget(button)
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        if message.details:
            details = self._details(message)
            column.addWidget(details)
            unfold = QPushButton(self.tr("Details"))
            unfold.setCheckable(True)
            unfold.toggled.connect(details.setVisible)
            line.addWidget(unfold)
        close = QToolButton()
        close.setIcon(self._theme.icon("close"))
        close.setToolTip(self.tr("Close this message"))
        close.setAccessibleName(self.tr("Close this message"))
        close.clicked.connect(lambda: self._messages.close(message.key))
        line.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        return row

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
        line.setContentsMargins(40, 0, 8, 8)
        line.addWidget(text, 1)
        line.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        part.hide()
        return part


def _words(posted: Posted) -> QWidget:
    message = posted.message
    what = message.what if posted.count == 1 else f"{message.what} ({posted.count})"
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(1)
    sentences = (sentence for sentence in (message.why, message.remedy) if sentence)
    rest = " ".join(f"{sentence.rstrip('.')}." for sentence in sentences)
    for text, name in ((what, "MessageWhat"), (rest, "MessageRest")):
        if text:
            label = named(QLabel(text), name)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(label)
    return column
