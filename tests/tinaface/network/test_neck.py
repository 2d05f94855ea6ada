import numpy as np
import pytest
import tensorflow as tf

from tinaface.network.neck import LEAK, CascadedPyramid, FeaturePyramid, resize_bilinear
from tinaface.presets import Norm

pytestmark = pytest.mark.tf


@pytest.mark.parametrize("size", [(6, 8), (5, 7), (4, 9)])
def test_resizing_gives_the_same_in_float64_as_in_float32(size):
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))

    wide = resize_bilinear(tf.constant(x), *size)

    assert wide.dtype == tf.float64
    narrow = resize_bilinear(tf.constant(x, tf.float32), *size)
    np.testing.assert_allclose(wide, narrow, rtol=1e-5, atol=1e-6)


def test_resizing_keeps_the_centres_of_cells_and_holds_the_edges():
    x = tf.constant([0.0, 4.0])[None, None, :, None]

    y = resize_bilinear(x, 1, 4)

    np.testing.assert_allclose(y[0, 0, :, 0], [0, 1, 3, 4])


def test_the_coarse_levels_come_from_the_backbone_and_not_from_p5():
    neck = FeaturePyramid(4, (2, 3, 4, 5, 6, 7), Norm("batch"))
    shapes = [(1, 16, 16, 4), (1, 8, 8, 4), (1, 4, 4, 4), (1, 2, 2, 4)]
    neck.build(shapes)
    maps = [tf.ones(shape) for shape in shapes]
    before = neck(maps)

    neck.outputs[3].conv.kernel.assign(tf.zeros([3, 3, 4, 4]))
    after = neck(maps)

    assert np.abs(after[3]).max() == 0
    np.testing.assert_array_equal(after[4], before[4])
    np.testing.assert_array_equal(after[5], before[5])


def test_a_cascaded_level_flows_on_after_its_convolution():
    neck = CascadedPyramid(4, (3, 4, 5), Norm("batch"))
    shapes = [(1, 16, 16, 4), (1, 8, 8, 4), (1, 4, 4, 4), (1, 2, 2, 4)]
    neck.build(shapes)
    draw = np.random.default_rng(0).normal
    maps = [tf.constant(draw(size=shape), tf.float32) for shape in shapes]
    before = neck(maps)

    neck.outputs[1].conv.kernel.assign(tf.zeros([3, 3, 4, 4]))  # P4's
    after = neck(maps)

    assert [level.shape for level in before] == shapes[1:]
    assert np.abs(after[1]).max() == 0
    assert np.abs(after[0] - before[0]).max() > 0.01
    np.testing.assert_array_equal(after[2], before[2])


def test_the_coarsest_level_of_a_cascade_is_its_lateral_map():
    neck = CascadedPyramid(4, (4, 5), Norm("batch"))
    shapes = [(1, 16, 16, 4), (1, 8, 8, 4), (1, 4, 4, 4), (1, 2, 2, 4)]
    neck.build(shapes)
    neck.laterals[-1].conv.kernel.assign(-np.eye(4, dtype=np.float32)[None, None])

    p5 = neck([tf.ones(shape) for shape in shapes])[-1]

    np.testing.assert_allclose(p5, -LEAK, rtol=1e-4)
