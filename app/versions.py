"""Two versions of an image's labels, side by side: a conflict with another program, or an earlier
state of the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from app.images import PictureCache
from tinaface import labelme
from tinaface.backups import Version, versions
from tinaface.errors import DatasetError, DocumentError
from tinaface.labelme import Shape
from tinaface.review_folder import review_folders

SHOWN_SIDE = 900
"""Pixels of the longer side: enough for half a dialog on a fine screen."""


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A small copy of the picture; `scale` is its pixels a pixel of the picture."""

    image: QImage
    scale: float


@dataclass(frozen=True, eq=False)
class Theirs:
    """What the label file holds now.

    Attributes:
        shapes: None where it cannot be read, which `fault` explains.
    """

    thumbnail: Thumbnail | None
    shapes: Sequence[Shape] | None
    fault: DocumentError | None = None


@dataclass(frozen=True, eq=False)
class Earlier:
    """The earlier states of one label file, the newest first."""

    thumbnail: Thumbnail | None
    states: Sequence[tuple[Version, Sequence[Shape]]]


def read_theirs(image: Path, label_path: Path, pictures: PictureCache) -> Theirs:
    """What another program has written; for any thread."""
    thumbnail = _thumbnail(image, pictures)
    try:
        return Theirs(thumbnail, labelme.read(label_path).shapes)
    except DocumentError as error:
        return Theirs(thumbnail, None, error)


def read_earlier(root: Path, image: Path, label_path: Path, pictures: PictureCache) -> Earlier:
    """The states that can be had back; for any thread."""
    states = []
    for version in versions(review_folders(root), root, label_path):
        try:
            states.append((version, labelme.read(version.path).shapes))
        except DocumentError:  # it was broken then, too
            continue
    return Earlier(_thumbnail(image, pictures), states)


def _thumbnail(image: Path, pictures: PictureCache) -> Thumbnail | None:
    try:
        full = pictures.read(image).image
    except DatasetError:
        return None
    side = max(full.width(), full.height(), 1)
    if side <= SHOWN_SIDE:
        return Thumbnail(full, 1.0)
    smooth = Qt.TransformationMode.SmoothTransformation
    keep = Qt.AspectRatioMode.KeepAspectRatio
    small = full.scaled(SHOWN_SIDE, SHOWN_SIDE, keep, smooth)
    return Thumbnail(small, small.width() / full.width())
