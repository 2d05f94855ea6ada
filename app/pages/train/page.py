"""The Train page: the form at the left, what runs and what came of it at the right."""

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.messages import of_error
from app.pages.table import Surroundings
from app.pages.train.curves import Curves
from app.pages.train.data_form import DataForm
from app.pages.train.models_table import ModelsTable
from app.pages.train.outcome import Outcome
from app.pages.train.preflight_list import PreflightList
from app.pages.train.progress import ProgressHeader
from app.pages.train.samples import Samples
from app.pages.train.section import Section
from app.pages.train.start_form import StartForm
from app.theme import named
from app.training.data import TrainingData
from app.training.earlier import EarlierRuns
from app.training.sample_rounds import SampleRounds
from tinaface.errors import TinaFaceError

FORM_WIDTH = 330
MARGIN = 12


class TrainPage(QWidget):
    """Connects form, progress, curves, outcome and models."""

    def __init__(self, at: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._at = at
        self._trainer = trainer = at.trainer
        trainer.prepare()
        self._data = TrainingData(at.session, trainer, self)
        self._preflight = trainer.preflight
        self._earlier = EarlierRuns(self)
        self._sample_rounds = SampleRounds(self)
        self.data = DataForm(self._data)
        self.plan = StartForm(trainer.models)
        self.checks = PreflightList(self._preflight)
        self.start = QPushButton(self.tr("Start training"))
        self.start.setProperty("primary", True)
        self.start.clicked.connect(self._start)
        self.why_not = named(QLabel(), "Muted")
        self.why_not.setWordWrap(True)
        self.progress = ProgressHeader(trainer)
        self.curves = Curves(at.theme)
        self.samples = Samples(self._sample_rounds, at.theme)
        self.outcome = Outcome(trainer)
        self.models = ModelsTable(trainer.models, at.detection)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(self.tr("Of the training"))
        self.tabs.addTab(self.curves, self.tr("Curves"))
        self.tabs.addTab(self.samples, self.tr("Sample pictures"))
        self.tabs.addTab(self.outcome, self.tr("Before and after"))
        self.tabs.addTab(self.models, self.tr("Models"))
        self._place()
        self._connect()
        self.setFocusProxy(self.start)

    def _place(self) -> None:
        form = QWidget()
        column = QVBoxLayout(form)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(14)
        column.addWidget(self.data)
        column.addWidget(self.plan)
        checks = Section(self.tr("Before it starts"))
        checks.content.addWidget(self.checks)
        column.addWidget(checks)
        column.addStretch(1)
        scroll = named(QScrollArea(), "TrainForm")
        scroll.setWidget(form)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what it holds brings itself into view
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        left = QWidget()
        # Longer in other languages; beside it stands a scroll bar.
        left.setFixedWidth(max(FORM_WIDTH, form.minimumSizeHint().width() + MARGIN))
        below = QVBoxLayout(left)
        below.setContentsMargins(0, 0, 0, MARGIN)
        below.addWidget(scroll, 1)
        for widget in (self.why_not, self.start):
            line = QHBoxLayout()
            line.setContentsMargins(MARGIN, 0, MARGIN, 0)
            line.addWidget(widget)
            below.addLayout(line)
        right = QVBoxLayout()
        right.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        right.setSpacing(10)
        right.addWidget(self.progress)
        right.addWidget(self.tabs, 1)
        rule = named(QFrame(), "Rule")
        rule.setFixedWidth(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(left)
        layout.addWidget(rule)
        layout.addLayout(right, 1)

    def _connect(self) -> None:
        session, trainer = self._at.session, self._trainer
        self._data.changed.connect(self._check)
        self.plan.changed.connect(self._check)
        self.plan.refused.connect(self._tell)
        self._preflight.changed.connect(self._show_start)
        self._preflight.pace.changed.connect(self._show_pace)
        trainer.job.changed.connect(self._show_start)
        trainer.waiting_changed.connect(self._show_start)
        trainer.job.recorded.connect(self._on_recorded)
        trainer.job.changed.connect(self._read_beside)
        trainer.job.changed.connect(self._compare_if_seen)
        trainer.comparison.changed.connect(self._on_comparison)
        trainer.train_on_fixed.connect(self.data.choose_fixed)
        trainer.fixed_changed.connect(self._count_if_seen)
        session.folder_changed.connect(self._count_if_seen)
        session.scan_finished.connect(self._count_if_seen)
        self._earlier.changed.connect(self._draw)
        self.outcome.image_wanted.connect(self._show_image)
        self.outcome.detect_wanted.connect(self._at.detection.detect_listed)
        self.models.chosen.connect(self._note_chosen)
        for part in (self._data, self._earlier, self._sample_rounds):
            trainer.closing.connect(part.shut_down)
        self._on_recorded([], True)
        self._read_beside()
        self._show_start()

    # ---- form ----

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._compare_if_seen()
        if self._trainer.wants_fixed:
            self._trainer.wants_fixed = False
            self.data.choose_fixed()
        else:
            self.data.count()

    def _count_if_seen(self) -> None:
        if self.isVisible():
            self.data.count()

    def _check(self) -> None:
        """Lets the checks run anew, in their own process, once a plan stands."""
        root, division = self._at.session.root, self._data.division
        is_idle = not self._trainer.is_training
        if root is not None and division is not None and division.train and is_idle:
            self._preflight.check(self.plan.plan(root, self.data.choice), division)
        else:
            self._preflight.forget()
        self._show_start()

    def _show_pace(self) -> None:
        pace = self._preflight.pace
        self.plan.set_pace(pace.pass_s, is_measuring=pace.is_measuring)

    def _show_start(self) -> None:
        problem = self._problem()
        self.start.setEnabled(not problem)
        self.why_not.setText(problem)
        self.why_not.setVisible(bool(problem))

    def _problem(self) -> str:
        """Why a training cannot be started now; "" if it can."""
        division = self._data.division
        if self._trainer.is_training:
            return self.tr("A training is at work; stop it to start another one")
        if self._trainer.is_waiting:
            return self.tr("The training starts when the detector is done")
        if self._at.session.root is None:
            return self.tr("Open a folder of labelled pictures first")
        if division is None:
            return self.tr("Counting…")
        if not division.train:
            return self.tr("There is nothing to learn")
        if self._preflight.fault:
            return self._preflight.fault
        return ""

    def _start(self) -> None:
        root, division = self._at.session.root, self._data.division
        if root is None or division is None or self._problem():
            return
        self.tabs.setCurrentWidget(self.curves)
        self._trainer.start(self.plan.plan(root, self.data.choice), division)

    # ---- what runs ----

    def _on_recorded(self, _records: list[dict[str, Any]], _is_restarted: bool) -> None:
        self._draw()
        self._sample_rounds.look()

    def _read_beside(self) -> None:
        job = self._trainer.job
        self._earlier.read_beside(job.folder, job.run)
        self._sample_rounds.follow(job.run)

    def _draw(self) -> None:
        self.curves.show_run(self._trainer.job.records, self._earlier.records)

    def _compare_if_seen(self) -> None:
        """Measures a run that ended while no window looked."""
        if self.isVisible() and self._trainer.comparison.run != self._trainer.job.run:
            self._trainer.compare()

    def _on_comparison(self) -> None:
        if self._trainer.comparison.is_running and self.tabs.currentWidget() is self.curves:
            self.tabs.setCurrentWidget(self.outcome)

    # ---- ways out ----

    def _show_image(self, name: str, xyxy: list[float]) -> None:
        notes, session = self._trainer.job.notes, self._at.session
        if notes is not None and Path(notes.root) != session.root:
            session.open_folder(Path(notes.root), name)
        self._at.looking.look_at(name, np.array(xyxy))

    def _note_chosen(self, model: Any) -> None:
        self._at.hints.show_note(self.tr("{name} detects from now on").format(name=model.name))

    def _tell(self, error: TinaFaceError) -> None:
        self._at.session.messages.post(of_error(error, topic="training"))
