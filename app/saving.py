"""Saves edited documents: soon after each edit, in order, on one thread, never over a stranger's.

A file is written only where it is still in the state that was read. Otherwise another program
wrote it meanwhile, and the user decides.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QMetaObject, QObject, QTimer, Signal

from app.background import Background
from app.document import Document
from app.images import Stamp, stamp
from app.safekeeping import FolderGoneError, Replacing, Safekeeping
from tinaface import labelme
from tinaface.errors import DocumentError
from tinaface.labelme import LabelmeDocument, Shape

AUTOSAVE_MS = 800
RETRY_MS = 10_000

log = logging.getLogger(__name__)


class SaveState(Enum):
    """What the user reads at the top right."""

    SAVED = "saved"
    WAITING = "waiting"
    SAVING = "saving"
    FAILED = "failed"


class FileChangedError(DocumentError):
    """Another program wrote the label file after it was read."""


class FolderMissingError(DocumentError):
    """The open folder is not there any more."""


@dataclass(eq=False)
class _Watched:
    """A document that may need saving, and what is known of its file."""

    name: str
    document: Document
    stamp: Stamp | None
    is_writing: bool = False
    fault: DocumentError | None = None
    connections: tuple[QMetaObject.Connection, ...] = ()

    def disconnect(self) -> None:
        """Hears nothing more: an undo stack still signals while it is being destroyed."""
        for connection in self.connections:
            QObject.disconnect(connection)
        self.connections = ()


@dataclass(frozen=True)
class _Written:
    """What is on disk after a write; `is_new` where there was no file before."""

    data: bytes
    shapes: Sequence[Shape]
    stamp: Stamp | None
    is_new: bool
    has_image_data: bool


class Saver(QObject):
    """Writes every watched document that differs from its file.

    Args:
        keeping: the journal and the copies of old labels, which each write goes by.
        drops_image_data: whether an image's label file, when it is written, loses the picture
            inside it; it never does where the image itself is not there.

    Signals:
        state_changed: `state` or `fault` has changed.
        saved: name of an image whose labels are on disk now.
        modified_changed: name of an image whose labels begin or cease to differ from disk.
        discarded: name of an image whose label file is in the trash.
        made_again: name of an image whose label file another program had deleted.
        failed: name and DocumentError of labels that could not be written (FileChangedError where
            another program wrote the file).
    """

    state_changed = Signal()
    saved = Signal(str)
    modified_changed = Signal(str, bool)
    discarded = Signal(str)
    made_again = Signal(str)
    failed = Signal(str, object)

    def __init__(
        self,
        keeping: Safekeeping,
        drops_image_data: Callable[[str], bool] = lambda _name: False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._keeping = keeping
        self._drops_image_data = drops_image_data
        self._writer = Background("writer", threads=1, parent=self)
        self._watched: dict[str, _Watched] = {}
        self._written_at: dict[str, float] = {}
        self.saved.connect(self._note_written)
        self._autosave = QTimer(self, singleShot=True, interval=AUTOSAVE_MS)
        self._autosave.timeout.connect(self.save_all)
        self._retry = QTimer(self, singleShot=True, interval=RETRY_MS)
        self._retry.timeout.connect(self.save_all)

    # ---- documents ----

    def watch(self, name: str, document: Document, state: Stamp | None) -> None:
        """Keeps a document's file up to date from now on; `state` is the file's as it was read."""
        one = self._watched[name] = _Watched(name, document, state)
        stack = document.undo_stack
        one.connections = (
            stack.indexChanged.connect(lambda _index: self._on_edited(one)),
            document.modified_changed.connect(lambda on: self.modified_changed.emit(name, on)),
        )
        self._keeping.journal.follow(name, document)

    def forget(self, name: str) -> None:
        """Lets a document go; it must not be modified, or its edits are given up."""
        one = self._watched.pop(name, None)
        if one is not None:
            one.disconnect()
            self._keeping.journal.forget(name)
            self.state_changed.emit()

    def document(self, name: str) -> Document | None:
        """A watched document."""
        one = self._watched.get(name)
        return None if one is None else one.document

    def known_stamp(self, name: str) -> Stamp | None:
        """The state of the label file that the document agrees with."""
        one = self._watched.get(name)
        return None if one is None else one.stamp

    def names(self) -> list[str]:
        """All watched images."""
        return list(self._watched)

    def is_writing(self, name: str) -> bool:
        """Whether the writer is at work on a document's file."""
        one = self._watched.get(name)
        return one is not None and one.is_writing

    def has_written_since(self, name: str, moment: float) -> bool:
        """Whether this program wrote an image's labels after a moment of the monotonic clock.

        What was read at that moment does not tell then what is in the file.
        """
        return self._written_at.get(name, moment) > moment

    def _note_written(self, name: str) -> None:
        self._written_at[name] = time.monotonic()

    def touched(self, name: str, state: Stamp | None) -> None:
        """Tells that a file has the same content in another state."""
        one = self._watched.get(name)
        if one is not None:
            one.stamp = state

    def moved(self, name: str, label_path: Path) -> None:
        """Writes an image's labels to another file from now on."""
        one = self._watched.get(name)
        if one is not None:
            one.document.label_path = label_path
            one.stamp, one.fault = None, None
            self._keeping.journal.moved(name, label_path)

    def pause(self, name: str) -> None:
        """Writes an image's labels no more until `overwrite` or `forget`."""
        one = self._watched.get(name)
        if one is not None and not isinstance(one.fault, FileChangedError):
            one.fault = FileChangedError(
                what=f"{one.document.label_path.name} is not saved",
                why="another program changed it, and it was edited here too",
                remedy="Choose which version to keep",
            )
            self.state_changed.emit()

    def is_idle(self, name: str) -> bool:
        """Whether a document neither differs from its file nor is being written."""
        one = self._watched.get(name)
        return one is None or not (one.document.is_modified or one.is_writing)

    # ---- state ----

    @property
    def state(self) -> SaveState:
        """The worst of all documents' states."""
        if any(one.fault for one in self._watched.values()):
            return SaveState.FAILED
        if any(one.is_writing for one in self._watched.values()):
            return SaveState.SAVING
        if any(one.document.is_modified for one in self._watched.values()):
            return SaveState.WAITING
        return SaveState.SAVED

    @property
    def all_saved(self) -> bool:
        """Whether every document is on disk as it is here."""
        return self.state is SaveState.SAVED

    @property
    def fault(self) -> DocumentError | None:
        """Why something is not saved; None where nothing failed."""
        return next((one.fault for one in self._watched.values() if one.fault), None)

    # ---- writing ----

    def save_all(self) -> None:
        """Writes every document that differs from its file now."""
        self._autosave.stop()
        self._retry.stop()
        for one in list(self._watched.values()):
            self._save(one)

    def save(self, name: str) -> None:
        """Writes one document now if it differs from its file."""
        one = self._watched.get(name)
        if one is not None:
            self._save(one)

    def overwrite(self, name: str) -> None:
        """Writes a document over a file that another program has changed."""
        one = self._watched.get(name)
        if one is not None:
            one.fault = None
            self._save(one, overwrite=True)

    def confirm_empty(self, name: str) -> None:
        """Writes that there is no face in an image which somebody has looked at: a file without
        shapes, unless there is a file already."""
        one = self._watched.get(name)
        if one is not None and one.stamp is None and not one.document.labelme.shapes:
            self._save(one, confirmed=True)

    def finish(self, timeout_s: float) -> bool:
        """Writes all and waits for it; False where something is not on disk afterwards."""
        self.save_all()
        self._writer.drain(timeout_s)
        return all(not one.document.is_modified for one in self._watched.values())

    def close(self) -> bool:
        """Ends the thread; nothing is saved from now on. False where it is still writing."""
        self._autosave.stop()
        self._retry.stop()
        for one in self._watched.values():
            one.disconnect()
        return self._writer.close()

    def _on_edited(self, one: _Watched) -> None:
        if one.document.is_modified:
            self._autosave.start()
        self.state_changed.emit()

    def _save(self, one: _Watched, overwrite: bool = False, confirmed: bool = False) -> None:
        document = one.document
        if one.is_writing or isinstance(one.fault, FileChangedError):
            return
        if not (document.is_modified or confirmed):
            return
        is_new = one.stamp is None and document.labelme.fingerprint is None
        if is_new and not document.labelme.shapes and not confirmed:
            # "No faces here" would be written for an image that nobody has labelled.
            document.mark_saved()
            self._keeping.journal.saved(one.name, document.revision)
            self.state_changed.emit()
            return
        revision, path, known = document.revision, document.label_path, one.stamp
        content, drops = document.labelme.snapshot(), self._drops_image_data(one.name)
        one.is_writing = True
        self.state_changed.emit()
        keeping, name = self._keeping, one.name
        if not document.wants_file:
            self._writer.run(
                lambda: keeping.discard(name, revision, path, content.fingerprint),
                lambda _: self._on_discarded(one, revision),
                lambda error: self._on_failed(one, error),
            )
            return

        def before(there: bytes | None, data: bytes) -> None:
            keeping.before_write(name, revision, path, Replacing(there, data, overwrite))

        self._writer.run(
            lambda: _write(content, path, known, overwrite, before, drops),
            lambda written: self._on_written(one, revision, written),
            lambda error: self._on_failed(one, error),
        )

    def _on_written(self, one: _Watched, revision: int, written: _Written) -> None:
        was_there = one.stamp is not None
        self._note_written(one.name)
        one.is_writing, one.fault, one.stamp = False, None, written.stamp
        if not written.has_image_data:
            one.document.labelme.drop_image_data()  # it must not come back with the next edit
        one.document.labelme.mark_saved(written.data)
        one.document.mark_saved(revision, written.shapes)
        self._keeping.journal.saved(one.name, revision)
        if one.document.is_modified:
            self._autosave.start()
        else:
            self.saved.emit(one.name)
        if was_there and written.is_new:
            self.made_again.emit(one.name)
        self.state_changed.emit()

    def _on_discarded(self, one: _Watched, revision: int) -> None:
        one.is_writing, one.fault, one.stamp = False, None, None
        one.document.mark_saved(revision)
        self._keeping.journal.saved(one.name, revision)
        if one.document.is_modified:
            self._autosave.start()
        self.discarded.emit(one.name)
        self.state_changed.emit()

    def _on_failed(self, one: _Watched, error: Exception) -> None:
        one.is_writing = False
        if not isinstance(error, DocumentError):
            log.error("saving failed", exc_info=error)
            error = DocumentError(
                what=f"{one.document.label_path.name} could not be saved",
                why=f"{type(error).__name__}: {error}",
                remedy="Your edits are kept in this window; it will try again",
            )
        one.fault = error
        if not isinstance(error, FileChangedError):
            self._retry.start()
        self.state_changed.emit()
        self.failed.emit(one.name, error)


def _write(
    content: LabelmeDocument,
    path: Path,
    known: Stamp | None,
    overwrite: bool,
    before: Callable[[bytes | None, bytes], object],
    drops_image_data: bool,
) -> _Written:
    """Writes labels unless another program has changed the file."""
    present = stamp(path)
    if drops_image_data:
        content.drop_doubled_image(path)
    try:
        if overwrite and present is not None:
            _set_aside_if_damaged(path)
        data = labelme.write(content, path, overwrite=overwrite, before=before)
    except DocumentError as error:
        if isinstance(error.__cause__, FolderGoneError):
            raise FolderMissingError(
                what=error.what,
                why=str(error.__cause__.strerror),
                remedy="Bring it back and try again; until then the journal keeps your edits",
            ) from error
        if present is not None and present != known and not overwrite:
            raise FileChangedError(what=error.what, why=error.why, remedy=error.remedy) from error
        raise
    is_new, has_image_data = present is None, content.has_image_data
    return _Written(data, content.shapes, stamp(path), is_new, has_image_data)


def _set_aside_if_damaged(path: Path) -> None:
    try:
        labelme.read(path)
    except DocumentError:
        labelme.set_aside(path)
