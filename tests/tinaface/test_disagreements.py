"""Disagreements against the evaluation's own matching, and the laws the queue relies on."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.tinaface.test_matching import boxes_of, scenes
from tinaface.boxes import pairwise_iou
from tinaface.disagreements import (
    DUPLICATE_IOU,
    LEAST_PAIRS,
    Convention,
    Kind,
    find,
    fit,
    offsets_between,
)
from tinaface.matching import match

FACE = [10.0, 10.0, 50.0, 60.0]
thresholds = st.sampled_from([0.0, 0.05, 0.1, 0.25, 0.3, 0.5, 0.7, 0.9, 1.0])


def found_in(predictions, scores, labels, is_ignored=None):
    xyxy, gt_boxes = boxes_of(predictions), boxes_of(labels)
    ignored = np.zeros(len(gt_boxes), bool) if is_ignored is None else np.array(is_ignored)
    return find(match(xyxy, np.array(scores, float), gt_boxes, ignored), gt_boxes, xyxy)


def kinds(candidates, threshold):
    return [Kind(kind) for kind in candidates.kind[candidates.holds(threshold)].tolist()]


@given(scenes(), thresholds)
def test_extra_and_missed_are_the_evaluations_at_every_threshold(scene, threshold):
    xyxy, scores, gt_boxes, is_ignored = scene
    matching = match(xyxy, scores.astype(np.float32), gt_boxes, is_ignored)  # as models give them

    found = find(matching, gt_boxes, xyxy)
    held = found.holds(threshold)

    rows = {kind: found.row[held & (found.kind == kind)].tolist() for kind in Kind}
    assert rows[Kind.FP] == matching.false_alarms(threshold).tolist()
    assert rows[Kind.FN] == matching.missed(threshold).tolist()
    assert set(rows[Kind.LOOSE]) <= set(matching.matched_gt[matching.hits(threshold)].tolist())


@given(scenes())
def test_duplicates_are_the_pairs_of_counting_labels_that_overlap_much(scene):
    xyxy, _, gt_boxes, _ = scene
    matching = match(*scene)

    found = find(matching, gt_boxes, xyxy)

    is_dup = found.kind == Kind.DUP
    iou = pairwise_iou(gt_boxes, gt_boxes)
    expected = {
        (later, earlier)
        for later in range(len(gt_boxes))
        for earlier in range(later)
        if iou[later, earlier] > DUPLICATE_IOU
        and matching.is_target[later]
        and matching.is_target[earlier]
    }
    pairs = zip(found.row[is_dup].tolist(), found.partner[is_dup].tolist(), strict=True)
    assert set(pairs) == expected


@given(
    st.lists(st.floats(-0.4, 0.4), min_size=4, max_size=4),
    st.floats(2, 300),
    st.floats(2, 300),
)
def test_the_overlap_of_a_pair_follows_from_its_offset(offset, width, height):
    label = np.array([[5, 7, 5 + width, 7 + height]])
    x, y, log_width, log_height = offset
    centre = np.array([5 + width / 2 + x * width, 7 + height / 2 + y * height])
    half = np.array([width * np.exp(log_width), height * np.exp(log_height)]) / 2
    prediction = np.concatenate([centre - half, centre + half])[None]

    offsets = offsets_between(label, prediction)

    np.testing.assert_allclose(offsets[0], offset, atol=1e-6)
    iou, _ = fit(offsets, Convention())
    np.testing.assert_allclose(iou, pairwise_iou(label, prediction)[0], atol=1e-6)


def test_a_pair_that_fits_badly_is_loose_where_its_prediction_is_shown():
    found = found_in([[10, 10, 50, 48]], [0.6], [[10, 10, 50, 68]])

    assert kinds(found, 0.6) == [Kind.LOOSE]
    assert kinds(found, 0.61) == [Kind.FN]


def test_a_side_that_differs_by_more_than_a_quarter_is_loose_though_the_overlap_is_good():
    # 51 high instead of 40: overlap 0.78.
    found = found_in([[0, 0, 40, 51]], [0.9], [[0, 0, 40, 40]])

    assert kinds(found, 0.5) == [Kind.LOOSE]


def test_a_habit_of_the_whole_data_set_makes_no_pair_loose():
    labels = np.array([[x, 0, x + 30.0, 40] for x in range(0, 30 * 50, 50)])
    taller = labels + np.array([0, -8, 0, 8])
    offsets = offsets_between(labels, taller)
    assert len(labels) >= LEAST_PAIRS

    habit = Convention.of(offsets)

    assert fit(offsets, Convention())[1].all()
    assert not fit(offsets, habit)[1].any()


def test_a_label_as_the_model_draws_it_is_not_loose_under_a_habit():
    exact = offsets_between(boxes_of([FACE]), boxes_of([FACE]))

    _, is_loose = fit(exact, Convention(height=0.4, width=0.3))

    assert not is_loose.any()


def test_few_pairs_make_no_habit():
    offsets = np.full((LEAST_PAIRS - 1, 4), 0.2)

    assert Convention.of(offsets) == Convention()


def test_a_large_face_missed_costs_more_than_a_small_one():
    found = found_in([], [], [[0, 0, 10, 12], [100, 100, 200, 220]])

    small, large = found.cost.tolist()
    assert large > small


def test_an_ignored_label_disagrees_with_nothing():
    found = found_in([FACE], [0.9], [FACE, FACE], [True, True])

    assert len(found) == 0
