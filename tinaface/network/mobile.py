"""MobileNetV1: a trunk of few multiplications, for computers without a GPU.

Source: Howard et al. (arXiv 1704.04861), table 1.
"""

from typing import Any

import keras
import tensorflow as tf

from tinaface.network.conv import ConvNorm, kaiming
from tinaface.network.norm import build_norm
from tinaface.presets import MobileBackbone as MobileSettings
from tinaface.presets import Norm


class DepthwiseConv2D(keras.layers.Layer):
    """A 3x3 for each channel by itself, without bias.

    Input:  `[B, H, W, C]`, H and W divisible by the stride.
    Output: `[B, H / stride, W / stride, C]`; a stride is padded on the right and bottom only, as
        the published weights know it.
    """

    def __init__(self, *, strides: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strides = strides

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.kernel = self.add_weight(
            shape=(3, 3, input_shape[-1], 1), initializer=kaiming(), name="kernel"
        )

    def call(self, x: tf.Tensor) -> tf.Tensor:
        steps = [1, self.strides, self.strides, 1]
        return tf.nn.depthwise_conv2d(x, self.kernel, steps, "SAME")


class SeparablePair(keras.layers.Layer):
    """A depthwise 3x3 and a 1x1, each followed by norm and ReLU6.

    Input:  `[B, H, W, C]`.
    Output: `[B, H / strides, W / strides, filters]`.
    """

    def __init__(self, filters: int, norm: Norm, *, strides: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        dtype = self.dtype_policy
        self.depthwise = DepthwiseConv2D(strides=strides, name="depthwise", dtype=dtype)
        self.norm = build_norm(norm, name="norm", dtype=dtype)
        self.pointwise = ConvNorm(
            filters,
            1,
            norm,
            same_padding=True,
            kernel_initializer=kaiming(),
            name="pointwise",
            dtype=dtype,
        )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.depthwise.build(input_shape)
        self.norm.build(input_shape)
        self.pointwise.build(input_shape)

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        y = tf.nn.relu6(self.norm(self.depthwise(x), training=training))
        return tf.nn.relu6(self.pointwise(y, training=training))


class MobileBackbone(keras.layers.Layer):
    """Stem, one pair, and four stages of pairs.

    Input:  `[B, H, W, 3]`, RGB minus the mean.
    Output: four maps with the channels of `out_channels`; their strides double, from twice the
        stem's on.
    """

    def __init__(self, settings: MobileSettings, norm: Norm, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        dtype = self.dtype_policy
        self.stem = ConvNorm(
            settings.stem_channels,
            3,
            norm,
            strides=settings.stem_stride,
            same_padding=True,
            kernel_initializer=kaiming(),
            name="stem",
            dtype=dtype,
        )
        self.early = SeparablePair(settings.early_channels, norm, name="early", dtype=dtype)
        self.stages = [
            [
                SeparablePair(
                    channels,
                    norm,
                    strides=2 if pair == 0 else 1,
                    name=f"stage{level}_pair{pair}",
                    dtype=dtype,
                )
                for pair, channels in enumerate(stage)
            ]
            for level, stage in enumerate(settings.stages, start=2)
        ]
        self.settings = settings

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.stem.build(input_shape)
        self.early.build((None, None, None, self.settings.stem_channels))
        before = self.settings.early_channels
        for stage, widths in zip(self.stages, self.settings.stages, strict=True):
            for pair, channels in zip(stage, widths, strict=True):
                pair.build((None, None, None, before))
                before = channels

    def call(self, x: tf.Tensor, training: bool = False) -> list[tf.Tensor]:
        y = tf.nn.relu6(self.stem(x, training=training))
        y = self.early(y, training=training)
        maps = []
        for stage in self.stages:
            for pair in stage:
                y = pair(y, training=training)
            maps.append(y)
        return maps
