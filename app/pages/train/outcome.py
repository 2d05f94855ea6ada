"""What came of a training: before and after, faces gained and lost, and whether to keep it."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.error_texts import told
from app.theme import named
from app.training.trainer import Trainer
from tinaface.changes import Change
from tinaface.runs import State
from tinaface.training.selection import FIXED, VALIDATE

NOTHING, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
MOST_ROWS = 2000
"""Rows of the list of changes; the best-scored ones come first."""


class Outcome(QWidget):
    """The table, the list and the decision.

    Signals:
        image_wanted: name of a picture to look at, and the box in it as x0, y0, x1, y1.
        detect_wanted: find faces again in the listed pictures, with the model just kept.
    """

    image_wanted = Signal(str, list)
    detect_wanted = Signal()

    def __init__(self, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trainer = trainer
        self._shown: dict[str, Any] | None = {}
        self._named_run: Path | None = None
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.warning = named(QLabel(), "Banner")
        self.warning.setWordWrap(True)
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(18)
        self._table.setVerticalSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.state)
        layout.addWidget(self.warning)
        layout.addLayout(self._table)
        layout.addLayout(self._make_decision())
        layout.addLayout(self._make_choosers())
        layout.addWidget(self._make_list(), 1)
        layout.addStretch(0)  # what is told stays on top where there is no list
        trainer.comparison.changed.connect(self._show)
        trainer.job.changed.connect(self._show)
        trainer.models.changed.connect(self._show)
        self._show()

    # ---- parts ----

    def _make_decision(self) -> QHBoxLayout:
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name of the new model"))
        self.name.textChanged.connect(lambda _: self._show_name())
        self.keep = QPushButton(self.tr("Keep the new model"))
        self.keep.setProperty("primary", True)
        self.keep.setToolTip(self.tr("It becomes the chosen one; the old one stays in the list"))
        self.keep.clicked.connect(lambda: self._trainer.keep(self.name.text().strip()))
        self.drop = QPushButton(self.tr("Stay with the old one"))
        self.drop.setToolTip(self.tr("The new weights stay in their run folder"))
        self.drop.clicked.connect(self._trainer.drop)
        self.detect = QPushButton(self.tr("Detect again in the listed images"))
        self.detect.clicked.connect(self.detect_wanted)
        self.problem = named(QLabel(), "Muted")
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.name)
        for widget in (self.keep, self.drop, self.detect, self.problem):
            line.addWidget(widget)
        line.addStretch(1)
        return line

    def _make_choosers(self) -> QHBoxLayout:
        self.split = QComboBox()
        self.split.setAccessibleName(self.tr("Pictures"))
        self.split.activated.connect(lambda _: self._fill_list())
        self.change = QComboBox()
        self.change.setAccessibleName(self.tr("What changed"))
        self.change.activated.connect(lambda _: self._fill_list())
        line = QHBoxLayout()
        line.addWidget(self.change)
        line.addWidget(self.split)
        line.addStretch(1)
        return line

    def _make_list(self) -> QTableWidget:
        self.changes = QTableWidget(0, 3)
        self.changes.setHorizontalHeaderLabels(
            [self.tr("Image"), self.tr("Score"), self.tr("Height, px")]
        )
        self.changes.setAccessibleName(self.tr("Boxes that changed; Enter shows one"))
        self.changes.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.changes.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.changes.verticalHeader().hide()
        self.changes.setTabKeyNavigation(False)
        header = self.changes.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.changes.itemActivated.connect(self._on_activated)
        return self.changes

    # ---- showing ----

    def _show(self) -> None:
        comparison, job = self._trainer.comparison, self._trainer.job
        result = comparison.result if comparison.run == job.run else None
        notes = job.notes
        decided = "" if notes is None else notes.decided
        is_over = job.status is not None and not job.is_alive
        self.state.setText(self._name_state(result, decided))
        for widget in (self.name, self.keep, self.drop):
            widget.setVisible(is_over and job.best is not None and not decided)
        self.detect.setVisible(decided == "kept")
        if result is not self._shown:
            self._shown = result
            self._fill_table(result)
            self._fill_choosers(result)
            self._fill_list()
        self.warning.setVisible(bool(self.warning.text()))
        if job.run != self._named_run:
            self._named_run = job.run
            self.name.setModified(False)
        if not self.name.isModified() and notes is not None:
            wish = self.tr("{data} {date}").format(
                data=Path(notes.root).name, date=job.run.name[:8] if job.run else ""
            )
            self.name.setText(self._trainer.models.free_name(wish))
        self._show_name()

    def _name_state(self, result: dict[str, Any] | None, decided: str) -> str:
        comparison, job = self._trainer.comparison, self._trainer.job
        if job.run is None or job.status is None:
            return self.tr("Nothing has been trained yet.")
        if job.is_alive:
            return self.tr("The training is still at work.")
        if job.best is None:
            return self.tr("The training ended before it had weights.")
        if decided == "kept":
            return self.tr("The new model was kept, and is the chosen one.")
        if decided == "dropped":
            return self.tr("You stayed with the old model. The new weights are in {run}.").format(
                run=job.run
            )
        if comparison.failure is not None:
            error = comparison.failure
            return f"{told(error.what)}: {told(error.why)}. {told(error.remedy)}."
        if result is None and comparison.is_running:
            return self.tr("Measuring before and after…")
        if result is None and comparison.is_waiting:
            return self.tr("Before and after are measured when the detector is done.")
        if result is None and comparison.run != job.run:
            return ""
        if result is None:
            return self.tr("There is nothing to compare with: the training began from nothing.")
        if job.status.state is State.STOPPED:
            return self.tr("The training was stopped; these are its best weights so far.")
        return self.tr("Keep the new model?")

    def _show_name(self) -> None:
        problem = self._trainer.models.problem_with(self.name.text())
        self.keep.setEnabled(not problem)
        self.problem.setText(problem if self.name.isVisibleTo(self) else "")

    def _fill_table(self, result: dict[str, Any] | None) -> None:
        while (item := self._table.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.warning.clear()
        if result is None:
            return
        heads = (
            self.tr("Pictures"),
            self.tr("Number"),
            self.tr("AP before"),
            self.tr("AP after"),
            self.tr("Difference"),
            self.tr("95 % interval"),
            "",
        )
        for column, text in enumerate(heads):
            self._table.addWidget(named(QLabel(text), "PanelTitle"), 0, column)
        for row, (name, compared) in enumerate(result["splits"].items(), start=1):
            for column, text in enumerate(self._cells(name, compared)):
                label = QLabel(text)
                label.setToolTip(self._explain_split(name))
                label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._table.addWidget(label, row, column)
        self._table.setColumnStretch(len(heads) - 1, 1)
        validation = result["splits"].get(VALIDATE)
        if validation is not None and (validation["difference"] or 0) < 0:
            self.warning.setText(
                self.tr("On the held-out pictures the new model is worse.")
                if validation["is_distinguishable"]
                else self.tr(
                    "On the held-out pictures the new model seems worse; with so few pictures it "
                    "may be chance."
                )
            )

    def _cells(self, name: str, compared: dict[str, Any]) -> list[str]:
        locale = self.locale()

        def number(value: float | None, is_signed: bool = False) -> str:
            if value is None:
                return NOTHING
            text = locale.toString(abs(value), "f", 3)
            sign = "+" if value > 0 else MINUS if value < 0 else "±"
            return sign + text if is_signed else text

        interval = compared["interval"]
        verdict = {
            None: "",
            True: self.tr("better") if (compared["difference"] or 0) > 0 else self.tr("worse"),
            False: self.tr("not distinguishable"),
        }[compared["is_distinguishable"]]
        return [
            self._name_split(name),
            locale.toString(compared["pictures"]),
            number(compared["before"]["ap50"]),
            number(compared["after"]["ap50"]),
            number(compared["difference"], True),
            NOTHING
            if interval is None
            else self.tr("{low} to {high}").format(
                low=number(interval[0], True), high=number(interval[1], True)
            ),
            verdict,
        ]

    def _name_split(self, name: str) -> str:
        return {
            VALIDATE: self.tr("Held out"),
            FIXED: self.tr("Just fixed"),
        }.get(name, name)

    def _explain_split(self, name: str) -> str:
        return {
            VALIDATE: self.tr("Pictures that no training here has learned"),
            FIXED: self.tr("Pictures whose labels were changed; most of them were learned"),
        }.get(name, "")

    def _fill_choosers(self, result: dict[str, Any] | None) -> None:
        self.split.clear()
        self.change.clear()
        splits = {} if result is None else result["splits"]
        for name in splits:
            self.split.addItem(self._name_split(name), name)
        words = {
            Change.GAINED: self.tr("Gained faces"),
            Change.LOST: self.tr("Lost faces"),
            Change.NEW_ALARM: self.tr("New false alarms"),
            Change.GONE_ALARM: self.tr("Gone false alarms"),
            Change.MOVED: self.tr("Moved boxes"),
        }
        for change, text in words.items():
            self.change.addItem(text, change.value)
        for widget in (self.split, self.change, self.changes):
            widget.setVisible(result is not None)

    def _fill_list(self) -> None:
        splits = {} if not self._shown else self._shown["splits"]
        of_split = splits.get(self.split.currentData(), {"changes": []})["changes"]
        for place in range(self.change.count()):
            value = self.change.itemData(place)
            number = sum(one["change"] == value for one in of_split)
            text = self.change.itemText(place).partition(" (")[0]
            self.change.setItemText(place, f"{text} ({self.locale().toString(number)})")
        wanted = [one for one in of_split if one["change"] == self.change.currentData()][:MOST_ROWS]
        self.changes.setRowCount(len(wanted))
        for row, one in enumerate(wanted):
            x0, y0, x1, y1 = one["xyxy"]
            texts = (
                one["image"],
                self.locale().toString(one["score"], "f", 2),
                self.locale().toString(round(y1 - y0)),
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, [x0, y0, x1, y1])
                self.changes.setItem(row, column, item)

    def _on_activated(self, item: QTableWidgetItem) -> None:
        name = self.changes.item(item.row(), 0)
        if name is not None:
            self.image_wanted.emit(name.text(), item.data(Qt.ItemDataRole.UserRole))
