"""Brings the current image onto the canvas, read beside the GUI thread, its neighbours ahead."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app import notices
from app.reader import Reader
from app.shown import Shown

if TYPE_CHECKING:  # these bring numpy, and the window opens without
    from app.reading import Opened
    from app.session import Session
    from app.shown_predictions import ShownPredictions

PREFETCH_STEPS = (1, 2, -1)


class Showing(QObject):
    """What the canvas shows, which follows the session's current image.

    Attributes:
        reader: what reads images.
        beside: lays predictions beside labels; None before the session has any predictions.

    Signals:
        shown_changed: `shown` is another one.
        edited: the boxes or the selection of the image that is shown have changed.
    """

    shown_changed = Signal()
    edited = Signal()

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self._shown: Shown | None = None
        self.beside: ShownPredictions | None = None
        self.reader = Reader(session.keeping.labels_place, self)
        self.reader.is_slow.connect(self._tell_slow)

    @property
    def shown(self) -> Shown | None:
        """What the canvas shows; None before the first image has been read."""
        return self._shown

    def clear(self) -> None:
        """Shows nothing."""
        self._set_shown(None)

    def read(self) -> None:
        """Reads the current image and shows it, unless another one is wanted by then."""
        session = self._session
        name, image = session.name, session.image
        assert name is not None
        assert image is not None
        predictions, generation = session.predictions, session.predictions.generation
        saver = session.labels.saver
        known = saver.known_stamp(name)

        def deliver(opened: "Opened") -> None:
            if saver.known_stamp(name) == known:
                self._on_read(name, generation, opened)
            else:  # saved or let go meanwhile: what was read may be what was there before
                self.read()

        self.reader.read(image, lambda: predictions.get(name), known, deliver)

    def look_again(self) -> None:
        """Reads image and labels again if another program has changed them."""
        if self._shown is not None and self._shown.name == self._session.name:
            self.read()

    def read_ahead(self, names: Sequence[str]) -> None:
        """Decodes images that will probably be wanted next, the first one first."""
        root = self._session.root
        if root is not None:
            self.reader.read_ahead([root / name for name in names])

    def read_neighbours(self) -> None:
        """Decodes the images beside the current one in the list."""
        self.read_ahead(self._session.files.around(self._session.name, PREFETCH_STEPS))

    # ---- what was read ----

    def _tell_slow(self) -> None:
        self._session.messages.post(notices.slow_disk(self._session.name))

    def _on_read(self, name: str, generation: int, opened: "Opened") -> None:
        session = self._session
        session.messages.close(notices.SLOW_DISK)
        if self._shown is None or not self._shown.is_still(opened):
            self._show(name, opened)
        if generation != session.predictions.generation and self.beside is not None:
            # New ones came while this image was being read.
            self.beside.read_again()
        self.read_neighbours()

    def _show(self, name: str, opened: "Opened") -> None:
        from app.reading import remarks

        session = self._session
        session.messages.close(notices.IMAGE)
        session.messages.close("labels")
        document, lock = None, None
        if opened.picture is not None:
            document, lock = session.labels.document(name, opened.picture, opened)
            if self.beside is not None:
                self.beside.lay(document, opened.picture, opened.record)
            remark = notices.about_picture(opened.picture)
            if remark is not None:
                session.messages.post(remark)
        labels = opened.labels if document is None else document.labelme
        session.files.set_fault(name, "\n".join(remarks(opened, labels)))
        before = self._shown
        # Looking again at an unchanged image must not move what the user sees.
        if before is None or not before.is_same(name, opened, document):
            faults = opened.picture_fault, opened.label_fault
            stamp = opened.label_stamp
            self._set_shown(Shown(name, opened.picture, document, *faults, lock, stamp))

    def _set_shown(self, shown: Shown | None) -> None:
        before = None if self._shown is None else self._shown.document
        after = None if shown is None else shown.document
        if before is not after:
            if before is not None:
                for signal in (before.boxes_changed, before.selection_changed):
                    signal.disconnect(self.edited)
            if after is not None:
                for signal in (after.boxes_changed, after.selection_changed):
                    signal.connect(self.edited)
        self._shown = shown
        self.shown_changed.emit()
        self.edited.emit()
