"""Small copies of pictures on disk, in the user's cache folder; they may be deleted at any time.

A copy is named by the path, size and time of its picture, so a changed picture has another one.
Safe to use from several threads and programs.
"""

import hashlib
import logging
import os
import threading
from pathlib import Path

import platformdirs
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QImageWriter

from app.images import Stamp
from tinaface.review_folder import APPLICATION

LIMIT_BYTES = 512 * 2**20
# Trimmed to a bit below the limit, so that not every new copy has to.
TRIMMED = 0.9
TRIM_EVERY = 500
QUALITY = 85

log = logging.getLogger(__name__)


class ThumbnailFiles:
    """The copies; the least recently used ones go first."""

    def __init__(self, folder: Path | None = None, limit_bytes: int = LIMIT_BYTES) -> None:
        caches = platformdirs.user_cache_path(APPLICATION, appauthor=False)
        self.folder = folder or caches / "thumbnails"
        self._limit = limit_bytes
        self._written = 0
        self._lock = threading.Lock()

    def read(self, picture: Path, state: Stamp, side: int) -> QImage | None:
        """The copy of a picture in this state; None without one."""
        path = self._path(picture, state, side)
        # Python reads and writes the files: Qt would hold the other threads up while a disk works.
        try:
            # The format is told: see `app.images._reader`. The hints say bytes, it takes text.
            content = QByteArray(path.read_bytes())
            image = QImage.fromData(content, "jpg")  # type: ignore[arg-type]
        except OSError:
            return None
        if image.isNull():
            return None
        try:
            os.utime(path)  # it was used: others go before it
        except OSError:
            log.debug("%s cannot be touched", path)
        return image.convertToFormat(QImage.Format.Format_RGB32)

    def write(self, picture: Path, state: Stamp, side: int, image: QImage) -> None:
        """Keeps a copy; a full or read-only disk keeps none, which costs time only."""
        path = self._path(picture, state, side)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.stem}.{os.getpid()}-{threading.get_ident()}.part")
            content = QBuffer()
            content.open(QIODevice.OpenModeFlag.WriteOnly)
            writer = QImageWriter(content, b"jpg")
            writer.setQuality(QUALITY)
            if writer.write(image):
                draft.write_bytes(content.data().data())
                os.replace(draft, path)
        except OSError as error:
            log.debug("no small copy of %s is kept: %s", picture, error)
            return
        with self._lock:
            is_due = self._written % TRIM_EVERY == 0
            self._written += 1
        if is_due:
            self.trim()

    def trim(self) -> None:
        """Deletes the least recently used copies that are over the limit."""
        found: list[tuple[float, int, str]] = []
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    status = os.stat(path)
                except OSError:
                    continue  # another program deleted it
                found.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in found)
        if total <= self._limit:
            return
        for _, size, path in sorted(found):
            if total <= TRIMMED * self._limit:
                break
            try:
                os.unlink(path)
            except OSError:
                continue
            total -= size

    def _path(self, picture: Path, state: Stamp, side: int) -> Path:
        key = hashlib.blake2b(os.fsencode(os.path.realpath(picture)), digest_size=16)
        key.update(f":{state.size}:{state.mtime_ns}:{side}".encode())
        name = key.hexdigest()
        return self.folder / name[:2] / f"{name}.jpg"
