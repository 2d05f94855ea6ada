import numpy as np
import pytest
import tensorflow as tf

from tests.golden.checks_network import check_deform_conv
from tests.shared import GOLDEN, needs_golden
from tinaface.network.deform_conv import DeformConv2D, deform_conv2d

pytestmark = pytest.mark.tf


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def sample(plane, y, x):
    """Bilinear sampling with zeros outside, cell by cell, as section 2.1 puts it."""
    height, width = plane.shape
    if not (-1 < y < height and -1 < x < width):
        return 0.0
    top, left = int(np.floor(y)), int(np.floor(x))
    total = 0.0
    for row in (top, top + 1):
        for column in (left, left + 1):
            if 0 <= row < height and 0 <= column < width:
                total += plane[row, column] * (1 - abs(y - row)) * (1 - abs(x - column))
    return total


@needs_golden
@pytest.mark.parametrize("path", sorted(GOLDEN.glob("c_deform_conv*.npz")), ids=lambda p: p.stem)
def test_outputs_and_gradients_equal_the_reference(path):
    assert [m for m in check_deform_conv(path) if not m.passed] == []


def test_without_offsets_it_is_the_ordinary_convolution():
    x, kernel = random(2, 5, 6, 3), random(3, 3, 3, 4, seed=1)

    y = deform_conv2d(x, np.zeros((2, 5, 6, 18), np.float32), kernel, padding=1)

    np.testing.assert_allclose(y, tf.nn.conv2d(x, kernel, 1, "SAME"), rtol=1e-4, atol=1e-5)


def test_it_equals_the_formula_written_out():
    x, kernel = random(1, 4, 5, 2), random(3, 3, 2, 3, seed=1)
    offset = 2 * random(1, 2, 3, 18, seed=2)

    y = deform_conv2d(x, offset, kernel, stride=2, padding=1)

    expected = np.zeros((2, 3, 3))
    for h, w, i, j, c in np.ndindex(2, 3, 3, 3, 2):
        tap = 3 * i + j
        down, right = offset[0, h, w, 2 * tap : 2 * tap + 2]
        value = sample(x[0, :, :, c], 2 * h - 1 + i + down, 2 * w - 1 + j + right)
        expected[h, w] += kernel[i, j, c] * value
    np.testing.assert_allclose(y[0], expected, rtol=1e-4, atol=1e-5)


def test_places_beyond_any_integer_read_zero_and_get_no_gradient():
    x, kernel = tf.constant(random(1, 3, 3, 2)), random(3, 3, 2, 2, seed=1)
    offset = tf.constant(np.full((1, 3, 3, 18), 1e30, np.float32))

    with tf.GradientTape() as tape:
        tape.watch([x, offset])
        y = deform_conv2d(x, offset, kernel, padding=1)
    by_x, by_offset = tape.gradient(y, [x, offset])

    for zero in (y, by_x, by_offset):
        np.testing.assert_array_equal(zero, np.zeros(zero.shape))


def test_a_tap_on_the_padding_gets_no_gradient_of_its_offset():
    # Fresh offsets are zero, so border taps lie exactly at -1, which counts as outside.
    layer = DeformConv2D(2, 3)
    x = tf.constant(random(1, 3, 3, 2))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(x)[:, 0, 0])

    gradient = tape.gradient(y, layer.offset_bias)

    outside = [2 * tap + axis for tap in (0, 1, 2, 3, 6) for axis in (0, 1)]
    np.testing.assert_array_equal(np.asarray(gradient)[outside], np.zeros(10))
    assert np.abs(gradient).max() > 0


def test_no_step_holds_more_than_four_samples_of_one_tap():
    cells, channels = 24 * 20, 32
    traced = tf.function(lambda x, o, k: deform_conv2d(x, o, k, padding=1)).get_concrete_function(
        tf.TensorSpec([1, 24, 20, channels]),
        tf.TensorSpec([1, 24, 20, 18]),
        tf.TensorSpec([3, 3, channels, channels]),
    )

    sizes = [
        tensor.shape.num_elements()
        for operation in traced.graph.get_operations()
        for tensor in operation.outputs
        if tensor.shape.is_fully_defined()
    ]

    assert max(sizes) <= 4 * cells * channels
