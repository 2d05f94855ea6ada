"""Thumbnails for all views that show them: read in threads, what is looked at first, a few kept."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.session import Session
from app.thumbnails.disk import ThumbnailFiles
from app.thumbnails.thumbnail import Thumbnail, read_thumbnail

KEPT = 300
THREADS = 2
# Two at a time: what was wished for and scrolled away before its turn is never read.
IN_FLIGHT = THREADS


class Thumbnails(QObject):
    """The thumbnails of the open folder.

    Views wish for what they show; the latest wish goes first, and a new wish of a view takes the
    place of its last one.

    Signals:
        ready: name of an image whose thumbnail is here, or is another one now.
    """

    ready = Signal(str)

    def __init__(self, session: Session, files: ThumbnailFiles | None = None) -> None:
        super().__init__(session)
        self._session = session
        self._files = files or ThumbnailFiles()
        self._kept: OrderedDict[str, Thumbnail] = OrderedDict()
        self._stale: set[str] = set()
        self._reading: set[str] = set()
        self._wishes: OrderedDict[object, Sequence[str]] = OrderedDict()
        self._wished: dict[str, None] = {}
        self._turn = 0
        self._work = Background("thumbnails", threads=THREADS, parent=self)
        session.folder_changed.connect(self._on_folder)
        session.labels.saver.saved.connect(self._on_changed)
        session.predictions.changed.connect(self._on_changed)
        session.predictions.loaded.connect(self._on_all_changed)
        session.end_with(self._work.close)

    def get(self, name: str) -> Thumbnail | None:
        """The thumbnail of an image, if it is at hand; `wish` for it otherwise."""
        found = self._kept.get(name)
        if found is not None:
            self._kept.move_to_end(name)
        return found

    def wish(self, viewer: object, names: Sequence[str]) -> None:
        """Has thumbnails read, the first one first, in place of what the viewer wished before."""
        self._wishes.pop(viewer, None)
        self._wishes[viewer] = names
        # No more than can be kept: else what was read would push out what is seen.
        latest_first = (name for wish in reversed(self._wishes.values()) for name in wish)
        self._wished = dict.fromkeys(islice(dict.fromkeys(latest_first), KEPT))
        self._read_on()

    @property
    def is_reading(self) -> bool:
        """Whether a thumbnail is on its way."""
        return bool(self._reading)

    def _read_on(self) -> None:
        wanted = self._wanted()
        while len(self._reading) < IN_FLIGHT and (name := next(wanted, None)) is not None:
            root = self._session.root
            if root is None:
                return
            self._reading.add(name)
            self._stale.discard(name)
            self._work.run(
                partial(
                    read_thumbnail,
                    root / name,
                    self._files,
                    partial(self._session.predictions.get, name),
                ),
                partial(self._take, self._turn, name),
                partial(self._lose, self._turn, name),
            )

    def _wanted(self) -> Iterator[str]:
        """What is wished for and not at hand, the latest wish first."""
        for name in self._wished:
            if (name not in self._kept or name in self._stale) and name not in self._reading:
                yield name

    def _take(self, turn: int, name: str, thumbnail: Thumbnail) -> None:
        if turn != self._turn:
            return
        self._reading.discard(name)
        self._kept[name] = thumbnail
        self._kept.move_to_end(name)
        if len(self._kept) > KEPT:
            # What is on screen stays; it was read before what came into view last.
            oldest = next((one for one in self._kept if one not in self._wished), name)
            del self._kept[oldest]
            self._stale.discard(oldest)
        self.ready.emit(name)
        self._read_on()

    def _lose(self, turn: int, name: str, error: Exception) -> None:
        if turn == self._turn:
            self._reading.discard(name)
        raise error

    def _on_folder(self) -> None:
        self._turn += 1
        self._kept.clear()
        self._stale.clear()
        self._reading.clear()
        self._wishes.clear()
        self._wished = {}

    def _on_changed(self, name: str) -> None:
        """Its boxes are others now; it stays until it has been read again."""
        if name in self._kept or name in self._reading:
            self._stale.add(name)
            self._read_on()

    def _on_all_changed(self) -> None:
        self._stale.update(self._kept)
        self._stale.update(self._reading)
        self._read_on()
