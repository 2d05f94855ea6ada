import numpy as np
import pytest
import tensorflow as tf

from tinaface.network.norm import BatchNorm, GroupNorm

pytestmark = pytest.mark.tf


def a_map(shape, seed=0):
    return np.random.default_rng(seed).normal(2, 3, shape).astype(np.float32)


def test_group_norm_takes_neighbouring_channels_of_one_picture_together():
    layer = GroupNorm(groups=2, epsilon=1e-5)
    x = a_map((2, 3, 4, 6))

    y = layer(x)

    for picture in range(2):
        for channels in (slice(0, 3), slice(3, 6)):
            block = x[picture, :, :, channels].astype(np.float64)
            expected = (block - block.mean()) / np.sqrt(block.var() + 1e-5)
            np.testing.assert_allclose(y[picture, :, :, channels], expected, rtol=1e-5, atol=1e-6)


def test_group_norm_refuses_channels_that_make_no_groups():
    with pytest.raises(ValueError, match="6 channels make no 4 groups"):
        GroupNorm(groups=4).build((None, None, None, 6))


def test_group_norm_does_not_overflow_in_float16():
    layer = GroupNorm(groups=1, dtype="mixed_float16")

    y = layer(np.full((1, 64, 64, 8), 300, np.float16) + a_map((1, 64, 64, 8)))

    assert np.isfinite(y).all()


def test_batch_norm_normalises_with_the_biased_and_remembers_the_unbiased_variance():
    layer = BatchNorm(momentum=0.9, epsilon=1e-5)
    x = a_map((2, 1, 2, 3))

    y = layer(x, training=True)

    cells = x.reshape(-1, 3).astype(np.float64)
    expected = (x - cells.mean(0)) / np.sqrt(cells.var(0) + 1e-5)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean, 0.1 * cells.mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, 0.9 + 0.1 * cells.var(0, ddof=1), rtol=1e-5)


def test_a_shared_batch_norm_follows_each_call_in_order():
    layer = BatchNorm(momentum=0.9)
    levels = [a_map((1, 4, 4, 2), 1), a_map((1, 2, 2, 2), 2), a_map((1, 1, 2, 2), 3)]

    tf.function(lambda maps: [layer(level, training=True) for level in maps])(levels)

    running = np.zeros(2)
    for level in levels:
        running = 0.9 * running + 0.1 * level.mean((0, 1, 2))
    np.testing.assert_allclose(layer.moving_mean, running, rtol=1e-5)


def test_batch_norm_uses_its_running_statistics_outside_training():
    layer = BatchNorm(epsilon=1e-5)
    layer.build((None, None, None, 2))
    layer.moving_mean.assign([1.0, -2.0])
    layer.moving_variance.assign([4.0, 0.25])
    x = a_map((1, 2, 2, 2))

    y = layer(x)

    np.testing.assert_allclose(y, (x - [1, -2]) / [2, 0.5], rtol=1e-4, atol=1e-5)


def test_a_frozen_batch_norm_neither_uses_nor_learns_from_the_batch():
    layer = BatchNorm()
    layer.build((None, None, None, 2))
    layer.trainable = False
    x = a_map((1, 3, 3, 2))

    y = layer(x, training=True)

    np.testing.assert_allclose(y, x, rtol=1e-4)
    np.testing.assert_array_equal(layer.moving_mean, [0, 0])


def test_float64_batch_norm_equals_the_fused_one():
    x = a_map((2, 3, 3, 4))
    fused, plain = BatchNorm(dtype="float32"), BatchNorm(dtype="float64")

    np.testing.assert_allclose(
        fused(x, training=True), plain(x, training=True), rtol=1e-4, atol=1e-5
    )
    for ours, theirs in zip(fused.variables, plain.variables, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
