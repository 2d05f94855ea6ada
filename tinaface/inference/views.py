"""Which views of a picture the network is shown: one, or several sizes, mirrored, in tiles.

Light: what a detection will cost is known before TensorFlow is loaded.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from tinaface.inference.postprocess import View
from tinaface.inference.settings import DetectSettings, by_long_side, padded_size, resized_size
from tinaface.presets import Resize

# Test-time augmentation of the paper (specification, section 11.1): short sides, and shifts in
# pixels of the network's input.
PAPER_SHORT_SIDES = (500, 800, 1100, 1400, 1700)
PAPER_SHIFTS = ((0, 0), (0, 1), (1, 0), (1, 1))
# Neighbouring tiles share this part of their side, so that a face up to that size is whole in one.
TILE_OVERLAP = 0.25
# The second look is at the resized picture this many times smaller. With earlier weights, AP50 of
# 70 close-ups of 640 px: .71 without, .89 at a half, .96 at a third and at a quarter; of 400 px
# .90, .96, .93, .91.
SECOND_LOOK = 4
# Lower faces of the resized picture are not taken from the second look: in the first, they are seen
# better.
LEAST_IN_SECOND_LOOK = 160.0


@dataclass(frozen=True)
class Input:
    """One pass of the network.

    Attributes:
        resized: height and width that the whole picture is resized to.
        padded: height and width of the network's input.
        view: which part of the resized picture lies in it, and how.
    """

    resized: tuple[int, int]
    padded: tuple[int, int]
    view: View

    @property
    def pixels(self) -> int:
        return self.padded[0] * self.padded[1]


def plan(settings: DetectSettings, height: int, width: int) -> list[Input]:
    """Every pass that these settings ask for on a picture of this size; sizes one after another."""
    inputs: list[Input] = []
    for resize in _sizes(settings):
        resized = resized_size(resize, height, width)
        for tile in _tiles(resized, settings.tile or 0):
            for is_flipped in (False, True) if settings.tta != "none" else (False,):
                for left, top in PAPER_SHIFTS if settings.tta == "paper" else ((0, 0),):
                    view = _view(resized, tile, (height, width), is_flipped, left, top)
                    padded = padded_size(resize, view.height + top, view.width + left)
                    inputs.append(Input(resized, padded, view))
        if settings.tile and max(resized) > settings.tile:
            # Faces larger than the overlap of tiles are found in a picture that fits one tile.
            smaller = Resize(None, settings.tile, pad_multiple=resize.pad_multiple)
            inputs.append(one_look(smaller, resized_size(smaller, *resized), (height, width)))
    return inputs + _second_look(settings, height, width)


def _second_look(settings: DetectSettings, height: int, width: int) -> list[Input]:
    """One more pass over a smaller picture, where the settings ask and tiles leave room."""
    whole = resized_size(settings.resize, height, width)
    least, long_side = settings.looks_twice_above, max(whole)
    if settings.tta == "paper" or least is None or long_side <= least:
        return []
    if settings.tile and long_side > settings.tile:
        return []  # tiles bring a smaller picture of their own
    smaller = by_long_side(settings.resize, -(-long_side // SECOND_LOOK))
    least_height = LEAST_IN_SECOND_LOOK * height / whole[0]
    resized = resized_size(smaller, height, width)
    return [one_look(smaller, resized, (height, width), least_height=least_height)]


def one_look(
    resize: Resize,
    resized: tuple[int, int],
    original: tuple[int, int],
    *,
    tile: tuple[int, int, int, int] | None = None,
    least_height: float = 0.0,
) -> Input:
    """A pass over a picture at some size, or over a part of it, not mirrored and not shifted.

    Args:
        resize: the rule that pads.
        resized: height and width that the whole picture is resized to.
        original: its own.
        tile: top, left, height and width of the part, in the resized picture; None for all.
        least_height: of faces that are taken, in pixels of the original.
    """
    view = _view(resized, tile or (0, 0, *resized), original, False, 0, 0)
    view = dataclasses.replace(view, least_height=least_height)
    return Input(resized, padded_size(resize, view.height, view.width), view)


def relative_cost(settings: DetectSettings, height: int, width: int) -> float:
    """How many times the work of one plain pass over the picture these settings ask for."""
    plain = resized_size(settings.resize, height, width)
    padded = padded_size(settings.resize, *plain)
    return sum(one.pixels for one in plan(settings, height, width)) / (padded[0] * padded[1])


def _sizes(settings: DetectSettings) -> list[Resize]:
    if settings.tta != "paper":
        return [settings.resize]
    multiple = settings.resize.pad_multiple
    # The long side may be 1.5 times the short one, as in the benchmark's 1100 x 1650.
    return [
        Resize(short, short * 3 // 2, largest_factor=None, pad_multiple=multiple)
        for short in PAPER_SHORT_SIDES
    ]


def _tiles(resized: tuple[int, int], side: int) -> Iterator[tuple[int, int, int, int]]:
    """Top, left, height and width of tiles that cover the resized picture."""
    overlap = int(side * TILE_OVERLAP)
    rows, columns = (spans(length, side, overlap) for length in resized)
    for top, height in rows:
        for left, width in columns:
            yield top, left, height, width


def spans(length: int, side: int, overlap: int) -> list[tuple[int, int]]:
    """Starts and lengths of the fewest spans of one side that cover a length and overlap enough.

    One span where the side is 0 or reaches.
    """
    if not side or length <= side:
        return [(0, length)]
    count = -(-(length - side) // (side - overlap)) + 1
    return [(round(i * (length - side) / (count - 1)), side) for i in range(count)]


def _view(
    resized: tuple[int, int],
    tile: tuple[int, int, int, int],
    original: tuple[int, int],
    is_flipped: bool,
    left: int,
    top: int,
) -> View:
    y, x, height, width = tile
    return View(
        height=height,
        width=width,
        scale_x=resized[1] / original[1],
        scale_y=resized[0] / original[0],
        is_flipped=is_flipped,
        left=left,
        top=top,
        tile_x=x,
        tile_y=y,
        cuts=(x > 0, y > 0, x + width < resized[1], y + height < resized[0]),
    )
