"""The two normalisations of the published variants, with PyTorch's statistics."""

from typing import Any

import keras
import tensorflow as tf

from tinaface.presets import Norm


class GroupNorm(keras.layers.Layer):
    """Normalises blocks of neighbouring channels over channels, height and width.

    Input:  `[B, H, W, C]`, C divisible by `groups`.
    Output: the same shape.
    Source: Wu and He, Group Normalization (arXiv 1803.08494), equation 7; biased variance.
    """

    def __init__(
        self,
        groups: int = 32,
        epsilon: float = 1e-5,
        gamma_initializer: str = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.groups = groups
        self.epsilon = epsilon
        self.gamma_initializer = gamma_initializer

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        channels = input_shape[-1]
        if channels is None or channels % self.groups:
            raise ValueError(f"{channels} channels make no {self.groups} groups")
        self.gamma = self.add_weight(
            shape=(channels,), initializer=self.gamma_initializer, name="gamma", autocast=False
        )
        self.beta = self.add_weight(
            shape=(channels,), initializer="zeros", name="beta", autocast=False
        )

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        # One mean and variance a channel, then the groups from those: the large map is never
        # reshaped, and one multiplication and one addition normalise it.
        wide = tf.cast(x, self.variable_dtype)  # float16 sums of a whole map overflow
        channel_mean, channel_variance = tf.nn.moments(wide, [1, 2])
        channels = self.gamma.shape[0]
        grouped = [-1, self.groups, channels // self.groups]
        means = tf.reshape(channel_mean, grouped)
        group_mean = tf.reduce_mean(means, axis=-1, keepdims=True)
        group_variance = tf.reduce_mean(
            tf.reshape(channel_variance, grouped) + tf.square(means - group_mean),
            axis=-1,
            keepdims=True,
        )
        scale = tf.math.rsqrt(group_variance + self.epsilon) * tf.reshape(self.gamma, grouped)
        shift = tf.reshape(self.beta, grouped) - group_mean * scale
        per_channel = [-1, 1, 1, channels]
        y = wide * tf.reshape(scale, per_channel) + tf.reshape(shift, per_channel)
        return tf.cast(y, x.dtype)


class BatchNorm(keras.layers.Layer):
    """Normalises each channel over batch, height and width.

    In training the map is normalised with the biased variance, while the running one follows the
    unbiased: that is what PyTorch does, and it shows on P6 and P7, which hold few cells. A layer
    that several levels share updates its statistics once a call, in the order of the calls.

    Input:  `[B, H, W, C]`.
    Output: the same shape.
    Source: Ioffe and Szegedy (arXiv 1502.03167), algorithms 1 and 2; specification, section 14.
    """

    def __init__(
        self,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        gamma_initializer: str = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon
        self.gamma_initializer = gamma_initializer

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        def weight(name: str, initializer: str, trainable: bool) -> keras.Variable:
            return self.add_weight(
                shape=(input_shape[-1],),
                initializer=initializer,
                name=name,
                trainable=trainable,
                autocast=False,
            )

        self.gamma = weight("gamma", self.gamma_initializer, trainable=True)
        self.beta = weight("beta", "zeros", trainable=True)
        self.moving_mean = weight("moving_mean", "zeros", trainable=False)
        self.moving_variance = weight("moving_variance", "ones", trainable=False)

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        uses_batch = training and self.trainable
        normalise = self._plain if x.dtype == tf.float64 else self._fused
        y, mean, unbiased_variance = normalise(x, uses_batch)
        if uses_batch:
            self._follow(self.moving_mean, mean)
            self._follow(self.moving_variance, unbiased_variance)
        return y

    def _follow(self, running: keras.Variable, batch: tf.Tensor) -> None:
        running.assign(running * self.momentum + batch * (1 - self.momentum))

    def _fused(self, x: tf.Tensor, uses_batch: bool) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        # The kernel's variance output is the unbiased one. The raw operation is called because the
        # public wrapper raises an epsilon of 1e-5 to 1.001e-5.
        empty = tf.zeros([0])
        result = tf.raw_ops.FusedBatchNormV3(
            x=x,
            scale=self.gamma,
            offset=self.beta,
            mean=empty if uses_batch else self.moving_mean,
            variance=empty if uses_batch else self.moving_variance,
            epsilon=self.epsilon,
            is_training=uses_batch,
        )
        return result.y, result.batch_mean, result.batch_variance

    def _plain(self, x: tf.Tensor, uses_batch: bool) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The same in ordinary operations; the fused kernel does not know float64."""
        if uses_batch:
            mean, variance = tf.nn.moments(x, [0, 1, 2])
        else:
            mean = tf.convert_to_tensor(self.moving_mean)
            variance = tf.convert_to_tensor(self.moving_variance)
        scale = tf.math.rsqrt(variance + self.epsilon) * self.gamma
        count = tf.cast(tf.reduce_prod(tf.shape(x)[:3]), x.dtype)
        unbiased = variance * count / tf.maximum(count - 1, 1)
        return (x - mean) * scale + self.beta, mean, unbiased


def build_norm(settings: Norm, **kwargs: Any) -> keras.layers.Layer:
    """The layer that `settings` names; `kwargs` go to the layer."""
    if settings.kind == "group":
        return GroupNorm(settings.groups, settings.epsilon, **kwargs)
    return BatchNorm(settings.momentum, settings.epsilon, **kwargs)
