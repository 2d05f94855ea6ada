"""Decodes photographs as the detector sees them: upright, sRGB, three channels of eight bits.

The window decodes with Qt by the same rules; `tests/fixtures/pictures.py` makes the files on which
the two are compared. Nothing is decoded before the header's size has been checked.
"""

import contextlib
import functools
import os
import stat
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tinaface.errors import DatasetError

if TYPE_CHECKING:
    from PIL import Image as PilImage
    from PIL.ImageCms import ImageCmsTransform

RgbArray = npt.NDArray[np.uint8]

MAX_PIXELS = 300_000_000
MAX_DECODED_BYTES = 2**30

_ORIENTATION = 0x0112
# What Pillow's decoders raise on a damaged file; each is a fault of the file, not of the program.
_DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    struct.error,
    zlib.error,
)
_BYTES_A_PIXEL = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I": 4, "F": 4}
# Pillow knows one switch for all threads, so only one of them may turn it at a time.
_truncation_switch = threading.Lock()


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded image file.

    Attributes:
        rgb: `[H, W, 3]`, upright, sRGB; alpha is composited over black.
        is_truncated: the file ends too early; what is missing is filled with one colour.
        opacity: `[H, W]`, 255 is opaque; None for a picture without transparency.
    """

    rgb: RgbArray
    is_truncated: bool
    opacity: RgbArray | None = None


def read_picture(path: Path) -> Picture:
    """The first frame of an image file, as far as it can be decoded.

    Raises:
        DatasetError: not a regular file, no image, or too large to decode.
    """
    try:
        rgb, opacity = _decode(path)
        return Picture(rgb, is_truncated=False, opacity=opacity)
    except _DECODING_ERRORS as first:
        try:
            rgb, opacity = _decode_truncated(path)
            return Picture(rgb, is_truncated=True, opacity=opacity)
        except _DECODING_ERRORS:
            raise _unreadable(path, str(first) or type(first).__name__) from first


def read_rgb(path: Path) -> RgbArray:
    """`[H, W, 3]` of a complete image file. Raises DatasetError, also where it is cut short."""
    picture = read_picture(path)
    if picture.is_truncated:
        raise truncation(path)
    return picture.rgb


@dataclass(frozen=True)
class Header:
    """What an image file says of itself before its pixels.

    Attributes:
        height, width: of the upright picture.
        orientation: EXIF's, 1..8; 1 is upright as stored.
    """

    height: int
    width: int
    orientation: int


def read_header(path: Path) -> Header:
    """The header of an image file. Raises DatasetError."""
    try:
        with _quiet(), _open(path) as image:
            width, height = _stored_size(image)
            orientation = _orientation(image)
    except _DECODING_ERRORS as error:
        raise _unreadable(path, str(error) or type(error).__name__) from error
    if orientation >= 5:
        width, height = height, width
    return Header(height, width, orientation)


def read_size(path: Path) -> tuple[int, int]:
    """Height and width of the upright picture, from the header alone. Raises DatasetError."""
    header = read_header(path)
    return header.height, header.width


def truncation(path: Path) -> DatasetError:
    """The error that says a picture is cut short."""
    return DatasetError(
        what=f"{path.name!r} is cut short",
        why="the file ends before the picture does; what is missing is blank",
        remedy="Copy the file again from where it came",
    )


def _decode(path: Path) -> tuple[RgbArray, RgbArray | None]:
    from PIL import ImageOps

    with _quiet(), _open(path) as image:
        image.load()
        if _orientation(image) > 1:
            image = ImageOps.exif_transpose(image)
        return _to_rgb(image)


def _decode_truncated(path: Path) -> tuple[RgbArray, RgbArray | None]:
    from PIL import ImageFile

    with _truncation_switch:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            return _decode(path)
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False


def _open(path: Path) -> "PilImage.Image":
    """The image with its header read and its size checked, not yet decoded."""
    from PIL import Image

    # The size is checked below, by a stricter rule; Pillow's own would warn at 89 megapixels.
    Image.MAX_IMAGE_PIXELS = None
    _require_regular_file(path)
    image = Image.open(path)
    width, height = image.size
    decoded_bytes = width * height * _BYTES_A_PIXEL.get(image.mode, len(image.getbands()))
    if width * height > MAX_PIXELS or decoded_bytes > MAX_DECODED_BYTES:
        image.close()
        raise DatasetError(
            what=f"{path.name!r} is too large to decode",
            why=f"its header says {width} x {height} pixels; the limit is "
            f"{MAX_PIXELS // 10**6} megapixels or 1 GiB",
            remedy="Make a smaller copy of the picture, or cut it into parts",
        )
    return image


def _require_regular_file(path: Path) -> None:
    """Raises DatasetError unless the path leads to a file that can be read from start to end."""
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _unreadable(path, why, "Check that the file is there and may be read") from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        raise _unreadable(path, f"it is {kind}", "Name an image file")
    if status.st_size == 0:
        raise _unreadable(path, "the file is empty", "Copy the file again from where it came")


def _unreadable(path: Path, why: str, remedy: str = "") -> DatasetError:
    if not remedy:
        if path.suffix.lower() in (".heic", ".heif"):
            remedy = "Convert the picture to JPEG or PNG: HEIC needs a decoder that is not here"
        else:
            remedy = "Open it in another program; if that fails too, the file is damaged"
    return DatasetError(what=f"Cannot read the image {path.name!r}", why=why, remedy=remedy)


def _orientation(image: "PilImage.Image") -> int:
    """EXIF orientation 1..8; 1 where the tag is absent or damaged."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _DECODING_ERRORS:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _stored_size(image: "PilImage.Image") -> tuple[int, int]:
    """Width and height as stored: of a turned TIFF some Pillow versions tell the upright ones."""
    if image.format == "TIFF":
        tags = image.tag_v2  # type: ignore[attr-defined]  # of Pillow's TiffImageFile alone
        return int(tags[256]), int(tags[257])
    return image.size


