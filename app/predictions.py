"""What models found in the images of the open folder: shown beside the labels, never in them.

Predictions live in files (`tinaface/predictions.py`) whose index is read in the background; the
records themselves are read with their images.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.messages import Level, Messages, of_error
from tinaface.errors import TinaFaceError
from tinaface.predictions import (
    PredictionFiles,
    PredictionStore,
    Record,
    open_predictions,
    stored_models,
)
from tinaface.protocol import Found

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Source:
    """Where shown predictions come from: an index, and the names of records by their last part."""

    files: PredictionFiles
    by_last_part: Mapping[str, str | None]


class Predictions(QObject):
    """The newest record of each image: those just found, over those of the files.

    Attributes:
        given: file or folder that the user named; None for the folder's own store.
        preferred: weights file whose stored predictions are shown, if there are any.

        generation: grows whenever there are new predictions, of whatever image.

    Signals:
        changed: name of an image with new predictions.
        loaded: the index of another folder or file is here.
    """

    changed = Signal(str)
    loaded = Signal()

    def __init__(self, messages: Messages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.given: Path | None = None
        self.preferred: Path | None = None
        self.generation = 0
        self._messages = messages
        self._root: Path | None = None
        self._source: _Source | None = None
        self._fresh: dict[str, Record] = {}
        self._stores: dict[str, PredictionStore] = {}
        self._model: str | None = None
        self._turn = 0
        self._disk = Background("predictions", threads=1, parent=self)

    # ---- files ----

    def open(self, root: Path) -> None:
        """Reads the index of a folder's predictions in the background."""
        self.close()
        self._root, self._turn = root, self._turn + 1
        turn, given, preferred = self._turn, self.given, self.preferred
        self._disk.run(
            lambda: _load(root, given, preferred),
            lambda source: self._take(turn, source),
            self._tell,
        )

    def close(self) -> None:
        """Forgets the open folder's predictions; those being written still are."""
        self._turn += 1
        self._root, self._source, self._model = None, None, None
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

    def _take(self, turn: int, source: _Source | None) -> None:
        if turn == self._turn:
            self._source = source
            self.generation += 1
            self.loaded.emit()

    def _tell(self, error: Exception) -> None:
        if isinstance(error, TinaFaceError):
            self._messages.post(of_error(error, level=Level.WARNING, topic="predictions"))
        else:
            log.error("predictions could not be read or stored", exc_info=error)

    # ---- asking ----

    def names(self, images: list[str]) -> list[str]:
        """Those of `images` that have predictions."""
        return [name for name in images if self.holds(name)]

    def holds(self, name: str) -> bool:
        """Whether an image has predictions."""
        return name in self._fresh or self._named_in_files(name) is not None

    def get(self, name: str) -> Record | None:
        """The newest record of an image; reads a file, so call it beside the GUI thread."""
        fresh = self._fresh.get(name)
        if fresh is not None:
            return fresh
        source, named = self._source, self._named_in_files(name)
        if source is None or named is None:
            return None
        try:
            return source.files.get(named)
        except TinaFaceError as error:
            log.warning("%s", error)
            return None

    def is_stale(self, record: Record, mtime_ns: int) -> bool:
        """Whether a record is of another state of the image, or of an older model."""
        return record.is_stale(mtime_ns, self._model)

    def _named_in_files(self, name: str) -> str | None:
        source = self._source
        if source is None:
            return None
        if name in source.files:
            return name
        # A file made from another folder upwards or downwards names the same picture otherwise.
        return source.by_last_part.get(name.rpartition("/")[2])

    # ---- detection ----

    def add(self, found: Found, settings: Mapping[str, object]) -> None:
        """Keeps what the worker found in one image, here and on disk."""
        if self._root is None:
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
        self._fresh[found.image] = record
        self.generation += 1
        self._model = record.model or self._model
        if record.model is not None:
            root, stores = self._root, self._stores
            self._disk.run(lambda: _store(stores, root, record), lambda _: None, self._tell)
        self.changed.emit(found.image)


def _load(root: Path, given: Path | None, preferred: Path | None) -> _Source | None:
    if given is not None:
        files = open_predictions(given)
        return _Source(files, _by_last_part(files.images()))
    models = stored_models(root)
    if not models:
        return None
    chosen = models[0]
    if preferred is not None:
        from tinaface.weights import file_hash

        own = file_hash(preferred) if preferred.is_file() else None
        chosen = own if own in models else chosen
    return _Source(PredictionStore(root, chosen), {})


def _store(stores: dict[str, PredictionStore], root: Path, record: Record) -> None:
    assert record.model is not None
    if record.model not in stores:
        stores[record.model] = PredictionStore(root, record.model)
    stores[record.model].append(record)


def _by_last_part(images: list[str]) -> dict[str, str | None]:
    """Record names by the file's own name; None where two records share it."""
    found: dict[str, str | None] = {}
    for image in images:
        last = image.replace(os.sep, "/").rpartition("/")[2]
        found[last] = None if last in found else image
    return found
