"""Deformable convolution: each tap of the kernel reads at its own learnt, fractional place.

Source: Dai et al., Deformable Convolutional Networks (arXiv 1703.06211); with a mask, Zhu et al.,
Deformable ConvNets v2 (arXiv 1811.11168). Formula: specification, section 2.1.
"""

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf


@dataclass(frozen=True)
class _Corner:
    """One of the four neighbours that bilinear sampling mixes, for every cell of one tap.

    Attributes:
        rows: `[M, G]` rows of the flattened input, M output cells, G deformable groups.
        share: `[M, G]` weight of this neighbour; 0 outside the map.
        by_y, by_x: `[M, G]` derivatives of that weight by the place that is sampled.
    """

    rows: tf.Tensor
    share: tf.Tensor
    by_y: tf.Tensor
    by_x: tf.Tensor


@dataclass(frozen=True)
class _Grid:
    """Where the taps of a kernel would lie without offsets."""

    kernel_width: int
    stride: int
    padding: int
    dilation: int

    def corners(
        self, offset: tf.Tensor, tap: int, height: tf.Tensor, width: tf.Tensor
    ) -> list[_Corner]:
        """What one tap reads of a map; `offset` is `[B, H', W', G, taps, 2]`."""
        real = offset.dtype
        batch, out_height, out_width, groups = tf.unstack(tf.shape(offset)[:4])
        row, column = divmod(tap, self.kernel_width)
        ys = tf.range(out_height) * self.stride + (row * self.dilation - self.padding)
        xs = tf.range(out_width) * self.stride + (column * self.dilation - self.padding)
        y = tf.cast(ys, real)[None, :, None, None] + offset[:, :, :, :, tap, 0]
        x = tf.cast(xs, real)[None, None, :, None] + offset[:, :, :, :, tap, 1]
        last_y, last_x = tf.cast(height, real), tf.cast(width, real)
        inside = (y > -1) & (y < last_y) & (x > -1) & (x < last_x)
        # A far place could overflow as an integer. It counts as nothing, so any place will do.
        zero = tf.zeros([], real)
        y, x = tf.where(inside, y, zero), tf.where(inside, x, zero)
        top, left = tf.floor(y), tf.floor(x)
        below, beyond = y - top, x - left
        y0, x0 = tf.cast(top, tf.int32), tf.cast(left, tf.int32)
        image = tf.range(batch)[:, None, None, None] * height
        corners = []
        for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
            yc, xc = y0 + down, x0 + right
            counts = inside & (yc >= 0) & (yc < height) & (xc >= 0) & (xc < width)
            counted = tf.cast(counts, real)
            by_row = below if down else 1 - below
            by_column = beyond if right else 1 - beyond
            cell = (image + tf.where(counts, yc, 0)) * width + tf.where(counts, xc, 0)
            parts = (
                cell * groups + tf.range(groups),
                by_row * by_column * counted,
                by_column * counted * (1 if down else -1),
                by_row * counted * (1 if right else -1),
            )
            corners.append(_Corner(*(tf.reshape(part, [-1, groups]) for part in parts)))
        return corners


