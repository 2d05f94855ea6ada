"""Verdict keys: each settles the current disagreement, as one step that can be undone."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from app.commands import Edit, Tally
from app.loop import effects
from app.loop.queue import ReviewQueue
from app.loop.verdict_book import VerdictBook
from tinaface.disagreement_table import Disagreement
from tinaface.verdicts import Judgement, Status, Verdict

if TYPE_CHECKING:
    from app.document import Document
    from app.session import Session


class Judge(Edit):
    """Notes a verdict and does the edit that it asks for; undo takes both back."""

    def __init__(self, book: VerdictBook, verdict: Verdict, edit: Edit | None, text: str) -> None:
        super().__init__(text)
        self._book, self.verdict, self._edit = book, verdict, edit
        self._before: Verdict | None = None

    @property
    def tally(self) -> Tally:
        return Tally() if self._edit is None else self._edit.tally

    def redo(self) -> None:
        self._before = self._book.standing(self.verdict)
        self._book.put(self.verdict)
        if self._edit is not None:
            self._edit.redo()

    def undo(self) -> None:
        if self._edit is not None:
            self._edit.undo()
        if self._before is None:
            self._book.withdraw(self.verdict)
        else:
            self._book.put(self._before)


class Judging(QObject):
    """Gives verdicts, and takes them back.

    Signals:
        judged: the Verdict just given.
        withdrawn: the Verdict just taken back.
        note: something that the user should read now.
    """

    judged = Signal(object)
    withdrawn = Signal(object)
    note = Signal(str)

    def __init__(
        self,
        session: "Session",
        queue: ReviewQueue,
        book: VerdictBook,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._queue, self._book = session, queue, book
        # Images of the last verdicts in order, as long as the queue alone led from one to the next.
        self._trail: list[str] = []
        self._undo_in: str | None = None
        self._is_judging = False
        self._followed: Document | None = None
        session.image_changed.connect(self._on_image)
        # Queued, as in the queue: the canvas comes first.
        session.shown_changed.connect(self._on_shown, Qt.ConnectionType.QueuedConnection)

    # ---- verdicts ----

    def judge(self, judgement: Judgement) -> bool:
        """Gives a verdict on what is selected, and goes on; False where nothing disagrees there.

        Nobody shall judge unseen: without a selection the image's worst is selected first, and a
        key that comes before the picture does nothing.
        """
        document, target = self._session.document, self._queue.target()
        if self._session.name is not None and self.looked_at is None:
            return True
        if document is None or not self._book.is_open:
            return False
        if target is None:
            is_selected = bool(document.selection) or document.selected_prediction is not None
            return not is_selected and self._queue.go_to_worst_here()
        if not effects.is_possible(document, target, judgement):
            self.note.emit(self.tr("There is no prediction near whose place a label could take"))
            return True
        if self._push(target, judgement) and self._session.settings.next_by_itself:
            self._queue.go_on_after(target)
        return True

    @property
    def looked_at(self) -> str | None:
        """The current image; None while its picture is on its way, and the last one still seen."""
        shown = self._session.shown
        return None if shown is None or shown.name != self._session.name else shown.name

    def can_swap(self, target: Disagreement) -> bool:
        """Whether a label may take the place of a prediction here."""
        document = self._session.document
        return document is not None and effects.swapped(document, target) is not None

    def _push(self, target: Disagreement, judgement: Judgement) -> bool:
        document, name = self._session.document, self.looked_at
        assert document is not None
        assert name is not None
        verdict = Verdict(name, target.kind, judgement, target.xyxy)
        edit = effects.edit_of(document, target, judgement)
        text = effects.name_of(target.kind, judgement)
        self._is_judging = True
        is_done = document.push(Judge(self._book, verdict, edit, text), edits=edit is not None)
        self._is_judging = False
        if is_done:
            self._trail.append(name)
            self.judged.emit(verdict)
        return is_done

    # ---- undo ----

    @property
    def leads_back(self) -> bool:
        """Whether undo goes back to the image of the last verdict."""
        return bool(self._trail) and self._trail[-1] != self._session.name

    def undo(self) -> None:
        """Takes the last step back: of this image, or the verdict that the queue led here from."""
        document = self._session.document
        if not self.leads_back:
            if document is not None:
                self._undo_in_shown()
            return
        # Undo in another image never happens silently: it is shown, and what was undone told.
        self._undo_in = self._trail[-1]
        self._session.go_to(self._undo_in)
        self._on_shown()  # it may be on the canvas still, as the next one is on its way

    def _undo_in_shown(self) -> None:
        document = self._session.document
        if document is None:
            return
        stack = document.undo_stack
        command = stack.command(stack.index() - 1)
        self._is_judging = True
        stack.undo()
        self._is_judging = False
        if isinstance(command, Judge):
            if self._trail:
                self._trail.pop()
            self.withdrawn.emit(command.verdict)
            self._queue.return_to(command.verdict)

    def _on_image(self) -> None:
        if not self._queue.is_travelling and self._undo_in is None:
            self._trail.clear()

    def _on_shown(self) -> None:
        document = self._session.document
        if document is not self._followed:
            if self._followed is not None:
                self._followed.undo_stack.indexChanged.disconnect(self._on_edited)
            self._followed = document
            if document is not None:
                document.undo_stack.indexChanged.connect(self._on_edited)
        wanted, shown = self._undo_in, self._session.shown
        if wanted is None or shown is None or shown.name != wanted:
            return
        self._undo_in = None
        if document is None or not document.undo_stack.canUndo():
            self._trail.clear()
            self.note.emit(self.tr("That verdict is too long ago to be undone"))
            return
        text = document.undo_stack.undoText()
        self._undo_in_shown()
        self.note.emit(self.tr("Undone in {image}: {what}").format(image=wanted, what=text))

    def _on_edited(self) -> None:
        if not self._is_judging:
            self._trail.clear()

    # ---- images ----

    def doubt_image(self) -> None:
        """Puts off the whole image."""
        if self.looked_at is not None:
            self._book.set_status(self.looked_at, Status.DOUBT)

    def finish_image(self) -> None:
        """Marks the image as reviewed, and goes to the next one of the queue, else of the list."""
        name = self.looked_at
        if name is None:
            return
        self._book.set_status(name, Status.REVIEWED)
        if self._session.can_edit:
            self._session.labels.saver.confirm_empty(name)
        if not self._queue.go_to_next_image():
            self.go_to_unreviewed(1)

    def reopen_image(self) -> None:
        """Marks the image as not reviewed."""
        if self.looked_at is not None:
            self._book.set_status(self.looked_at, Status.TODO)

    def go_to_unreviewed(self, step: int) -> None:
        """Goes to the next listed image (or the one before) that is not reviewed."""
        files = self._session.files
        row = None if self._session.name is None else files.row_of(self._session.name)
        at = (-1 if step > 0 else files.rowCount()) if row is None else row
        while 0 <= (at := at + step) < files.rowCount():
            if self._book.status(files.name(at)) is not Status.REVIEWED:
                self._session.go_to(files.name(at))
                return
        self.note.emit(self.tr("Every image in this direction is reviewed"))
