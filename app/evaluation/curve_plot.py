"""Precision over recall, to look at and to pick scores from.

A click picks the nearest point of a curve, a drag along the recall a range of scores; the wheel
zooms, a double click shows all again.
"""

import html
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtWidgets import QWidget

from app.evaluation.measure import Line
from app.plots import INKS, Plot, pyqtgraph
from app.theme import Theme

NEAR = 0.06
"""How far from a curve, in recall and precision, a point still picks from it."""
MARGIN = 0.02


class RangeViewBox(pyqtgraph.ViewBox):
    """The inside of the plot: a drag with the left button marks a stretch of the x axis."""

    range_dragged = Signal(float, float, bool)
    """Both ends, and whether the drag has ended."""

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if event.button() != Qt.MouseButton.LeftButton or axis is not None:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        ends = (self.mapToView(at).x() for at in (event.buttonDownPos(), event.pos()))
        low, high = sorted(ends)
        self.range_dragged.emit(low, high, event.isFinish())


class CurvePlot(Plot):
    """The curves of an evaluation.

    Signals:
        point_picked: row of the line and its score.
        range_picked: row of the line, the lowest and the highest score.
        hovered: what is under the pointer, in words; empty where nothing is.
    """

    point_picked = Signal(int, float)
    range_picked = Signal(int, float, float)
    hovered = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        view = RangeViewBox()
        super().__init__(theme, "", "", parent, viewBox=view)
        self._view = view
        self.setLabel("bottom", self.tr("Recall"))
        self.setLabel("left", self.tr("Precision"))
        self._lines: tuple[Line, ...] = ()
        self._other: Line | None = None
        self._active = 0
        self._threshold = 0.5
        self._legend = self.addLegend(offset=(12, -12))
        self._items: list[Any] = []
        self._here = pyqtgraph.ScatterPlotItem(size=11, symbol="o")
        self._region = pyqtgraph.LinearRegionItem(movable=False)
        self._region.hide()
        self._view.setLimits(xMin=-0.1, xMax=1.1, yMin=-0.1, yMax=1.1)
        self._view.range_dragged.connect(self._on_range)
        self.scene().sigMouseClicked.connect(self._on_click)
        self.scene().sigMouseMoved.connect(self._on_move)
        self.setAccessibleName(self.tr("Precision over recall"))
        self.show_all()

    # ---- what is shown ----

    def show_lines(self, lines: Sequence[Line], other: Line | None, names: Sequence[str]) -> None:
        """Draws curves, named in the user's language; the one of the other model pale."""
        self._lines, self._other, self._active = tuple(lines), other, 0
        self._region.hide()
        self.clear()
        self._legend.clear()
        self._items = []
        for row, line in enumerate([*lines, *([other] if other is not None else [])]):
            name = html.escape(names[row])  # the legend reads "<16" as markup
            item = self.plot(line.curve.recall, line.curve.precision, name=name)
            self._items.append(item)
        self.addItem(self._region, ignoreBounds=True)
        self.addItem(self._here, ignoreBounds=True)
        self._ink()

    @property
    def active(self) -> int:
        """The row of the line that drags and the threshold's mark belong to."""
        return self._active

    def activate(self, row: int) -> None:
        """Makes a line the one that drags belong to; it is drawn thicker."""
        if 0 <= row < len(self._lines):
            self._active = row
            self._ink()

    def set_threshold(self, threshold: float) -> None:
        """Marks the point that a threshold gives."""
        self._threshold = threshold
        self._mark_threshold()

    def show_all(self) -> None:
        """Shows the whole square of recall and precision."""
        self._view.setRange(xRange=(0, 1), yRange=(0, 1), padding=MARGIN)

    def mark_range(self, low_score: float, high_score: float) -> None:
        """Marks the recalls of a range of scores on the active line."""
        if not self._lines:
            return
        curve = self._lines[self._active].curve
        first, last = curve.at(high_score), curve.at(low_score)
        low = 0.0 if first is None else float(curve.recall[first])
        high = 0.0 if last is None else float(curve.recall[last])
        self._region.setRegion((low, high))
        self._region.show()

    def take_theme(self) -> None:
        super().take_theme()
        if hasattr(self, "_legend"):  # the base class asks before there is anything to ink
            self._ink()

    def _ink(self) -> None:
        scheme = self._theme.scheme
        self._legend.setLabelTextColor(scheme.text)
        for row, item in enumerate(self._items):
            is_other = row >= len(self._lines)
            ink = INKS[0] if is_other else INKS[row % len(INKS)]
            width = 3.0 if row == self._active else 1.5
            item.setPen(self.pen(ink, width, 0.45 if is_other else 1.0))
        for sample, label in self._legend.items:
            label.setText(label.text, color=scheme.text)
            sample.update()
        self._here.setBrush(scheme.base)
        self._here.setPen(pyqtgraph.mkPen(scheme.text, width=2))
        brush = pyqtgraph.mkColor(scheme.accent)
        brush.setAlphaF(0.18)
        self._region.setBrush(brush)
        for line in self._region.lines:
            line.setPen(pyqtgraph.mkPen(scheme.accent))
        self._mark_threshold()

    def _mark_threshold(self) -> None:
        place = self._lines[self._active].curve.at(self._threshold) if self._lines else None
        if place is None:
            self._here.setData([], [])
            return
        curve = self._lines[self._active].curve
        self._here.setData([curve.recall[place]], [curve.precision[place]])

    # ---- the pointer ----

    def pick(self, recall: float, precision: float) -> tuple[int, int] | None:
        """Row of the line and the point on it that lie nearest; None where none is near."""
        found = []
        for row, line in enumerate(self._lines):
            point = line.curve.nearest(recall, precision)
            if point is not None:
                dx = float(line.curve.recall[point]) - recall
                dy = float(line.curve.precision[point]) - precision
                # The active line is what the user works with: it goes before an equal one.
                found.append((dx * dx + dy * dy, row != self._active, row, point))
        if not found:
            return None
        distance, _, row, point = min(found)
        return (row, point) if distance <= NEAR**2 else None

    def _on_click(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.double():
            self.show_all()
            return
        at = self._view.mapSceneToView(event.scenePos())
        picked = self.pick(at.x(), at.y())
        if picked is not None:
            row, point = picked
            self._region.hide()
            self.activate(row)
            self.point_picked.emit(row, float(self._lines[row].curve.thresholds[point]))

    def _on_range(self, low: float, high: float, is_finished: bool) -> None:
        if not self._lines:
            return
        self._region.setRegion((max(low, 0.0), min(high, 1.0)))
        self._region.show()
        if is_finished:
            scores = self._lines[self._active].curve.scores_between(low, high)
            if scores is None:
                self._region.hide()
            else:
                self.range_picked.emit(self._active, *scores)

    def _on_move(self, scene_at: QPointF) -> None:
        at = self._view.mapSceneToView(scene_at)
        picked = self.pick(at.x(), at.y())
        self.hovered.emit("" if picked is None else self._words(*picked))

    def _words(self, row: int, point: int) -> str:
        curve, locale = self._lines[row].curve, self.locale()
        return self.tr("score {score} · recall {recall} · precision {precision}").format(
            score=locale.toString(float(curve.thresholds[point]), "f", 3),
            recall=locale.toString(float(curve.recall[point]), "f", 3),
            precision=locale.toString(float(curve.precision[point]), "f", 3),
        )