def deform_conv2d(
    x: tf.Tensor,
    offset: tf.Tensor,
    kernel: tf.Tensor,
    mask: tf.Tensor | None = None,
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    deformable_groups: int = 1,
) -> tf.Tensor:
    """Convolves `x` with taps that `offset` moves, reading zeros outside the map.

    One tap is sampled and multiplied at a time, and the backward pass samples again: the largest
    temporary is one map of the output's size with the channels of x, and not one a tap.

    Args:
        x: `[B, H, W, C]`.
        offset: `[B, H', W', 2 * G * taps]` in pixels of x, G deformable groups: for tap k of group
            g channel `2 (g taps + k)` moves down and the next one right. It keeps its dtype, which
            float16 is too coarse for.
        kernel: `[kh, kw, C / groups, O]`; the number of groups follows from its shape.
        mask: `[B, H', W', G * taps]` factors of the samples (version 2), or None.

    Returns:
        `[B, H', W', O]` in the dtype of x.
    """
    kernel_height, kernel_width, group_channels, filters = kernel.shape
    channels, taps = x.shape[-1], kernel_height * kernel_width
    groups = channels // group_channels
    group_filters = filters // groups
    grid = _Grid(kernel_width, stride, padding, dilation)
    height, width = tf.shape(x)[1], tf.shape(x)[2]
    out_place = tf.shape(offset)[:3]
    split = tf.concat([out_place, [deformable_groups, taps]], axis=0)
    offset = tf.reshape(offset, tf.concat([split, [2]], axis=0))
    mask = tf.ones(split, offset.dtype) if mask is None else tf.reshape(mask, split)

    def factors(mask: tf.Tensor, tap: int) -> tf.Tensor:
        return tf.reshape(mask[..., tap], [-1, deformable_groups])

    def spread(weight: tf.Tensor) -> tf.Tensor:
        """`[M, G, 1]` in the dtype of x, to multiply samples with."""
        return tf.cast(weight, x.dtype)[..., None]

    def by_group(columns: tf.Tensor, size: int) -> tf.Tensor:
        """`[groups, M, size]` from a map or from samples, as the matrix product wants them."""
        return tf.transpose(tf.reshape(columns, [-1, groups, size]), [1, 0, 2])

    @tf.custom_gradient
    def convolve(
        x: tf.Tensor, offset: tf.Tensor, mask: tf.Tensor, kernel: tf.Tensor
    ) -> tuple[tf.Tensor, Any]:
        rows = tf.reshape(x, [-1, channels // deformable_groups])
        # Becomes [taps, groups, C / groups, O / groups].
        by_tap = tf.transpose(
            tf.reshape(kernel, [taps, group_channels, groups, group_filters]), [0, 2, 1, 3]
        )
        total = tf.zeros([groups, tf.reduce_prod(out_place), group_filters], x.dtype)
        for tap in range(taps):
            with tf.control_dependencies([total]):  # else all taps would be sampled at once
                factor = factors(mask, tap)
                columns = tf.add_n(
                    [
                        tf.gather(rows, corner.rows) * spread(corner.share * factor)
                        for corner in grid.corners(offset, tap, height, width)
                    ]
                )
                total += tf.matmul(by_group(columns, group_channels), by_tap[tap])

        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
            above = by_group(upstream, group_filters)
            by_rows = tf.zeros_like(rows)
            by_offset, by_mask, by_kernel = [], [], []
            for tap in range(taps):
                with tf.control_dependencies([by_rows]):
                    corners = grid.corners(offset, tap, height, width)
                    factor = factors(mask, tap)
                    by_columns = tf.reshape(
                        tf.transpose(tf.matmul(above, by_tap[tap], transpose_b=True), [1, 0, 2]),
                        [-1, deformable_groups, channels // deformable_groups],
                    )
                    samples = [tf.gather(rows, corner.rows) for corner in corners]
                    # How the loss changes with the share of each corner, [M, G] each.
                    by_share = [
                        tf.cast(tf.reduce_sum(sample * by_columns, axis=-1), offset.dtype)
                        for sample in samples
                    ]
                    pairs = list(zip(by_share, corners, strict=True))
                    by_y = tf.add_n([change * corner.by_y for change, corner in pairs])
                    by_x = tf.add_n([change * corner.by_x for change, corner in pairs])
                    by_offset.append(tf.stack([by_y * factor, by_x * factor], axis=-1))
                    by_mask.append(tf.add_n([change * corner.share for change, corner in pairs]))
                    weights = [spread(corner.share * factor) for corner in corners]
                    columns = tf.add_n(
                        [sample * weight for sample, weight in zip(samples, weights, strict=True)]
                    )
                    by_kernel.append(
                        tf.matmul(by_group(columns, group_channels), above, transpose_a=True)
                    )
                    by_rows += tf.math.unsorted_segment_sum(
                        tf.concat([by_columns * weight for weight in weights], axis=0),
                        tf.concat([corner.rows for corner in corners], axis=0),
                        tf.shape(rows)[0],
                    )
            return (
                tf.reshape(by_rows, tf.shape(x)),
                tf.reshape(tf.stack(by_offset, axis=2), tf.shape(offset)),
                tf.reshape(tf.stack(by_mask, axis=2), tf.shape(mask)),
                tf.reshape(tf.transpose(tf.stack(by_kernel), [0, 2, 1, 3]), kernel.shape),
            )

        return tf.transpose(total, [1, 0, 2]), gradient

    result = tf.reshape(
        convolve(x, offset, mask, tf.convert_to_tensor(kernel)),
        tf.concat([out_place, [filters]], axis=0),
    )
    return result


class DeformConv2D(keras.layers.Layer):
    """A 3x3 convolution whose taps are moved by offsets that an ordinary one predicts (version 1).

    Input:  `[B, H, W, C]`.
    Output: `[B, floor((H - 1) / strides) + 1, floor((W - 1) / strides) + 1, filters]`.
    Source: specification, sections 2.1 and 2.2: padding on all sides, one deformable group, no
        bias but in the offsets, which start at zero; weights uniform within 1 / sqrt(9 C).
    """

    def __init__(self, filters: int, kernel_size: int, strides: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        size, channels = self.kernel_size, input_shape[-1]
        self.kernel = self.add_weight(
            shape=(size, size, channels, self.filters),
            # Uniform within sqrt(3 scale / fan in).
            initializer=keras.initializers.VarianceScaling(
                1 / 3, mode="fan_in", distribution="uniform"
            ),
            name="kernel",
        )
        taps = size * size
        self.offset_kernel = self.add_weight(
            shape=(size, size, channels, 2 * taps), initializer="zeros", name="offset_kernel"
        )
        self.offset_bias = self.add_weight(
            shape=(2 * taps,), initializer="zeros", name="offset_bias"
        )

    def call(self, x: tf.Tensor) -> tf.Tensor:
        padding = self.kernel_size // 2
        sides = [[0, 0], [padding, padding], [padding, padding], [0, 0]]
        offset = tf.nn.conv2d(x, self.offset_kernel, self.strides, sides) + self.offset_bias
        return deform_conv2d(
            x,
            tf.cast(offset, self.variable_dtype),
            self.kernel,
            stride=self.strides,
            padding=padding,
        )
