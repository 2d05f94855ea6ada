"""What keeps the edits of the open folder safe: its lock, the journal, the copies of old labels.

All of it lives in the folder's `.review`, or in the user's data where that cannot be written.
"""

import errno
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from app.background import Background

if TYPE_CHECKING:  # they bring numpy, and the window opens without
    from app.journal import Journal
    from tinaface.backups import Backups, Pruned
    from tinaface.elsewhere import Elsewhere
    from tinaface.folder_lock import Holder
    from tinaface.journal import Unsaved

Result = TypeVar("Result")

RELEASE_S = 2.0

log = logging.getLogger(__name__)


class FolderGoneError(OSError):
    """The open folder is not there any more: removed, renamed, or on a disk that was unplugged."""

    def __init__(self, root: Path) -> None:
        super().__init__(errno.ENOENT, f"the folder {root} is not there any more")


@dataclass(frozen=True)
class Findings:
    """What an earlier session left in the folder.

    Attributes:
        unsaved: edits that their label files lack.
        journals: the files that hold them.
    """

    root: Path
    unsaved: tuple["Unsaved", ...] = ()
    journals: tuple[Path, ...] = ()
    pruned: "Pruned | None" = None


@dataclass(eq=False)
class _Claim:
    """One folder, from opening to closing.

    Attributes:
        holder: the window that edits the folder instead of this one; None for nobody.
        review: the folder with lock, journal and copies; None where this window takes none.
        elsewhere: where labels go instead of the folder; None for beside their images.
        is_writable: whether labels can be written at all.
    """

    root: Path
    holder: "Holder | None" = None
    review: Path | None = None
    backups: "Backups | None" = None
    elsewhere: "Elsewhere | None" = None
    is_writable: bool = True
    is_settled: threading.Event = field(default_factory=threading.Event)


