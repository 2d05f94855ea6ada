import numpy as np
import pytest

from tinaface.network.conv import Conv2D

pytestmark = pytest.mark.tf


def a_tap(row, column):
    """A kernel that copies one of its nine places."""
    kernel = np.zeros((3, 3, 1, 1), np.float32)
    kernel[row, column] = 1
    return kernel


@pytest.mark.parametrize("size", [6, 7])
@pytest.mark.parametrize("strides", [1, 2])
def test_the_middle_tap_reads_the_cell_itself_whatever_stride_and_size(size, strides):
    layer = Conv2D(1, 3, strides=strides)
    layer.build((None, None, None, 1))
    layer.kernel.assign(a_tap(1, 1))
    x = np.arange(size * size, dtype=np.float32).reshape(1, size, size, 1)

    y = layer(x)

    np.testing.assert_array_equal(y, x[:, ::strides, ::strides])


@pytest.mark.parametrize(("strides", "place"), [(1, (1, 1)), (2, (0, 0))])
def test_same_padding_pads_a_stride_on_the_right_and_bottom_only(strides, place):
    layer = Conv2D(1, 3, strides=strides, same_padding=True)
    layer.build((None, None, None, 1))
    layer.kernel.assign(a_tap(*place))
    x = 1 + np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)

    np.testing.assert_array_equal(layer(x), x[:, ::strides, ::strides])


def test_the_first_tap_of_a_stride_reads_the_padding_above_and_left():
    layer = Conv2D(1, 3, strides=2)
    layer.build((None, None, None, 1))
    layer.kernel.assign(a_tap(0, 0))
    x = 1 + np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)

    y = layer(x)

    np.testing.assert_array_equal(y[0, :, :, 0], [[0, 0], [0, x[0, 1, 1, 0]]])
