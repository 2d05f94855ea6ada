"""Bottleneck ResNet, the stride on the 3x3: a picture becomes the maps C2 to C5.

Source: He et al. (arXiv 1512.03385); specification, section 2.
"""

from typing import Any

import keras
import tensorflow as tf

from tinaface.network.conv import ConvNorm, kaiming
from tinaface.network.mobile import MobileBackbone
from tinaface.presets import BOTTLENECK_EXPANSION, Norm
from tinaface.presets import Backbone as BackboneSettings
from tinaface.presets import MobileBackbone as MobileSettings

FIRST_LEVEL = 2


class Bottleneck(keras.layers.Layer):
    """1x1 to `width` channels, 3x3, 1x1 to four times as many, plus the input.

    The last norm starts at zero: a fresh block gives its input unchanged.

    Input:  `[B, H, W, C]`.
    Output: `[B, H / strides, W / strides, 4 * width]`.
    """

    def __init__(
        self,
        width: int,
        norm: Norm,
        *,
        strides: int,
        projects: bool,
        deformable: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

        def layer(filters: int, kernel_size: int, name: str, **kwargs: Any) -> ConvNorm:
            return ConvNorm(
                filters,
                kernel_size,
                norm,
                kernel_initializer=kaiming(),
                name=name,
                dtype=self.dtype_policy,
                **kwargs,
            )

        self.reduce = layer(width, 1, "reduce", relu=True)
        self.spatial = layer(width, 3, "spatial", strides=strides, relu=True, deformable=deformable)
        self.expand = layer(BOTTLENECK_EXPANSION * width, 1, "expand", gamma_initializer="zeros")
        self.shortcut = (
            layer(BOTTLENECK_EXPANSION * width, 1, "shortcut", strides=strides)
            if projects
            else None
        )
        self.width = width

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.reduce.build(input_shape)
        narrow = (None, None, None, self.width)
        self.spatial.build(narrow)
        self.expand.build(narrow)
        if self.shortcut is not None:
            self.shortcut.build(input_shape)

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        y = self.reduce(x, training=training)
        y = self.spatial(y, training=training)
        y = self.expand(y, training=training)
        kept = x if self.shortcut is None else self.shortcut(x, training=training)
        return tf.nn.relu(y + kept)


class Backbone(keras.layers.Layer):
    """Stem and four stages.

    Input:  `[B, H, W, 3]`, RGB minus the mean.
    Output: four maps C2 to C5 at strides 4, 8, 16, 32 with 4 x `widths` channels.
    """

    def __init__(self, settings: BackboneSettings, norm: Norm, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stem = ConvNorm(
            settings.stem_channels,
            7,
            norm,
            strides=2,
            relu=True,
            kernel_initializer=kaiming(),
            name="stem",
            dtype=self.dtype_policy,
        )
        self.stages = [
            [
                Bottleneck(
                    width,
                    norm,
                    strides=2 if block == 0 and stage > 0 else 1,
                    projects=block == 0,
                    deformable=settings.deformable[stage],
                    name=f"stage{FIRST_LEVEL + stage}_block{block}",
                    dtype=self.dtype_policy,
                )
                for block in range(settings.blocks[stage])
            ]
            for stage, width in enumerate(settings.widths)
        ]
        self.settings = settings

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.stem.build(input_shape)
        channels = self.settings.stem_channels
        for stage, width in zip(self.stages, self.settings.widths, strict=True):
            for block in stage:
                block.build((None, None, None, channels))
                channels = BOTTLENECK_EXPANSION * width

    def call(self, x: tf.Tensor, training: bool = False) -> list[tf.Tensor]:
        y = self.stem(x, training=training)
        # After a ReLU zeros pad as well as minus infinity would.
        y = tf.nn.max_pool2d(tf.pad(y, [[0, 0], [1, 1], [1, 1], [0, 0]]), 3, 2, "VALID")
        maps = []
        for stage in self.stages:
            for block in stage:
                y = block(y, training=training)
            maps.append(y)
        return maps


def build_backbone(
    settings: BackboneSettings | MobileSettings, norm: Norm, **kwargs: Any
) -> keras.layers.Layer:
    """The layer that `settings` describe; `kwargs` go to the layer."""
    if isinstance(settings, MobileSettings):
        return MobileBackbone(settings, norm, **kwargs)
    return Backbone(settings, norm, **kwargs)
