"""Random square crop, photometric distortion, flip and resize of one picture with its boxes.

What is random stands in `draw_*` functions, what is done with the draws in plain ones, so that
tests can replay draws that the reference made. Pictures are float32 RGB in 0..255, boxes `[N, 4]`
float32. Every draw comes from a stateless seed: the same seed gives the same sample, in any order
and in any process. Source: specification, section 9.
"""

import dataclasses
import math
from typing import NamedTuple

import tensorflow as tf

from tinaface.presets import PIXEL_MEAN, Schedule

CROP_TRIES = 250
_GREATEST_SHIFT = 32.0
_FACTORS = (0.5, 1.5)
_GREATEST_HUE_TURN = 18.0


class Sample(NamedTuple):
    """A picture and its boxes, before or after a step.

    Attributes:
        image: `[H, W, 3]`.
        gt_boxes: `[G, 4]` faces to learn.
        ignored_boxes: `[K, 4]` faces that count neither way.
    """

    image: tf.Tensor
    gt_boxes: tf.Tensor
    ignored_boxes: tf.Tensor


class Distortion(NamedTuple):
    """Draws of one photometric distortion; what is switched off has its neutral value.

    Attributes:
        is_on: whether anything is done at all.
        shift: added to all channels.
        contrast_first: factor before the colour steps.
        saturation: factor.
        hue: turn in degrees.
        contrast_last: factor after the colour steps; at most one of the two contrasts is drawn.
        order: `[3]` new order of the channels.
    """

    is_on: tf.Tensor
    shift: tf.Tensor
    contrast_first: tf.Tensor
    saturation: tf.Tensor
    hue: tf.Tensor
    contrast_last: tf.Tensor
    order: tf.Tensor


def draw_side_by_share(
    seed: tf.Tensor, height: tf.Tensor, width: tf.Tensor, shares: tuple[float, ...]
) -> tf.Tensor:
    """Side of a crop, int32: one of `shares` of the picture's shorter side, as the reference."""
    choice = tf.random.stateless_uniform([], seed, 0, len(shares), tf.int32)
    shorter = tf.cast(tf.minimum(height, width), tf.float64)
    return tf.cast(tf.constant(shares, tf.float64)[choice] * shorter, tf.int32)


def draw_side_by_zoom(seed: tf.Tensor, side: int, zoom: tuple[float, float]) -> tf.Tensor:
    """Side of a crop, int32, that is magnified to `side` by a factor log-uniform in `zoom`.

    Faces then have the sizes they have in detection at native size, whatever size pictures are.
    """
    low, high = (math.log(limit) for limit in zoom)
    factor = tf.exp(tf.random.stateless_uniform([], seed, low, high))
    return tf.cast(tf.round(side / factor), tf.int32)


def draw_patches(
    seed: tf.Tensor, height: tf.Tensor, width: tf.Tensor, side: tf.Tensor
) -> tf.Tensor:
    """`[CROP_TRIES, 4]` integer squares x0, y0, x1, y1 of one side, tries of one random crop.

    A square larger than the picture holds it at a random place, the rest is padding.
    """
    spare = tf.cast(tf.stack([width - side, height - side]), tf.float64)
    uniform = tf.random.stateless_uniform([CROP_TRIES, 2], seed, dtype=tf.float64)
    # The reference hands the spare room to numpy's uniform as its lower bound, the upper being 1:
    # kept, for it decides which columns a crop can start at. Where there is none, we pad.
    origins = tf.where(spare >= 0, spare + (1 - spare) * uniform, spare * uniform)
    return patches_at(origins, side)


def patches_at(origins: tf.Tensor, side: tf.Tensor) -> tf.Tensor:
    """`[T, 4]` integer squares whose float64 left and top corners are `[T, 2]`."""
    corners = tf.concat([origins, origins + tf.cast(side, tf.float64)], axis=1)
    return tf.cast(corners, tf.int32)


