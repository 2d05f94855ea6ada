"""Reads images beside the GUI thread: the newest wish first, its neighbours ahead of time."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from app.images import PictureCache, Stamp

if TYPE_CHECKING:  # it brings numpy, and the window opens without
    from app.reading import Opened
    from tinaface.elsewhere import Elsewhere
    from tinaface.predictions import Record

Result = TypeVar("Result")

SLOW_DISK_MS = 3000


class Reader(QObject):
    """One wish at a time: a new one takes the place of the last, wherever that has come to.

    Args:
        labels_place: called in a thread before an image is read; gives where labels go, if not
            beside their images, and returns when an image may be read.

    Attributes:
        pictures: those decoded last.

    Signals:
        is_slow: the wish has not been fulfilled for three seconds.
    """

    is_slow = Signal()

    def __init__(
        self, labels_place: "Callable[[], Elsewhere | None]", parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._labels_place = labels_place
        self.pictures = PictureCache()
        self._turn = 0
        self._threads = Background("reader", threads=2, newest_first=True, parent=self)
        self._slow = QTimer(self, singleShot=True, interval=SLOW_DISK_MS)
        self._slow.timeout.connect(self.is_slow)

    @property
    def is_reading(self) -> bool:
        """Whether anything is on its way."""
        return bool(self._threads.pending)

    def read(
        self,
        image: Path,
        record_of: "Callable[[], Record | None]",
        known_labels: Stamp | None,
        then: "Callable[[Opened], None]",
    ) -> None:
        """Reads one image and its labels (`app.reading.read_image`), then calls `then`."""
        self._turn += 1
        turn = self._turn

        def work() -> "Opened | None":
            from app.reading import read_image

            # Whoever leafs quickly has left this image before its turn came.
            if turn != self._turn:
                return None
            elsewhere = self._labels_place()
            return read_image(image, self.pictures, record_of, known_labels, elsewhere)

        def deliver(opened: "Opened | None") -> None:
            if opened is not None and turn == self._turn:
                self._slow.stop()
                then(opened)

        self._slow.start()
        self._threads.run(work, deliver)

    def read_ahead(self, images: Sequence[Path]) -> None:
        """Decodes these pictures, the first one first, unless another wish comes before."""
        for image in reversed(images):  # the newest job goes first
            if not self.pictures.holds(image):
                self._threads.run(partial(self._decode, image, self._turn), _ignore, _ignore)

    def run(self, work: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """Other reading, between the images."""
        self._threads.run(work, then)

    def drop(self) -> None:
        """Forgets the wish and all pictures."""
        self._turn += 1
        self._slow.stop()
        self.pictures.clear()

    def close(self) -> bool:
        """Ends the threads; False where a disk holds one up."""
        self.drop()
        return self._threads.close()

    def _decode(self, image: Path, turn: int) -> None:
        if turn == self._turn:
            self.pictures.read(image)


def _ignore(_result: object) -> None:
    """For work done ahead: its result is kept elsewhere, its fault told when it is needed."""