def _to_rgb(image: "PilImage.Image") -> tuple[RgbArray, RgbArray | None]:
    """The `[H, W, 3]` colours over black, and the `[H, W]` opacity, if it has one."""
    if image.mode.startswith(("I", "F")):
        grey = _to_eight_bits(np.asarray(image))
        return np.repeat(grey[..., None], 3, axis=2), None
    if image.has_transparency_data or image.mode in ("RGBa", "La"):
        alpha = image.convert("RGBA")
        colour = np.asarray(_to_srgb(alpha.convert("RGB"), image.info.get("icc_profile")))
        opacity = np.array(alpha.getchannel("A"))
        seen = (colour * opacity.astype(np.uint16)[..., None] + 127) // 255
        return seen.astype(np.uint8), opacity
    return np.array(_to_srgb(image, image.info.get("icc_profile"))), None


def _to_eight_bits(grey: npt.NDArray[np.generic]) -> RgbArray:
    """By the full range of the sample type, never by the picture's own extremes."""
    if grey.dtype.kind == "f":
        top = 1.0 if np.nanmax(grey, initial=0) <= 1 else 255.0
        return (np.clip(np.nan_to_num(grey), 0, top) * (255 / top) + 0.5).astype(np.uint8)
    # Pillow keeps 16-bit samples in 32-bit words for some formats.
    values = np.maximum(grey.astype(np.int64), 0)
    top_value = 65535 if values.max(initial=0) <= 65535 else 2**31 - 1
    return ((values * 255 + top_value // 2) // top_value).astype(np.uint8)


def _to_srgb(image: "PilImage.Image", profile: bytes | None) -> "PilImage.Image":
    """Colours as the profile means them; a missing or damaged profile means sRGB."""
    from PIL import ImageCms

    if image.mode in ("1", "P", "LA", "PA"):
        image = image.convert("RGB")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        transform = _srgb_transform(profile, image.mode)
        if transform is not None:
            converted = ImageCms.applyTransform(image, transform)
            if converted is not None:
                return converted
    return image.convert("RGB")


@functools.lru_cache(maxsize=16)
def _srgb_transform(profile: bytes, mode: str) -> "ImageCmsTransform | None":
    """Pillow's transform from this profile to sRGB; None where it changes nothing or is damaged."""
    from PIL import Image, ImageCms

    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    if mode != "RGB":
        return transform
    # Most profiles are sRGB under one of its many names: moving no colour by more than a level.
    steps = np.arange(0, 256, 17, dtype=np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(16, -1, 3)
    moved = np.asarray(ImageCms.applyTransform(Image.fromarray(colours), transform))
    largest = np.abs(moved.astype(np.int16) - colours.astype(np.int16)).max()
    return transform if largest > 1 else None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No warnings of Pillow's about damaged metadata: the picture itself decides."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
