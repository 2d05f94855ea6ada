"""Deformable convolution: each tap of the kernel reads at its own learnt, fractional place.

Source: Dai et al., Deformable Convolutional Networks (arXiv 1703.06211); with a mask, Zhu et al.,
Deformable ConvNets v2 (arXiv 1811.11168). Formula: specification, section 2.1.
"""

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf


@dataclass(frozen=True)
class _Corners:
    """The four neighbours that bilinear sampling mixes, of every tap at every place.

    All `[taps, 4, M, G]`: M output cells, G deformable groups. They are a C-th of what is sampled.

    Attributes:
        rows: row of the input, flattened to a row for each cell and deformable group.
        share: weight of the neighbour; 0 outside the map.
        by_y, by_x: derivatives of that weight by the place that is sampled.
    """

    rows: tf.Tensor
    share: tf.Tensor
    by_y: tf.Tensor
    by_x: tf.Tensor


def _find_corners(
    offset: tf.Tensor,
    height: tf.Tensor,
    width: tf.Tensor,
    *,
    kernel_width: int,
    stride: int,
    padding: int,
    dilation: int,
) -> _Corners:
    """What a kernel reads of maps of `height` x `width`; `offset` is `[taps, B, H', W', G, 2]`."""
    real = offset.dtype
    taps, batch, out_height, out_width, groups = tf.unstack(tf.shape(offset)[:5])
    tap = tf.range(taps)[:, None]
    ys = tf.range(out_height) * stride + (tap // kernel_width * dilation - padding)
    xs = tf.range(out_width) * stride + (tap % kernel_width * dilation - padding)
    y = tf.cast(ys, real)[:, None, :, None, None] + offset[..., 0]
    x = tf.cast(xs, real)[:, None, None, :, None] + offset[..., 1]
    inside = (y > -1) & (y < tf.cast(height, real)) & (x > -1) & (x < tf.cast(width, real))
    # A far place could overflow as an integer. It counts as nothing, so any place will do.
    nowhere = tf.zeros([], real)
    y, x = tf.where(inside, y, nowhere), tf.where(inside, x, nowhere)
    top, left = tf.floor(y), tf.floor(x)
    below, beyond = y - top, x - left

    def on_corners(*values: tf.Tensor) -> tf.Tensor:
        return tf.stack(values, axis=1)

    one = tf.ones_like(y)
    by_row, row_sign = (
        on_corners(1 - below, 1 - below, below, below),
        on_corners(-one, -one, one, one),
    )
    by_column = on_corners(1 - beyond, beyond, 1 - beyond, beyond)
    column_sign = on_corners(-one, one, -one, one)
    y0, x0 = tf.cast(top, tf.int32), tf.cast(left, tf.int32)
    yc, xc = on_corners(y0, y0, y0 + 1, y0 + 1), on_corners(x0, x0 + 1, x0, x0 + 1)
    counts = inside[:, None] & (yc >= 0) & (yc < height) & (xc >= 0) & (xc < width)
    counted = tf.cast(counts, real)
    image = tf.range(batch)[:, None, None, None] * height
    cell = (image + tf.where(counts, yc, 0)) * width + tf.where(counts, xc, 0)
    flat = [taps, 4, batch * out_height * out_width, groups]
    return _Corners(
        *(
            tf.reshape(part, flat)
            for part in (
                cell * groups + tf.range(groups),
                by_row * by_column * counted,
                row_sign * by_column * counted,
                by_row * column_sign * counted,
            )
        )
    )


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
    temporary is the four neighbours of one tap, and nothing sampled is kept for the gradient.

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
    groups, group_filters = channels // group_channels, filters // (channels // group_channels)
    place = tf.shape(offset)[:3]
    cells = tf.reduce_prod(place)
    split = tf.concat([place, [deformable_groups, taps]], axis=0)
    offset = tf.reshape(offset, tf.concat([split, [2]], axis=0))
    offset = tf.transpose(offset, [4, 0, 1, 2, 3, 5])
    mask = tf.ones(split, offset.dtype) if mask is None else tf.reshape(mask, split)
    mask = tf.reshape(tf.transpose(mask, [4, 0, 1, 2, 3]), [taps, cells, deformable_groups])

    def by_group(columns: tf.Tensor, size: int) -> tf.Tensor:
        """`[groups, M, size]` from a map or from samples, as the matrix product wants them."""
        return tf.transpose(tf.reshape(columns, [-1, groups, size]), [1, 0, 2])

    @tf.custom_gradient
    def convolve(
        x: tf.Tensor, offset: tf.Tensor, mask: tf.Tensor, kernel: tf.Tensor
    ) -> tuple[tf.Tensor, Any]:
        corners = _find_corners(
            offset,
            tf.shape(x)[1],
            tf.shape(x)[2],
            kernel_width=kernel_width,
            stride=stride,
            padding=padding,
            dilation=dilation,
        )
        # What each sample counts in its column, [taps, 4, M, G, 1].
        weight = tf.cast(corners.share * mask[:, None], x.dtype)[..., None]
        table = tf.reshape(x, [-1, channels // deformable_groups])
        matrices = tf.transpose(
            tf.reshape(kernel, [taps, group_channels, groups, group_filters]), [0, 2, 1, 3]
        )
        total = tf.zeros([groups, cells, group_filters], x.dtype)
        for tap in range(taps):
            with tf.control_dependencies([total]):  # else all taps would be sampled at once
                samples = tf.gather(table, corners.rows[tap])
                columns = tf.reduce_sum(samples * weight[tap], axis=0)
                total += tf.matmul(by_group(columns, group_channels), matrices[tap])

        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
            by_output = by_group(upstream, group_filters)
            by_table = tf.zeros_like(table)
            by_matrix, by_share = [], []
            for tap in range(taps):
                with tf.control_dependencies([by_table]):
                    samples = tf.gather(table, corners.rows[tap])
                    columns = tf.reduce_sum(samples * weight[tap], axis=0)
                    by_matrix.append(
                        tf.matmul(by_group(columns, group_channels), by_output, transpose_a=True)
                    )
                    by_columns = tf.matmul(by_output, matrices[tap], transpose_b=True)
                    by_columns = tf.reshape(
                        tf.transpose(by_columns, [1, 0, 2]),
                        [cells, deformable_groups, channels // deformable_groups],
                    )
                    by_share.append(tf.reduce_sum(samples * by_columns, axis=-1))
                    by_table += tf.math.unsorted_segment_sum(
                        weight[tap] * by_columns, corners.rows[tap], tf.shape(table)[0]
                    )
            change = tf.cast(tf.stack(by_share), offset.dtype)  # [taps, 4, M, G]
            by_mask = tf.reduce_sum(change * corners.share, axis=1)
            by_place = [
                tf.reduce_sum(change * derivative, axis=1) * mask
                for derivative in (corners.by_y, corners.by_x)
            ]
            return (
                tf.reshape(by_table, tf.shape(x)),
                tf.reshape(tf.stack(by_place, axis=-1), tf.shape(offset)),
                by_mask,
                tf.reshape(tf.transpose(tf.stack(by_matrix), [0, 2, 1, 3]), kernel.shape),
            )

        return tf.transpose(total, [1, 0, 2]), gradient

    output = convolve(x, offset, mask, tf.convert_to_tensor(kernel))
    return tf.reshape(output, tf.concat([place, [filters]], axis=0))


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
