"""The page with what the shown predictions are worth, and how another model compares."""

import math
from pathlib import Path

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QLabel,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.environment import own_version
from app.error_texts import parts
from app.evaluation.choices import Choices
from app.evaluation.comparing import Comparing
from app.evaluation.job import EvaluationJob, Stage
from app.evaluation.results import Results
from app.messages import Level, Message, Offer
from app.pages.nothing import NothingYet
from app.pages.table import REVIEW, Surroundings
from app.theme import named
from tinaface import wider
from tinaface.evaluation import PROTOCOLS
from tinaface.queue_order import Queue

MARGIN = 12
QUEUE = "queue"
"""Topic of the message that tells what the queue leaves out."""


class EvaluatePage(QWidget):
    """Fields, a line that says what the figures are of, and the results or why there are none."""

    def __init__(self, at: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._detection, self._hints = at.session, at.detection, at.hints
        self._predictions = at.session.predictions
        self.job = EvaluationJob(at.session, self)
        at.session.end_with(self._shut_down, lambda: self.is_at_work)
        self.choices = Choices(self._predictions)
        self.state = named(QLabel(), "Muted")
        self.state.setWordWrap(True)
        self.results = Results(at.session, self.job, at.theme)
        self.results.entered.connect(at.looking.look_at)
        self.tabs = QTabWidget()
        self.comparing = Comparing(at.session, self.job, at.theme)
        self.comparing.entered.connect(at.looking.look_at)
        for part in (self.results, self.comparing):
            part.images_wanted.connect(self._keep_images)
        self.results.scores_wanted.connect(self._review)
        at.session.loop.queue.order_changed.connect(self._on_queue)
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.results, self.tr("Results of A"))
        self.tabs.addTab(self.comparing, self.tr("Compare A and B"))
        self._views = QStackedWidget()
        nothing = NothingYet(at.detection)
        self.empty, self.detect = nothing.reason, nothing.detect
        self._views.addWidget(nothing)
        self._views.addWidget(self.tabs)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.addWidget(self.choices)
        layout.addWidget(self.state)
        layout.addWidget(self._views, 1)
        self.choices.changed.connect(self.evaluate)
        self.choices.evaluation_wanted.connect(self.evaluate)
        self.choices.file_wanted.connect(self._ask_for_file)
        self._predictions.sources_changed.connect(self._on_sources)
        self._predictions.loaded.connect(self._on_sources)
        self.job.changed.connect(self._refresh)
        at.session.folder_changed.connect(self._on_folder)
        at.session.evaluation_wanted.connect(self._evaluate_again)
        at.detection.changed.connect(self._refresh)
        self.setFocusProxy(self.choices.model)
        self._on_folder()

    @property
    def is_at_work(self) -> bool:
        """Whether anything is on its way."""
        return self.job.is_at_work or self.comparing.split.is_reading

    def _shut_down(self) -> bool:
        return all([self.job.shut_down(), self.comparing.split.shut_down()])

    # ---- what is asked for ----

    def evaluate(self) -> None:
        """Evaluates what is chosen now."""
        root = self._session.root
        request = None if root is None else self.choices.request(root)
        if request is not None:
            self.job.run(request)

    def _evaluate_again(self) -> None:
        """What the key asks for; an evaluation that runs already is the one that is wanted."""
        if not self.job.is_running:
            self.evaluate()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._predictions.look_for_sources()
        self._start_if_new()

    def _start_if_new(self) -> None:
        """A first look needs no key; a second one, after edits, is the user's to ask for."""
        if self.isVisible() and self.job.stage is Stage.NONE:
            self.evaluate()

    def _on_folder(self) -> None:
        root = self._session.root
        self.choices.set_truth(None if root is None else wider.find_ground_truth(root))
        queue = self._session.loop.queue
        if queue.queue.scores is not None:
            queue.set_order(Queue())  # the scores were picked in another folder
        self._on_sources()

    def _on_sources(self) -> None:
        self.choices.fill()
        self._refresh()
        self._start_if_new()

    def _ask_for_file(self) -> None:
        start = str(self._session.root or Path.home())
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Open predictions"), start, self.tr("JSON lines (*.jsonl);;All files (*)")
        )
        if path:
            self.open_file(Path(path))

    def _keep_images(self, names: list[str], what: str) -> None:
        """Filters the list of images; it ends where every other filter of the list ends."""
        self._session.files.keep(names, what)
        note = self.tr("The list keeps {count} images: {what}")
        self._hints.show_note(note.format(count=self.locale().toString(len(names)), what=what))

    def _review(self, low: float, high: float) -> None:
        """Makes the queue of the review the disagreeing detections with these scores."""
        session = self._session
        # Below the threshold nothing is shown, so nothing could be judged.
        session.set_threshold(min(session.threshold, math.floor(low * 100) / 100))
        session.page.show(REVIEW)
        session.loop.queue.set_order(Queue(scores=(low, high)))
        session.loop.queue.go(1)

    def _on_queue(self) -> None:
        """Tells as long as the queue leaves something out, and offers to end that."""
        queue, messages = self._session.loop.queue, self._session.messages
        scores = queue.queue.scores
        if scores is None:
            messages.close(QUEUE)
            return
        low, high = (self.locale().toString(score, "f", 2) for score in scores)
        what = self.tr("The queue holds the detections with scores from {low} to {high} only")
        end = Offer(self.tr("Go through all"), lambda: queue.set_order(Queue()))
        text = what.format(low=low, high=high)
        messages.post(Message(Level.INFO, text, offers=(end,), topic=QUEUE))

    def open_file(self, path: Path) -> None:
        """Compares with a file of predictions; with nothing else there, it becomes model A."""
        source = self._predictions.add_file(path)
        if len(self._predictions.sources) > 1:
            self.choices.choose_other(source)
        else:
            self._predictions.choose(source)

    # ---- what is shown ----

    def _refresh(self) -> None:
        reason = self._reason_for_nothing()
        self.empty.setText(reason)
        has_none = self.job.result is None
        is_wanted = not self._predictions.sources and not self._detection.is_busy
        self.detect.setVisible(is_wanted and self._detection.can_detect)
        self._views.setCurrentIndex(0 if has_none else 1)
        self.choices.evaluate.setEnabled(bool(self._predictions.sources))
        self.choices.evaluate.setText(
            self.tr("Evaluate again") if self.job.is_outdated else self.tr("Evaluate")
        )
        self.state.setText("" if has_none else self._description())

    def _reason_for_nothing(self) -> str:
        if self._session.root is None:
            return self.tr("No folder is open.")
        error = self.job.error
        if error is not None:
            return "\n".join(parts(error))
        if self.job.is_running:
            return self.tr("Evaluating…")
        if not self._predictions.sources:
            if self._detection.is_busy:
                return self.tr("Detecting… Evaluate when it is done.")
            return self.tr("No predictions of these images yet. Detect faces first.")
        return self.tr("Nothing has been evaluated yet.")

    def _description(self) -> str:
        """Protocol, its version, what was judged and what did not fit."""
        measured = self.job.result
        if measured is None:
            return ""
        number = self.locale().toString
        submission = measured.first.submission
        parts = [
            self.tr("{protocol}, tinaface {version}").format(
                protocol=PROTOCOLS[measured.request.protocol], version=own_version()
            ),
            self.tr("{count} pictures").format(count=number(len(measured.face_set.names))),
        ]
        counts = submission.counts()
        if counts["missing"]:
            parts.append(
                self.tr("{count} without predictions count as empty").format(
                    count=number(counts["missing"])
                )
            )
        if measured.face_set.unreadable:
            parts.append(
                self.tr("{count} left out, as their labels are damaged").format(
                    count=number(len(measured.face_set.unreadable))
                )
            )
        if self.job.is_outdated:
            parts.append(self.tr("labels or predictions have changed since"))
        elif self.job.is_running:
            parts.append(self.tr("intervals are being computed…"))
        return " · ".join(parts)
