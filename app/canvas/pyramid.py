"""A decoded picture, ready to be painted at any zoom: halved copies for strong reductions."""

import math

import numpy as np
from PySide6.QtCore import QLineF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter

from app.canvas.colours import median_brightness
from app.canvas.viewport import Viewport

SMOOTH_UP_TO = 3.0
"""Beyond this zoom pixels are shown as squares."""
GRID_FROM = 12.0
"""Beyond this zoom a line parts the pixels."""

_GRID_COLOUR = QColor(128, 128, 128, 110)
_BOARD_GREY = 128
_BOARD_DARK, _BOARD_LIGHT = (QColor(grey, grey, grey) for grey in (102, 154))
"""Neither black nor white, so that pictures of both are seen on it."""
_SAMPLE_SIDE = 64


class Pyramid:
    """One picture with halved copies of itself, as the canvas paints it.

    What is transparent shows black, as the detector sees it, or a checkerboard on request.

    It may be built, and its copies prepared, in any thread: halving 24 megapixels takes a tenth
    of a second.
    """

    def __init__(self, image: QImage) -> None:
        if image.isNull():
            raise ValueError("a picture needs an image with pixels")
        self._levels = [_thirty_two_bits(image)]
        self._brightness = [_brightness(self._levels[0], ground) for ground in (0, _BOARD_GREY)]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self._levels[0].height(), self._levels[0].width()

    @property
    def image(self) -> QImage:
        """The pixels, 32-bit, premultiplied where they are transparent."""
        return self._levels[0]

    def brightness(self, *, is_checkered: bool = False) -> float:
        """The median, 0..255, with black or the checkerboard behind it."""
        return self._brightness[is_checkered]

    @property
    def size_in_bytes(self) -> int:
        """Memory of the picture and its copies."""
        return sum(level.sizeInBytes() for level in self._levels)

    def prepare_to_fit(self, side: int) -> None:
        """Makes the copies that painting needs where the longer side gets so many pixels."""
        self.prepare(min(side / max(self.size), 1.0))

    def prepare(self, zoom: float) -> None:
        """Makes the reduced copies that painting at this zoom needs."""
        while len(self._levels) <= self._level_for(zoom):
            last = self._levels[-1]
            self._levels.append(
                last.scaled(
                    (last.width() + 1) // 2,
                    (last.height() + 1) // 2,
                    Qt.AspectRatioMode.IgnoreAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            )

    def _level_for(self, zoom: float) -> int:
        # The copy that still has at least as many pixels as are shown: bilinear sampling then
        # skips none, which is what makes fine texture flicker.
        deepest = int(math.log2(max(min(self.size), 1)))
        return min(max(math.floor(math.log2(1 / zoom) + 1e-9), 0), deepest)

    def paint(
        self, painter: QPainter, viewport: Viewport, region: QRect, board: int | None = None
    ) -> None:
        """Paints the picture's part in a region of the view, both in device pixels.

        Args:
            board: side of the squares of a checkerboard behind it; None for black.
        """
        zoom = viewport.zoom
        self.prepare(zoom)
        level = self._levels[self._level_for(zoom)]
        height, width = self.size
        x, y = round(viewport.offset[0]), round(viewport.offset[1])
        scale_x, scale_y = zoom * width / level.width(), zoom * height / level.height()
        # Only the seen part, with a rim for the sampling: Qt's own clipping works on coordinates
        # that a large picture at 6400 % overflows.
        left = max(math.floor((region.left() - x) / scale_x) - 2, 0)
        top = max(math.floor((region.top() - y) / scale_y) - 2, 0)
        right = min(math.ceil((region.right() + 1 - x) / scale_x) + 2, level.width())
        bottom = min(math.ceil((region.bottom() + 1 - y) / scale_y) + 2, level.height())
        if right <= left or bottom <= top:
            return
        seen = QRectF(left, top, right - left, bottom - top)
        painter.save()
        painter.setClipRect(region)
        is_smooth = zoom <= SMOOTH_UP_TO and (scale_x, scale_y) != (1.0, 1.0)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smooth)
        if level.hasAlphaChannel():
            whole = QRectF(x, y, width * zoom, height * zoom)
            painter.setBrushOrigin(x, y)  # it moves with the picture
            painter.fillRect(whole & QRectF(region), _ground(board))
        painter.translate(x, y)
        painter.scale(scale_x, scale_y)
        painter.drawImage(seen, level, seen)
        painter.restore()
        if zoom >= GRID_FROM:
            self._paint_grid(painter, zoom, (x, y), region, (left, top, right, bottom))

    def _paint_grid(
        self,
        painter: QPainter,
        zoom: float,
        origin: tuple[int, int],
        region: QRect,
        seen: tuple[int, int, int, int],
    ) -> None:
        x, y = origin
        left, top, right, bottom = (
            round(x + seen[0] * zoom),
            round(y + seen[1] * zoom),
            round(x + seen[2] * zoom),
            round(y + seen[3] * zoom),
        )
        lines = [
            QLineF(at, top, at, bottom)
            for at in (round(x + column * zoom) for column in range(seen[0], seen[2] + 1))
        ]
        lines += [
            QLineF(left, at, right, at)
            for at in (round(y + row * zoom) for row in range(seen[1], seen[3] + 1))
        ]
        painter.save()
        painter.setClipRect(region)
        painter.setPen(_GRID_COLOUR)
        painter.drawLines(lines)
        painter.restore()


def _thirty_two_bits(image: QImage) -> QImage:
    has_alpha = image.hasAlphaChannel()
    kind = QImage.Format
    return image.convertToFormat(
        kind.Format_ARGB32_Premultiplied if has_alpha else kind.Format_RGB32
    )


def _ground(board: int | None) -> QBrush:
    """What lies behind a transparent picture: black, or squares of this side."""
    if board is None:
        return QBrush(Qt.GlobalColor.black)
    tile = QImage(2 * board, 2 * board, QImage.Format.Format_RGB32)
    tile.fill(_BOARD_LIGHT)
    painter = QPainter(tile)
    for at in (0, board):
        painter.fillRect(at, at, board, board, _BOARD_DARK)
    painter.end()
    return QBrush(tile)


def _brightness(image: QImage, ground: int) -> float:
    """Median of a small, evenly spread sample: close enough, and quick for 100 megapixels."""
    # `constBits` shares the pixels; `bits` would copy the whole picture first.
    rows = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    pixels = rows[:, : image.width()]
    step_y = max(image.height() // _SAMPLE_SIDE, 1)
    step_x = max(image.width() // _SAMPLE_SIDE, 1)
    sample = pixels[::step_y, ::step_x]
    channels = np.stack([sample >> 16 & 255, sample >> 8 & 255, sample & 255], axis=-1)
    if image.hasAlphaChannel():
        channels += (255 - (sample >> 24))[..., None] * ground // 255
    return median_brightness(channels.astype(np.uint8))
