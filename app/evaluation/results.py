"""The results of one run: curves, figures, groups, and the boxes behind what is picked."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.evaluation.curve_plot import CurvePlot
from app.evaluation.group_table import GroupTable
from app.evaluation.job import EvaluationJob
from app.evaluation.measure import WHOLE, Measured
from app.evaluation.picked import HALF_STEP, detections_between, mistakes_in
from app.evaluation.spot_list import SpotList
from app.evaluation.spots import Spots
from app.evaluation.summary import Summary
from app.session import Session
from app.theme import Theme, named
from tinaface.groups import Group


class Results(QWidget):
    """Follows the evaluation and the threshold.

    Signals:
        entered: image and `[4]` box that the user wants to go to.
        images_wanted: names of images that the list is to keep, and what they are.
        scores_wanted: lowest and highest score of the detections to be judged.
    """

    entered = Signal(str, object)
    images_wanted = Signal(list, str)
    scores_wanted = Signal(float, float)

    def __init__(
        self, session: Session, job: EvaluationJob, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._job = job
        self._scores = (0.0, 1.0)
        self.plot = CurvePlot(theme)
        self.summary = Summary()
        self.groups = GroupTable()
        self.spots = SpotList(
            self.tr("Click a curve, drag along it, or choose a group to list its boxes here.")
        )
        self.line = QComboBox()
        self.line.setAccessibleName(self.tr("Curve"))
        self.low, self.high = self._score_field(0.0), self._score_field(1.0)
        self.low.setAccessibleName(self.tr("Lowest score"))
        self.high.setAccessibleName(self.tr("Highest score"))
        self.list_range = QPushButton(self.tr("List"))
        self._hover = named(QLabel(), "Muted")
        self._place()
        self.plot.point_picked.connect(self._on_point)
        self.plot.range_picked.connect(self._on_range)
        self.plot.hovered.connect(self._hover.setText)
        self.line.activated.connect(self.plot.activate)
        self.list_range.clicked.connect(self._on_fields)
        self.groups.group_chosen.connect(self._on_group)
        self.spots.entered.connect(self.entered)
        self.spots.images_wanted.connect(self.images_wanted)
        self.spots.review_wanted.connect(lambda: self.scores_wanted.emit(*self._scores))
        session.threshold_changed.connect(self._on_threshold)
        job.changed.connect(self._on_job)
        self._shown: Measured | None = None
        self._on_threshold()

    @staticmethod
    def _score_field(value: float) -> QDoubleSpinBox:
        field = QDoubleSpinBox()
        field.setRange(0.0, 1.0)
        field.setSingleStep(0.01)
        field.setValue(value)
        field.lineEdit().setTextMargins(5, 0, 0, 0)
        return field

    def _place(self) -> None:
        fields = QHBoxLayout()
        fields.addWidget(self.line, 1)
        for text, field in ((self.tr("scores"), self.low), (self.tr("to"), self.high)):
            label = named(QLabel(text), "Muted")
            label.setBuddy(field)
            fields.addWidget(label)
            fields.addWidget(field)
        fields.addWidget(self.list_range)
        left = QWidget()
        curves = QVBoxLayout(left)
        curves.setContentsMargins(0, 0, 0, 0)
        curves.addWidget(self.plot, 1)
        curves.addWidget(self._hover)
        curves.setSpacing(2)
        curves.addLayout(fields)
        right = QWidget()
        boxes = QVBoxLayout(right)
        boxes.setContentsMargins(8, 0, 0, 0)
        boxes.setSpacing(8)
        boxes.addWidget(self.summary)
        boxes.addWidget(self.spots, 1)
        top = QSplitter(Qt.Orientation.Horizontal)
        top.addWidget(left)
        top.addWidget(right)
        top.setSizes([580, 420])
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.addWidget(top)
        whole.addWidget(self.groups)
        whole.setSizes([440, 220])
        whole.setChildrenCollapsible(False)
        top.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addWidget(whole)

    # ---- what is shown ----

    def _on_job(self) -> None:
        measured = self._job.result
        is_new = measured is None or self._shown is None
        if not is_new and measured is not None and self._shown is not None:
            is_new = measured.request is not self._shown.request
        self._shown = measured
        if is_new:
            self._show_lines()
            self.groups.groups.show(() if measured is None else measured.groups)
            self.spots.show_spots(None, "")
        self.summary.show_run(None if measured is None else measured.first, self._session.threshold)

    def _show_lines(self) -> None:
        measured = self._shown
        self.line.clear()
        if measured is None:
            self.plot.show_lines((), None, ())
            return
        names = [self._line_name(line.name) for line in measured.first.lines]
        self.line.addItems(names)
        other = None if measured.second is None else measured.second.lines[0]
        if other is not None and measured.second is not None:
            names.append(self.tr("B: {model}").format(model=measured.second.source.title))
        self.plot.show_lines(measured.first.lines, other, names)

    def _line_name(self, name: str) -> str:
        named_lines = {
            WHOLE: self.tr("all faces"),
            "easy": self.tr("easy"),
            "medium": self.tr("medium"),
            "hard": self.tr("hard"),
        }
        return named_lines.get(name) or self.tr("{range} px high").format(range=name)

    def _on_threshold(self) -> None:
        threshold = self._session.threshold
        self.plot.set_threshold(threshold)
        self.groups.groups.set_threshold(threshold)
        measured = self._job.result
        self.summary.show_run(None if measured is None else measured.first, threshold)

    # ---- what is picked ----

    def _on_point(self, row: int, score: float) -> None:
        self.line.setCurrentIndex(row)
        self._session.set_threshold(score)
        at = self._session.threshold
        self._list(row, at - HALF_STEP, at + HALF_STEP, self.tr("at score {low}"))

    def _on_range(self, row: int, low: float, high: float) -> None:
        self.low.setValue(low)
        self.high.setValue(high)
        self._list(row, low, high, self.tr("with scores from {low} to {high}"))

    def _on_fields(self) -> None:
        low, high = sorted((self.low.value(), self.high.value()))
        self.plot.mark_range(low, high)
        self._list(self.plot.active, low, high, self.tr("with scores from {low} to {high}"))

    def _list(self, row: int, low: float, high: float, which: str) -> None:
        measured = self._shown
        if measured is None or not 0 <= row < len(measured.first.lines):
            return
        line = measured.first.lines[row]
        kinds = self.tr("✓ found"), self.tr("+ false alarm")
        number = self.locale().toString
        shown = low if low != high - 2 * HALF_STEP else self._session.threshold
        which = which.format(low=number(float(shown), "f", 2), high=number(float(high), "f", 2))

        def take(spots: Spots) -> None:
            self._scores = low, high
            title = self.tr("Detections {which}: {count}").format(
                count=number(len(spots)), which=which
            )
            self.spots.show_spots(spots, title, can_be_reviewed=True)

        self._job.find(lambda found: detections_between(found, line, low, high, kinds), take)

    def _on_group(self, group: Group) -> None:
        threshold = self._session.threshold
        kinds = self.tr("+ false alarm"), self.tr("? missed")
        if self._shown is not None:
            names = (self._shown.images[row] for row in group.pictures.tolist())
            known = [name for name in names if name is not None]
            self.images_wanted.emit(known, self.groups.groups.name(group))

        def take(spots: Spots) -> None:
            title = self.tr("Mistakes in “{group}” at {threshold}: {count}").format(
                count=self.locale().toString(len(spots)),
                group=self.groups.groups.name(group),
                threshold=self.locale().toString(threshold, "f", 2),
            )
            self.spots.show_spots(spots, title)

        self._job.find(lambda found: mistakes_in(found, group, threshold, kinds), take)
