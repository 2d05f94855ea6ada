"""Live curves of a training, with earlier runs behind them. Imports pyqtgraph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyqtgraph
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.plots import INKS, Ink, Plot
from app.theme import Theme, named
from app.training import series
from app.training.series import Series

EARLIER_OPACITY = 0.3
HEIGHT = 130


@dataclass(frozen=True)
class Line:
    """One figure in a plot: its name in the records and for people, and how it is drawn."""

    figure: str
    text: str
    ink: Ink
    is_dotted: bool = False


class Curve(Plot):
    """One plot of one or several figures over the steps.

    Args:
        lines: the figures.
        is_positive: whether a logarithmic axis makes sense.
    """

    def __init__(
        self,
        theme: Theme,
        title: str,
        x: str,
        lines: Sequence[Line],
        *,
        is_positive: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        self._lines = lines
        self._records: Sequence[dict[str, Any]] = ()
        self._earlier: Sequence[Sequence[dict[str, Any]]] = ()
        self._smoothing = 0.0
        self._is_log = False
        self._is_positive = is_positive
        super().__init__(theme, x, title, parent)
        self.setMinimumHeight(HEIGHT)
        self.getAxis("left").enableAutoSIPrefix(False)
        self.setAccessibleName(title)
        self.viewport().setAccessibleName(title)
        self.value = pyqtgraph.TextItem(anchor=(1, 0))
        self._marker = pyqtgraph.InfiniteLine(angle=90)
        self.addItem(self._marker, ignoreBounds=True)
        self.addItem(self.value, ignoreBounds=True)
        self._marker.hide()
        self.value.hide()
        self.scene().sigMouseMoved.connect(self._on_pointer)
        self.draw()

    @property
    def drawn(self) -> list[Series]:
        """The curves of the run itself, as they are drawn but for the logarithm."""
        whole = [Series.of(self._records, line.figure) for line in self._lines]
        return [one.smoothed(self._smoothing) for one in whole]

    def show_records(
        self,
        records: Sequence[dict[str, Any]],
        earlier: Sequence[Sequence[dict[str, Any]]],
    ) -> None:
        """Draws a run, and others pale behind it."""
        self._records, self._earlier = records, earlier
        self.draw()

    def set_look(self, smoothing: float, is_log: bool) -> None:
        """Smooths by a share 0..1, and takes a logarithmic axis."""
        self._smoothing, self._is_log = smoothing, is_log and self._is_positive
        self.setLogMode(y=self._is_log)
        self.draw()

    def take_theme(self) -> None:
        super().take_theme()
        if hasattr(self, "value"):
            self.draw()

    def draw(self) -> None:
        """Draws all curves anew; a run has some hundreds of records."""
        for item in self.listDataItems():
            self.removeItem(item)
        for records in self._earlier:
            for line in self._lines[:1]:
                self._plot(Series.of(records, line.figure), line, EARLIER_OPACITY)
        for line, drawn in zip(self._lines, self.drawn, strict=True):
            self._plot(drawn, line, 1.0)

    def _plot(self, drawn: Series, line: Line, opacity: float) -> None:
        values = drawn.values
        kept = values > 0 if self._is_log else slice(None)
        item = self.plot(
            drawn.steps[kept],
            values[kept],
            pen=self.pen(line.ink, opacity=opacity),
            symbol="o" if line.is_dotted else None,
            symbolSize=5,
            symbolBrush=self._theme.scheme.text,
            symbolPen=None,
        )
        item.setZValue(0 if opacity < 1 else 1)

    # ---- pointer ----

    def _on_pointer(self, at: QPointF) -> None:
        box = self.plotItem.vb
        if not box.sceneBoundingRect().contains(at):
            self._hide_values()
            return
        step = box.mapSceneToView(at).x()
        words, place = [], None
        for line, drawn in zip(self._lines, self.drawn, strict=True):
            found = drawn.at(step)
            if found is not None:
                place = found[0] if place is None else place
                words.append(f"{line.text} {found[1]:.4g}")
        if place is None:
            return
        self._marker.setPos(place)
        self._marker.setPen(self._theme.scheme.muted)
        self._marker.show()
        self.value.setText(f"{place:.0f}: " + ", ".join(words), self._theme.scheme.text)
        (_, right), (_, top) = box.viewRange()
        self.value.setPos(right, top)
        self.value.show()

    def leaveEvent(self, event: Any) -> None:
        self._hide_values()
        super().leaveEvent(event)

    def _hide_values(self) -> None:
        self._marker.hide()
        self.value.hide()


class Curves(QWidget):
    """Loss, AP, learning rate and pace, with what changes their look."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        step = self.tr("step")
        losses = (
            Line(series.TOTAL, self.tr("total"), INKS[0]),
            Line(series.CLASS, self.tr("class"), INKS[1]),
            Line(series.BOX, self.tr("box"), INKS[2]),
            Line(series.IOU, self.tr("IoU"), INKS[3]),
        )
        self.loss = Curve(theme, self.tr("loss"), step, losses)
        self.ap = Curve(
            theme,
            self.tr("validation AP"),
            step,
            [Line(series.AP, self.tr("AP"), INKS[2], is_dotted=True)],
            is_positive=False,
        )
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
        self.plots = (self.loss, self.ap, self.rate, self.pace)
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
        self._legend = named(QLabel(), "Muted")
        controls = QHBoxLayout()
        controls.setSpacing(12)
        controls.addWidget(self.log)
        label = QLabel(self.tr("Smoothing"))
        label.setBuddy(self.smoothing)
        controls.addWidget(label)
        controls.addWidget(self.smoothing)
        controls.addWidget(self.earlier)
        controls.addStretch(1)
        grid = QGridLayout()
        grid.setSpacing(8)
        for place, plot in enumerate(self.plots):
            grid.addWidget(plot, place // 2, place % 2)
        grid.setRowStretch(0, 3)
        grid.setRowStretch(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addLayout(controls)
        layout.addWidget(self._legend)
        self.empty = named(QLabel(self.tr("Curves appear here while a training runs.")), "Muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self.empty, 1)
        layout.addLayout(grid, 1)
        self._draw()
        self._theme = theme
        self._name_lines(losses)
        theme.changed.connect(lambda: self._name_lines(losses))

    def show_run(self, records: list[dict[str, Any]], others: list[list[dict[str, Any]]]) -> None:
        """Draws the run that is followed, and earlier ones behind it."""
        self._records, self._others = records, others
        self._draw()

    def _draw(self) -> None:
        others = self._others if self.earlier.isChecked() else []
        self.empty.setVisible(not self._records and not others)
        for plot in self.plots:
            plot.setVisible(bool(self._records or others))
            plot.show_records(self._records, others)

    def _look(self) -> None:
        for plot in self.plots:
            plot.set_look(self.smoothing.value() / 100, self.log.isChecked())

    def _name_lines(self, lines: Sequence[Line]) -> None:
        """The loss plot's legend; words in the lines' own colours and dashes."""
        signs = ("━━", "╍╍", "┅┅", "━·")
        is_dark = self._theme.scheme.is_dark
        self._legend.setText(
            "&nbsp; ".join(
                f'<span style="color:{line.ink.dark if is_dark else line.ink.light}">{sign}</span> '
                f"{line.text}"
                for sign, line in zip(signs, lines, strict=True)
            )
        )
