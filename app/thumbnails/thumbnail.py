"""Reads what a thumbnail shows of one image: a small picture, its boxes, or why there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

from app.images import decode_small, stamp
from app.thumbnails.disk import ThumbnailFiles
from tinaface.boxes import FloatArray
from tinaface.dataset import find_entry, ground_truth
from tinaface.errors import DatasetError, DocumentError
from tinaface.predictions import Record

SIDE = 224
"""Of the square that a thumbnail fits in, in device pixels."""


def _none() -> FloatArray:
    return np.zeros((0, 4), np.float32)


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """One small picture with its boxes.

    Attributes:
        image: None where the picture cannot be shown; `fault` says why.
        size: height and width of the full picture.
        gt_boxes: `[N, 4]` in pixels of the full picture.
        predictions: `[M, 4]` the same, with `scores` `[M]`.
        is_bright: whether dark lines stand out on it.
    """

    image: QImage | None
    size: tuple[int, int]
    gt_boxes: FloatArray
    predictions: FloatArray
    scores: FloatArray
    is_bright: bool = False
    fault: str = ""


def read_thumbnail(
    picture: Path, files: ThumbnailFiles, record_of: Callable[[], Record | None]
) -> Thumbnail:
    """Reads an image's thumbnail from its small copy, or from the image; never raises."""
    image, size, fault = None, (0, 0), ""
    try:
        image, size = _small_picture(picture, files)
    except DatasetError as error:
        fault = f"{error.what}: {error.why}"
    try:
        gt_boxes = ground_truth(find_entry(picture)).gt_boxes
    except DocumentError:
        gt_boxes = _none()  # the list's sign tells it
    record = record_of()
    return Thumbnail(
        image,
        size,
        gt_boxes,
        _none() if record is None else record.boxes,
        np.zeros(0, np.float32) if record is None else record.scores,
        image is not None and is_bright(image),
        fault,
    )


def _small_picture(picture: Path, files: ThumbnailFiles) -> tuple[QImage, tuple[int, int]]:
    from tinaface.images import read_size

    state = stamp(picture)
    if state is not None and (kept := files.read(picture, state, SIDE)) is not None:
        return kept, read_size(picture)
    image, size = decode_small(picture, SIDE)
    if state is not None:
        files.write(picture, state, SIDE, image)
    return image, size


def is_bright(image: QImage) -> bool:
    """Whether dark lines stand out on a picture, by its median brightness."""
    from app.canvas.colours import BRIGHT, median_brightness
    from app.canvas.raster import pixels_of

    pixels = pixels_of(image)[::4, ::4]
    channels = np.stack([pixels >> 16 & 255, pixels >> 8 & 255, pixels & 255], axis=-1)
    return median_brightness(channels.astype(np.uint8)) >= BRIGHT
