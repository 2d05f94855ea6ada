"""The figures of an evaluation in a few lines: AP with interval, and counts at the threshold."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.evaluation.measure import Judged
from app.theme import named
from tinaface.metrics import Counts

NO_VALUE = "–"  # noqa: RUF001 - the dash of tables


class Summary(QWidget):
    """Name, value and remark of each figure; values are selectable text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(2, 1)
        self._rows: list[tuple[QLabel, QLabel, QLabel]] = []

    def texts(self) -> list[tuple[str, str, str]]:
        """What is shown: name, value, remark."""
        shown = (row for row in self._rows if not row[0].isHidden())
        return [(name.text(), value.text(), remark.text()) for name, value, remark in shown]

    def show_run(self, run: Judged | None, threshold: float) -> None:
        """Shows the figures of a run at a threshold; nothing without one."""
        self._show([] if run is None else [*self._ap_rows(run), *self._count_rows(run, threshold)])

    def _ap_rows(self, run: Judged) -> list[tuple[str, str, str]]:
        rows = []
        is_alone = len(run.judged) == 1
        for name, judgement in run.judged.items():
            figures = None if run.figures is None else run.figures[name]
            title = self.tr("AP") if is_alone else self.tr("AP {subset}").format(subset=name)
            interval = self.tr("interval follows") if figures is None else self._interval(figures)
            rows.append((title, self._digits(judgement.ap), interval))
            if figures is not None and "coco_ap" in figures:
                value = self._digits(figures["coco_ap"])
                rows.append((self.tr("COCO AP"), value, self.tr("IoU 0.50 to 0.95")))
        return rows

    def _interval(self, figures: dict[str, Any]) -> str:
        bounds = figures["interval"]
        if bounds is None:
            return ""
        return self.tr("95 %: {low} to {high}").format(
            low=self._digits(bounds[0]), high=self._digits(bounds[1])
        )

    def _count_rows(self, run: Judged, threshold: float) -> list[tuple[str, str, str]]:
        counts: Counts = run.voc.ranking.at(threshold)
        locale = self.locale()
        faces, hits, alarms = (
            locale.toString(n)
            for n in (counts.hits + counts.missed, counts.hits, counts.false_alarms)
        )
        pictures = max(len(run.voc.pictures), 1)
        a_picture = locale.toString(counts.false_alarms / pictures, "f", 2)
        at = locale.toString(threshold, "f", 2)
        return [
            (self.tr("F1 at {threshold}").format(threshold=at), self._digits(counts.f1), ""),
            (
                self.tr("Recall"),
                self._digits(counts.recall),
                self.tr("{hits} of {faces} faces").format(hits=hits, faces=faces),
            ),
            (
                self.tr("Precision"),
                self._digits(counts.precision),
                self.tr("{alarms} false alarms").format(alarms=alarms),
            ),
            (self.tr("False alarms"), a_picture, self.tr("a picture")),
        ]

    def _digits(self, value: float | None) -> str:
        return NO_VALUE if value is None else self.locale().toString(value, "f", 4)

    def _show(self, rows: Sequence[tuple[str, str, str]]) -> None:
        while len(self._rows) < len(rows):
            self._add_row()
        for at, labels in enumerate(self._rows):
            for label, text in zip(labels, rows[at] if at < len(rows) else ("",) * 3, strict=True):
                label.setText(text)
                label.setVisible(at < len(rows))

    def _add_row(self) -> None:
        name, value, remark = QLabel(), QLabel(), named(QLabel(), "Muted")
        font = value.font()
        font.setBold(True)
        value.setFont(font)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        at = len(self._rows)
        for column, label in enumerate((name, value, remark)):
            self._grid.addWidget(label, at, column)
        self._rows.append((name, value, remark))
