"""Feature pyramid: coarse maps flow into finer ones; every level gets the same width.

Source: Lin et al. (arXiv 1612.03144); specification, section 3.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tinaface.network.conv import ConvNorm
from tinaface.presets import Norm

# Slope of RetinaFace's ReLUs below 0.
LEAK = 0.1


def _interpolation_matrix(target: tf.Tensor, source: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """`[target, source]` weights of linear interpolation between centres of cells."""
    scale = tf.cast(source, dtype) / tf.cast(target, dtype)
    place = (tf.range(tf.cast(target, dtype)) + 0.5) * scale - 0.5
    place = tf.clip_by_value(place, 0, tf.cast(source - 1, dtype))
    distance = tf.abs(place[:, None] - tf.range(tf.cast(source, dtype)))
    return tf.maximum(1 - distance, 0)


def resize_bilinear(x: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """`[B, height, width, C]` from `[B, H, W, C]`: half-pixel centres, edges held, dtype kept."""
    if x.dtype == tf.float64:  # TensorFlow's kernel answers in float32 whatever it is given
        rows = _interpolation_matrix(height, tf.shape(x)[1], x.dtype)
        columns = _interpolation_matrix(width, tf.shape(x)[2], x.dtype)
        return tf.einsum("hi,wj,bijc->bhwc", rows, columns, x)
    return tf.cast(tf.image.resize(x, [height, width], "bilinear", antialias=False), x.dtype)


class FeaturePyramid(keras.layers.Layer):
    """Convolutions with a norm and without activation; P6 and P7 come from C5 by strides.

    `coarsest` is the level of the trunk's last map, C5 above.

    Input:  the four maps of a trunk.
    Output: maps of all `levels`, each `[B, H, W, channels]`; finer maps of the trunk go unused.
    """

    def __init__(
        self, channels: int, levels: Sequence[int], norm: Norm, *, coarsest: int = 5, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)

        def layer(kernel_size: int, name: str, strides: int = 1) -> ConvNorm:
            return ConvNorm(
                channels, kernel_size, norm, strides=strides, name=name, dtype=self.dtype_policy
            )

        merged = [level for level in levels if level <= coarsest]
        extra = levels[len(merged) :]
        self.laterals = [layer(1, f"lateral{level}") for level in merged]
        self.outputs = [layer(3, f"output{level}") for level in merged]
        self.extras = [layer(3, f"output{level}", strides=2) for level in extra]
        self.channels = channels

    def build(self, input_shape: Sequence[tuple[int | None, ...]]) -> None:
        used = input_shape[-len(self.laterals) :]
        for lateral, shape in zip(self.laterals, used, strict=True):
            lateral.build(shape)
        inner = (None, None, None, self.channels)
        for output in self.outputs:
            output.build(inner)
        shape = input_shape[-1]
        for extra in self.extras:
            extra.build(shape)
            shape = inner

    def call(self, maps: Sequence[tf.Tensor], training: bool = False) -> list[tf.Tensor]:
        used = maps[-len(self.laterals) :]
        merged = [
            lateral(c, training=training) for lateral, c in zip(self.laterals, used, strict=True)
        ]
        for i in range(len(merged) - 2, -1, -1):
            size = tf.shape(merged[i])
            merged[i] += resize_bilinear(merged[i + 1], size[1], size[2])
        levels = [
            output(m, training=training) for output, m in zip(self.outputs, merged, strict=True)
        ]
        coarse = maps[-1]  # of the trunk, not of the pyramid
        for extra in self.extras:
            coarse = extra(coarse, training=training)
            levels.append(coarse)
        return levels


class CascadedPyramid(keras.layers.Layer):
    """RetinaFace's: a merged map is convolved before it flows into the next finer one.

    Every convolution is followed by a norm and a leaky ReLU; the coarsest level is its lateral map.

    Input:  the four maps of a trunk.
    Output: maps of all `levels`, the last ones of the trunk, each `[B, H, W, channels]`.
    Source: Deng et al. (arXiv 1905.00641); the layers of its MobileNet as published.
    """

    def __init__(self, channels: int, levels: Sequence[int], norm: Norm, **kwargs: Any) -> None:
        super().__init__(**kwargs)

        def layer(kernel_size: int, name: str) -> ConvNorm:
            return ConvNorm(
                channels,
                kernel_size,
                norm,
                relu=True,
                leak=LEAK,
                same_padding=True,
                name=name,
                dtype=self.dtype_policy,
            )

        self.laterals = [layer(1, f"lateral{level}") for level in levels]
        self.outputs = [layer(3, f"output{level}") for level in levels[:-1]]
        self.channels = channels

    def build(self, input_shape: Sequence[tuple[int | None, ...]]) -> None:
        for lateral, shape in zip(self.laterals, input_shape[-len(self.laterals) :], strict=True):
            lateral.build(shape)
        for output in self.outputs:
            output.build((None, None, None, self.channels))

    def call(self, maps: Sequence[tf.Tensor], training: bool = False) -> list[tf.Tensor]:
        used = maps[-len(self.laterals) :]
        merged = [
            lateral(c, training=training) for lateral, c in zip(self.laterals, used, strict=True)
        ]
        for i in range(len(merged) - 2, -1, -1):
            size = tf.shape(merged[i])[1:3]
            coarser = tf.image.resize(merged[i + 1], size, "nearest")
            merged[i] = self.outputs[i](merged[i] + coarser, training=training)
        return merged
