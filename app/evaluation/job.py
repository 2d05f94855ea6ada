"""The evaluation of the open folder as its page sees it: what runs, what came out, what aged."""

import logging
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.evaluation.measure import Measured, Request, measure, with_figures
from app.session import Session
from tinaface.errors import TinaFaceError

Found = TypeVar("Found")

log = logging.getLogger(__name__)


class Stage(Enum):
    """How far an evaluation has come."""

    NONE = "none"
    SAVING = "saving"
    """Labels are written first, as what is on disk is judged."""
    MATCHING = "matching"
    INTERVALS = "intervals"
    """Curves and counts are here; figures with their intervals are not yet."""
    DONE = "done"
    FAILED = "failed"


class EvaluationJob(QObject):
    """Runs one evaluation at a time beside the GUI thread.

    Signals:
        changed: stage, result, error or age.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._thread = Background("evaluation", parent=self)
        # A thread of its own: what the user clicks on need not wait for the intervals.
        self._finder = Background("evaluation-finder", parent=self)
        self._turn = 0
        self._wanted: Request | None = None
        self.stage = Stage.NONE
        self.result: Measured | None = None
        self.error: TinaFaceError | None = None
        self.is_outdated = False
        session.save_state_changed.connect(self._on_save_state)
        session.labels.saver.saved.connect(self._on_newer)
        session.labels.saver.failed.connect(self._on_save_failed)
        session.predictions.changed.connect(self._on_newer)
        session.folder_changed.connect(self.forget)

    @property
    def is_at_work(self) -> bool:
        """Whether anything is on its way."""
        return self.is_running or bool(self._finder.pending)

    @property
    def is_running(self) -> bool:
        """Whether figures are still on their way."""
        return self.stage in (Stage.SAVING, Stage.MATCHING, Stage.INTERVALS)

    def run(self, request: Request) -> None:
        """Evaluates, after all labels are saved; what still runs is given up."""
        self._turn += 1
        self._wanted, self.error, self.is_outdated = request, None, False
        self._set_stage(Stage.SAVING)
        if self._session.has_unsaved:
            self._session.save_now()
        else:
            self._measure()

    def find(self, work: Callable[[Measured], Found], then: Callable[[Found], None]) -> None:
        """Looks something up in the result beside the GUI thread; dropped if that is replaced."""
        measured = self.result
        if measured is None:
            return

        def take(found: Found) -> None:
            if self.result is not None and self.result.request is measured.request:
                then(found)

        self._finder.run(lambda: work(measured), take)

    def forget(self) -> None:
        """Drops the result: another folder is open."""
        self._turn += 1
        self._wanted, self.result, self.error, self.is_outdated = None, None, None, False
        self._set_stage(Stage.NONE)

    def shut_down(self) -> bool:
        """Ends the threads; False where one is still at work."""
        self._turn += 1  # what runs gives up at its next step
        return all([self._thread.close(), self._finder.close()])

    def _set_stage(self, stage: Stage) -> None:
        self.stage = stage
        self.changed.emit()

    def _on_save_state(self) -> None:
        if self.stage is Stage.SAVING and not self._session.has_unsaved:
            self._measure()

    def _on_save_failed(self, _name: str, error: Exception) -> None:
        if self.stage is Stage.SAVING:
            self._fail(self._turn, error)

    def _on_newer(self, _name: str) -> None:
        if not self.is_outdated and self.result is not None and self.stage is not Stage.SAVING:
            self.is_outdated = True
            self.changed.emit()

    def _measure(self) -> None:
        request, turn = self._wanted, self._turn
        assert request is not None
        listed = list(self._session.files.all_names())
        self._set_stage(Stage.MATCHING)
        self._thread.run(
            lambda: measure(request, listed, lambda: turn == self._turn),
            lambda measured: self._take(turn, measured),
            lambda error: self._fail(turn, error),
        )

    def _take(self, turn: int, measured: Measured) -> None:
        if turn != self._turn:
            return
        self.result = measured
        if measured.has_figures:
            self._set_stage(Stage.DONE)
            return
        self._set_stage(Stage.INTERVALS)
        self._thread.run(
            lambda: with_figures(measured, lambda: turn == self._turn),
            lambda whole: self._take(turn, whole),
            lambda error: self._fail(turn, error),
        )

    def _fail(self, turn: int, error: Exception) -> None:
        if turn != self._turn:
            return
        self.result = None
        if isinstance(error, TinaFaceError):
            self.error = error
        else:
            log.error("the evaluation failed", exc_info=error)
            self.error = TinaFaceError(
                what=self.tr("The evaluation failed"),
                why=f"{type(error).__name__}: {error}",
                remedy=self.tr("Please report it with the log"),
            )
        self._set_stage(Stage.FAILED)
