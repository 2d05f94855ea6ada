"""Processes that were killed: kept until they are gone, which takes a moment, or longer on a disk
that hangs. A QProcess that is taken down before would hold the window up and complain."""

from functools import partial

from PySide6.QtCore import QProcess

from app.closing import patience

ENDING_S = 5.0

_dying: set[QProcess] = set()


def let_die(process: QProcess) -> None:
    """Kills a process and lets go of it when it is gone; it belongs to nobody any more."""
    process.setParent(None)
    if process.state() is QProcess.ProcessState.NotRunning:
        process.deleteLater()
        return
    _dying.add(process)
    process.stateChanged.connect(partial(_on_state, process))
    process.kill()


def _on_state(process: QProcess, state: QProcess.ProcessState) -> None:
    if state is QProcess.ProcessState.NotRunning and process in _dying:
        _dying.discard(process)
        process.deleteLater()


def wait_for_dying() -> bool:
    """Waits for all of them, as before the program ends; False where one, on a disk that hangs, is
    still there."""
    is_gone = [_wait(process) for process in list(_dying)]
    return all(is_gone)


def _wait(process: QProcess) -> bool:
    process.waitForFinished(round(patience(ENDING_S) * 1000))
    return process.state() is QProcess.ProcessState.NotRunning
