"""Writes every edit to the folder's journal (`tinaface/journal.py`) before it counts as done.

An edit waits for its record, but never longer than a moment: on a disk that is slow the window
goes on, and the newest state of each image follows when the disk answers.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QMetaObject, QObject, Signal

from app.background import Background
from app.closing import patience
from app.document import Document
from tinaface import labelme
from tinaface.journal import JournalWriter, splices
from tinaface.labelme import LabelmeDocument, Shape
from tinaface.review_folder import review_folder, review_folders

PATIENCE_S = 0.02
LARGEST_BYTES = 16 * 2**20

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _State:
    """The shapes of an image after one of its edits."""

    n: int
    shapes: Sequence[Shape]


@dataclass(eq=False)
class _Followed:
    """An open document, and how much of it is in the journal.

    Attributes:
        newest: what the journal shall say; set by the GUI thread only.
        written: what it says; None before its first record in the present file.
        states: fingerprints that the label file may have, and the revision of each: the one that
            surely is on disk, and those that were about to be.
        saved: the newest revision that surely is on disk.
    """

    name: str
    label_path: Path
    base: LabelmeDocument
    newest: _State
    written: _State | None = None
    states: Mapping[str | None, int] = field(default_factory=dict)
    saved: int = 0
    connections: list[QMetaObject.Connection] = field(default_factory=list)


class Journal(QObject):
    """Follows the documents of one folder; the file is made with the first edit.

    Attributes:
        left: files of this process that hold what was not saved when their folder was closed.

    Signals:
        failed: an OSError: edits are in memory only until their file is saved.
        recovered: the journal holds every edit again.
    """

    failed = Signal(object)
    recovered = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("journal", parent=self)
        self._lock = threading.Lock()
        self._followed: dict[str, _Followed] = {}
        self._root: Path | None = None
        self._writer: JournalWriter | None = None
        self._has_failed = False
        self._last = threading.Event()
        self._last.set()
        self.left: set[Path] = set()

    def begin(self, root: Path) -> None:
        """Takes the edits of another folder from now on."""
        self._root, self._has_failed = root, False

    def follow(self, name: str, document: Document) -> None:
        """Records every edit of a document from now on."""
        self.forget(name)
        newest = _State(document.revision, tuple(document.labelme.shapes))
        one = _Followed(name, document.label_path, document.labelme.snapshot(), newest)
        one.saved = newest.n
        one.connections.append(
            document.undo_stack.indexChanged.connect(lambda _index: self._on_edited(one, document))
        )
        self._followed[name] = one

    def forget(self, name: str) -> None:
        """Lets a document go: it is saved, or its edits are given up."""
        one = self._followed.pop(name, None)
        if one is None:
            return
        for connection in one.connections:
            QObject.disconnect(connection)
        if one.written is not None:
            self._run(lambda: self._drop(name))

    def moved(self, name: str, label_path: Path) -> None:
        """Tells that the labels of a document go to another file."""
        one = self._followed.get(name)
        if one is not None:
            one.label_path, one.written, one.states = label_path, None, {None: 0}
            self._run(lambda: self._write(one))

    def saving(self, name: str, n: int, data: bytes | None) -> None:
        """Tells, from any thread, that the label file is about to hold `data`, revision `n`; None
        where it is about to go."""
        one = self._followed.get(name)
        if one is None:
            return
        state = None if data is None else labelme.fingerprint(data)
        with self._lock:
            one.states = {**one.states, state: n}
            if one.written is not None and self._writer is not None:
                try:
                    self._writer.saving(name, n, state)
                except OSError:  # recovery then asks before it touches that file
                    log.warning("the journal takes no more", exc_info=True)

    def saved(self, name: str, n: int) -> None:
        """Tells that revision `n` is on disk."""
        one = self._followed.get(name)
        if one is not None:
            one.saved = n
            # A new mapping, as the journal's thread may be reading this one.
            one.states = {state: m for state, m in one.states.items() if m >= n}

    @property
    def holds_all(self) -> bool:
        """Whether a start after a kill would find every edit, saved or in the journal."""
        return all(self._is_safe(one) for one in self._followed.values())

    @staticmethod
    def _is_safe(one: _Followed) -> bool:
        is_written = one.written is not None and one.written.n == one.newest.n
        return is_written or one.saved == one.newest.n

    def end(self, timeout_s: float) -> None:
        """Ends the folder's journal, or leaves it for the next start if edits are unsaved."""
        self._thread.drain(timeout_s)
        is_done = all(one.saved == one.newest.n for one in self._followed.values())
        for one in self._followed.values():
            for connection in one.connections:
                QObject.disconnect(connection)
        self._followed.clear()
        if not self._lock.acquire(timeout=patience(timeout_s)):
            return  # a disk hangs, and the file stays as it is
        try:
            if self._writer is not None and is_done:
                self._writer.end()
            elif self._writer is not None:
                self._writer.close()
                self.left.add(self._writer.path)
            self._writer = None
        finally:
            self._lock.release()

    def close(self) -> bool:
        """Ends the thread; False where a disk holds it up."""
        return self._thread.close()

    # ---- recording ----

    def _on_edited(self, one: _Followed, document: Document) -> None:
        one.newest = _State(document.revision, tuple(document.labelme.shapes))
        if not document.is_modified:  # an undo led back to the file
            one.saved = one.newest.n
        self._run(lambda: self._write(one))

    def _run(self, work: Callable[[], None]) -> None:
        is_behind = not self._last.is_set()
        done = self._last = threading.Event()

        def run() -> None:
            try:
                work()
            finally:
                done.set()

        self._thread.run(run, self._on_written, self._on_failed)
        if not is_behind:  # else every repeat of a held key would wait for a slow disk again
            done.wait(PATIENCE_S)

    def _on_written(self, _: None) -> None:
        if self._has_failed:
            self._has_failed = False
            self.recovered.emit()

    def _on_failed(self, error: Exception) -> None:
        if not self._has_failed:
            log.error("no journal can be written", exc_info=error)
            self._has_failed = True
            self.failed.emit(error)

    # ---- in the journal's thread ----

    def _write(self, one: _Followed) -> None:
        if self._root is None:
            return
        with self._lock:
            try:
                if self._writer is None:
                    self._start(review_folder(self._root))
                elif self._writer.size > LARGEST_BYTES:
                    self._start(self._writer.path.parent)
                self._tell(one)
            except OSError:
                log.warning("a journal takes no more", exc_info=True)
                self._go_elsewhere()
                self._tell(one)

    def _drop(self, name: str) -> None:
        with self._lock:
            if self._writer is not None:
                self._writer.drop(name)

    def _start(self, folder: Path) -> None:
        """Begins another file with all that is not on disk yet, then ends the one before."""
        assert self._root is not None
        before, self._writer = self._writer, JournalWriter(folder, self._root)
        followed = list(self._followed.values())
        for one in followed:
            one.written = None
        try:
            for one in followed:
                if one.saved != one.newest.n:
                    self._tell(one)
        except OSError:
            if before is not None:
                before.close()
            raise
        if before is not None:
            before.end()

    def _go_elsewhere(self) -> None:
        """Begins again on the user's own disk. Raises OSError if that is full too."""
        assert self._root is not None
        _, outside = review_folders(self._root)
        self._start(outside)

    def _tell(self, one: _Followed) -> None:
        assert self._writer is not None
        newest, written = one.newest, one.written
        if written is None:
            self._writer.open(one.name, one.label_path, one.base)
            # Before any edit: else a kill between would leave a file in no state that is known.
            for state, n in one.states.items():
                self._writer.saving(one.name, n, state)
            written = _State(0, one.base.shapes)
        if newest.n != written.n:
            changes = splices(written.shapes, newest.shapes)
            self._writer.edit(one.name, newest.n, written.n, len(written.shapes), changes)
        one.written = newest
