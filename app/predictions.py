"""What models found in the images of the open folder: shown beside the labels, never in them.

Predictions live in files (`tinaface/predictions.py`) whose index is read in the background; the
records themselves are read with their images.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.messages import Level, Messages, of_error
from app.prediction_sources import (
    OpenSource,
    Source,
    find_sources,
    preferred_source,
    source_of_file,
)
from tinaface.errors import TinaFaceError
from tinaface.predictions import PredictionStore, Record
from tinaface.protocol import Found

Result = TypeVar("Result")

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Loaded:
    """What a folder has, and the index of what is shown first."""

    sources: tuple[Source, ...]
    shown: OpenSource | None


class Predictions(QObject):
    """The newest record of each image: of the source that is shown, and those just found.

    As long as the user has not chosen a source, what was just found lies over all of its records,
    whatever model found it; a chosen source shows its own records only.

    Attributes:
        given: file or folder that the user named at the start; None for the folder's own store.
        preferred: weights file whose stored predictions are shown, if there are any.
        generation: grows whenever other predictions are shown, of whatever image.

    Signals:
        changed: name of an image with new predictions.
        loaded: the index of another source is here.
        sources_changed: there are other sources, or another one is compared with.
    """

    changed = Signal(str)
    loaded = Signal()
    sources_changed = Signal()

    def __init__(self, messages: Messages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.given: Path | None = None
        self.preferred: Path | None = None
        self.generation = 0
        self._messages = messages
        self._root: Path | None = None
        self._named: list[Path] = []
        self._sources: tuple[Source, ...] = ()
        self._shown: OpenSource | None = None
        self._other: OpenSource | None = None
        self._is_chosen = False
        self._fresh: dict[str, Record] = {}
        self._stores: dict[str, PredictionStore] = {}
        self._away: dict[Path, dict[str, PredictionStore]] = {}
        self._model: str | None = None
        self._turn = 0
        self._disk = Background("predictions", threads=1, parent=self)

    # ---- files ----

    def open(self, root: Path) -> None:
        """Reads the index of a folder's predictions in the background."""
        self.close()
        self._root = root
        self._named = [] if self.given is None else [self.given]
        turn, given, preferred = self._turn, self.given, self.preferred
        self._disk.run(
            lambda: _load(root, given, preferred),
            lambda loaded: self._take(turn, loaded),
            self._tell,
        )

    def close(self) -> None:
        """Forgets the open folder's predictions; those being written still are."""
        self._turn += 1
        self._root, self._model = None, None
        self._sources, self._shown, self._other, self._is_chosen = (), None, None, False
        self._fresh, self._stores = {}, {}

    @property
    def is_reading(self) -> bool:
        """Whether files are being read or written."""
        return bool(self._disk.pending)

    def finish(self, timeout_s: float) -> bool:
        """Waits until all that was found is on disk; False where time ran out."""
        return self._disk.drain(timeout_s)

    def shut_down(self) -> bool:
        """Ends the thread; False where it is still at work."""
        return self._disk.close()

    def _take(self, turn: int, loaded: _Loaded) -> None:
        if turn == self._turn:
            self._sources, self._shown = loaded.sources, loaded.shown
            self._tell_shown()
            self.sources_changed.emit()

    def _tell_shown(self) -> None:
        self.generation += 1
        self.loaded.emit()

    def _tell(self, error: Exception) -> None:
        if isinstance(error, TinaFaceError):
            self._messages.post(of_error(error, level=Level.WARNING, topic="predictions"))
        else:
            log.error("predictions could not be read or stored", exc_info=error)

    # ---- which are shown ----

    @property
    def sources(self) -> tuple[Source, ...]:
        """All that can be shown for the open folder."""
        return self._sources

    @property
    def shown(self) -> Source | None:
        """The source whose predictions are shown."""
        return None if self._shown is None else self._shown.source

    @property
    def other(self) -> Source | None:
        """The source that it is compared with, which `swap` shows."""
        return None if self._other is None else self._other.source

    def look_for_sources(self) -> None:
        """Lists the sources again, as detection and training make new ones."""
        root, turn, named = self._root, self._turn, tuple(self._named)
        if root is None:
            return

        def take(found: tuple[Source, ...]) -> None:
            if turn == self._turn and found != self._sources:
                self._sources = found
                self.sources_changed.emit()

        self._disk.run(lambda: find_sources(root, named), take, self._tell)

    def add_file(self, path: Path) -> Source:
        """Makes a file of `detect --jsonl`, or a folder of such files, a source."""
        source = source_of_file(path)
        if path not in self._named:
            self._named.append(path)
            self._sources = (source, *self._sources)
            self.sources_changed.emit()
        return source

    def choose(self, source: Source) -> None:
        """Shows the predictions of this source, and only these."""

        def take(opened: OpenSource) -> None:
            self._shown, self._is_chosen, self._model = opened, True, None
            self._tell_shown()

        self._open_source(source, take)

    def choose_other(self, source: Source | None) -> None:
        """Makes a source the one that `swap` shows; None for no comparison."""

        def take(opened: OpenSource | None) -> None:
            self._other = opened
            self.sources_changed.emit()

        if source is None:
            take(None)
        else:
            self._open_source(source, take)

    def swap(self) -> None:
        """Shows the other source at once, and keeps the shown one as the other."""
        if self._other is not None:
            self._shown, self._other = self._other, self._shown
            self._is_chosen, self._model = True, None
            self._tell_shown()
            self.sources_changed.emit()

    def _open_source(self, source: Source, take: Callable[[OpenSource], None]) -> None:
        root, turn = self._root, self._turn
        if root is None:
            return

        def take_if_open(opened: OpenSource) -> None:
            if turn == self._turn:
                take(opened)

        self._disk.run(lambda: OpenSource.of(source, root), take_if_open, self._tell)

    # ---- asking ----

    def names(self, images: list[str]) -> list[str]:
        """Those of `images` that have predictions."""
        if not self.has_any:
            return []  # the common case at first, and not worth asking 32,000 times
        return [name for name in images if self.holds(name)]

    @property
    def has_any(self) -> bool:
        """Whether any image may have predictions."""
        return self._shown is not None or bool(self._fresh)

    def holds(self, name: str) -> bool:
        """Whether an image has predictions."""
        if self._found_just_now(name) is not None:
            return True
        return self._shown is not None and self._shown.named(name) is not None

    def get(self, name: str) -> Record | None:
        """The newest record of an image; reads a file, so call it beside the GUI thread."""
        return self._found_just_now(name) or _read(self._shown, name)

    def record_of(self, source: Source, name: str) -> Record | None:
        """An image's record of the shown or the compared source; reads a file."""
        opened = next(
            (one for one in (self._shown, self._other) if one and one.source == source), None
        )
        return _read(opened, name)

    def is_stale(self, record: Record, mtime_ns: int) -> bool:
        """Whether a record is of another state of the image, or of an older model."""
        return record.is_stale(mtime_ns, self._model)

    def _found_just_now(self, name: str) -> Record | None:
        record, shown = self._fresh.get(name), self.shown
        if record is None or not self._is_chosen:
            return record
        return record if shown is not None and record.model == shown.key else None

    def change_files(
        self,
        change: Callable[[], Result],
        then: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Lets something else change the stored files, in turn with what is found and stored."""
        opened = [one.files for one in (self._shown, self._other) if one is not None]
        stores = self._stores

        def work() -> Result:
            try:
                return change()
            finally:
                for files in (*opened, *stores.values()):
                    files.read_again()

        self._disk.run(work, then, failed)

    # ---- detection ----

    def add(self, found: Found, settings: Mapping[str, object], root: Path | None = None) -> None:
        """Keeps what the worker found in one image, here and on disk.

        Args:
            root: the folder it was asked for, if not the open one: then it is kept on disk alone.
        """
        root = root or self._root
        if root is None:
            return
        record = Record(
            image=found.image,
            width=found.width,
            height=found.height,
            boxes=np.asarray(found.boxes, np.float32).reshape(-1, 4),
            scores=np.asarray(found.scores, np.float32),
            model=found.model or None,
            settings=dict(settings),
            mtime_ns=found.mtime_ns or None,
        )
        if root != self._root:
            if record.model is not None:
                away = self._away.setdefault(root, {})
                self._disk.run(lambda: _store(away, root, record), lambda _: None, self._tell)
            return
        self._fresh[found.image] = record
        if self.shown is None or record.model != self.shown.key:
            self._is_chosen = False
        self.generation += 1
        self._model = record.model or self._model
        if record.model is not None:
            stores = self._stores
            self._disk.run(lambda: _store(stores, root, record), lambda _: None, self._tell)
        self.changed.emit(found.image)


def _load(root: Path, given: Path | None, preferred: Path | None) -> _Loaded:
    sources = find_sources(root, [] if given is None else [given])
    shown = preferred_source(sources, preferred)
    return _Loaded(sources, None if shown is None else OpenSource.of(shown, root))


def _read(source: OpenSource | None, name: str) -> Record | None:
    try:
        return None if source is None else source.get(name)
    except TinaFaceError as error:
        log.warning("%s", error)
        return None


def _store(stores: dict[str, PredictionStore], root: Path, record: Record) -> None:
    assert record.model is not None
    if record.model not in stores:
        stores[record.model] = PredictionStore(root, record.model)
    stores[record.model].append(record)
