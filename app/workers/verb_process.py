"""A verb of `python -m tinaface` as a process that tells how it goes in JSON lines."""

import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

import tinaface
from app.workers.ending import let_die
from app.workers.lines import LineCutter

LINE_BYTES = 64 * 2**20

log = logging.getLogger(__name__)


class VerbProcess(QObject):
    """One run. What cannot be understood is logged and skipped.

    Signals:
        said: a line, as it came.
        ended: the exit code; -1 where it never started or was killed.
    """

    said = Signal(bytes)
    ended = Signal(int)

    def __init__(self, arguments: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._arguments = list(arguments)
        self._lines = LineCutter(LINE_BYTES)
        self._is_silent = False
        self._process = process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        package = Path(tinaface.__file__).resolve().parents[1]
        paths = [str(package), environment.value("PYTHONPATH", "")]
        environment.insert("PYTHONPATH", os.pathsep.join(path for path in paths if path))
        process.setProcessEnvironment(environment)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._on_output)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)

    def start(self) -> None:
        """Begins; lines follow."""
        self._process.start(sys.executable, ["-m", "tinaface", *self._arguments])

    def drop(self) -> None:
        """Ends it at once and tells nothing any more; it deletes itself."""
        self._is_silent = True
        let_die(self._process)
        self.deleteLater()

    def _on_output(self) -> None:
        news = bytes(self._process.readAllStandardOutput().data())
        for line in self._lines.feed(news):
            if line and not self._is_silent:
                self.said.emit(line)

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        if not self._is_silent:
            self.ended.emit(code if status is QProcess.ExitStatus.NormalExit else -1)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and not self._is_silent:
            log.warning("%s did not start", self._arguments[0])
            self.ended.emit(-1)


def fields_of(line: bytes) -> dict[str, object]:
    """The JSON object in a line; an empty one where there is none."""
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        log.warning("a process said %r", line[:200])
        return {}
    return fields