def first_patch_with_face(patches: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """`[4]` the first of `[T, 4]` patches with the centre of a box inside, else the last."""
    has_face = tf.reduce_any(_is_inside(boxes[None], patches[:, None]), axis=1)
    found = tf.argmax(tf.cast(has_face, tf.int32), output_type=tf.int32)
    last = tf.shape(patches)[0] - 1
    return patches[tf.where(tf.reduce_any(has_face), found, last)]


def crop(sample: Sample, patch: tf.Tensor, *, ignores_cut: bool = False) -> Sample:
    """The patch of a picture, the mean colour where it sticks out; boxes with centre in it.

    Args:
        ignores_cut: the visible part of a face whose centre is outside counts neither way; in the
            reference it is background.
    """
    height, width = tf.shape(sample.image)[0], tf.shape(sample.image)[1]
    limit = tf.stack([width, height])
    low, high = tf.maximum(patch[:2], 0), tf.minimum(patch[2:], limit)
    # Cut out first: a crop is a small part of most pictures.
    inner = tf.cast(sample.image[low[1] : high[1], low[0] : high[0]], tf.float32)
    before, after = low - patch[:2], patch[2:] - high
    mean = tf.constant(PIXEL_MEAN)
    edges = tf.stack([[before[1], after[1]], [before[0], after[0]], [0, 0]])
    image = tf.pad(inner - mean, edges) + mean
    is_kept = _is_inside(sample.gt_boxes, patch)
    is_ignored = _is_inside(sample.ignored_boxes, patch)
    ignored = _cut(tf.boolean_mask(sample.ignored_boxes, is_ignored), patch)
    if ignores_cut:
        others = [
            tf.boolean_mask(sample.gt_boxes, ~is_kept),
            tf.boolean_mask(sample.ignored_boxes, ~is_ignored),
        ]
        parts = _cut(tf.concat(others, axis=0), patch)
        is_visible = tf.reduce_all(parts[:, 2:] > parts[:, :2], axis=1)
        ignored = tf.concat([ignored, tf.boolean_mask(parts, is_visible)], axis=0)
    return Sample(image, _cut(tf.boolean_mask(sample.gt_boxes, is_kept), patch), ignored)


def _is_inside(boxes: tf.Tensor, patch: tf.Tensor) -> tf.Tensor:
    """Whether the centres of boxes lie strictly inside patches; leading axes broadcast."""
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2
    corners = tf.cast(patch, boxes.dtype)
    return tf.reduce_all((centre > corners[..., :2]) & (centre < corners[..., 2:]), axis=-1)


def _cut(boxes: tf.Tensor, patch: tf.Tensor) -> tf.Tensor:
    """The boxes clipped to the patch, in its own pixels."""
    corners = tf.cast(patch, boxes.dtype)
    low = tf.maximum(boxes[:, :2], corners[:2])
    high = tf.minimum(boxes[:, 2:], corners[2:])
    return tf.concat([low, high], axis=1) - tf.tile(corners[:2], [2])


def draw_distortion(seed: tf.Tensor) -> Distortion:
    """Draws of the reference's photometric distortion: half of all pictures stay as they are."""
    seeds = tf.random.split(seed, 3)
    coins = tf.random.stateless_uniform([6], seeds[0], 0, 2, tf.int32) == 1
    values = tf.random.stateless_uniform([6], seeds[1])
    factor = _FACTORS[0] + (_FACTORS[1] - _FACTORS[0]) * values
    is_contrast_first = coins[5]
    shuffled = tf.argsort(tf.random.stateless_uniform([3], seeds[2]))
    return Distortion(
        is_on=values[0] <= 0.5,
        shift=tf.where(coins[0], (2 * values[1] - 1) * _GREATEST_SHIFT, 0.0),
        contrast_first=tf.where(coins[1] & is_contrast_first, factor[2], 1.0),
        saturation=tf.where(coins[2], factor[3], 1.0),
        hue=tf.where(coins[3], (2 * values[4] - 1) * _GREATEST_HUE_TURN, 0.0),
        contrast_last=tf.where(coins[1] & ~is_contrast_first, factor[2], 1.0),
        order=tf.where(coins[4], shuffled, tf.range(3)),
    )


def distort(image: tf.Tensor, draws: Distortion) -> tf.Tensor:
    """The picture with the drawn changes of brightness, contrast, colour and channel order."""

    def changed() -> tf.Tensor:
        shifted = tf.clip_by_value(image + draws.shift, 0, 255)
        shifted = tf.clip_by_value(shifted * draws.contrast_first, 0, 255)
        hsv = rgb_to_hsv(shifted)
        hue = hsv[..., 0] + draws.hue
        hue = tf.where(hue > 360, hue - 360, tf.where(hue < 0, hue + 360, hue))
        hsv = tf.stack([hue, hsv[..., 1] * draws.saturation, hsv[..., 2]], axis=-1)
        # A saturation above 1 makes channels negative: cut here, not in the factor.
        rgb = tf.clip_by_value(hsv_to_rgb(hsv), 0, 255)
        rgb = tf.clip_by_value(rgb * draws.contrast_last, 0, 255)
        return tf.gather(rgb, draws.order, axis=-1)

    return tf.cond(draws.is_on, changed, lambda: image)


def rgb_to_hsv(rgb: tf.Tensor) -> tf.Tensor:
    """Hue in degrees 0..360, saturation in 0..1, value in the picture's own range."""
    red, green, blue = tf.unstack(rgb, axis=-1)
    value = tf.reduce_max(rgb, axis=-1)
    span = value - tf.reduce_min(rgb, axis=-1)
    per_span = tf.math.divide_no_nan(60.0, span)
    hue = tf.where(
        value == red,
        (green - blue) * per_span,
        tf.where(value == green, 120 + (blue - red) * per_span, 240 + (red - green) * per_span),
    )
    hue = tf.where(hue < 0, hue + 360, hue)
    return tf.stack([hue, tf.math.divide_no_nan(span, value), value], axis=-1)


def hsv_to_rgb(hsv: tf.Tensor) -> tf.Tensor:
    """The inverse of `rgb_to_hsv`; a saturation above 1 gives negative channels."""
    hue, saturation, value = tf.unstack(hsv, axis=-1)
    channels = []
    # value * (1 - saturation * ramp), the ramp of each channel being a trapezium over the hue:
    # the six sectors of the definition in one expression.
    for offset in (5.0, 3.0, 1.0):
        place = tf.math.floormod(offset + hue / 60, 6.0)
        ramp = tf.clip_by_value(tf.minimum(place, 4 - place), 0, 1)
        channels.append(value * (1 - saturation * ramp))
    return tf.stack(channels, axis=-1)


def flip(sample: Sample) -> Sample:
    """The mirror image, left and right exchanged."""
    width = tf.cast(tf.shape(sample.image)[1], tf.float32)

    def mirrored(boxes: tf.Tensor) -> tf.Tensor:
        x0, y0, x1, y1 = tf.unstack(boxes, axis=1)
        return tf.stack([width - x1, y0, width - x0, y1], axis=1)

    return Sample(
        tf.reverse(sample.image, axis=[1]),
        mirrored(sample.gt_boxes),
        mirrored(sample.ignored_boxes),
    )


def resize(sample: Sample, side: int, *, antialias: bool = False) -> Sample:
    """The picture as a square of `side` pixels, bilinear with half-pixel centres."""
    size = tf.cast(tf.shape(sample.image)[:2], tf.float32)
    factor = side / tf.stack([size[1], size[0], size[1], size[0]])
    image = tf.image.resize(sample.image, [side, side], "bilinear", antialias=antialias)
    return Sample(
        image,
        tf.clip_by_value(sample.gt_boxes * factor, 0, float(side)),
        tf.clip_by_value(sample.ignored_boxes * factor, 0, float(side)),
    )


def normalise(image: tf.Tensor) -> tf.Tensor:
    """RGB minus ImageNet's mean, what the network eats."""
    return tf.cast(image, tf.float32) - tf.constant(PIXEL_MEAN)


def quarter(schedule: Schedule) -> Schedule:
    """The schedule of one of the four crops of a mosaic."""
    assert schedule.zoom is not None
    low, high = schedule.zoom
    return dataclasses.replace(schedule, crop=schedule.crop // 2, zoom=(low / 2, high / 2))


def mosaic(images: tf.Tensor, boxes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Four pictures as one of twice the sides, left to right and top to bottom, with their boxes.

    Args:
        images: `[4, S, S, 3]`.
        boxes: `[4, G, 4]`, rows of zeros are padding.

    Returns:
        `[2 S, 2 S, 3]` and `[K, 4]`, without padding.
    """
    side = images.shape[1]
    tiles = tf.transpose(tf.reshape(images, [2, 2, side, side, 3]), [0, 2, 1, 3, 4])
    corners = tf.constant([[0, 0], [side, 0], [0, side], [side, side]], boxes.dtype)
    moved = boxes + tf.tile(corners, [1, 2])[:, None]
    is_box = tf.reduce_any(boxes != 0, axis=-1)
    return tf.reshape(tiles, [2 * side, 2 * side, 3]), tf.boolean_mask(moved, is_box)


def augment(sample: Sample, seed: tf.Tensor, schedule: Schedule) -> Sample:
    """One training sample in the reference's order of steps; `image` may be uint8.

    Args:
        seed: `[2]` int32.
        schedule: crop, zoom or shares, antialias and use of ignored faces.
    """
    seeds = tf.random.split(seed, 5)
    height, width = tf.shape(sample.image)[0], tf.shape(sample.image)[1]
    if schedule.zoom is None:
        side = draw_side_by_share(seeds[0], height, width, schedule.crop_scales)
    else:
        side = draw_side_by_zoom(seeds[0], schedule.crop, schedule.zoom)
    patches = draw_patches(seeds[1], height, width, side)
    if schedule.anywhere:
        is_anywhere = tf.random.stateless_uniform([], seeds[4]) < schedule.anywhere
        patches = tf.cond(is_anywhere, lambda: patches[:1], lambda: patches)
    # Ignored faces count here too, as in the reference.
    every_box = tf.concat([sample.gt_boxes, sample.ignored_boxes], axis=0)
    cropped = crop(
        sample,
        first_patch_with_face(patches, every_box),
        ignores_cut=schedule.uses_ignore,
    )
    is_flipped = tf.random.stateless_uniform([], seeds[3]) < 0.5

    def recoloured(sample: Sample) -> Sample:
        return sample._replace(image=distort(sample.image, draw_distortion(seeds[2])))

    def sized(sample: Sample) -> Sample:
        turned = tf.cond(is_flipped, lambda: flip(sample), lambda: sample)
        return resize(turned, schedule.crop, antialias=schedule.antialias)

    # The reference distorts the crop as it was cut. One that is made smaller, as most of a mosaic
    # are, has several times the pixels then.
    done = sized(recoloured(cropped)) if schedule.zoom is None else recoloured(sized(cropped))
    return done._replace(image=normalise(done.image))
