"""Going to one box of one image, from wherever it is listed."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from app.pages.table import REVIEW
from app.session import Session

if TYPE_CHECKING:  # it brings numpy, and the window opens without
    from app.placement import BoxArray

SAME_PX = 0.01
"""Boxes in files are rounded to thousandths of a pixel."""


class Looking(QObject):
    """Brings an image up on the page with the canvas, selects a box there and asks to show it.

    Signals:
        box_wanted: `[4]` box of the image that is shown now.
    """

    box_wanted = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._wanted: tuple[str, BoxArray] | None = None
        # Later than whoever shows the picture, as that forgets the place of the last one.
        session.shown_changed.connect(self._arrive, Qt.ConnectionType.QueuedConnection)

    def look_at(self, image: str, xyxy: "BoxArray") -> None:
        """Shows a `[4]` box of an image, as soon as the image has been read."""
        self._wanted = image, xyxy
        self._session.page.show(REVIEW)
        self._session.go_to(image)
        self._arrive()

    def _arrive(self) -> None:
        shown = self._session.shown
        if self._wanted is None or shown is None:
            return
        image, xyxy = self._wanted
        if shown.name != image or self._session.name != image:
            return
        self._wanted = None
        self._select(xyxy)
        self.box_wanted.emit(xyxy)

    def _select(self, xyxy: "BoxArray") -> None:
        """Selects the box, or the prediction, that lies there."""
        import numpy as np

        document = self._session.document
        if document is None:
            return
        rows = np.flatnonzero(np.abs(document.gt_boxes - xyxy).max(axis=1, initial=0) < SAME_PX)
        near = np.abs(document.predictions.xyxy - xyxy).max(axis=1, initial=0) < SAME_PX
        places = np.flatnonzero(near & (document.predictions.scores >= document.threshold))
        if len(rows):
            document.select([int(rows[0])])
        elif len(places):
            document.select_prediction(int(places[0]))
