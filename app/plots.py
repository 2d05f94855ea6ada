"""Plots in the window's own look, by pyqtgraph.

Importing this module takes half a second, so a page does it when it is first shown.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

# labelme brings PyQt5 into the same environment, and pyqtgraph would take whatever it finds. So
# everybody takes pyqtgraph from here; the linter refuses it elsewhere.
os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"

import pyqtgraph as pyqtgraph
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QWidget

from app.theme import Theme

# pyqtgraph's own cleanup at exit looks at widgets that Qt has deleted by then.
pyqtgraph.setConfigOptions(antialias=True, exitCleanup=False)

LINE_PX = 2.0


@dataclass(frozen=True)
class Ink:
    """How one line of a plot is told from the others: by colour and by dashes.

    Attributes:
        light, dark: `#RRGGBB` on a light and on a dark ground, at least 3:1 with it.
        dashes: lengths of dash and gap in widths of the line; empty for a solid line.
    """

    light: str
    dark: str
    dashes: tuple[float, ...] = ()


# The canvas' colours, which were chosen to differ for colour-weak sight, too.
INKS: Sequence[Ink] = (
    Ink("#0072B2", "#56B4E9"),
    Ink("#A83200", "#FF8A3C", (6, 3)),
    Ink("#00806A", "#35C9A5", (2, 2)),
    Ink("#5B3FD1", "#9FA8FF", (8, 3, 2, 3)),
    Ink("#6B6B6B", "#A0A0A0", (1, 2)),
)


class Plot(pyqtgraph.PlotWidget):
    """An empty plot with named axes that follows the theme.

    Args:
        x, y: names of the axes, translated.
        inside: what pyqtgraph's plot takes, such as a view box of one's own.
    """

    def __init__(
        self, theme: Theme, x: str, y: str, parent: QWidget | None = None, **inside: object
    ) -> None:
        super().__init__(parent, **inside)
        self._theme = theme
        self.setLabel("bottom", x)
        self.setLabel("left", y)
        self.showGrid(x=True, y=True, alpha=0.25)
        self.hideButtons()
        self.setMenuEnabled(False)
        theme.changed.connect(self.take_theme)
        self.take_theme()

    def take_theme(self) -> None:
        """Takes the ground and the axes' colours of the scheme in use."""
        scheme = self._theme.scheme
        self.setBackground(scheme.base)
        for name in ("bottom", "left"):
            axis = self.getAxis(name)
            axis.setPen(scheme.muted)
            axis.setTextPen(scheme.text)

    def pen(self, ink: Ink, width: float = LINE_PX, opacity: float = 1.0) -> QPen:
        """The pen of a line in the scheme in use."""
        colour = QColor(ink.dark if self._theme.scheme.is_dark else ink.light)
        colour.setAlphaF(opacity)
        pen: QPen = pyqtgraph.mkPen(colour, width=width)
        if ink.dashes:
            pen.setDashPattern(list(ink.dashes))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen
