"""The curve of the validation's AP: of all faces, or by height and difficulty. Needs pyqtgraph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QComboBox, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.pages.train.curve import Curve, Line, legend
from app.plots import INKS
from app.theme import Theme, named
from app.training import series


@dataclass(frozen=True)
class View:
    """One choice of what the plot shows.

    Attributes:
        text: for people.
        lines: of several, one earlier run stands behind; of one, all of them.
    """

    text: str
    lines: tuple[Line, ...]


class ApCurve(QWidget):
    """The plot below the names of its lines.

    Attributes:
        choice: of what is drawn, for its owner to place; hidden where there is nothing to choose.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._views = self._make_views()
        self._offered: list[View] = []
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("What the curve of the AP is about"))
        self.choice.setToolTip(
            self.tr("Which faces the AP is of; behind several curves stands one earlier run")
        )
        self.choice.activated.connect(lambda _: self._take_choice())
        self.legend = named(QLabel(), "Muted")
        # Its names are as short as can be; a plot gives nothing of its width to the other's.
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.plot = Curve(
            theme,
            self.tr("validation AP"),
            self.tr("step"),
            self._views[0].lines,
            is_positive=False,
            top=1.0,
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.legend)
        layout.addWidget(self.plot, 1)
        theme.changed.connect(self._name_lines)
        self._offer([])

    def show_records(
        self,
        records: Sequence[dict[str, Any]],
        earlier: Sequence[Sequence[dict[str, Any]]],
    ) -> None:
        """Draws a run, and others pale behind it; offers what any of them has measured."""
        self._offer([records, *earlier])
        self.plot.show_records(records, earlier)

    def _make_views(self) -> list[View]:
        def line(figure: str, text: str, ink: int) -> Line:
            return Line(figure, text, INKS[ink], is_dotted=True)

        def view(text: str, *lines: Line) -> View:
            return View(self.tr("AP: {faces}").format(faces=text), lines)

        whole = line(series.AP, self.tr("all faces"), 2)
        heights = tuple(
            line(figure, self.tr("{range} px").format(range=name), ink)
            for ink, (name, figure) in enumerate(series.HEIGHTS.items())
        )
        words = (self.tr("easy"), self.tr("medium"), self.tr("hard"))
        difficulties = tuple(
            line(figure, words[ink], ink) for ink, figure in enumerate(series.DIFFICULTIES.values())
        )
        return [
            view(whole.text, whole),
            view(self.tr("by height"), *heights),
            *(view(one.text, one) for one in heights),
            view(self.tr("by difficulty"), *difficulties),
            *(view(one.text, one) for one in difficulties),
        ]

    def _offer(self, runs: Sequence[Sequence[dict[str, Any]]]) -> None:
        """Lists the views that have something to show; all faces always."""
        measured = {figure for records in runs for record in records for figure in record}
        offered = [
            view
            for view in self._views
            if view is self._views[0] or any(one.figure in measured for one in view.lines)
        ]
        if offered == self._offered:
            return
        chosen = self.choice.currentText()
        self._offered = offered
        self.choice.clear()
        self.choice.addItems([view.text for view in offered])
        self.choice.setCurrentIndex(max(self.choice.findText(chosen), 0))
        self.choice.setVisible(len(offered) > 1)
        self._take_choice()

    def _take_choice(self) -> None:
        self.plot.show_lines(self._offered[self.choice.currentIndex()].lines)
        self._name_lines()

    def _name_lines(self) -> None:
        lines = self._offered[self.choice.currentIndex()].lines
        self.legend.setText(legend(lines, self._theme.scheme))
