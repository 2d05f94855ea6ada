"""`--screenshot`: a picture of the window once everything it should show is there."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from app.main_window import MainWindow

TIMEOUT_S = 60.0
POLL_MS = 10


def take(window: "MainWindow", path: Path) -> int:
    """Waits for list, picture and boxes, writes a PNG and closes the window; an exit code."""
    is_complete = _wait(window)
    QApplication.processEvents()
    path.parent.mkdir(parents=True, exist_ok=True)
    was_written = window.grab().save(str(path), "PNG")
    window.close()
    if not was_written:
        sys.stderr.write(f"error: {path} could not be written\n")
    elif not is_complete:
        sys.stderr.write(f"error: the folder was not read within {TIMEOUT_S:.0f} s\n")
    return 0 if was_written and is_complete else 1


def _wait(window: "MainWindow") -> bool:
    """Lets events run until nothing is on its way any more; False where time ran out."""
    deadline = time.monotonic() + TIMEOUT_S
    quiet = 0
    while time.monotonic() < deadline:
        loop = QEventLoop()
        QTimer.singleShot(POLL_MS, loop.quit)
        loop.exec()
        # Three looks in a row: one result may call for the next piece of work.
        quiet = quiet + 1 if window.boxes is not None and window.session.is_quiet else 0
        if quiet >= 3:
            return True
    return False
