"""Finds the images of a folder in a thread and hands them over in batches."""

import os
import threading
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.background import CLOSING_S
from app.closing import patience
from tinaface.errors import TinaFaceError


class FoundImage(NamedTuple):
    """An image of the folder.

    Attributes:
        name: path relative to the folder, with `/`.
        has_labels: there is a label file for it.
        shares_labels: another image has the same stem, and nobody knows whose the labels are, or
            they are that one's.
    """

    name: str
    has_labels: bool = False
    shares_labels: bool = False


Found = list[FoundImage]

PAUSE_S = 0.003
"""Between two batches, in which the GUI thread gets at Python and paints what has come."""


class FolderScan(QObject):
    """One run over one folder; a new run is a new object, and the old one falls silent.

    Signals:
        found: a batch of FoundImage, folder by folder, each in natural order.
        failed: a TinaFaceError about a folder that cannot be listed; the run goes on.
        finished: nothing more will come.
    """

    found = Signal(object)
    finished = Signal()
    failed = Signal(object)

    _came = Signal(object)

    def __init__(self, root: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.root = root
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="folder-scan", daemon=True)
        self._came.connect(self._hand_over, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        """Begins to look; the first batch comes as soon as it is full."""
        self._thread.start()

    def cancel(self) -> None:
        """Ends the run soon; nothing is signalled from now on."""
        self._cancelled.set()

    def end(self) -> bool:
        """Cancels and waits; False where a disk holds it up."""
        self.cancel()
        self._thread.join(patience(CLOSING_S))
        return not self._thread.is_alive()

    def _run(self) -> None:
        from tinaface.dataset import scan

        below_root = len(os.path.join(self.root, ""))
        try:
            for entries in scan(self.root, on_error=self._send):
                if self._cancelled.is_set():
                    break
                self._send(
                    [
                        FoundImage(
                            f"{one.folder}{os.sep}"[below_root:].replace(os.sep, "/") + one.name,
                            one.label_folder is not None,
                            one.shares_stem or one.owner is not None,
                        )
                        for one in entries
                    ]
                )
                self._cancelled.wait(PAUSE_S)
        except TinaFaceError as error:
            self._send(error)
        self._send(None)

    def _send(self, news: object) -> None:
        try:
            self._came.emit(news)
        except RuntimeError:  # the program ended meanwhile
            self._cancelled.set()

    @Slot(object)
    def _hand_over(self, news: Found | TinaFaceError | None) -> None:
        if self._cancelled.is_set():
            if news is None:
                self.deleteLater()
        elif news is None:
            self.finished.emit()
        elif isinstance(news, TinaFaceError):
            self.failed.emit(news)
        else:
            self.found.emit(news)
