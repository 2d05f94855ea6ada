"""Reads one image and its labels from disk; runs beside the GUI thread."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.images import Picture, PictureCache, Stamp, stamp
from tinaface.elsewhere import Elsewhere
from tinaface.errors import DatasetError, DocumentError
from tinaface.faults import size_notice
from tinaface.labelme import LabelmeDocument, relative_image_path
from tinaface.predictions import Record

EXCHANGED_SIDES = 5
"""From this EXIF orientation on height and width change places."""


@dataclass(frozen=True, eq=False)
class Opened:
    """What is on disk for one image, faults included.

    Attributes:
        picture: None where the image cannot be shown; `picture_fault` says why.
        label_path: where the labels are, or where new ones belong.
        labels: None where the label file is not there, was not asked for, or cannot be read;
            `label_fault` says why.
        label_stamp: the state of the label file that was read; None where there is none.
        record: what a model found in it, if one has looked.
        may_write: whether the label file, or its folder where there is none, can be written.
        orientation: EXIF's, 5 to 8, where the labels claim the size of the picture not yet turned.
        link: the file that is written in truth, where the label file is a link.
        owner: the other image of this stem whose the label file is; this one has no labels then.
        read_at: when reading began, by the monotonic clock.
    """

    picture: Picture | None
    picture_fault: DatasetError | None
    label_path: Path
    labels: LabelmeDocument | None
    label_fault: DocumentError | None
    label_stamp: Stamp | None
    record: Record | None = None
    may_write: bool = True
    orientation: int = 1
    link: Path | None = None
    owner: str | None = None
    read_at: float = field(default_factory=time.monotonic)


def read_image(
    image: Path,
    pictures: PictureCache,
    record_of: Callable[[], Record | None],
    known_labels: Stamp | None = None,
    elsewhere: Elsewhere | None = None,
) -> Opened:
    """The picture, labels and predictions of one image file.

    Args:
        record_of: reads the predictions.
        known_labels: the state of a label file that need not be read again.
        elsewhere: where its labels go, if not beside it.
    """
    picture, picture_fault = None, None
    try:
        picture = pictures.read(image)
    except DatasetError as error:
        picture_fault = error
    size = None if picture is None else picture.size
    opened = read_labels(image, size, record_of, known_labels, elsewhere)
    return replace(opened, picture=picture, picture_fault=picture_fault)


def read_labels(
    image: Path,
    size: tuple[int, int] | None,
    record_of: Callable[[], Record | None],
    known_labels: Stamp | None = None,
    elsewhere: Elsewhere | None = None,
) -> Opened:
    """The same without the picture, whose `size` (height, width) is known already."""
    from tinaface import labelme
    from tinaface.dataset import label_path_for
    from tinaface.owners import owner_of

    read_at = time.monotonic()
    label_path = label_path_for(image) if elsewhere is None else elsewhere.label_path(image)
    owner = owner_of(image)
    if owner not in (None, image.name):
        return Opened(
            None, None, label_path, None, None, None, record_of(), owner=owner, read_at=read_at
        )
    # Taken before reading: a file replaced meanwhile is noticed at the next look, not missed.
    state = stamp(label_path)
    labels, label_fault = None, None
    source = label_path if elsewhere is None or state is not None else label_path_for(image)
    if (state is not None and state != known_labels) or (source != label_path and source.exists()):
        try:
            labels = labelme.read(source)
        except DocumentError as error:
            label_fault = error
    if labels is not None and source != label_path:
        _point_at(labels, image, label_path, size)
    place = label_path.parent if state is None else label_path
    may_write = os.access(place, os.W_OK) or not place.exists()
    link = Path(os.path.realpath(label_path)) if label_path.is_symlink() else None
    orientation = 1
    if labels is not None and size is not None and labels.image_size == size[::-1] != size:
        orientation = _orientation(image)
    return Opened(
        None,
        None,
        label_path,
        labels,
        label_fault,
        state,
        record_of(),
        may_write,
        orientation,
        link,
        read_at=read_at,
    )


def _orientation(image: Path) -> int:
    """The EXIF orientation if it exchanges the sides, else 1."""
    from tinaface.images import read_header

    try:
        found = read_header(image).orientation
    except DatasetError:
        return 1
    return found if found >= EXCHANGED_SIDES else 1


def _point_at(
    labels: LabelmeDocument, image: Path, label_path: Path, read_size: tuple[int, int] | None
) -> None:
    """Lets labels that will be saved in another folder name their image from there."""
    size = labels.image_size or read_size
    if size is not None:
        labels.set_image(relative_image_path(image, label_path), *size)


def remarks(opened: Opened, labels: LabelmeDocument | None) -> list[str]:
    """What is wrong or odd with an image or its labels, for the list's tooltip.

    Args:
        labels: those that are shown, read now or before.
    """
    found = [
        f"{fault.what}: {fault.why}"
        for fault in (opened.picture_fault, opened.label_fault)
        if fault is not None
    ]
    if opened.picture is not None:
        found += [*filter(None, [opened.picture.notice]), *opened.picture.remarks]
    if opened.link is not None:
        found.append(f"{opened.label_path.name} is a link: edits are written to {opened.link}")
    if labels is None:
        return found
    name = opened.label_path.name
    # A missing version and an absolute imagePath are everyday and change nothing here.
    common = {"F07"} if labels.version is not None else {"F05", "F07"}
    for notice in labels.notices:
        if notice.fault not in common:
            found.append(f"{name}: {notice.text}")
    if opened.picture is not None:
        size = size_notice(labels.image_size, *opened.picture.size)
        if size is not None:
            found.append(f"{name}: {size.text}")
    return found
