"""What the list of images knows of one image: its file, its size, its labels, what is wrong."""

import os
import stat
from dataclasses import dataclass

import numpy as np

from tinaface import images, labelme
from tinaface.dataset import Entry
from tinaface.errors import DatasetError, DocumentError
from tinaface.faults import size_notice
from tinaface.image_columns import Fault

# A missing version and an absolute imagePath are everyday and change nothing.
_COMMON_NOTICES = frozenset({"F05", "F07"})

Stamps = tuple[int, int, int, int]
"""Size and change time of the image file and of its label file; 0 where there is none. The label
file's size is below 0 where nobody knows whose it is."""


@dataclass(frozen=True)
class Facts:
    """Facts of one image.

    Attributes:
        name: path relative to the data set, with `/`; may hold surrogates.
        stamps: the state of the files that were read.
        width, height: of the upright picture; None where it cannot be read.
        boxes: faces marked; None where the labels cannot be read.
        min_face, max_face: heights of the marked faces in pixels; None without any.
        error: what is wrong, and `reason` for people.
    """

    name: str
    stamps: Stamps
    width: int | None = None
    height: int | None = None
    boxes: int | None = None
    min_face: float | None = None
    max_face: float | None = None
    error: Fault = Fault.NONE
    reason: str = ""


def stamps_of(entry: Entry) -> Stamps:
    """The present state of an image's files."""
    size, time = _stamp(entry.label)
    # A label file of two images is told as a fault, so choosing whose it is changes the facts.
    shown = -1 - size if entry.shares_stem else size
    return *_stamp(os.path.join(entry.folder, entry.name)), shown, time


def _stamp(path: "os.PathLike[str] | str | None") -> tuple[int, int]:
    if path is None:
        return 0, 0
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return 0, 0
    # A pipe or device has no state that reading could tell; it is refused below.
    return (status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else (0, 0)


def read_facts(entry: Entry, name: str) -> Facts:
    """Reads an image's header and its labels; whatever is wrong with them is a fact."""
    stamps = stamps_of(entry)  # before reading: a file that changes meanwhile is read again
    error, reasons = Fault.NONE, []
    size: tuple[int, int] | None = None
    try:
        size = images.read_size(entry.image)
    except DatasetError as problem:
        error |= Fault.IMAGE
        reasons.append(f"{problem.what}: {problem.why}")
    if entry.shares_stem:
        error |= Fault.STEM
        reasons.append("another image has the same stem: it is not known whose the labels are")
    heights: np.ndarray | None = np.zeros(0)
    if entry.label is not None:
        heights, wrong, told = _read_labels(entry, size)
        error |= wrong
        reasons += told
    return Facts(
        name=name,
        stamps=stamps,
        width=None if size is None else size[1],
        height=None if size is None else size[0],
        boxes=None if heights is None else len(heights),
        min_face=float(heights.min()) if heights is not None and len(heights) else None,
        max_face=float(heights.max()) if heights is not None and len(heights) else None,
        error=error,
        reason="\n".join(reasons),
    )


def _read_labels(
    entry: Entry, size: tuple[int, int] | None
) -> tuple[np.ndarray | None, Fault, list[str]]:
    """Heights `[N]` of the faces, None where they cannot be read; what is wrong, and why."""
    assert entry.label is not None
    try:
        document = labelme.read(entry.label)
    except DocumentError as problem:
        return None, Fault.JSON, [f"{problem.what}: {problem.why}"]
    boxes = [
        box
        for shape in document.shapes
        if shape.is_face and (box := shape.box) is not None and shape.fault is None
    ]
    error, reasons = Fault.NONE, []
    notices = [one for one in document.notices if one.fault not in _COMMON_NOTICES]
    if notices:
        error |= Fault.ODD
    mismatch = None if size is None else size_notice(document.image_size, *size)
    if mismatch is not None:
        error |= Fault.SIZE
        notices.append(mismatch)
    reasons = list(dict.fromkeys(f"{entry.label.name}: {one.text}" for one in notices))
    corners = np.asarray(boxes, np.float64).reshape(-1, 4)
    return corners[:, 3] - corners[:, 1], error, reasons
