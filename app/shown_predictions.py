"""Keeps the predictions beside the labels on the canvas those of the store."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.images import Picture
from app.models.files import Sign
from app.reader import Reader
from tinaface.predictions import Record

if TYPE_CHECKING:
    from app.document import Document
    from app.predictions import Predictions
    from app.session import Session


class ShownPredictions(QObject):
    """Lays new predictions beside the labels, and marks in the list which images have some."""

    def __init__(self, session: "Session", predictions: "Predictions", reader: Reader) -> None:
        super().__init__(session)
        self._session, self._predictions, self._reader = session, predictions, reader
        predictions.changed.connect(self._on_changed)
        predictions.loaded.connect(self._on_loaded)

    def lay(self, document: "Document", picture: Picture, record: Record | None) -> None:
        """Lays a model's record beside the labels."""
        if record is None:
            document.set_predictions(None)
        else:
            is_stale = self._predictions.is_stale(record, picture.stamp.mtime_ns)
            document.set_predictions(record.detections, are_stale=is_stale)
        document.threshold = self._session.threshold

    def read_again(self) -> None:
        """Reads the record of the image on the canvas, as there are newer ones."""
        session, predictions = self._session, self._predictions
        shown = session.shown
        if shown is None or shown.picture is None or shown.document is None:
            return
        picture, document = shown.picture, shown.document

        def take(record: Record | None) -> None:
            if session.shown is shown:
                self.lay(document, picture, record)
                session.edited.emit()

        self._reader.run(lambda: predictions.get(shown.name), take)

    def _on_changed(self, name: str) -> None:
        self._session.files.set_sign(name, Sign.PREDICTIONS, True)
        if self._session.shown is not None and self._session.shown.name == name:
            self.read_again()

    def _on_loaded(self) -> None:
        files = self._session.files
        files.set_signs(self._predictions.names(list(files.all_names())), Sign.PREDICTIONS)
        self.read_again()
