"""What keys do to the boxes of the current image, beyond what the canvas does by itself."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from app.document import Document
    from app.session import Session


class Review(QObject):
    """Commands on the document that is shown; each does nothing where there is none."""

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session

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
