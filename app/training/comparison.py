"""Before and after: two models on the validation pictures and on those just fixed."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.training import notes
from app.training.notes import RunNotes
from app.training.plan import SPLIT_FILE
from app.workers.verb import VerbProcess
from tinaface import runs
from tinaface.errors import TinaFaceError
from tinaface.training.selection import FIXED, VALIDATE


class Comparison(QObject):
    """Measures a run against the weights it began with, in a process of its own, and keeps it.

    Signals:
        changed: result, progress, or why there is none.
    """

    changed = Signal()

    def __init__(self, verb: VerbProcess | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._verb = verb or VerbProcess(self)
        self._verb.answered.connect(self._on_answered)
        self._verb.failed.connect(self._on_failed)
        self._disk = Background("comparison", parent=self)
        self._run: Path | None = None
        self._words: list[str] | None = None
        self._may_work = True
        self._result: dict[str, Any] | None = None
        self._failure: TinaFaceError | None = None

    @property
    def run(self) -> Path | None:
        """The run that is, or was last, compared."""
        return self._run

    @property
    def result(self) -> dict[str, Any] | None:
        """The comparison (`tinaface/before_after.py`), by split; None before it is made."""
        return self._result

    @property
    def failure(self) -> TinaFaceError | None:
        """Why there is no result."""
        return self._failure

    @property
    def is_running(self) -> bool:
        """Whether pictures are being looked at."""
        return self._verb.is_running

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for the detector."""
        return self._words is not None and not self._verb.is_running

    def of_run(self, run: Path, written: RunNotes) -> None:
        """Measures a run, unless that was done before; there is nothing to do without a start."""
        self._run, self._result, self._failure = run, None, None
        splits = [
            name for name, count in ((VALIDATE, written.validated), (FIXED, written.fixed)) if count
        ]
        self._words = None
        if written.start and splits:
            self._words = [
                "compare",
                *("--before", written.start, "--after", str(run / runs.BEST)),
                *("--data", written.root, "--split-file", str(run / SPLIT_FILE), "--json"),
            ]
            for name in splits:
                self._words += ["--split", name]
        self._disk.run(lambda: notes.read_comparison(run), self._on_read)

    def wait(self) -> None:
        """Makes room for the detector; what was measured so far is measured again."""
        self._may_work = False
        if self._verb.is_running:
            self._verb.stop()
            self.changed.emit()

    def go_on(self) -> None:
        """The detector is done."""
        self._may_work = True
        if self._words is not None and not self._verb.is_running and not self._disk.pending:
            self._verb.start(self._words)
            self.changed.emit()

    def shut_down(self) -> None:
        """Ends the process; the next start of the window measures again."""
        self._words = None
        self._verb.stop()
        self._disk.close()

    def _on_read(self, result: dict[str, Any] | None) -> None:
        if result is not None:
            self._words, self._result = None, result
        elif self._may_work:
            self.go_on()
        self.changed.emit()

    def _on_answered(self, answer: dict[str, Any], _code: int) -> None:
        self._words = None
        run = self._run
        if run is not None and isinstance(answer.get("splits"), dict):
            self._result = answer
            self._disk.run(lambda: notes.write_comparison(run, answer), lambda _: None)
        self.changed.emit()

    def _on_failed(self, error: TinaFaceError) -> None:
        self._words, self._failure = None, error
        self.changed.emit()
