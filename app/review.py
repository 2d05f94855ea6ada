"""What keys do to the boxes of the current image, beyond what the canvas does by itself."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from app.messages import Level, Message
from app.pages.table import ERRORS

if TYPE_CHECKING:
    from app.document import Document
    from app.session import Session


class Review(QObject):
    """Commands on the document that is shown; each does nothing where there is none."""

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self._seen: Document | None = None
        self._previous: Document | None = None
        session.shown_changed.connect(self._on_shown_changed)

    def _on_shown_changed(self) -> None:
        """Remembers the document of the image that was looked at before this one."""
        document = self._document
        if document is None:
            return
        # The same image read anew is no other one.
        if self._seen is not None and self._seen.label_path != document.label_path:
            self._previous = self._seen
        self._seen = document

    @property
    def _document(self) -> "Document | None":
        return self._session.document

    def undo(self) -> None:
        """Takes the last edit of this image back, or the verdict that led away from another.

        One that was given on many at once is taken back in all their images.
        """
        loop = self._session.loop
        if self._is_of_many:
            loop.batches.undo()
        elif self._document is None or not loop.batches.undo_from(self._document):
            loop.judging.undo()

    def redo(self) -> None:
        """Does the edit again that was taken back."""
        batches, document = self._session.loop.batches, self._document
        if self._is_of_many:
            batches.redo()
        elif document is not None and not batches.redo_from(document):
            document.undo_stack.redo()

    @property
    def _is_of_many(self) -> bool:
        """Whether verdicts are about what is picked, and not about the canvas."""
        return self._session.page.id == ERRORS

    def duplicate(self) -> None:
        """Copies the selected boxes a little aside."""
        if self._document is not None:
            self._document.duplicate()

    def copy(self) -> None:
        """Puts the selected boxes on the clipboard."""
        document = self._document
        if document is not None and document.selection:
            from app.clipboard import copied

            QGuiApplication.clipboard().setMimeData(copied(document))

    def cut(self) -> None:
        """Puts the selected boxes on the clipboard and deletes them."""
        self.copy()
        if self._document is not None:
            self._document.delete_selected()

    def paste(self) -> None:
        """Adds the boxes on the clipboard, at the same place where they fit."""
        document = self._document
        if document is None:
            return
        from app.clipboard import boxes_in
        from app.placement import pasted

        found = boxes_in(QGuiApplication.clipboard().mimeData())
        if found is None:
            self._tell(self.tr("There are no boxes on the clipboard"))
            return
        boxes, is_scaled = pasted(found.xyxy, found.size, document.image_size)
        document.paste(boxes, found.labels, found.flags)
        if is_scaled:
            self._tell(
                self.tr("The boxes were scaled"),
                self.tr("They come from a picture of another size"),
            )

    def copy_from_previous(self) -> None:
        """Adds those boxes of the previous image that have none here yet, all selected."""
        document = self._document
        if document is None or self._previous is None:
            return
        if not document.copy_from_previous(self._previous):
            self._tell(self.tr("The previous image has no box that is not here already"))

    def convert_others(self) -> None:
        """Makes polygons, circles and the like boxes."""
        document = self._document
        if document is None:
            return
        from app.tidying import convert_others

        if not convert_others(document):
            self._tell(self.tr("This image has no shape that could become a box"))

    def clip_to_picture(self) -> None:
        """Cuts the selected boxes, or all, to the picture."""
        document = self._document
        if document is None:
            return
        from app.tidying import clip_to_picture

        if not clip_to_picture(document):
            self._tell(self.tr("No box sticks out of the picture"))

    def _tell(self, what: str, why: str = "") -> None:
        self._session.messages.post(Message(Level.INFO, what, why, topic="boxes"))

    def select_all(self) -> None:
        """Selects every box that is not hidden."""
        if self._document is not None:
            self._document.select_all()

    def select_none(self) -> None:
        """Selects nothing."""
        if self._document is not None:
            self._document.select([])

    def toggle_ignored(self) -> None:
        """Marks the selected boxes as ignore regions, or all as faces if all are marked."""
        document = self._document
        if document is not None and document.selection:
            rows = sorted(document.selection)
            document.set_ignored(rows, not all(document.is_ignored[row] for row in rows))

    def hide_selected(self) -> None:
        """Hides the selected boxes from view."""
        document = self._document
        if document is not None:
            rows = document.selection
            document.select([])
            document.set_hidden(rows, True)

    def show_hidden(self) -> None:
        """Shows every box again."""
        document = self._document
        if document is not None:
            document.set_hidden(range(len(document.gt_boxes)), False)

    # ---- verdicts ----

    def accept(self) -> None:
        """Agrees: an extra prediction becomes a label, a label is confirmed."""
        if self._judge("accept"):
            return
        document = self._document
        place = None if document is None else document.selected_prediction
        if document is not None and place is not None:
            # It has been judged before, or its picture is not compared.
            document.accept_prediction(place)
        else:
            self._tell_nothing()

    def reject(self) -> None:
        """Disagrees: the prediction is wrong, or the label goes."""
        if not self._judge("reject"):
            self._tell_nothing()

    def swap(self) -> None:
        """Gives a loosely found label the place of its prediction."""
        if not self._judge("swap"):
            self._tell_nothing()

    def ignore(self) -> None:
        """Makes what is selected an ignore region; a selected ignore region a face again."""
        document = self._document
        is_one = self._is_of_many or (document is not None and len(document.selection) <= 1)
        if not (is_one and self._judge("ignore")):
            self.toggle_ignored()

    def doubt(self) -> None:
        """Puts off what is selected, or without a disagreement the image."""
        if not self._judge("doubt"):
            self._session.loop.judging.doubt_image()

    def _judge(self, judgement: str) -> bool:
        from tinaface.verdicts import Judgement  # it brings numpy, and the window opens without

        loop = self._session.loop
        if self._is_of_many:
            loop.batches.judge(Judgement(judgement))
            return True
        return loop.judging.judge(Judgement(judgement))

    def _tell_nothing(self) -> None:
        text = self.tr("Nothing disagrees here; {key} goes to the next")
        key = self._session.keymap.spoken("review.next")
        self._session.loop.judging.note.emit(text.format(key=key))
