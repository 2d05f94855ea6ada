"""The strip below the canvas: the images before and after the current one."""

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QHelpEvent, QHideEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.session import Session
from app.theme import Theme
from app.thumbnails.cell import CellPainter

BEFORE, AFTER = 3, 5
HEIGHT = 78
GAP = 6
# Several disagreements of one image stand together in the queue.
LOOKS_AHEAD = 60
FOLLOW_MS = 40
"""After another image is shown, so that its own picture is painted first."""


class Filmstrip(QWidget):
    """Shows where the keys lead: along the queue where it is followed, else along the list."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._thumbnails = session.views.thumbnails
        self._cells = CellPainter(session, self._thumbnails, theme)
        self.names: list[str | None] = []
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Neighbours of the image"))
        self._soon = QTimer(self, singleShot=True, interval=FOLLOW_MS)
        self._soon.timeout.connect(self._follow)
        for signal in (
            session.image_changed,
            session.shown_changed,
            session.scan_finished,
            session.files.modelReset,
            session.loop.queue.arrived,
            session.loop.comparison.finished,
        ):
            signal.connect(self._soon.start)
        self._thumbnails.ready.connect(self._on_ready)
        for signal in (theme.changed, session.threshold_changed, session.edited):
            signal.connect(self.update)

    def set_overlay(self, shown: str) -> None:
        """Which boxes are painted: both, gt, prediction or none."""
        self._cells.overlay = shown
        self.update()

    def _follow(self) -> None:
        if not self.isVisible():
            return
        before, after = self._neighbours()
        names = [*[None] * (BEFORE - len(before)), *reversed(before), self._session.name, *after]
        if names != self.names:
            self.names = names
            here = [self._session.name] if self._session.name is not None else []
            self._thumbnails.wish(self, [*here, *after, *before])
            self.setAccessibleDescription(", ".join(name for name in names if name))
        self.update()

    def _neighbours(self) -> tuple[list[str], list[str]]:
        """The images before the current one, the nearest first, and those after it."""
        session, files = self._session, self._session.files
        queue, name = session.loop.queue, session.name
        if name is None:
            return [], []
        if queue.position is not None and queue.target() is not None:
            return self._of_queue(-LOOKS_AHEAD)[:BEFORE], self._of_queue(LOOKS_AHEAD)[:AFTER]
        row = files.row_of(name)
        at = files.row_near(name) if row is None else row
        last = files.rowCount()
        following = at if row is None else at + 1
        return (
            [files.name(one) for one in range(at - 1, max(at - 1 - BEFORE, -1), -1)],
            [files.name(one) for one in range(following, min(following + AFTER, last))],
        )

    def _of_queue(self, count: int) -> list[str]:
        loop, current = self._session.loop, self._session.name
        names = (loop.comparison.name(one.image) for one in loop.queue.ahead(count))
        return [name for name in dict.fromkeys(names) if name != current]

    # ---- looks ----

    def sizeHint(self) -> QSize:
        return QSize((BEFORE + 1 + AFTER) * HEIGHT, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(5 * HEIGHT, HEIGHT)

    def _cell(self, place: int) -> QRect:
        count = BEFORE + 1 + AFTER
        width = min((self.width() - GAP) // count, HEIGHT * 3 // 2)
        start = (self.width() - count * width) // 2
        return QRect(start + place * width, GAP, width - GAP, HEIGHT - 2 * GAP)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, scheme = QPainter(self), self._theme.scheme
        painter.fillRect(self.rect(), QColor(scheme.window))
        painter.setPen(QColor(scheme.border))
        painter.drawLine(0, 0, self.width(), 0)
        for place, name in enumerate(self.names):
            if name is None:
                continue
            cell = self._cell(place)
            painter.save()
            self._cells.paint_picture(painter, cell.adjusted(2, 2, -2, -2), name)
            painter.restore()
            if place == BEFORE:
                painter.setPen(QPen(QColor(scheme.accent), 2))
                painter.drawRect(cell)
        painter.end()

    def _on_ready(self, name: str) -> None:
        if name in self.names:
            self.update(self._cell(self.names.index(name)).adjusted(-2, -2, 2, 2))

    def showEvent(self, event: QEvent) -> None:
        self._soon.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._thumbnails.wish(self, ())
        self.names = []

    # ---- mouse ----

    def _name_at(self, at: QPoint) -> str | None:
        for place, name in enumerate(self.names):
            if self._cell(place).contains(at):
                return name
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        name = self._name_at(event.position().toPoint())
        if name is not None and event.button() is Qt.MouseButton.LeftButton:
            self._session.go_to(name)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._name_at(event.pos()) or "", self)
            return True
        return super().event(event)
