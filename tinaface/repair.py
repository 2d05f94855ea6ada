"""Repairs of label files that lose nothing and can be taken back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinaface import images, labelme
from tinaface.atomic import replace_file
from tinaface.dataset import find_entry
from tinaface.health import OVERHANG

KeepCopy = Callable[[Path, bytes], None]
"""Keeps what a file held before; what it raises leaves the file as it is."""
DropsImageData = Callable[[str], bool]
"""Whether an image's label file, when it is written, loses the picture inside."""


def _keeps_all(_image: str) -> bool:
    return False


@dataclass(frozen=True, eq=False)
class Repair:
    """One changed label file.

    Attributes:
        image: name of its image, relative to the data set.
        before, after: what it held and holds.
    """

    image: str
    path: Path
    before: bytes
    after: bytes
    boxes: int

    def take_back(self) -> bool:
        """Writes what was there before; False where the file has been changed since."""
        try:
            if self.path.read_bytes() != self.after:
                return False
        except OSError:
            return False
        replace_file(self.path, self.before)
        return True


def clip_boxes(
    root: Path, image: str, keep: KeepCopy, drops_image_data: DropsImageData = _keeps_all
) -> Repair | None:
    """Cuts the faces of one image off at its edges; None where there is nothing to do.

    A box that lies outside altogether stays as it is. Raises DatasetError, DocumentError.
    """
    entry = find_entry(root / image)
    if entry.label is None:
        return None
    height, width = images.read_size(entry.image)
    document = labelme.read(entry.label)
    limits = np.array([width, height, width, height], np.float64)
    clipped = 0
    for place, shape in enumerate(document.shapes):
        box = shape.box
        if not shape.is_face or box is None or shape.fault is not None:
            continue
        inside = np.clip(box, 0, limits)
        is_over = bool((np.abs(inside - box) > OVERHANG).any())
        if is_over and (inside[2:] > inside[:2]).all():
            document.set_box(place, inside)
            clipped += 1
    if not clipped:
        return None
    if drops_image_data(image):
        document.drop_doubled_image(entry.label)
    return _written(document, entry.label, image, clipped, keep)


def unify_labels(
    root: Path,
    image: str,
    spelling: dict[str, str],
    keep: KeepCopy,
    drops_image_data: DropsImageData = _keeps_all,
) -> Repair | None:
    """Replaces spellings of labels, from key to value, in one image's file; as `clip_boxes`."""
    entry = find_entry(root / image)
    if entry.label is None:
        return None
    document = labelme.read(entry.label)
    changed = 0
    for place, shape in enumerate(document.shapes):
        wanted = spelling.get(shape.label)
        if wanted is not None and wanted != shape.label:
            document.set_label(place, wanted)
            changed += 1
    if not changed:
        return None
    if drops_image_data(image):
        document.drop_doubled_image(entry.label)
    return _written(document, entry.label, image, changed, keep)


def _written(
    document: labelme.LabelmeDocument, path: Path, image: str, boxes: int, keep: KeepCopy
) -> Repair:
    before: list[bytes] = []

    def note(there: bytes | None, _data: bytes) -> None:
        if there is not None:
            keep(path, there)
            before.append(there)

    after = labelme.write(document, path, before=note)
    return Repair(image, path, before[0], after, boxes)


def take_back(repairs: Iterable[Repair]) -> list[Repair]:
    """Undoes repairs, the last one first; gives those that could not be, as others came since."""
    return [one for one in reversed(list(repairs)) if not one.take_back()]
