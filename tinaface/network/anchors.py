"""Anchors: the boxes at fixed places that the network's box deltas start from.

Source: specification, section 6. Light: numpy only, as every room that decodes needs them.
"""

import numpy as np

from tinaface.boxes import FloatArray
from tinaface.presets import Anchors, Preset


def base_anchors(settings: Anchors, stride: int, place: int = 0) -> FloatArray:
    """`[A, 4]` float32 corners of one cell's anchors around its top left corner.

    Args:
        place: of the level, counted from the finest.

    Rounded to float32 where the reference rounds: anchors tie in their overlap with a face, and
    which of them trains on it hangs on the last bit.
    """
    scales = np.asarray(settings.scales, np.float32) * np.float32(settings.growth**place)
    tall = np.sqrt(np.float32(settings.ratio))
    half_widths = np.float32(stride) * (1 / tall) * scales / 2
    half_heights = np.float32(stride) * tall * scales / 2
    centred = np.stack([-half_widths, -half_heights, half_widths, half_heights], axis=-1)
    return centred + np.float32(settings.offset * stride)


def level_bases(preset: Preset) -> list[FloatArray]:
    """Every level's `base_anchors`, finest first."""
    return [
        base_anchors(preset.anchors, stride, place) for place, stride in enumerate(preset.strides)
    ]


def level_sizes(preset: Preset, height: int, width: int) -> list[tuple[int, int]]:
    """Cells (rows, columns) of every level for an input of `height` x `width`, finest first."""
    return [(-(-height // stride), -(-width // stride)) for stride in preset.strides]


def level_anchors(preset: Preset, height: int, width: int) -> list[FloatArray]:
    """Every level's anchors for an input of `height` x `width`, the padding included.

    An anchor is kept where it sticks out.

    Returns:
        A level each, finest first, `[rows * columns * A, 4]` float32 corners in input pixels: row
        by row, column by column, anchor by anchor, as the network's maps reshape.
    """
    levels: list[FloatArray] = []
    sizes = level_sizes(preset, height, width)
    for stride, base, (rows, columns) in zip(
        preset.strides, level_bases(preset), sizes, strict=True
    ):
        y, x = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
        corner = stride * np.stack([x, y, x, y], axis=-1).astype(np.float32)
        levels.append((corner[:, :, None, :] + base).reshape(-1, 4))
    return levels
