"""The pictures of tiles: what lies around a box, cut out of its image beside the GUI thread."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QRect, Signal
from PySide6.QtGui import QImage

from app.background import Background
from app.canvas.colours import BoxColours, box_colours, median_brightness
from app.canvas.raster import pixels_of
from app.images import decode_part
from tinaface.errors import DatasetError

CACHE_BYTES = 48 * 2**20
THREADS = 2
CONTEXT = 0.8
"""How much of the boxes' longer side is shown around them on each side."""
LEAST_SIDE = 48
"""Pixels of the image that a tile shows at least: a face of 8 pixels alone tells nothing."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """A square part of an image: what one tile shows.

    Attributes:
        part: in pixels of the upright image; it may reach out of it.
        side: of the tile, in device pixels.
    """

    path: Path
    part: tuple[int, int, int, int]
    side: int


@dataclass(frozen=True, eq=False)
class Crop:
    """What a tile shows.

    Attributes:
        image: None where the image cannot be read.
        colours: of the lines over it.
    """

    image: QImage | None
    colours: BoxColours


def part_around(
    xyxy: Sequence[float], partner: Sequence[float] | None
) -> tuple[int, int, int, int]:
    """The square around one or two boxes: x, y, width and height in whole pixels."""
    x0, y0, x1, y1 = xyxy
    if partner is not None:
        x0, y0 = min(x0, partner[0]), min(y0, partner[1])
        x1, y1 = max(x1, partner[2]), max(y1, partner[3])
    side = max(max(x1 - x0, y1 - y0) * (1 + 2 * CONTEXT), LEAST_SIDE)
    x, y = (x0 + x1 - side) / 2, (y0 + y1 - side) / 2
    return round(x), round(y), round(side), round(side)


class Crops(QObject):
    """Cuts what is wanted, newest first, and keeps the last within a limit of bytes.

    Signals:
        arrived: a Place whose crop is here.
    """

    arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[Place, Crop] = OrderedDict()
        self._bytes = 0
        self._wanted: frozenset[Place] = frozenset()
        self._asked: set[Place] = set()
        self._work = Background("crops", THREADS, newest_first=True, parent=self)

    def get(self, place: Place) -> Crop | None:
        """A crop that is at hand."""
        crop = self._kept.get(place)
        if crop is not None:
            self._kept.move_to_end(place)
        return crop

    def want(self, places: Sequence[Place]) -> None:
        """Cuts these from now on, the first ones first, and no others."""
        self._wanted = frozenset(places)
        for place in reversed(places):
            if place not in self._kept and place not in self._asked:
                self._asked.add(place)
                self._work.run(partial(self._cut, place), self._take)

    def forget(self) -> None:
        """Lets all go."""
        self._wanted = frozenset()
        self._kept.clear()
        self._bytes = 0

    @property
    def is_busy(self) -> bool:
        """Whether some are on their way."""
        return bool(self._work.pending)

    def shut_down(self) -> bool:
        """Ends the threads; False where one is still at work."""
        return self._work.close()

    def _cut(self, place: Place) -> tuple[Place, Crop | None]:
        """Runs beside the GUI thread; None where it has been scrolled away meanwhile."""
        if place not in self._wanted:
            return place, None
        try:
            image = decode_part(place.path, QRect(*place.part), place.side)
        except DatasetError as error:
            log.info("no crop: %s", error)
            return place, Crop(None, box_colours(0))
        pixels = np.ascontiguousarray(pixels_of(image)).view(np.uint8)
        rgb = pixels.reshape(image.height(), image.width(), 4)[..., 2::-1]
        return place, Crop(image, box_colours(median_brightness(rgb)))

    def _take(self, cut: tuple[Place, Crop | None]) -> None:
        place, crop = cut
        self._asked.discard(place)
        if crop is None:
            return
        self._kept[place] = crop
        self._bytes += _size(crop)
        while self._bytes > CACHE_BYTES and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._bytes -= _size(old)
        self.arrived.emit(place)


def _size(crop: Crop) -> int:
    return 0 if crop.image is None else crop.image.sizeInBytes()
