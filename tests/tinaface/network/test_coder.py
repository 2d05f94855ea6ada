import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.shared import GOLDEN, needs_golden
from tinaface.network.coder import LIMIT, decode, encode


def boxes(least_side):
    side = st.floats(least_side, 40, width=32)
    corner = st.floats(-500, 500, width=32)
    quarters = hnp.arrays(np.float64, (5, 2), elements=corner)
    return st.tuples(quarters, hnp.arrays(np.float64, (5, 2), elements=side)).map(
        lambda parts: np.concatenate([parts[0], parts[0] + parts[1]], axis=1)
    )


@needs_golden
@pytest.mark.tf
@pytest.mark.parametrize("path", sorted(GOLDEN.glob("e_bbox_coder*.npz")), ids=lambda p: p.stem)
def test_the_coder_equals_the_reference(path):
    from tests.golden.checks_network import check_box_coder

    assert [m for m in check_box_coder(path) if not m.passed] == []


@given(boxes(least_side=1), boxes(least_side=1))
def test_decoding_what_was_encoded_gives_the_box(anchors, faces):
    np.testing.assert_allclose(decode(anchors, encode(anchors, faces)), faces, atol=1e-6)


def test_zero_deltas_give_the_anchor():
    anchors = np.asarray([[10, 20, 30, 60]], np.float32)

    np.testing.assert_array_equal(decode(anchors, np.zeros((1, 4), np.float32)), anchors)


def test_no_side_grows_more_than_the_limit():
    anchors = np.asarray([[0, 0, 8, 8]], np.float64)

    box = decode(anchors, np.asarray([[0, 0, 1e9, -1e9]]))[0]

    assert box[2] - box[0] == pytest.approx(8 * np.exp(LIMIT)) == pytest.approx(8 * 62.5)
    assert box[3] - box[1] == pytest.approx(8 / 62.5)
