"""Gives stored predictions to the images they are for, whatever folder their names start from.

The same picture is "x.jpg", "images/x.jpg", "/data/images/x.jpg" or, in official result files,
"event/x", depending on where a detector was started. A prediction belongs to an image if one's
name is the end of the other's, in whole parts of the path, and no other image answers to it.
A suffix of an image may be left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PureWindowsPath

from tinaface.boxes import Detections
from tinaface.wider import without_image_suffix


@dataclass(frozen=True, eq=False)
class Pairing:
    """One set of detections for each image, and what did not fit.

    Attributes:
        detections: of each image; none where nothing was predicted.
        missing: images without a prediction.
        unknown: predictions for no image, or for more than one.
        duplicates: predictions replaced by a later one for the same image.
    """

    detections: list[Detections]
    missing: list[str]
    unknown: list[str]
    duplicates: list[str]


def pair(images: Sequence[str], predictions: Iterable[tuple[str, Detections]]) -> Pairing:
    """Finds each prediction's image by the rule of the module's docstring; the last one counts.

    Raises:
        ValueError: two images of one name.
    """
    if len(set(images)) != len(images):
        raise ValueError("two images have one name")
    finder = _Finder(images)
    found: dict[int, tuple[str, Detections]] = {}
    unknown, duplicates = [], []
    for name, detections in predictions:
        image = finder.find(name)
        if image is None:
            unknown.append(name)
            continue
        if image in found:
            duplicates.append(found[image][0])
        found[image] = name, detections
    return Pairing(
        [found[i][1] if i in found else Detections.none() for i in range(len(images))],
        [name for i, name in enumerate(images) if i not in found],
        unknown,
        duplicates,
    )


class _Finder:
    """Answers with the image that a name belongs to."""

    def __init__(self, images: Sequence[str]) -> None:
        self._whole: dict[tuple[str, ...], int | None] = {}
        self._ends: dict[tuple[str, ...], int | None] = {}
        for image, name in enumerate(images):
            for parts in _with_and_without_suffix(name):
                _enter(self._whole, parts, image)
                for end in _ends(parts):
                    _enter(self._ends, end, image)

    def find(self, name: str) -> int | None:
        for parts in _with_and_without_suffix(name):
            # The image itself; an image further down; or an image whose name starts further down.
            for image in (
                self._whole.get(parts),
                self._ends.get(parts),
                *(self._whole.get(end) for end in _ends(parts)),
            ):
                if image is not None:
                    return image
        return None


def _enter(table: dict[tuple[str, ...], int | None], key: tuple[str, ...], image: int) -> None:
    """None stands for a name that more than one image answers to."""
    table[key] = image if table.get(key, image) == image else None


def _parts(name: str) -> tuple[str, ...]:
    # Splits at both slashes: predictions may come from another system.
    return PureWindowsPath(name).parts


def _with_and_without_suffix(name: str) -> Iterator[tuple[str, ...]]:
    yield _parts(name)
    bare = without_image_suffix(name)
    if bare != name:
        yield _parts(bare)


def _ends(parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The shorter ends of a path, the longest first."""
    for start in range(1, len(parts)):
        yield parts[start:]
