"""Convolution with the padding of the reference, and the convolution-norm pair all rooms use."""

from typing import Any

import keras
import tensorflow as tf

from tinaface.network.deform_conv import DeformConv2D
from tinaface.network.norm import build_norm
from tinaface.presets import Norm

XAVIER = "glorot_uniform"


def kaiming() -> keras.initializers.Initializer:
    """Normal, fan-out, ReLU's gain; a new one a layer, for Keras' draw the same at every call."""
    return keras.initializers.VarianceScaling(
        2.0, mode="fan_out", distribution="untruncated_normal"
    )


class Conv2D(keras.layers.Conv2D):
    """Convolution that pads `kernel_size // 2` on all four sides, whatever its stride.

    Keras' "same" pads a stride of 2 on the right and bottom only, which shifts every map by a
    pixel against weights trained elsewhere. `same_padding` does so for weights that Keras trained;
    without a stride it gives the same numbers but for rounding, and LiteRT copies no map for it.

    Input:  `[B, H, W, C]`.
    Output: `[B, floor((H - 1) / stride) + 1, floor((W - 1) / stride) + 1, filters]` for odd
        kernels.
    Source: specification, section 14.
    """

    def __init__(
        self, filters: int, kernel_size: int, *, same_padding: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(filters, kernel_size, padding="valid", **kwargs)
        self.same_padding = same_padding

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, *sides, _ = input_shape
        places = [
            None if side is None else (side - 1) // stride + 1
            for side, stride in zip(sides, self.strides, strict=True)
        ]
        return (batch, *places, self.filters)

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        if self.same_padding:
            return tf.nn.conv2d(inputs, kernel, strides=self.strides, padding="SAME")
        sides = [[0, 0], *([size // 2, size // 2] for size in self.kernel_size), [0, 0]]
        return tf.nn.conv2d(inputs, kernel, strides=self.strides, padding=sides)


class ConvNorm(keras.layers.Layer):
    """Convolution without bias, then the norm, then ReLU if asked for, of slope `leak` below 0.

    Input:  `[B, H, W, C]`.
    Output: `[B, H / strides, W / strides, filters]`, as `Conv2D`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        norm: Norm,
        *,
        strides: int = 1,
        relu: bool = False,
        leak: float = 0.0,
        deformable: bool = False,
        same_padding: bool = False,
        kernel_initializer: Any = XAVIER,
        gamma_initializer: str = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.relu = relu
        self.leak = leak
        self.conv: keras.layers.Layer
        if deformable:
            self.conv = DeformConv2D(
                filters, kernel_size, strides=strides, name="conv", dtype=self.dtype_policy
            )
        else:
            self.conv = Conv2D(
                filters,
                kernel_size,
                strides=strides,
                same_padding=same_padding,
                use_bias=False,
                kernel_initializer=kernel_initializer,
                name="conv",
                dtype=self.dtype_policy,
            )
        self.norm = build_norm(
            norm, gamma_initializer=gamma_initializer, name="norm", dtype=self.dtype_policy
        )
        self.filters = filters

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.conv.build(input_shape)
        self.norm.build((None, None, None, self.filters))

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        y = self.norm(self.conv(x), training=training)
        if not self.relu:
            return y
        return tf.nn.leaky_relu(y, self.leak) if self.leak else tf.nn.relu(y)
