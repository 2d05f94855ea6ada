"""The colours of boxes and of the canvas itself, and how they are chosen.

Each picture gets the set that stands out on it: dark, saturated lines with a white halo on
bright pictures, light lines with a black halo on dark ones. Colours are never the only sign;
lines and marks tell the same (`painter.py`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor

Rgb = tuple[int, int, int]

BRIGHT = 118
"""Median brightness, 0..255, from which on a picture counts as bright: mid-grey of sRGB."""


def rgb(text: str) -> Rgb:
    """The three channels, 0..255, of "#RRGGBB"."""
    value = int(text.removeprefix("#"), 16)
    return value >> 16, value >> 8 & 255, value & 255


@dataclass(frozen=True)
class BoxColours:
    """One set of line colours and the halo that keeps them visible.

    Every line has a contrast of at least 3:1 with `halo`; `tp`, `fp` and `fn` differ by at least
    28 (CIE76) for normal, red-, green- and blue-weak sight.
    """

    gt: Rgb
    prediction: Rgb
    tp: Rgb
    fp: Rgb
    fn: Rgb
    other: Rgb
    halo: Rgb


ON_BRIGHT = BoxColours(
    gt=rgb("#0072B2"),
    prediction=rgb("#B35900"),
    tp=rgb("#00806A"),
    fp=rgb("#A83200"),
    fn=rgb("#5B3FD1"),
    other=rgb("#6B6B6B"),
    halo=rgb("#FFFFFF"),
)
ON_DARK = BoxColours(
    gt=rgb("#56B4E9"),
    prediction=rgb("#E69F00"),
    tp=rgb("#35C9A5"),
    fp=rgb("#FF8A3C"),
    fn=rgb("#9FA8FF"),
    other=rgb("#A0A0A0"),
    halo=rgb("#000000"),
)

UNSAVED = rgb("#F0E442")
"""The small square at boxes that are not on disk yet."""


def median_brightness(pixels: npt.NDArray[np.uint8]) -> float:
    """The median luma, 0..255, of `[H, W, 3]` RGB pixels. Source: ITU-R BT.601 weights."""
    luma = (pixels[..., :3] @ np.array([0.299, 0.587, 0.114])).ravel()
    # Not np.median: its first call imports numpy.ma and so holds up the window at the first image.
    middle = [(luma.size - 1) // 2, luma.size // 2]
    return float(np.partition(luma, middle)[middle].mean())


def box_colours(brightness: float) -> BoxColours:
    """The set for a picture of this median brightness."""
    return ON_BRIGHT if brightness >= BRIGHT else ON_DARK


def contrast(left: Rgb, right: Rgb) -> float:
    """The contrast ratio, 1..21. Source: WCAG 2.1, "contrast ratio"."""
    lighter, darker = sorted((_luminance(left), _luminance(right)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Rgb) -> float:
    channels = [value / 255 for value in colour]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@dataclass(frozen=True)
class Theme:
    """The canvas around the picture, from the window's palette.

    Attributes:
        surround: behind and beside the picture.
        text: of messages where no picture is.
        focus: the ring that shows keyboard focus.
    """

    surround: QColor
    text: QColor
    focus: QColor


LIGHT = Theme(surround=QColor("#D9DCE0"), text=QColor("#3A4048"), focus=QColor("#0B66C3"))
DARK = Theme(surround=QColor("#1B1D20"), text=QColor("#B8BEC6"), focus=QColor("#6CB4FF"))
