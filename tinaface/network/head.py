"""Head: from one level's map to class, box and IoU outputs of every anchor.

Source: TinaFace (arXiv 2011.13183); specification, section 5.
"""

import math
from typing import Any

import keras
import tensorflow as tf

from tinaface.network.conv import Conv2D, ConvNorm
from tinaface.presets import Norm

# A fresh network calls one anchor in a hundred a face, so that the many negatives do not
# overwhelm the first steps (RetinaNet, arXiv 1708.02002, section 4.1).
PRIOR = 0.01


class Head(keras.layers.Layer):
    """Two towers of 3x3 convolutions; the IoU output stands on the box tower.

    Without towers all outputs are computed as one convolution: three of few filters take three
    times as long.

    Input:  `[B, H, W, channels]`.
    Output: class logits `[B, H, W, A]`, box deltas `[B, H, W, 4 A]` (anchor by anchor dx, dy, dw,
        dh) and IoU logits `[B, H, W, A]`; never narrower than float32.
    """

    def __init__(
        self,
        channels: int,
        depth: int,
        anchors: int,
        norm: Norm,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

        def tower(name: str) -> list[ConvNorm]:
            return [
                ConvNorm(
                    channels,
                    3,
                    norm,
                    relu=True,
                    kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
                    name=f"{name}{i}",
                    dtype=self.dtype_policy,
                )
                for i in range(depth)
            ]

        def output(filters: int, name: str, **initial: Any) -> Conv2D:
            # Scores of float16 tie, and box deltas lose a pixel on large faces.
            return Conv2D(filters, 3, name=name, dtype=self.variable_dtype, **initial)

        self.class_tower = tower("class_tower")
        self.box_tower = tower("box_tower")
        self.class_logits = output(
            anchors,
            "class_logits",
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
            bias_initializer=keras.initializers.Constant(-math.log((1 - PRIOR) / PRIOR)),
        )
        self.box_deltas = output(4 * anchors, "box_deltas", kernel_initializer="zeros")
        self.iou_logits = output(anchors, "iou_logits", kernel_initializer="zeros")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        for layer in (*self.class_tower, *self.box_tower):
            layer.build(input_shape)
        for layer in (self.class_logits, self.box_deltas, self.iou_logits):
            layer.build(input_shape)

    def call(self, x: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        # Where maps are narrower than outputs, each output casts for itself.
        if not self.class_tower and self.compute_dtype == self.variable_dtype:
            return self._outputs_of_one_map(x)
        faces = boxes = x
        for layer in self.class_tower:
            faces = layer(faces, training=training)
        for layer in self.box_tower:
            boxes = layer(boxes, training=training)
        return self.class_logits(faces), self.box_deltas(boxes), self.iou_logits(boxes)

    def _outputs_of_one_map(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        outputs = (self.class_logits, self.box_deltas, self.iou_logits)
        kernel = tf.concat([each.kernel.value for each in outputs], axis=-1)
        bias = tf.concat([each.bias.value for each in outputs], axis=-1)
        y = tf.nn.conv2d(x, kernel, strides=1, padding="SAME") + bias
        return tuple(tf.split(y, [each.filters for each in outputs], axis=-1))
