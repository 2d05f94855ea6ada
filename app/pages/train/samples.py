"""Sample pictures with what the network finds in them, evaluation by evaluation."""

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from app.error_texts import told
from app.theme import Theme, named
from app.thumbnails.painting import Overlay, paint_broken, paint_placeholder, paint_thumbnail
from app.training.sample_rounds import SampleRounds
from tinaface.matching import match
from tinaface.training.samples import Sample, SampleRound

GAP = 10
ASPECT = 4 / 3
"""Width over height of a cell: that of most photographs."""
LEAST_CELL = QSize(120, 90)


class SampleView(QWidget):
    """The pictures of one round, as large as there is room, each with what was found."""

    def __init__(self, rounds: SampleRounds, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rounds = rounds
        self._theme = theme
        self._samples: tuple[Sample, ...] = ()
        self._captions: list[str] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(3 * (LEAST_CELL.width() + GAP), 2 * (LEAST_CELL.height() + GAP))
        self.setAccessibleName(self.tr("Sample pictures"))
        rounds.picture_ready.connect(self.update)
        theme.changed.connect(self.update)

    @property
    def captions(self) -> list[str]:
        """What stands below the pictures."""
        return self._captions

    def show_round(self, shown: SampleRound | None) -> None:
        """Shows the pictures of a round; none without one."""
        self._samples = () if shown is None else shown.samples
        self._captions = [self._describe(one) for one in self._samples]
        self.setAccessibleDescription("; ".join(self._captions))
        self.update()

    def _describe(self, sample: Sample) -> str:
        found, faces = sample.found, sample.gt_boxes
        matching = match(found.xyxy, found.scores, faces, np.zeros(len(faces), bool))
        hits, extra = len(matching.hits(0)), len(matching.false_alarms(0))
        number = self.locale().toString
        text = self.tr("{found} of {faces} found, {extra} extra")
        return text.format(found=number(hits), faces=number(len(faces)), extra=number(extra))

    # ---- painting ----

    def _cells(self) -> list[QRect]:
        """Where the pictures lie: in as many columns as make them largest."""
        count = len(self._samples)
        if not count:
            return []
        line = self._line_height()

        def side(columns: int) -> float:
            lines = -(-count // columns)
            width = (self.width() - GAP * (columns - 1)) / columns
            height = (self.height() - GAP * (lines - 1)) / lines - line
            return min(width, height * ASPECT)

        columns = max(range(1, count + 1), key=side)
        width = max(round(side(columns)), 1)
        height = round(width / ASPECT) + line
        return [
            QRect(place % columns * (width + GAP), place // columns * (height + GAP), width, height)
            for place in range(count)
        ]

    def _line_height(self) -> int:
        return self.fontMetrics().height() + 4

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for cell, sample, caption in zip(self._cells(), self._samples, self._captions, strict=True):
            room = cell.adjusted(0, 0, 0, -self._line_height())
            self._paint_picture(painter, room, sample)
            painter.setPen(QColor(self._theme.scheme.muted))
            below = QRect(room.left(), room.bottom() + 1, room.width(), self._line_height())
            text = painter.fontMetrics().elidedText(
                caption, Qt.TextElideMode.ElideRight, below.width()
            )
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()

    def _paint_picture(self, painter: QPainter, room: QRect, sample: Sample) -> None:
        picture, scheme = self._rounds.picture(sample.image), self._theme.scheme
        if picture is None:
            paint_placeholder(painter, room, sample.image.name, scheme)
        elif picture.image is None:
            paint_broken(painter, room, scheme)
        else:
            paint_thumbnail(painter, room, picture, Overlay(sample.gt_boxes, sample.found.xyxy))

    def _sample_at(self, at: QPoint) -> Sample | None:
        for cell, sample in zip(self._cells(), self._samples, strict=True):
            if cell.contains(at):
                return sample
        return None

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            sample = self._sample_at(event.pos())
            QToolTip.showText(event.globalPos(), self._tip(sample) if sample else "", self)
            return True
        return super().event(event)

    def _tip(self, sample: Sample) -> str:
        picture = self._rounds.picture(sample.image)
        fault = "" if picture is None else told(picture.fault)
        return "\n".join(filter(None, (str(sample.image), fault)))


class Samples(QWidget):
    """The pictures of one evaluation, and which one; the newest until another is chosen."""

    def __init__(self, rounds: SampleRounds, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rounds = rounds
        self.view = SampleView(rounds, theme)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 0)
        self.slider.setPageStep(1)
        self.slider.setMaximumWidth(220)
        self.slider.setAccessibleName(self.tr("Evaluation"))
        self.slider.valueChanged.connect(lambda _: self._show())
        self.about = QLabel()
        self.key = named(QLabel(self.tr("Solid: labels. Dashed: what is found.")), "Muted")
        self.empty = named(
            QLabel(self.tr("At each evaluation some of its pictures appear here.")), "Muted"
        )
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self.slider, 1)
        line.addWidget(self.about)
        line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addLayout(line)
        layout.addWidget(self.key)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.view, 1)
        rounds.changed.connect(self._take)
        self._take()

    @property
    def shown(self) -> SampleRound | None:
        """The round whose pictures are shown."""
        rounds = self._rounds.rounds
        return rounds[self.slider.value()] if rounds else None

    def _take(self) -> None:
        """Goes on with the newest round where that was shown."""
        slider, last = self.slider, max(len(self._rounds.rounds) - 1, 0)
        was_newest = slider.value() == slider.maximum()
        slider.setRange(0, last)
        if was_newest:
            slider.setValue(last)
        self._show()

    def _show(self) -> None:
        shown, count = self.shown, len(self._rounds.rounds)
        self.view.show_round(shown)
        for widget in (self.view, self.about, self.key):
            widget.setVisible(shown is not None)
        self.slider.setVisible(count > 1)
        self.empty.setVisible(shown is None)
        self.about.setText("" if shown is None else self._describe(shown))

    def _describe(self, shown: SampleRound) -> str:
        number = self.locale().toString
        return " · ".join(
            (
                self.tr("step {number}").format(number=number(shown.step)),
                self.tr("AP {ap}").format(ap=number(shown.ap50, "f", 3)),
                self.tr("boxes from score {score}").format(score=number(shown.threshold, "f", 2)),
            )
        )
