"""The signs of all images, one byte each, and what they tell the columns."""

from collections.abc import Sequence

import numpy as np

from app.models.sign import Sign
from tinaface.image_columns import ImageColumns

_TODO, _DONE, _DOUBT = range(3)  # places in `image_columns.STATUSES`


class SignBytes:
    """Signs by place; numbers and not a Sign each, of which 32,000 take 50 ms to go through."""

    def __init__(self, columns: ImageColumns) -> None:
        self._columns = columns
        self._bytes = np.zeros(0, np.uint8)

    def append(self, signs: Sequence[int]) -> None:
        """Adds images, whose columns are there already."""
        first = len(self._bytes)
        self._bytes = np.concatenate([self._bytes, np.array(signs, np.uint8)])
        self._tell(slice(first, None))

    def of(self, place: int) -> Sign:
        """The signs of one image."""
        return Sign(int(self._bytes[place]))

    def has(self, place: int, sign: Sign) -> bool:
        """Whether an image has a sign."""
        return bool(int(self._bytes[place]) & sign.value)

    def any_has(self, sign: Sign) -> bool:
        """Whether any image has a sign."""
        return bool((self._bytes & sign.value).any())

    def put(self, place: int, sign: Sign, on: bool) -> None:
        """Sets or clears one sign of one image."""
        kept = int(self._bytes[place]) & ~sign.value & 0xFF
        self._bytes[place] = kept | (sign.value if on else 0)
        self._tell(slice(place, place + 1))

    def put_only(self, places: Sequence[int], sign: Sign) -> None:
        """Sets a sign of these images, and clears it of all others."""
        self._bytes &= ~sign.value & 0xFF
        self._bytes[list(places)] |= sign.value
        self._tell(slice(None))

    def _tell(self, places: slice) -> None:
        """Brings the columns that signs tell up to date."""
        signs, columns = self._bytes[places], self._columns
        columns["labelled"][places] = signs & Sign.LABELS.value != 0
        columns["predicted"][places] = signs & Sign.PREDICTIONS.value != 0
        # An edited image stays modified for this session, saved or not.
        columns["modified"][places] += signs & Sign.UNSAVED.value != 0
        status = np.where(signs & Sign.REVIEWED.value, _DONE, _TODO)
        columns["status"][places] = np.where(signs & Sign.DOUBT.value, _DOUBT, status)
