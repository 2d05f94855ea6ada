"""What keys do to the boxes of the current image, beyond what the canvas does by itself."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from app.messages import Level, Message

if TYPE_CHECKING:
    from app.document import Document
    from app.placement import BoxArray
    from app.session import Session


class Review(QObject):
    """Commands on the document that is shown; each does nothing where there is none."""

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self._seen: Document | None = None
        self._previous_boxes: BoxArray | None = None
        session.shown_changed.connect(self._on_shown_changed)

    def _on_shown_changed(self) -> None:
        """Remembers the boxes of the image that was looked at before this one."""
        document = self._document
        if document is not None and document is not self._seen:
            if self._seen is not None:
                self._previous_boxes = self._seen.gt_boxes
            self._seen = document

    @property
    def _document(self) -> "Document | None":
        return self._session.document

    def undo(self) -> None:
        """Takes the last edit of this image back."""
        if self._document is not None:
            self._document.undo_stack.undo()

    def redo(self) -> None:
        """Does the edit again that was taken back."""
        if self._document is not None:
            self._document.undo_stack.redo()

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
        document.paste(boxes, found.labels)
        if is_scaled:
            self._tell(
                self.tr("The boxes were scaled"),
                self.tr("They come from a picture of another size"),
            )

    def copy_from_previous(self) -> None:
        """Adds those boxes of the previous image that have none here yet, all selected."""
        document = self._document
        if document is None or self._previous_boxes is None:
            return
        if not document.copy_from_previous(self._previous_boxes):
            self._tell(self.tr("The previous image has no box that is not here already"))

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

    def accept_prediction(self) -> None:
        """Makes the selected prediction a box; without one, the best that has no box yet."""
        document = self._document
        if document is None or not self._session.can_edit:
            return
        place = document.selected_prediction
        if place is None:
            place = next(iter(self.open_predictions()), None)
        if place is not None:
            document.accept_prediction(place)

    def accept_all_predictions(self) -> None:
        """Makes every visible prediction without a box a box, in one step."""
        if self._document is not None and self._session.can_edit:
            self._document.accept_visible()

    def select_next_prediction(self) -> None:
        """Selects the next visible prediction that has no box, best score first."""
        document = self._document
        places = self.open_predictions()
        if document is not None and places:
            now = document.selected_prediction
            at = places.index(now) + 1 if now in places else 0
            document.select_prediction(places[at % len(places)])

    def open_predictions(self) -> list[int]:
        """Places of the visible predictions that no box answers, best score first."""
        document = self._document
        if document is None:
            return []
        from app.comparison import Verdict

        places: list[int] = document.visible_places().tolist()
        comparison = document.comparison()
        if comparison is not None:
            verdicts = comparison.of_predictions()
            places = [place for place in places if verdicts[place] == Verdict.FP]
        return sorted(places, key=lambda place: -document.predictions.scores[place])
