"""The orders of the list of images."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tinaface.image_order import ImageOrder, ranked

COLUMNS = {
    "cost": np.array([0.1, 0.9, np.nan, 0.9]),
    "boxes": np.array([3.0, np.nan, 7, 3]),
    "min_face": np.array([12.0, 4, np.nan, 12]),
    "mtime_ns": np.array([5.0, 9, 1, 9]),
}


def test_ties_go_by_path_and_unknown_ones_come_last():
    assert ranked(ImageOrder.WORST, COLUMNS, 4, 0).tolist() == [1, 3, 0, 2]
    assert ranked(ImageOrder.MOST_BOXES, COLUMNS, 4, 0).tolist() == [2, 0, 3, 1]
    assert ranked(ImageOrder.SMALLEST_FACE, COLUMNS, 4, 0).tolist() == [1, 0, 3, 2]
    assert ranked(ImageOrder.NEWEST, COLUMNS, 4, 0).tolist() == [1, 3, 0, 2]


@given(st.sampled_from(ImageOrder), st.integers(0, 9))
def test_every_order_holds_every_image_once_and_again_the_same(order: ImageOrder, seed: int):
    found = ranked(order, COLUMNS, 4, seed)

    assert sorted(found.tolist()) == [0, 1, 2, 3]
    np.testing.assert_array_equal(found, ranked(order, COLUMNS, 4, seed))