class Safekeeping(QObject):
    """Holds the open folder against other windows, and its edits against the end of this process.

    Attributes:
        takes_by_force: the next folder is taken from a window that may be alive.

    Signals:
        settled: whether this window may edit the folder is known.
        found: Findings, where an earlier session left something.
        conflict: another program wrote the label file of this image, which was edited here too.
        comparison_wanted: the user wants to see both versions of such an image's labels.
        elsewhere_wanted: the user wants to choose another folder for the labels.
        failed: an OSError of `save_elsewhere`.
    """

    settled = Signal()
    found = Signal(object)
    conflict = Signal(str)
    comparison_wanted = Signal(str)
    elsewhere_wanted = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("safekeeping", parent=self)
        self.takes_by_force = False
        self._claim: _Claim | None = None
        self._journal: Journal | None = None

    def open(self, root: Path, *, looks_only: bool = False) -> None:
        """Takes a folder, beside the GUI thread.

        Args:
            looks_only: nothing will be edited, so it may be another's.
        """
        force, self.takes_by_force = self.takes_by_force, False
        self._claim = claim = _Claim(root)
        left = frozenset() if self._journal is None else frozenset(self._journal.left)
        if self._journal is not None:
            self._journal.begin(root)
        if looks_only:
            claim.is_settled.set()
            return
        self._thread.run(
            lambda: _take(claim, force),
            lambda _: self._on_settled(claim),
            lambda error: self._on_settled(claim, error),
        )
        self._thread.run(
            lambda: _look(claim, left), lambda findings: self._on_found(claim, findings), self._log
        )

    def close_folder(self) -> None:
        """Ends the journal and gives the folder back; all that can be saved has been."""
        claim, self._claim = self._claim, None
        if self._journal is not None:
            self._journal.end(RELEASE_S)
        if claim is not None:
            self._thread.run(lambda: _give_back(claim), lambda _: None, self._log)

    def close(self) -> bool:
        """Gives the folder back and ends the threads; False where a disk holds one up."""
        self.close_folder()
        self._thread.drain(RELEASE_S)
        ended = [self._thread.close()]
        if self._journal is not None:
            ended.append(self._journal.close())
        return all(ended)

    @property
    def root(self) -> Path | None:
        """The folder that is open."""
        return None if self._claim is None else self._claim.root

    @property
    def holder(self) -> "Holder | None":
        """The window that edits the folder instead of this one."""
        return None if self._claim is None else self._claim.holder

    @property
    def elsewhere(self) -> "Elsewhere | None":
        """Where labels go, if not beside their images; known once `settled`."""
        return None if self._claim is None else self._claim.elsewhere

    @property
    def backups(self) -> "Backups | None":
        """The copies that this session makes; None before the folder is taken."""
        return None if self._claim is None else self._claim.backups

    @property
    def journal(self) -> "Journal":
        """The journal of edits; made at first use, after the window is shown."""
        if self._journal is None:
            from app.journal import Journal

            self._journal = Journal(self)
            if self._claim is not None:
                self._journal.begin(self._claim.root)
        return self._journal

    @property
    def holds_all_edits(self) -> bool:
        """Whether the folder, opened again, will offer every edit that is not saved."""
        return self._journal is not None and self._journal.holds_all

    def run(self, work: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """Other work on the folder, after what is under way."""
        self._thread.run(work, then, self._log)

    def labels_place(self) -> "Elsewhere | None":
        """Where labels go, if not beside their images; waits, in a thread, until that is known."""
        claim = self._claim
        if claim is None:
            return None
        claim.is_settled.wait()
        return claim.elsewhere

    @property
    def is_read_only(self) -> bool:
        """Whether another window edits the folder, or its disk cannot be written."""
        claim = self._claim
        return claim is not None and (claim.holder is not None or not claim.is_writable)

    def save_elsewhere(self, folder: Path, then: "Callable[[Elsewhere], None]") -> None:
        """Takes a folder for the labels, then calls `then`; an error is told by `failed`."""
        from tinaface.elsewhere import Elsewhere, remember

        claim = self._claim
        if claim is None:
            return
        elsewhere = Elsewhere(claim.root, folder)

        def take() -> None:
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
            remember(elsewhere)
            claim.elsewhere, claim.is_writable = elsewhere, True

        self._thread.run(take, lambda _: then(elsewhere), self.failed.emit)

    def before_write(self, name: str, revision: int, path: Path, content: "Replacing") -> None:
        """Called by the writer's thread before a label file is replaced.

        Raises OSError where the old content cannot be kept: the file then stays as it is.
        """
        claim = self._claim
        if claim is None:
            return
        place = claim.root if claim.elsewhere is None else claim.elsewhere.folder
        if not place.is_dir():
            raise FolderGoneError(place)
        if claim.backups is not None:
            if content.there is None:
                claim.backups.begins(path)
            else:
                claim.backups.keep(path, content.there, always=content.is_foreign)
        if self._journal is not None:
            self._journal.saving(name, revision, content.data)

    def discard(self, name: str, revision: int, path: Path, known: str | None) -> None:
        """Moves a label file to the trash unless it is another than the `known` one.

        Raises OSError or DocumentError, with the file where it was.
        """
        from app.trash import to_trash
        from tinaface import labelme
        from tinaface.errors import DocumentError
        from tinaface.review_folder import review_folder

        claim = self._claim
        if claim is None or not path.exists():
            return
        if labelme.fingerprint(path.read_bytes()) != known:
            raise DocumentError(
                what=f"{path.name} was not moved to the trash",
                why="another program has changed it",
                remedy="Undo, or look at it again",
            )
        self.journal.saving(name, revision, None)
        to_trash(path, review_folder(claim.root) / "trash")

    def keep_copy(self, path: Path, content: bytes) -> None:
        """Keeps labels that a user gives up, so that they can be had back; for any thread."""
        claim = self._claim
        if claim is not None and claim.backups is not None:
            claim.backups.keep(path, content, always=True)

    def _on_settled(self, claim: _Claim, error: Exception | None = None) -> None:
        claim.is_settled.set()
        if error is not None:
            log.warning("no lock can be written", exc_info=error)
        if claim is self._claim:
            self.settled.emit()

    def _on_found(self, claim: _Claim, findings: Findings) -> None:
        has_news = findings.unsaved or (findings.pruned is not None and findings.pruned.sessions)
        if claim is self._claim and has_news:
            self.found.emit(findings)

    @staticmethod
    def _log(error: Exception) -> None:
        log.error("looking after the folder failed", exc_info=error)


@dataclass(frozen=True)
class Replacing:
    """One replacement of a file: what is there (None for nothing) and what comes.

    Attributes:
        is_foreign: another program wrote what is there after it was read here.
    """

    there: bytes | None
    data: bytes
    is_foreign: bool


# ---- in the thread ----


def _take(claim: _Claim, force: bool) -> None:
    from tinaface import folder_lock
    from tinaface.backups import Backups
    from tinaface.elsewhere import remembered
    from tinaface.review_folder import review_folder

    try:
        claim.elsewhere = remembered(claim.root)
        claim.is_writable = claim.elsewhere is not None or os.access(claim.root, os.W_OK)
        review = review_folder(claim.root)
        claim.holder = folder_lock.take(review, force=force)
        if claim.holder is None:
            claim.review = review
            claim.backups = Backups(claim.root, review, datetime.now())  # for people
    finally:
        claim.is_settled.set()


def _look(claim: _Claim, left: frozenset[Path]) -> Findings:
    """What earlier sessions left; nothing where another window holds the folder."""
    from tinaface import backups, journal
    from tinaface.review_folder import review_folders

    if claim.review is None:
        return Findings(claim.root)
    unsaved: list[Unsaved] = []
    files: list[Path] = []
    for path in journal.journals(review_folders(claim.root)):
        one = journal.read(path)
        # The lock is ours, so a journal of another machine has nobody who would go on with it.
        is_foreign = one.owner is not None and not one.owner.is_here
        if not (one.is_orphan or one.is_ended or is_foreign or path in left):
            continue
        lost = list(one.unsaved(claim.root))
        if one.is_ended or not lost:
            path.unlink(missing_ok=True)
        else:
            unsaved += lost
            files.append(path)
    pruned = backups.prune(claim.review, datetime.now())  # as the copies' names
    return Findings(claim.root, tuple(unsaved), tuple(files), pruned)


def _give_back(claim: _Claim) -> None:
    from tinaface import folder_lock

    if claim.review is not None and os.path.isdir(claim.review):
        folder_lock.release(claim.review)
