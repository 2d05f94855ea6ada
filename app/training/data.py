"""Which pictures would be learned, counted beside the GUI thread whenever the choice changes."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.session import Session
from app.training.trainer import Trainer
from tinaface import dataset, labelme
from tinaface.backups import Backups
from tinaface.disagreements import Kind
from tinaface.errors import DatasetError, TinaFaceError
from tinaface.training.selection import Choice, Division, digest_of, divide, top_folders
from tinaface.verdicts import Judgement, Status, Verdict, Verdicts


@dataclass(frozen=True)
class Counts:
    """What there is to choose from.

    Attributes:
        labelled, reviewed, fixed: pictures of the open folder.
        folders: those right below it, with their labelled pictures.
    """

    labelled: int = 0
    reviewed: int = 0
    fixed: int = 0
    folders: tuple[tuple[str, int], ...] = ()


class TrainingData(QObject):
    """The division that a choice gives in the open folder.

    Signals:
        changed: counts, division or failure.
    """

    changed = Signal()

    def __init__(self, session: Session, trainer: Trainer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._trainer = trainer
        self._disk = Background("training-data", parent=self)
        self._digests: dict[tuple[str, int, int], str] = {}
        self._turn = 0
        self._division: Division | None = None
        self._counts = Counts()
        self._failure: TinaFaceError | None = None

    @property
    def counts(self) -> Counts:
        """What there was to choose from at the last look."""
        return self._counts

    @property
    def division(self) -> Division | None:
        """What the last choice gives; None while it is counted, or where it cannot be."""
        return self._division

    @property
    def failure(self) -> TinaFaceError | None:
        """Why nothing can be counted."""
        return self._failure

    @property
    def is_counting(self) -> bool:
        """Whether pictures are being read."""
        return bool(self._disk.pending)

    def choose(self, choice: Choice) -> None:
        """Counts anew; `changed` follows."""
        self._turn += 1
        turn, root, saved = self._turn, self._session.root, self._trainer.fixed
        backups = self._session.keeping.backups
        self._division, self._failure = None, None
        if root is None:
            self._counts = Counts()
            self.changed.emit()
            return
        self._disk.run(
            lambda: self._count(root, choice, saved, backups, lambda: self._turn != turn),
            lambda found: self._take(turn, found),
            lambda error: self._fail(turn, error),
        )
        self.changed.emit()

    def shut_down(self) -> None:
        """Ends the thread."""
        self._turn += 1
        self._disk.close()

    def _count(
        self,
        root: Path,
        choice: Choice,
        saved: frozenset[str],
        backups: Backups | None,
        is_outdated: Callable[[], bool],
    ) -> tuple[Counts, Division] | None:
        def digest(path: Path) -> str:
            if is_outdated():
                raise _OutdatedError
            return self._digest(path)

        entries = [entry for batch in dataset.scan(root) for entry in batch]
        labelled = {
            entry.image.relative_to(root).as_posix(): entry
            for entry in entries
            if entry.label_folder is not None
        }
        verdicts = Verdicts(root)
        seen = {name for name in labelled if verdicts.status(name) is Status.REVIEWED}
        fixed = {verdict.image for verdict in verdicts if _changes_labels(verdict)}
        fixed |= {
            name
            for name in saved & labelled.keys()
            if _holds_others(labelled[name], backups, is_reviewed=name in seen)
        }
        counts = Counts(
            len(labelled),
            len(seen),
            len(fixed & labelled.keys()),
            tuple(top_folders(labelled).items()),
        )
        try:
            division = divide(root, entries, choice, reviewed=seen, fixed=fixed, digest=digest)
        except _OutdatedError:
            return None
        return counts, division

    def _digest(self, path: Path) -> str:
        stat = os.stat(path)
        key = (os.fspath(path), stat.st_size, stat.st_mtime_ns)
        if key not in self._digests:
            self._digests[key] = digest_of(path)
        return self._digests[key]

    def _take(self, turn: int, found: tuple[Counts, Division] | None) -> None:
        if turn == self._turn and found is not None:
            self._counts, self._division = found
            self.changed.emit()

    def _fail(self, turn: int, error: Exception) -> None:
        if turn != self._turn:
            return
        if not isinstance(error, TinaFaceError):
            error = DatasetError(
                what=self.tr("The pictures could not be counted"),
                why=str(error),
                remedy=self.tr("Check that the folder may be read"),
            )
        self._failure = error
        self.changed.emit()


def _changes_labels(verdict: Verdict) -> bool:
    """Whether a verdict is of those that leave other labels behind."""
    if verdict.judgement in (Judgement.SWAP, Judgement.IGNORE):
        return True
    # A false alarm that is accepted becomes a label; a label that is rejected goes.
    wanted = Judgement.ACCEPT if verdict.kind is Kind.FP else Judgement.REJECT
    return verdict.judgement is wanted and verdict.kind is not Kind.LOOSE


def _holds_others(entry: dataset.Entry, backups: Backups | None, *, is_reviewed: bool) -> bool:
    """Whether a label file that this session wrote holds other labels than before it did."""
    path = entry.label
    if path is None or backups is None:
        return path is not None
    try:
        before, now = backups.original(path), path.read_bytes()
        if before is not None:
            return now != before  # an edit that is undone gives the same bytes
        # There was no file. Without a face it says something only where somebody looked.
        return is_reviewed or bool(labelme.parse(now).shapes)
    except (OSError, TinaFaceError):
        return True


class _OutdatedError(Exception):
    """Another choice was made meanwhile."""
