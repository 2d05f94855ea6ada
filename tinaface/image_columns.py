"""What is known of each image of a folder, one array a column, for filtering and sorting.

A row belongs to an image by its place in the folder's listing. What has not been read yet is NaN,
so that no comparison holds for it.
"""

from collections.abc import Mapping, Sequence
from enum import IntFlag

import numpy as np
import numpy.typing as npt

FloatColumn = npt.NDArray[np.float64]
PlaceArray = npt.NDArray[np.intp]


class Fault(IntFlag):
    """What is wrong with an image or its label file, as bits of the column `error`."""

    NONE = 0
    IMAGE = 1
    JSON = 2
    SIZE = 4
    STEM = 8
    ODD = 16


COLUMNS = (
    "bytes",  # of the image file
    "mtime_ns",
    "width",  # of the upright picture, in pixels
    "height",
    "boxes",  # faces that people marked
    "min_face",  # heights of marked faces, in pixels; NaN without any
    "max_face",
    "score",  # the best prediction without a label
    "fp",
    "fn",
    "cost",  # of the worst open disagreement
    "status",  # place in `STATUSES`
    "error",  # Fault
    "labelled",  # 1 with a label file, else 0
    "predictions",  # of a model that has looked, at the threshold
    "predicted",  # 1 where a model has looked, else 0
    "modified",  # 1 where labels were changed in this session, else 0
)
STATUSES = ("todo", "done", "doubt")

_ALWAYS_KNOWN = dict.fromkeys(("labelled", "predicted", "modified", "error", "status"), 0.0)
_LEAST_CAPACITY = 1024


class ImageColumns:
    """The columns, as long as the listing; they grow with it."""

    def __init__(self) -> None:
        self._length = 0
        self._arrays = {name: np.empty(0) for name in COLUMNS}

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, column: str) -> FloatColumn:
        """One column; a view, which is replaced when the listing grows."""
        return self._arrays[column][: self._length]

    def since(self, first: int = 0) -> dict[str, FloatColumn]:
        """All columns from a row on."""
        return {name: array[first : self._length] for name, array in self._arrays.items()}

    def grow(self, length: int) -> None:
        """Adds rows of which nothing is known, until there are so many."""
        capacity = len(self._arrays["bytes"])
        if length > capacity:
            capacity = max(length, 2 * capacity, _LEAST_CAPACITY)
            for name, old in self._arrays.items():
                made = np.full(capacity, _ALWAYS_KNOWN.get(name, np.nan))
                made[: self._length] = old[: self._length]
                self._arrays[name] = made
        self._length = max(length, self._length)

    def put(self, places: Sequence[int] | PlaceArray, values: Mapping[str, FloatColumn]) -> None:
        """Writes some columns of some rows."""
        for name, column in values.items():
            self._arrays[name][places] = column

    def put_from(self, first: int, column: str, values: Sequence[float] | FloatColumn) -> None:
        """Writes one column from a row on."""
        self._arrays[column][first : first + len(values)] = values
