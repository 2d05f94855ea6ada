import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinaface.boxes import Detections, area, clip, pairwise_iou


def ordered(corners):
    x = np.sort(corners[:, 0::2], axis=1)
    y = np.sort(corners[:, 1::2], axis=1)
    return np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], axis=1)


box_arrays = hnp.arrays(
    np.float64,
    st.tuples(st.integers(0, 6), st.just(4)),
    elements=st.floats(-500, 500, width=32),
).map(ordered)


@given(box_arrays, box_arrays)
def test_iou_is_symmetric_and_within_0_and_1(left, right):
    iou = pairwise_iou(left, right)

    np.testing.assert_array_equal(iou, pairwise_iou(right, left).T)
    assert np.all((iou >= 0) & (iou <= 1))


def test_iou_has_no_plus_one_convention():
    left = np.array([[0.0, 0.0, 10.0, 10.0]])
    right = np.array([[5.0, 0.0, 15.0, 10.0]])

    iou = pairwise_iou(left, right)

    assert iou[0, 0] == pytest.approx(50 / 150)


def test_a_box_with_reversed_corners_has_no_area():
    assert area(np.array([[10.0, 0.0, 0.0, 10.0]]))[0] == 0


@given(box_arrays)
def test_clipped_boxes_lie_inside_the_picture(boxes):
    clipped = clip(boxes, height=100, width=60)

    assert np.all(clipped >= 0)
    assert np.all(clipped[:, 0::2] <= 60)
    assert np.all(clipped[:, 1::2] <= 100)


def test_detections_cannot_be_changed_by_whoever_holds_them():
    detections = Detections(np.zeros((1, 4)), np.ones(1))

    with pytest.raises(ValueError, match="read-only"):
        detections.scores[0] = 0.5


def test_detections_need_one_score_a_box():
    with pytest.raises(ValueError, match="xyxy must be"):
        Detections(np.zeros((2, 4)), np.ones(1))


def test_above_keeps_scores_equal_to_the_threshold():
    detections = Detections(np.zeros((3, 4)), np.array([0.2, 0.5, 0.9]))

    np.testing.assert_array_equal(detections.above(0.5).scores, [0.5, 0.9])
