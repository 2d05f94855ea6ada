"""One plot of a training's figures over its steps. Needs pyqtgraph."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from app.plots import INKS, Ink, Plot, pyqtgraph
from app.schemes import Scheme
from app.theme import Theme
from app.training.series import Series

EARLIER_OPACITY = 0.3
HEIGHT = 130
EDGE = 0.06
"""Share of an axis that is left free around a point that is alone."""


@dataclass(frozen=True)
class Line:
    """One figure in a plot: its name in the records and for people, and how it is drawn."""

    figure: str
    text: str
    ink: Ink
    is_dotted: bool = False


class Curve(Plot):
    """One plot of one or several figures over the steps, with earlier runs pale behind.

    Args:
        lines: the figures; of earlier runs the first is drawn.
        is_positive: whether a logarithmic axis makes sense.
        top: of the axis while there is only one value; None where it follows from that.
    """

    def __init__(
        self,
        theme: Theme,
        title: str,
        x: str,
        lines: Sequence[Line],
        *,
        is_positive: bool = True,
        top: float | None = None,
        parent: QWidget | None = None,
    ) -> None:
        self._lines = lines
        self._records: Sequence[dict[str, Any]] = ()
        self._earlier: Sequence[Sequence[dict[str, Any]]] = ()
        self._behind: Sequence[Line] = lines[:1]
        self._most_behind: int | None = None
        self._smoothing = 0.0
        self._is_log = False
        self._is_positive = is_positive
        self._top = top
        super().__init__(theme, x, title, parent)
        self.setMinimumHeight(HEIGHT)
        self.getAxis("left").enableAutoSIPrefix(False)
        self.setAccessibleName(title)
        self.viewport().setAccessibleName(title)
        self.value = pyqtgraph.TextItem(anchor=(1, 0))
        self.alone = pyqtgraph.TextItem(anchor=(1, 0.5))
        self._marker = pyqtgraph.InfiniteLine(angle=90)
        self.addItem(self._marker, ignoreBounds=True)
        self.addItem(self.value, ignoreBounds=True)
        self.addItem(self.alone, ignoreBounds=True)
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

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Draws other figures, of equal weight; behind several one earlier run, with them all."""
        self._lines = self._behind = lines
        self._most_behind = None if len(lines) == 1 else 1
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
        for records in self._earlier[: self._most_behind]:
            for line in self._behind:
                self._plot(Series.of(records, line.figure), line, EARLIER_OPACITY)
        for line, drawn in zip(self._lines, self.drawn, strict=True):
            self._plot(drawn, line, 1.0)
        self._fit()

    def _fit(self) -> None:
        """Fits the axes to the curves; a point alone stands where it is in the whole run.

        Fitted to one point they would tell nothing, but tenths of steps around it; and fitted to a
        figure that never changes, half a unit around it, be it a thousandth itself.
        """
        self.alone.hide()
        self.enableAutoRange()
        shown = [item.getData() for item in self.listDataItems()]
        filled = [(steps, values) for steps, values in shown if steps is not None and len(steps)]
        if self._is_log or not filled:
            return
        is_alone = all(len(steps) == 1 for steps, _ in filled)
        step, value = (float(max(one[axis][-1] for one in filled)) for axis in (0, 1))
        if is_alone:
            last = max([step, *(record.get("step", 0) for record in self._records)])
            self.setXRange(0, last, padding=EDGE)
        if is_alone or all((values == value).all() for _, values in filled):
            self.setYRange(0, self._top or value * (1 + EDGE) or 1.0, padding=EDGE)
        if is_alone and len(filled) == 1:
            number = self.locale().toString(value, "g", 3)
            self.alone.setText(f"{number}  ", self._theme.scheme.text)
            self.alone.setPos(step, value)
            self.alone.show()

    def _plot(self, drawn: Series, line: Line, opacity: float) -> None:
        values, pen = drawn.values, self.pen(line.ink, opacity=opacity)
        kept = values > 0 if self._is_log else slice(None)
        item = self.plot(
            drawn.steps[kept],
            values[kept],
            pen=pen,
            symbol="o" if line.is_dotted else None,
            symbolSize=5 if len(drawn.steps) > 1 else 9,
            symbolBrush=pen.color(),
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


def legend(lines: Sequence[Line], scheme: Scheme) -> str:
    """The names of lines after a sign of each one's colour and dashes, as rich text."""
    signs = dict(zip(INKS, ("━━", "╍╍", "┅┅", "━·", "··"), strict=True))
    return "&nbsp; ".join(
        f'<span style="color:{line.ink.dark if scheme.is_dark else line.ink.light}">'
        f"{signs[line.ink]}</span> {html.escape(line.text)}"
        for line in lines
    )
