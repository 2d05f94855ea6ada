"""Runs one verb of `python -m tinaface` beside the window and gives back its JSON answer.

For work with one answer, such as a check or a comparison; detection, with its many, has a worker
of its own (`client.py`).
"""

import json
import sys
from collections import deque
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

from app.workers.client import worker_environment
from app.workers.ending import let_die
from app.workers.lines import LineCutter
from tinaface.errors import CheckpointError

LOG_TAIL = 20
LONGEST_ANSWER = 64 * 1024 * 1024
COMMAND = (sys.executable, "-m", "tinaface")


class VerbProcess(QObject):
    """One verb at a time; starting another one ends the first.

    Signals:
        answered: the JSON object of the last line, and the exit code.
        failed: one TinaFaceError; there is no answer.
        said: a line for people, as a verb's progress.
    """

    answered = Signal(object, int)
    failed = Signal(object)
    said = Signal(str)

    def __init__(self, parent: QObject | None = None, *, command: Sequence[str] = COMMAND) -> None:
        super().__init__(parent)
        self._command = list(command)
        self._process: QProcess | None = None
        self._answer = b""
        self._errors = LineCutter(64 * 1024)
        self._tail: deque[str] = deque(maxlen=LOG_TAIL)

    @property
    def is_running(self) -> bool:
        """Whether an answer is still to come."""
        return self._process is not None

    def start(self, words: Sequence[str]) -> None:
        """Runs a verb with its options."""
        self.stop()
        self._answer, self._tail = b"", deque(maxlen=LOG_TAIL)
        self._errors = LineCutter(64 * 1024)
        process = self._process = QProcess(self)
        process.setProgram(self._command[0])
        process.setArguments([*self._command[1:], *words])
        process.setProcessEnvironment(worker_environment())
        process.setStandardInputFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_errors)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        process.start()

    def stop(self) -> None:
        """Ends what runs; nothing more is heard of it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.finished.disconnect(self._on_finished)
        process.errorOccurred.disconnect(self._on_error)
        let_die(process)

    def _read(self) -> None:
        if self._process is not None:
            self._answer += bytes(self._process.readAllStandardOutput().data())
            # Only the last line counts; what stands before it need not be kept.
            cut = self._answer.rstrip(b"\n").rfind(b"\n") + 1
            self._answer = self._answer[cut:][-LONGEST_ANSWER:]

    def _read_errors(self) -> None:
        if self._process is None:
            return
        for line in self._errors.feed(bytes(self._process.readAllStandardError().data())):
            if line:
                text = line.decode("utf-8", "replace")
                self._tail.append(text)
                self.said.emit(text)

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._read_errors()
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        try:
            answer: Any = json.loads(self._answer)
        except ValueError:
            answer = None
        if status is QProcess.ExitStatus.NormalExit and isinstance(answer, dict):
            self.answered.emit(answer, code)
        else:
            self.failed.emit(self._explain(code, status))

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            self._process.deleteLater()
            self._process = None
            self.failed.emit(
                CheckpointError(
                    what=self.tr("The worker could not be started"),
                    why=self.tr("{program} does not run").format(program=self._command[0]),
                    remedy=self.tr("Install the program again"),
                )
            )

    def _explain(self, code: int, status: QProcess.ExitStatus) -> CheckpointError:
        """The verb's own three sentences where it said them (`tinaface/cli.py`)."""
        parts = {"error:": "", "why:": "", "do:": ""}
        for line in self._tail:
            head, _, rest = line.strip().partition(" ")
            if head in parts:
                parts[head] = rest.strip()
        if parts["error:"]:
            return CheckpointError(what=parts["error:"], why=parts["why:"], remedy=parts["do:"])
        if status is QProcess.ExitStatus.CrashExit:
            why = self.tr("ended by the system, probably out of memory")
        else:
            why = self._tail[-1] if self._tail else self.tr("exit code {code}").format(code=code)
        return CheckpointError(
            what=self.tr("The worker ended without an answer"),
            why=why,
            remedy=self.tr("Close other programs and try again; see the log"),
        )
