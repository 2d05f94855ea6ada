"""Decodes photographs with Qt, by the rules of `tinaface/images.py`, and keeps the last few.

Everything here may be called from any thread and is meant for those beside the GUI thread. What Qt
cannot decode just as the detector sees it (CMYK, damaged files) is decoded by the detector's own
code, so that a box always lies on the pixels that gave it.
"""

import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColorSpace, QImage, QImageIOHandler, QImageReader

from tinaface.errors import DatasetError

if TYPE_CHECKING:
    from app.canvas.pyramid import Pyramid
    from tinaface.images import RgbArray

CACHE_BYTES = 128 * 2**20
# How files begin that Qt's decoders read.
_STARTS = (
    (b"\xff\xd8", b"jpeg"),
    (b"\x89PNG\r\n\x1a\n", b"png"),
    (b"GIF8", b"gif"),
    (b"BM", b"bmp"),
    (b"II*\0", b"tiff"),
    (b"MM\0*", b"tiff"),
)
_START_BYTES = 12
BYTES_A_PIXEL = 4
LABEL_SUFFIX = ".json"
VIEW_SIDE = 1000
"""Screen pixels in which a picture is expected to be shown at first."""

# A JPEG's end mark stands in its last bytes, unless something was appended to it.
JPEG_START, JPEG_END, JPEG_TAIL = b"\xff\xd8", b"\xff\xd9", 4096
PNG_START, WEBP_START = b"\x89PNG", b"RIFF"
_KIND_OF_SUFFIX = {
    "jpg": "jpeg",
    "jpe": "jpeg",
    "jfif": "jpeg",
    "tif": "tiff",
    "heic": "heif",
    "pgm": "ppm",
    "pbm": "ppm",
}
_KINDS_OF_MANY = ("gif", "webp", "tiff")
SMOOTHLY = (Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
# PySide makes its enumerations when they are first named, and not safely in two threads at once.
SRGB = QColorSpace(QColorSpace.NamedColorSpace.SRgb)
RGB_MODEL = QColorSpace.ColorModel.Rgb
QUARTER_TURN = QImageIOHandler.Transformation.TransformationRotate90
CMYK = QImage.Format.Format_CMYK8888
PREMULTIPLIED = QImage.Format.Format_ARGB32_Premultiplied
OPAQUE = 255
EXIF_MARKS = (b"eXIf", b"EXIF", b"Raw profile type exif")


@dataclass(frozen=True)
class Stamp:
    """What tells one state of a file from another."""

    size: int
    mtime_ns: int


def stamp(path: Path) -> Stamp | None:
    """The present state of a file; None where there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return Stamp(status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded image file: upright, sRGB, alpha over black.

    Attributes:
        image: 32 bits a pixel, opaque: as the detector sees it.
        stamp: the state of the file that was decoded.
        notice: what the user should know, such as that the file is cut short; else None.
        remarks: what is odd about the file and changes nothing, such as a wrong suffix.
        see_through: the same pixels with their opacity, premultiplied; None where all are opaque.
    """

    path: Path
    image: QImage
    stamp: Stamp
    notice: str | None = None
    remarks: tuple[str, ...] = ()
    see_through: QImage | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.image.height(), self.image.width()

    @cached_property
    def pyramid(self) -> "Pyramid":
        """The picture as the canvas paints it, with the copies that its first showing needs."""
        from app.canvas.pyramid import Pyramid  # brings numpy: not before a picture is wanted

        made = Pyramid(self.image if self.see_through is None else self.see_through)
        made.prepare_to_fit(VIEW_SIDE)
        return made

    @property
    def size_in_bytes(self) -> int:
        """Memory of the pixels and of the copies for the canvas."""
        # An opaque picture shares its pixels with the first of those copies.
        own = 0 if self.see_through is None else self.image.sizeInBytes()
        return own + self.pyramid.size_in_bytes


def decode(path: Path) -> Picture:
    """The first frame of an image file. Raises DatasetError where it shows no picture.

    A label file stands for its image where that is missing.
    """
    if path.suffix.lower() == LABEL_SUFFIX:
        from app.orphans import stand_in

        return stand_in(path)
    state = _require_regular_file(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    buffer = QBuffer()
    buffer.setData(QByteArray(content))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    image, remarks = _read(path, buffer, wanted=not _needs_detector(content))
    if image.isNull() or image.format() is CMYK:
        return replace(_decode_as_detector(path, state), remarks=remarks)
    image = _to_srgb(image)
    see_through = QImage(image) if _is_see_through(image) else None
    return Picture(path, _over_black(image), state, remarks=remarks, see_through=see_through)


def decode_small(path: Path, side: int) -> tuple[QImage, tuple[int, int]]:
    """A picture scaled to fit a square, never enlarged, and its full height and width.

    A JPEG is decoded at the smaller size, which takes a fraction of the time and memory. Raises
    DatasetError.
    """
    _require_regular_file(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    buffer = QBuffer()
    buffer.setData(QByteArray(content))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    if not _needs_detector(content):
        image, size = _read_small(path, buffer, side)
        if not image.isNull() and image.format() is not CMYK:
            return _over_black(_to_srgb(image)), size
    full = decode(path)
    return full.image.scaled(_fitting(full.image.size(), side), *SMOOTHLY), full.size


def _read_small(path: Path, buffer: QBuffer, side: int) -> tuple[QImage, tuple[int, int]]:
    """As `_read`; beside the pixels the full height and width of the upright picture."""
    reader = _reader(buffer)
    reader.setAutoTransform(True)
    _require_decodable_size(path, reader)
    stored = reader.size()
    if not stored.isValid():
        return QImage(), (0, 0)
    reader.setScaledSize(_fitting(stored, side))
    is_turned = bool(reader.transformation() & QUARTER_TURN)
    size = (stored.width(), stored.height()) if is_turned else (stored.height(), stored.width())
    return reader.read(), size


def _fitting(size: QSize, side: int) -> QSize:
    """The largest size of the same shape within a square; not larger than it is."""
    fitted = size.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio).boundedTo(size)
    return fitted.expandedTo(QSize(1, 1))


def _read(path: Path, buffer: QBuffer, wanted: bool) -> tuple[QImage, tuple[str, ...]]:
    """The pixels as Qt decodes them, and what is odd; a null image where it cannot, or where none
    are wanted.

    A function of its own, so that the reader ends before its buffer: Qt's TIFF reader still
    reads while it is taken down, and would crash.
    """
    reader = _reader(buffer)
    reader.setAutoTransform(True)
    _require_decodable_size(path, reader)
    kind = bytes(reader.format().data()).decode()
    image = reader.read() if wanted else QImage()
    return image, tuple(_remarks(path, kind, buffer.data()))


def _remarks(path: Path, kind: str, content: QByteArray) -> Iterator[str]:
    suffix = path.suffix.lower().removeprefix(".")
    if kind and _KIND_OF_SUFFIX.get(suffix, suffix) != _KIND_OF_SUFFIX.get(kind, kind):
        yield f"{path.name} is a {kind.upper()} file by its content"
    if kind in _KINDS_OF_MANY and (count := _count(content)) > 1:
        yield f"{path.name} holds {count} pictures; the first one is shown"


def _count(content: QByteArray) -> int:
    # Qt's TIFF reader counts only before it has done anything else.
    buffer = QBuffer()
    buffer.setData(content)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    return _count_in(buffer)


def _count_in(buffer: QBuffer) -> int:
    return _reader(buffer).imageCount()


def decode_part(path: Path, part: QRect, wanted_side: int) -> QImage:
    """A part of a picture, shrunk towards a side that is wanted; what lies outside it is black.

    Of an upright JPEG only what is needed is decoded. Raises DatasetError as `decode` does.
    """
    _require_regular_file(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    image = None
    if content.startswith(JPEG_START) and not _needs_detector(content):
        image = _read_part(path, content, part, wanted_side)
    if image is None:
        image = shrunk(decode(path).image.copy(part), wanted_side)
    return image


def shrunk(image: QImage, wanted_side: int) -> QImage:
    """The picture, no wider or higher than this."""
    if max(image.width(), image.height()) <= wanted_side:
        return image
    smooth = Qt.TransformationMode.SmoothTransformation
    keep = Qt.AspectRatioMode.KeepAspectRatio
    return image.scaled(wanted_side, wanted_side, keep, smooth)


def _read_part(path: Path, content: bytes, part: QRect, wanted_side: int) -> QImage | None:
    """The part of a JPEG, decoded at a size near the one that is wanted; None where it is turned,
    or cannot be read like this."""
    buffer = QBuffer()
    buffer.setData(QByteArray(content))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = _reader(buffer)
    _require_decodable_size(path, reader)
    if reader.transformation() != QImageIOHandler.Transformation.TransformationNone:
        return None
    size = reader.size()
    inside = part & QRect(QPoint(), size)
    if inside.isEmpty():
        return None
    # The decoder halves a picture almost for nothing, the rest is smoothed out afterwards.
    scale = 1
    while max(part.width(), part.height()) // (2 * scale) >= wanted_side and scale < 8:
        scale *= 2
    whole = QSize(-(-size.width() // scale), -(-size.height() // scale))
    if scale > 1:
        reader.setScaledSize(whole)
    left, top = inside.x() // scale, inside.y() // scale
    right, bottom = (
        -(-(inside.x() + inside.width()) // scale),
        -(-(inside.y() + inside.height()) // scale),
    )
    reader.setScaledClipRect(QRect(left, top, right - left, bottom - top) & QRect(QPoint(), whole))
    image = reader.read()
    if image.isNull() or image.format() is QImage.Format.Format_CMYK8888:
        return None
    at = QPoint(part.x() // scale - left, part.y() // scale - top)
    room = QSize(-(-part.width() // scale), -(-part.height() // scale))
    return shrunk(_over_black(_to_srgb(image)).copy(QRect(at, room)), wanted_side)


def _require_regular_file(path: Path) -> Stamp:
    """A pipe or device would block the reader for ever; a folder may be named like an image."""
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    if not stat.S_ISREG(status.st_mode):
        raise _unreadable(path, "it is no regular file")
    if status.st_size == 0:
        raise _unreadable(path, "the file is empty")
    return Stamp(status.st_size, status.st_mtime_ns)


def format_of(content: bytes) -> bytes:
    """Qt's name of a picture's format by its first bytes; empty where they are not known."""
    for start, name in _STARTS:
        if content.startswith(start):
            return name
    return b"webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else b""


def _reader(buffer: QBuffer) -> QImageReader:
    """A reader of the content, whatever the file is called.

    Qt would ask each decoder in turn. SVG's connects signals meanwhile, with Python's lock held,
    and waits for ever where another thread holds Qt's lock and wants Python's.
    """
    reader = QImageReader(buffer)
    known = format_of(bytes(buffer.data().left(_START_BYTES).data()))
    if known:
        reader.setFormat(QByteArray(known))
    else:
        reader.setDecideFormatFromContent(True)
    return reader


def _require_decodable_size(path: Path, reader: QImageReader) -> None:
    # Loads numpy, so not before a picture is wanted: the window is on screen by then.
    from tinaface.images import MAX_DECODED_BYTES, MAX_PIXELS

    size = reader.size()
    pixels = size.width() * size.height()
    if pixels > MAX_PIXELS or pixels * BYTES_A_PIXEL > MAX_DECODED_BYTES:
        raise DatasetError(
            what=f"{path.name!r} is too large to decode",
            why=f"its header says {size.width()} x {size.height()} pixels",
            remedy="Make a smaller copy of the picture, or cut it into parts",
        )


def _needs_detector(content: bytes) -> bool:
    """Whether Qt would show a file otherwise than the detector sees it, without saying so.

    It fills up a JPEG that lacks its end, and turns PNG and WebP files by no EXIF tag.
    """
    if content.startswith(JPEG_START):
        return JPEG_END not in content[-JPEG_TAIL:]
    if content.startswith((PNG_START, WEBP_START)):
        return any(mark in content for mark in EXIF_MARKS)
    return False


def _decode_as_detector(path: Path, state: Stamp) -> Picture:
    from tinaface.images import read_picture  # brings Pillow, which few pictures need

    decoded = read_picture(path)
    height, width = decoded.rgb.shape[:2]
    packed = QImage(decoded.rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    notice = None
    if decoded.is_truncated:
        notice = f"{path.name} is cut short: what is missing is blank"
    image = packed.convertToFormat(QImage.Format.Format_RGB32)
    see_through = None
    if decoded.opacity is not None and decoded.opacity.min() < OPAQUE:
        see_through = _premultiplied(decoded.rgb, decoded.opacity)
    return Picture(path, image, state, notice, see_through=see_through)


def _premultiplied(over_black: "RgbArray", opacity: "RgbArray") -> QImage:
    """A picture with its opacity `[H, W]`; over black its colours are multiplied already."""
    import numpy as np

    red, green, blue = np.moveaxis(over_black.astype(np.uint32), -1, 0)
    pixels = opacity.astype(np.uint32) << 24 | red << 16 | green << 8 | blue
    height, width = opacity.shape
    # A copy, as the bytes are Python's and end with this function.
    return QImage(pixels.tobytes(), width, height, 4 * width, PREMULTIPLIED).copy()


def _is_see_through(image: QImage) -> bool:
    """Whether any pixel of a premultiplied image is not opaque; many files have an idle alpha."""
    if not image.hasAlphaChannel():
        return False
    import numpy as np

    return bool(np.frombuffer(image.constBits(), np.uint8)[3::4].min() < OPAQUE)


def _to_srgb(image: QImage) -> QImage:
    """In sRGB and 32 bits a pixel, premultiplied where it has transparency."""
    space = image.colorSpace()
    if space.isValid() and space != SRGB and space.colorModel() is RGB_MODEL:
        image = image.convertedToColorSpace(SRGB)
    if image.hasAlphaChannel():
        image = image.convertToFormat(PREMULTIPLIED)
    else:
        image = image.convertToFormat(QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(1)
    return image


def _over_black(image: QImage) -> QImage:
    """An image of `_to_srgb` without transparency, as the detector sees it."""
    if image.hasAlphaChannel():
        # Premultiplied colours are the picture over black: only its opacity has to go.
        image.reinterpretAsFormat(QImage.Format.Format_RGB32)
    return image


def _unreadable(path: Path, why: str) -> DatasetError:
    return DatasetError(
        what=f"Cannot read the image {path.name!r}",
        why=why,
        remedy="Check that the file is there, is a picture, and may be read",
    )


class PictureCache:
    """The pictures decoded last, within a limit of bytes; safe to use from several threads."""

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self._limit = limit_bytes
        self._pictures: OrderedDict[Path, Picture] = OrderedDict()
        self._decoding: dict[Path, threading.Event] = {}
        self._lock = threading.Lock()

    def read(self, path: Path) -> Picture:
        """The picture, decoded now if it is not kept or the file has changed.

        Raises:
            DatasetError: there is no picture to show.
        """
        while True:
            with self._lock:
                kept = self._pictures.get(path)
                running = self._decoding.get(path)
                if kept is None and running is None:
                    mine = self._decoding[path] = threading.Event()
                    break
            if kept is not None:
                if kept.stamp == stamp(path):
                    with self._lock:
                        if path in self._pictures:
                            self._pictures.move_to_end(path)
                    return kept
                self.forget(path)
            elif running is not None:
                running.wait()
        try:
            picture = decode(path)
            self._keep(picture)
            return picture
        finally:
            with self._lock:
                del self._decoding[path]
            mine.set()

    def holds(self, path: Path) -> bool:
        """Whether the picture is at hand."""
        with self._lock:
            return path in self._pictures

    def forget(self, path: Path) -> None:
        """Lets a picture go."""
        with self._lock:
            self._pictures.pop(path, None)

    def clear(self) -> None:
        """Lets all pictures go."""
        with self._lock:
            self._pictures.clear()

    @property
    def bytes_held(self) -> int:
        """Memory of the kept pictures; it grows when one is shown at yet another zoom."""
        with self._lock:
            return self._held()

    def _held(self) -> int:
        return sum(picture.size_in_bytes for picture in self._pictures.values())

    def _keep(self, picture: Picture) -> None:
        _ = picture.pyramid  # made here, where nobody waits for the lock
        with self._lock:
            self._pictures[picture.path] = picture
            # The newest stays even if it is larger than the limit by itself: it is on screen.
            while self._held() > self._limit and len(self._pictures) > 1:
                self._pictures.popitem(last=False)
