"""Context block: stacked 3x3 convolutions see three sizes of surroundings of a cell.

Source: TinaFace (arXiv 2011.13183), "Inception"; specification, section 4.
"""

from typing import Any

import keras
import tensorflow as tf

from tinaface.network.conv import ConvNorm
from tinaface.presets import Norm


class ContextBlock(keras.layers.Layer):
    """Half of the channels see 3x3 cells, a quarter 5x5, a quarter 7x7; one ReLU behind all.

    `leak` is the slope below 0 of the ReLUs inside; the last one has none. `same_padding` as in
    `Conv2D`.

    Input:  `[B, H, W, channels]`.
    Output: the same shape.
    """

    def __init__(
        self,
        channels: int,
        norm: Norm,
        leak: float = 0.0,
        *,
        same_padding: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

        def layer(share: int, name: str, relu: bool = False) -> ConvNorm:
            return ConvNorm(
                channels // share,
                3,
                norm,
                relu=relu,
                leak=leak,
                same_padding=same_padding,
                name=name,
                dtype=self.dtype_policy,
            )

        self.near = layer(2, "near")
        self.middle = [layer(4, "middle0", relu=True), layer(4, "middle1")]
        self.far = [layer(4, "far0", relu=True), layer(4, "far1")]
        self.channels = channels

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.near.build(input_shape)
        self.middle[0].build(input_shape)
        quarter = (None, None, None, self.channels // 4)
        for layer in (self.middle[1], *self.far):
            layer.build(quarter)

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        def apply(layer: ConvNorm, x: tf.Tensor) -> tf.Tensor:
            return layer(x, training=training)

        near = apply(self.near, x)
        stacked = apply(self.middle[0], x)
        middle = apply(self.middle[1], stacked)
        far = apply(self.far[1], apply(self.far[0], stacked))
        return tf.nn.relu(tf.concat([near, middle, far], axis=-1))
