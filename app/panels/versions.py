"""Dialogs that show two versions of an image's labels beside each other, for the user to choose."""

from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QDateTime, QLocale, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.error_texts import told
from app.theme import Theme, named
from app.versions import Earlier, Theirs, Thumbnail
from tinaface.labelme import Shape
from tinaface.merging import only_in

SIZE = (900, 560)
LEAST = QSize(240, 180)
HALO, LINE, THICK = 5, 1, 3


class Choice(Enum):
    """What becomes of two versions."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"


class VersionView(QWidget):
    """One version drawn on the picture; boxes that the other lacks have thick lines."""

    def __init__(self, theme: Theme, thumbnail: Thumbnail | None) -> None:
        super().__init__()
        self._theme = theme
        self._thumbnail = thumbnail
        self._shapes: Sequence[Shape] = ()
        self._is_only_here: Sequence[bool] = ()
        expanding = QSizePolicy.Policy.Expanding
        self.setSizePolicy(expanding, expanding)

    def minimumSizeHint(self) -> QSize:
        return LEAST

    def show_shapes(self, shapes: Sequence[Shape], other: Sequence[Shape]) -> None:
        """Draws these, and says by line width which of them `other` lacks."""
        self._shapes, self._is_only_here = shapes, only_in(shapes, other)
        self.setAccessibleName(self.words())
        self.update()

    def words(self) -> str:
        """The counts, for the caption."""
        locale = self.locale()
        return self.tr("Boxes: {all}, only in this version: {own}").format(
            all=locale.toString(len(self._shapes)), own=locale.toString(sum(self._is_only_here))
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        scheme = self._theme.scheme
        painter.fillRect(self.rect(), QColor(scheme.window))
        if self._thumbnail is None:
            painter.setPen(QColor(scheme.muted))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("The picture cannot be shown")
            )
            return
        image = self._thumbnail.image
        factor = min(self.width() / image.width(), self.height() / image.height())
        width, height = image.width() * factor, image.height() * factor
        left, top = (self.width() - width) / 2, (self.height() - height) / 2
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(left, top, width, height), image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = self._thumbnail.scale * factor
        for shape, is_own in zip(self._shapes, self._is_only_here, strict=True):
            if shape.box is None:
                continue
            x0, y0, x1, y1 = (float(value) * scale for value in shape.box)
            rect = QRectF(left + x0, top + y0, x1 - x0, y1 - y0)
            for colour, line in ((scheme.base, HALO), (scheme.accent, THICK if is_own else LINE)):
                if colour == scheme.base and not is_own:
                    continue
                painter.setPen(QPen(QColor(colour), line))
                painter.drawRect(rect)


def _column(caption: QLabel, view: VersionView, counts: QLabel) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(4)
    column.addWidget(caption)
    column.addWidget(view, 1)
    column.addWidget(counts)
    return column


class ConflictDialog(QDialog):
    """The labels of this window and those that another program wrote, not yet decided.

    Signals:
        chosen: Choice.
    """

    chosen = Signal(object)

    def __init__(
        self,
        file: str,
        mine: Sequence[Shape],
        theirs: Theirs,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("{file} was changed by another program").format(file=file))
        self.resize(*SIZE)
        shapes = theirs.shapes or ()
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        text = self.tr(
            "You have edited the same labels here. Thick boxes are in one version only. "
            "What you do not keep stays in .review/backup and can be had back."
        )
        if theirs.fault is not None:
            text = self.tr("The file cannot be read: {why}. It would be kept as .broken.").format(
                why=told(theirs.fault.why)
            )
        head = QLabel(text)
        head.setWordWrap(True)
        layout.addWidget(head)
        sides = QHBoxLayout()
        for title, own, other in (
            (self.tr("Here, not saved"), mine, shapes),
            (self.tr("In the file"), shapes, mine),
        ):
            view = VersionView(theme, theirs.thumbnail)
            view.show_shapes(own, other)
            counts = named(QLabel(view.words()), "Muted")
            sides.addLayout(_column(QLabel(f"<b>{title}</b>"), view, counts), 1)
        layout.addLayout(sides, 1)
        layout.addLayout(self._make_buttons(can_read=theirs.fault is None))

    def _make_buttons(self, can_read: bool) -> QHBoxLayout:
        line = QHBoxLayout()
        self.mine = self._button(self.tr("Keep &mine"), Choice.MINE)
        self.theirs = self._button(self.tr("Take the &file's"), Choice.THEIRS)
        self.both = self._button(self.tr("Keep &both"), Choice.BOTH)
        self.theirs.setEnabled(can_read)
        self.both.setEnabled(can_read)
        later = QPushButton(self.tr("Decide later"))
        later.setToolTip(self.tr("Saving this file waits for you (Esc)"))
        later.clicked.connect(self.reject)
        line.addWidget(later)
        line.addStretch(1)
        for button in (self.mine, self.theirs, self.both):
            line.addWidget(button)
        # Enter must decide nothing by accident: leaving open loses nothing.
        later.setDefault(True)
        return line

    def _button(self, text: str, choice: Choice) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)

        def choose() -> None:
            self.accept()
            self.chosen.emit(choice)

        button.clicked.connect(choose)
        return button


class EarlierDialog(QDialog):
    """The labels as they are beside an earlier state of their file.

    Signals:
        chosen: list of Shape of the state to take.
    """

    chosen = Signal(object)

    def __init__(
        self,
        file: str,
        mine: Sequence[Shape],
        earlier: Earlier,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._mine, self._earlier = mine, earlier
        self.setWindowTitle(self.tr("Earlier versions of {file}").format(file=file))
        self.resize(*SIZE)
        self.versions = QComboBox()
        self.versions.setAccessibleName(self.tr("Earlier version"))
        for version, _ in earlier.states:
            when = QDateTime.fromMSecsSinceEpoch(round(version.when.timestamp() * 1000))
            time = self.locale().toString(when, QLocale.FormatType.LongFormat)
            self.versions.addItem(self.tr("Before {time}").format(time=time))
        self._views = VersionView(theme, earlier.thumbnail), VersionView(theme, earlier.thumbnail)
        self._counts = named(QLabel(), "Muted"), named(QLabel(), "Muted")
        sides = QHBoxLayout()
        now = QLabel(self.tr("<b>Now</b>"))
        sides.addLayout(_column(now, self._views[0], self._counts[0]), 1)
        then = _column(QLabel(self.tr("<b>Earlier</b>")), self._views[1], self._counts[1])
        sides.addLayout(then, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.restore = buttons.addButton(self.tr("Restore"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.restore.setToolTip(self.tr("Takes the earlier boxes; undo brings yours back"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.versions)
        layout.addLayout(sides, 1)
        layout.addWidget(buttons)
        self.versions.currentIndexChanged.connect(self._show)
        self.accepted.connect(lambda: self.chosen.emit(list(self._state())))
        self._show()

    def _state(self) -> Sequence[Shape]:
        return self._earlier.states[self.versions.currentIndex()][1]

    def _show(self) -> None:
        then = self._state()
        for view, counts, own, other in zip(
            self._views, self._counts, (self._mine, then), (then, self._mine), strict=True
        ):
            view.show_shapes(own, other)
            counts.setText(view.words())
