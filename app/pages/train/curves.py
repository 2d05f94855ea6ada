"""Live curves of a training, with earlier runs behind them. Needs pyqtgraph."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.pages.train.ap_curve import ApCurve
from app.pages.train.curve import Curve, Line, legend
from app.plots import INKS
from app.theme import Theme, named
from app.training import series


class Curves(QWidget):
    """Loss, AP, learning rate and pace, with what changes their look."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        step = self.tr("step")
        self._losses = (
            Line(series.TOTAL, self.tr("total"), INKS[0]),
            Line(series.CLASS, self.tr("class"), INKS[1]),
            Line(series.BOX, self.tr("box"), INKS[2]),
            Line(series.IOU, self.tr("IoU"), INKS[3]),
        )
        self.loss = Curve(theme, self.tr("loss"), step, self._losses)
        self._legend = named(QLabel(), "Muted")
        self.ap = ApCurve(theme)
        self.rate = Curve(
            theme, self.tr("learning rate"), step, [Line(series.RATE, self.tr("rate"), INKS[0])]
        )
        self.pace = Curve(
            theme,
            self.tr("pictures/s"),
            step,
            [Line(series.PACE, self.tr("pictures/s"), INKS[0])],
            is_positive=False,
        )
        self.plots = (self.loss, self.ap.plot, self.rate, self.pace)
        self._parts: list[QWidget] = [self._with_legend(), self.ap, self.rate, self.pace]
        self.log = QCheckBox(self.tr("Logarithmic"))
        self.log.toggled.connect(self._look)
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, 95)
        self.smoothing.setAccessibleName(self.tr("Smoothing"))
        self.smoothing.setMaximumWidth(120)
        self.smoothing.valueChanged.connect(self._look)
        self.earlier = QCheckBox(self.tr("Earlier runs"))
        self.earlier.setChecked(True)
        self.earlier.toggled.connect(lambda _: self._draw())
        self._records: list[dict[str, Any]] = []
        self._others: list[list[dict[str, Any]]] = []
        controls = QHBoxLayout()
        controls.setSpacing(12)
        controls.addWidget(self.log)
        label = QLabel(self.tr("Smoothing"))
        label.setBuddy(self.smoothing)
        controls.addWidget(label)
        controls.addWidget(self.smoothing)
        controls.addWidget(self.earlier)
        controls.addWidget(self.ap.choice)
        controls.addStretch(1)
        grid = QGridLayout()
        grid.setSpacing(8)
        for place, part in enumerate(self._parts):
            grid.addWidget(part, place // 2, place % 2)
        for column in range(2):
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(0, 3)
        grid.setRowStretch(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addLayout(controls)
        self.empty = named(QLabel(self.tr("Curves appear here while a training runs.")), "Muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self.empty, 1)
        layout.addLayout(grid, 1)
        self._draw()
        self._name_losses()
        theme.changed.connect(self._name_losses)

    def show_run(self, records: list[dict[str, Any]], others: list[list[dict[str, Any]]]) -> None:
        """Draws the run that is followed, and earlier ones behind it."""
        self._records, self._others = records, others
        self._draw()

    def _draw(self) -> None:
        others = self._others if self.earlier.isChecked() else []
        self.empty.setVisible(not self._records and not others)
        for part in self._parts:
            part.setVisible(bool(self._records or others))
        for plot in (self.loss, self.ap, self.rate, self.pace):
            plot.show_records(self._records, others)

    def _look(self) -> None:
        for plot in self.plots:
            plot.set_look(self.smoothing.value() / 100, self.log.isChecked())

    def _with_legend(self) -> QWidget:
        """The loss plot below the names of its lines."""
        part = QWidget()
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._legend)
        layout.addWidget(self.loss, 1)
        return part

    def _name_losses(self) -> None:
        self._legend.setText(legend(self._losses, self._theme.scheme))
