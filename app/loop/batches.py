"""One verdict on many disagreements, in whatever images, as one step that can be undone.

The effect of each is that of a verdict key (`app/loop/judging.py`). Images that are not open are
read beside the GUI thread, judged as documents, and saved by the same writer and journal.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from app.background import Background
from app.in_turns import InTurns
from app.loop import effects
from app.loop.comparing import DatasetComparison
from app.loop.judging import Judging
from app.loop.judging_many import JudgeMany
from app.loop.report import SessionReport
from app.loop.verdict_book import VerdictBook
from app.reading import Opened, read_labels
from tinaface import images
from tinaface.disagreement_listing import Listing
from tinaface.disagreements import Kind
from tinaface.errors import DatasetError
from tinaface.verdicts import Judgement, Verdict

if TYPE_CHECKING:
    from app.document import Document
    from app.session import Session

KEPT_BATCHES = 20
"""Their documents stay in memory, so that they can be undone."""


@dataclass(frozen=True)
class ImageFile:
    """An image that need not be decoded to judge its boxes: its file, its height and width."""

    path: Path
    size: tuple[int, int]


@dataclass(eq=False)
class Batch:
    """One verdict on many.

    Attributes:
        text: what it did, for people.
        shares: what it did in each document, by image.
    """

    text: str
    shares: dict[str, tuple["Document", JudgeMany]] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """What a batch that is under way is to do: its disagreements, by image, and the verdict."""

    listings: dict[str, Listing]
    judgement: Judgement
    batch: Batch


class Batches(QObject):
    """Gives verdicts on what is picked, and takes them back.

    Signals:
        picked_changed: other disagreements are picked, or none.
        done: text for the user: what was judged, undone or done again.
    """

    picked_changed = Signal()
    done = Signal(str)

    def __init__(
        self,
        session: "Session",
        comparison: DatasetComparison,
        book: VerdictBook,
        judging: Judging,
        report: SessionReport,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._comparison = session, comparison
        self._book, self._judging, self._report = book, judging, report
        self._picked = Listing.none()
        self._done: list[Batch] = []
        self._undone: list[Batch] = []
        self._turn = 0
        self._turns = InTurns(self)
        self._disk = Background("judged-images", threads=1, parent=self)
        session.folder_changed.connect(self._forget)

    def _forget(self) -> None:
        self._turn += 1
        self._done, self._undone = [], []
        self._turns.cancel()
        self.pick(Listing.none())

    @property
    def is_busy(self) -> bool:
        """Whether images are being read or judged."""
        return bool(self._disk.pending) or self._turns.is_busy

    def shut_down(self) -> bool:
        """Ends the thread; False where it is still at work."""
        return self._disk.close()

    # ---- judging ----

    @property
    def picked(self) -> Listing:
        """What the next verdict is about."""
        return self._picked

    def pick(self, listing: Listing) -> None:
        """Chooses what the next verdict is about."""
        self._picked = listing
        self.picked_changed.emit()

    def judge(self, judgement: Judgement) -> None:
        """Gives one verdict on all that are picked, as soon as their images are read."""
        picked = self._picked
        wanted = {
            self._comparison.name(image): picked.take(np.flatnonzero(picked.image == image))
            for image in np.unique(picked.image).tolist()
        }
        if not wanted or not self._book.is_open or self.is_busy:
            return
        self._read(list(wanted), Wanted(wanted, judgement, Batch(self._text(wanted, judgement))))

    def _read(self, names: list[str], wanted: Wanted) -> None:
        """Reads those of these images that are not in memory, then judges all of them."""
        root, turn = self._session.root, self._turn
        closed = [name for name in names if self._open_document(name) is None]
        predictions, elsewhere = self._session.predictions, self._session.keeping.elsewhere
        assert root is not None

        def read() -> dict[str, tuple[ImageFile, Opened]]:
            found = {}
            for name in closed:
                try:
                    file = ImageFile(root / name, images.read_size(root / name))
                except DatasetError:
                    continue  # a picture that cannot be shown is not judged unseen
                record_of = partial(predictions.get, name)
                opened = read_labels(file.path, file.size, record_of, elsewhere=elsewhere)
                found[name] = file, opened
            return found

        def take(found: dict[str, tuple[ImageFile, Opened]]) -> None:
            if turn == self._turn:
                self._judge_read(names, found, wanted)

        if closed:
            self._disk.run(read, take)
        else:
            take({})

    def _open_document(self, name: str) -> "Document | None":
        """The document of an image that is in memory already."""
        if self._session.shown is not None and self._session.shown.name == name:
            return self._session.document
        return self._session.labels.saver.document(name)

    def _judge_read(
        self, names: list[str], found: dict[str, tuple[ImageFile, Opened]], wanted: Wanted
    ) -> None:
        batch, saver = wanted.batch, self._session.labels.saver
        # Documents are let go of that nobody holds, and this takes a while.
        self._hold(wanted.listings)
        outdated: list[str] = []

        def judge_one(name: str) -> None:
            document = self._open_document(name)
            if document is None and name in found:
                if saver.has_written_since(name, found[name][1].read_at):
                    outdated.append(name)
                    return
                document = self._document(name, *found[name])
            if document is not None and not document.is_locked:
                listing = wanted.listings[name]
                share = JudgeMany(document, name, listing, wanted.judgement, self._book, batch.text)
                document.push(share)
                if share.verdicts:
                    batch.shares[name] = document, share
                    self._report.count(name, document)
            self._leave(name)

        def finish() -> None:
            if outdated:
                self._read(outdated, wanted)
            else:
                self._finish(wanted)

        self._turns.run([partial(judge_one, name) for name in names], finish)

    def _finish(self, wanted: Wanted) -> None:
        """Remembers what was done and tells of it."""
        batch = wanted.batch
        judged = [verdict for _, share in batch.shares.values() for verdict in share.verdicts]
        if judged:
            self._undone = []
            self._done = [*self._done, batch][-KEPT_BATCHES:]
            self._judging.judged.emit(judged[-1])
        self._hold()
        left = sum(map(len, wanted.listings.values())) - len(judged)
        text = self.tr("{what}: {count} in {images} images").format(
            what=batch.text, count=len(judged), images=len(batch.shares)
        )
        if left:
            text = self.tr("{done}; {left} could not be judged").format(done=text, left=left)
        self.done.emit(text)

    def _document(self, name: str, file: ImageFile, opened: Opened) -> "Document":
        document, _ = self._session.labels.document(name, file, opened)
        record = opened.record
        document.set_predictions(None if record is None else record.detections)
        document.threshold = self._session.threshold
        document.convention = self._comparison.table.convention
        return document

    def _text(self, wanted: dict[str, Listing], judgement: Judgement) -> str:
        kinds = {Kind(kind) for ones in wanted.values() for kind in ones.kind.tolist()}
        return (
            effects.name_of(kinds.pop(), judgement)
            if len(kinds) == 1
            else effects.name_of_any(judgement)
        )

    def _leave(self, name: str) -> None:
        """Has labels written that nobody looks at; those on the canvas wait as ever."""
        if name != self._session.name:
            self._session.labels.leave(name)

    def _hold(self, names: Iterable[str] = ()) -> None:
        """Keeps the documents that can be undone, and these, beyond those that are kept anyway."""
        batches = [*self._done, *self._undone]
        held = {name for batch in batches for name in batch.shares}
        self._session.labels.hold(held.union(names))

    # ---- undo ----

    @property
    def can_undo(self) -> bool:
        """Whether there is a batch to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a batch to do again."""
        return bool(self._undone)

    def undo(self) -> None:
        """Takes the last batch back, in all its images."""
        if self._done and not self.is_busy:
            self._undo(self._done[-1])

    def redo(self) -> None:
        """Does the batch again that was taken back."""
        if self._undone and not self.is_busy:
            self._redo(self._undone[-1])

    def undo_from(self, document: "Document") -> bool:
        """Takes the batch back that did the last step of a document; False where none did."""
        command = document.undo_stack.command(document.undo_stack.index() - 1)
        batch = self._batch_of(command, self._done)
        if batch is not None and not self.is_busy:
            self._undo(batch)
        return batch is not None

    def redo_from(self, document: "Document") -> bool:
        """Does the batch again that comes next in a document; False where none does."""
        command = document.undo_stack.command(document.undo_stack.index())
        batch = self._batch_of(command, self._undone)
        if batch is not None and not self.is_busy:
            self._redo(batch)
        return batch is not None

    @staticmethod
    def _batch_of(command: QUndoCommand | None, batches: list[Batch]) -> Batch | None:
        if not isinstance(command, JudgeMany):
            return None
        for batch in batches:
            if any(share is command for _, share in batch.shares.values()):
                return batch
        return None

    def _undo(self, batch: Batch) -> None:
        left: list[str] = []
        verdicts: list[Verdict] = []

        def undo_one(name: str) -> None:
            document, share = batch.shares[name]
            stack = document.undo_stack
            if stack.command(stack.index() - 1) is not share:
                left.append(name)
                return
            stack.undo()
            verdicts.extend(share.verdicts)
            self._after_step(name, document)

        def finish() -> None:
            self._done = [one for one in self._done if one is not batch]
            self._undone.append(batch)
            if verdicts:
                self._judging.withdrawn.emit(verdicts[-1])
            text = self.tr("Undone in {images} images: {what}").format(
                images=len(batch.shares) - len(left), what=batch.text
            )
            if left:
                text = self.tr("{done}; {left} were edited since").format(done=text, left=len(left))
            self.done.emit(text)

        self._turns.run([partial(undo_one, name) for name in batch.shares], finish)

    def _redo(self, batch: Batch) -> None:
        verdicts: list[Verdict] = []

        def redo_one(name: str) -> None:
            document, share = batch.shares[name]
            stack = document.undo_stack
            if stack.command(stack.index()) is share:
                stack.redo()
                verdicts.extend(share.verdicts)
                self._after_step(name, document)

        def finish() -> None:
            self._undone = [one for one in self._undone if one is not batch]
            self._done.append(batch)
            if verdicts:
                self._judging.judged.emit(verdicts[-1])
            self.done.emit(self.tr("Done again: {what}").format(what=batch.text))

        self._turns.run([partial(redo_one, name) for name in batch.shares], finish)

    def _after_step(self, name: str, document: "Document") -> None:
        self._report.count(name, document)
        self._leave(name)
