"""Two models on the same pictures: which is better, and the boxes in which they differ."""

import math

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from app.evaluation.job import EvaluationJob
from app.evaluation.measure import Measured
from app.evaluation.split_view import SplitView
from app.evaluation.spot_list import SpotList
from app.evaluation.spots import Spots
from app.placement import BoxArray
from app.session import Session
from app.theme import Theme, named
from tinaface.changes import Change, ChangedBox, one_alarm_thresholds

Found = tuple[tuple[float, float], list[ChangedBox]]


class Comparing(QWidget):
    """Follows the evaluation.

    Signals:
        entered: image and `[4]` box that the user wants to go to.
        images_wanted: names of images that the list is to keep, and what they are.
    """

    entered = Signal(str, object)
    images_wanted = Signal(list, str)

    def __init__(
        self, session: Session, job: EvaluationJob, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._job = session, job
        self._shown: Measured | None = None
        self._thresholds = (0.5, 0.5)
        self._all: Spots | None = None
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.cut = QComboBox()
        self.cut.setAccessibleName(self.tr("Scores compared"))
        self.cut.addItem(self.tr("each at one false alarm a picture"))
        self.cut.addItem(self.tr("both at the slider's threshold"))
        self.kind = QComboBox()
        self.kind.setAccessibleName(self.tr("Kind of change"))
        self.changes = SpotList(self.tr("Choose a model B above to see where the two differ."))
        self.split = SplitView(session, theme)
        left = QWidget()
        layout = QVBoxLayout(left)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.addWidget(self.verdict)
        for text, field in ((self.tr("compared"), self.cut), (self.tr("show"), self.kind)):
            row = QHBoxLayout()
            label = named(QLabel(text), "Muted")
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field, 1)
            layout.addLayout(row)
        layout.addWidget(self.changes, 1)
        whole = QSplitter(Qt.Orientation.Horizontal)
        whole.addWidget(left)
        whole.addWidget(self.split)
        whole.setSizes([380, 620])
        whole.setChildrenCollapsible(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 8, 0, 0)
        outer.addWidget(whole)
        self.cut.currentIndexChanged.connect(self._find)
        self.kind.currentIndexChanged.connect(self._list)
        self.changes.chosen.connect(self._on_chosen)
        self.changes.entered.connect(self._enter)
        self.changes.images_wanted.connect(self._keep_images)
        session.threshold_changed.connect(self._on_threshold)
        job.changed.connect(self._on_job)
        self._on_job()

    # ---- what differs ----

    def _on_job(self) -> None:
        measured, before = self._job.result, self._shown
        self._shown = measured
        self.verdict.setText("" if measured is None else self._verdict(measured))
        if measured is None or measured.second is None:
            self._all = None
            self.changes.show_spots(None, "")
            self.split.clear()
        elif before is None or before.request is not measured.request:
            self._find()

    def _on_threshold(self) -> None:
        if self.cut.currentIndex() == 1:
            self._find()

    def _find(self) -> None:
        threshold = self._session.threshold if self.cut.currentIndex() == 1 else None

        def work(measured: Measured) -> Found:
            second = measured.second
            if second is None:
                return (0.0, 0.0), []
            cuts = (threshold, threshold) if threshold is not None else None
            thresholds = cuts or one_alarm_thresholds(measured.first.voc, second.voc)
            return thresholds, measured.changes(thresholds)

        self._job.find(work, self._take)

    def _take(self, found: Found) -> None:
        measured = self._shown
        if measured is None:
            return
        self._thresholds, changed = found
        order = list(Change)
        self._all = Spots(
            measured.images,
            np.array([one.picture for one in changed], np.intp),
            np.array([one.xyxy for one in changed], np.float64).reshape(-1, 4),
            np.array([one.score for one in changed]),
            np.array([order.index(one.change) for one in changed], np.intp),
            [self._kind_name(change) for change in order],
        )
        at = max(self.kind.currentIndex(), 0)
        self.kind.blockSignals(True)
        self.kind.clear()
        self.kind.addItem(self.tr("all changes ({count})").format(count=len(changed)))
        for row, name in enumerate(self._all.kinds):
            self.kind.addItem(f"{name} ({np.count_nonzero(self._all.what == row)})")
        self.kind.setCurrentIndex(at)
        self.kind.blockSignals(False)
        self._list()

    def _kind_name(self, change: Change) -> str:
        return {
            Change.GAINED: self.tr("↑ gained by B"),
            Change.LOST: self.tr("↓ lost by B"),
            Change.MOVED: self.tr("↔ moved"),
            Change.NEW_ALARM: self.tr("+ new false alarm"),
            Change.GONE_ALARM: self.tr("− gone false alarm"),  # noqa: RUF001 - a minus sign
        }[change]

    def _list(self) -> None:
        if self._all is None:
            return
        spots, kind = self._all, self.kind.currentIndex() - 1
        if kind >= 0:
            spots = spots.taken(np.flatnonzero(spots.what == kind))
        title = self.tr(
            "Boxes that differ: {count}. Enter opens one in Review, {key} swaps A and B."
        ).format(
            count=self.locale().toString(len(spots)),
            key=self._session.keymap.spoken("view.swap-models"),
        )
        self.changes.show_spots(spots, title)
        self.split.clear()
        self._choose_first()

    def _choose_first(self) -> None:
        """Shows the first change, so that the halves are not empty; only where they are seen."""
        table = self.changes.table
        if (
            self.isVisible()
            and self.changes.model.rowCount()
            and not table.currentIndex().isValid()
        ):
            table.selectRow(0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._choose_first()

    def _keep_images(self, names: list[str]) -> None:
        self.images_wanted.emit(names, self.kind.currentText())

    def _on_chosen(self, _row: int) -> None:
        at, measured = self.changes.current(), self._shown
        if at is None or measured is None or measured.second is None:
            return
        sources = measured.first.source, measured.second.source
        self.split.show_box(*at, sources, self._thresholds)

    def _enter(self, image: str, xyxy: BoxArray) -> None:
        """Shows the run that has the box, from a score on at which it is seen, then goes there."""
        measured, spots = self._shown, self.changes.model.spots
        row = self.changes.table.currentIndex().row()
        if measured is None or measured.second is None or spots is None:
            return
        change = list(Change)[spots.what[row]]
        is_of_first = change in (Change.LOST, Change.GONE_ALARM)
        wanted = (measured.first if is_of_first else measured.second).source
        predictions, session = self._session.predictions, self._session
        if predictions.shown != wanted and predictions.other == wanted:
            predictions.swap()
        seen_from = math.floor(float(spots.score[row]) * 100) / 100
        session.set_threshold(min(session.threshold, seen_from))
        self.entered.emit(image, xyxy)

    # ---- which is better ----

    def _verdict(self, measured: Measured) -> str:
        if measured.second is None:
            return ""
        if measured.differences is None:
            return self.tr("The interval of the difference is being computed…")
        lines = [
            self._difference(name, part, len(measured.differences) == 1)
            for name, part in measured.differences.items()
        ]
        return "\n".join(lines)

    def _difference(self, subset: str, part: dict[str, object], is_alone: bool) -> str:
        difference, bounds = part["difference"], part["interval"]
        if not isinstance(difference, float) or not isinstance(bounds, tuple):
            return self.tr("AP cannot be compared: no face counts.")
        # The command line says first minus second; a gain of the new model B reads as a plus.
        gain, low, high = -difference, -bounds[1], -bounds[0]
        if not part["is_distinguishable"]:
            verdict = self.tr("not distinguishable on these pictures")
        elif gain > 0:
            verdict = self.tr("B is better")
        else:
            verdict = self.tr("A is better")
        text = self.tr("B − A: AP {gain} (95 %: {low} to {high}): {verdict}").format(  # noqa: RUF001
            gain=self._signed(gain),
            low=self._signed(low),
            high=self._signed(high),
            verdict=verdict,
        )
        return text if is_alone else f"{subset}: {text}"

    def _signed(self, value: float) -> str:
        digits = self.locale().toString(abs(value), "f", 4)
        return f"{'−' if value < 0 else '+'}{digits}"  # noqa: RUF001 - a minus sign
