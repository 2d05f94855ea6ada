"""Matching against a plain re-statement of its rules, and the laws that its users rely on."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinaface.boxes import pairwise_intersection, pairwise_iou
from tinaface.matching import ABSORBED, UNMATCHED, find_overlaps, match


def boxes_of(rows):
    return np.asarray(rows, np.float64).reshape(-1, 4)


@st.composite
def scenes(draw):
    """Few detections and faces on a small grid: ties, duplicates and empty boxes are common."""

    def box():
        x, y = draw(st.integers(0, 6)), draw(st.integers(0, 6))
        return [x, y, x + draw(st.integers(0, 6)), y + draw(st.integers(0, 6))]

    xyxy = boxes_of([box() for _ in range(draw(st.integers(0, 8)))])
    scores = np.array([draw(st.sampled_from([0.1, 0.25, 0.5, 0.9])) for _ in xyxy])
    gt_boxes = boxes_of([box() for _ in range(draw(st.integers(0, 7)))])
    is_ignored = np.array([draw(st.booleans()) for _ in gt_boxes], bool)
    return xyxy, scores, gt_boxes, is_ignored


def match_slowly(xyxy, scores, gt_boxes, is_ignored, iou_threshold, preferred=None):
    """The rules of tinaface.matching, one detection and one face at a time."""
    matched = [UNMATCHED] * len(xyxy)
    free = [not ignored for ignored in is_ignored]
    if preferred is None:
        preferred = [True] * len(gt_boxes)
    for row in sorted(range(len(xyxy)), key=lambda i: -scores[i]):
        best, best_rank = None, (False, iou_threshold)
        for face in range(len(gt_boxes)):
            iou = pairwise_iou(xyxy[[row]], gt_boxes[[face]])[0, 0]
            rank = (bool(preferred[face]), iou)
            if free[face] and iou >= iou_threshold and (best is None or rank > best_rank):
                best, best_rank = face, rank
        if best is not None:
            matched[row] = best
            free[best] = False
            continue
        width, height = xyxy[row, 2:] - xyxy[row, :2]
        for face in np.flatnonzero(is_ignored):
            shared = pairwise_intersection(xyxy[[row]], gt_boxes[[face]])[0, 0]
            if width * height > 0 and shared / (width * height) >= 0.5:
                matched[row] = ABSORBED
    return matched


@given(scenes(), st.sampled_from([0.1, 0.3, 0.5, 0.75, 1.0]))
def test_matching_equals_its_plain_restatement(scene, iou_threshold):
    matching = match(*scene, iou_threshold)

    assert matching.matched_gt.tolist() == match_slowly(*scene, iou_threshold)


@given(scenes(), st.integers(0, 2**7 - 1))
def test_preferred_faces_are_taken_before_better_overlapped_ones(scene, bits):
    preferred = np.array([bool(bits >> i & 1) for i in range(len(scene[2]))], bool)

    matching = find_overlaps(*scene).match(preferred=preferred)

    assert matching.matched_gt.tolist() == match_slowly(*scene, 0.5, preferred)


@given(scenes())
def test_both_sides_of_a_match_name_each_other(scene):
    matching = match(*scene)

    hits = np.flatnonzero(matching.matched_gt >= 0)
    np.testing.assert_array_equal(matching.matched_detection[matching.matched_gt[hits]], hits)
    assert np.count_nonzero(matching.matched_detection >= 0) == len(hits)


@given(scenes(), st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 0.9, 1.0]))
def test_cutting_at_a_threshold_equals_matching_only_the_detections_above_it(scene, threshold):
    xyxy, scores, gt_boxes, is_ignored = scene
    whole = match(*scene)
    kept = np.flatnonzero(scores >= threshold)

    alone = match(xyxy[kept], scores[kept], gt_boxes, is_ignored)

    np.testing.assert_array_equal(whole.matched_gt[kept], alone.matched_gt)
    np.testing.assert_array_equal(whole.hits(threshold), kept[alone.hits(0)])
    np.testing.assert_array_equal(whole.false_alarms(threshold), kept[alone.false_alarms(0)])
    np.testing.assert_array_equal(whole.missed(threshold), alone.missed(0))


@given(scenes())
def test_every_detection_and_every_target_is_accounted_for_once(scene):
    xyxy, _, gt_boxes, is_ignored = scene
    matching = match(*scene)

    n_absorbed = np.count_nonzero(matching.matched_gt == ABSORBED)
    sides = gt_boxes[:, 2:] - gt_boxes[:, :2]
    assert len(matching.hits(0)) + len(matching.false_alarms(0)) + n_absorbed == len(xyxy)
    assert len(matching.hits(0)) + len(matching.missed(0)) == np.count_nonzero(
        ~is_ignored & (sides > 0).all(axis=1)
    )


def test_an_overlap_of_exactly_the_threshold_is_a_hit():
    face = boxes_of([[0, 0, 10, 10]])

    matching = match(boxes_of([[0, 0, 10, 5]]), np.array([0.9]), face, np.array([False]))

    assert matching.matched_gt.tolist() == [0]
    assert matching.iou.tolist() == [0.5]


def test_a_second_detection_of_one_face_is_a_false_alarm():
    face = boxes_of([[0, 0, 10, 10]])
    twice = np.repeat(face, 2, axis=0)

    matching = match(twice, np.array([0.4, 0.8]), face, np.array([False]))

    assert matching.matched_gt.tolist() == [UNMATCHED, 0]
    assert matching.false_alarms(0.0).tolist() == [0]
    assert matching.false_alarms(0.5).tolist() == []


def test_a_detection_whose_best_face_is_taken_takes_the_next_best():
    faces = boxes_of([[0, 0, 10, 10], [2, 0, 12, 10]])
    detections = boxes_of([[0, 0, 10, 10], [0.5, 0, 10.5, 10]])

    matching = match(detections, np.array([0.9, 0.8]), faces, np.zeros(2, bool))

    assert matching.matched_gt.tolist() == [0, 1]


def test_a_small_detection_inside_a_large_ignored_face_is_absorbed():
    crowd = boxes_of([[0, 0, 100, 100]])
    detections = boxes_of([[5, 5, 15, 15], [95, 5, 105, 15], [96, 5, 106, 15]])

    matching = match(detections, np.array([0.9, 0.9, 0.9]), crowd, np.array([True]))

    assert matching.matched_gt.tolist() == [ABSORBED, ABSORBED, UNMATCHED]
    assert matching.missed(0).tolist() == []


def test_a_real_face_is_taken_before_an_ignored_one_that_fits_better():
    faces = boxes_of([[0, 0, 10, 10], [0, 0, 10, 14]])
    detection = boxes_of([[0, 0, 10, 10]])

    matching = match(detection, np.array([0.5]), faces, np.array([True, False]))

    assert matching.matched_gt.tolist() == [1]


def test_a_face_without_area_is_neither_found_nor_missed():
    flat = boxes_of([[3, 3, 3, 9]])

    matching = match(flat, np.array([0.5]), flat, np.array([False]))

    assert matching.false_alarms(0).tolist() == [0]
    assert matching.missed(0).tolist() == []


def test_faces_are_missed_where_there_are_no_detections_at_all():
    faces = boxes_of([[0, 0, 4, 4], [5, 5, 9, 9]])

    matching = match(boxes_of([]), np.zeros(0), faces, np.array([False, True]))

    assert matching.missed(0.0).tolist() == [0]


def test_arrays_cannot_be_changed_by_a_panel_that_shares_them():
    face = boxes_of([[0, 0, 10, 10]])
    matching = match(face, np.array([0.9]), face, np.array([False]))

    with pytest.raises(ValueError, match="read-only"):
        matching.matched_gt[0] = 5


@pytest.mark.parametrize(
    ("scores", "reason"),
    [(np.array([np.nan]), "finite"), (np.array([0.5, 0.5]), "1 scores|2 scores")],
)
def test_what_is_no_detection_is_refused(scores, reason):
    face = boxes_of([[0, 0, 10, 10]])

    with pytest.raises(ValueError, match=reason):
        match(face, scores, face, np.array([False]))


def test_overlaps_answer_no_threshold_below_the_one_they_were_made_for():
    face = boxes_of([[0, 0, 10, 10]])
    overlaps = find_overlaps(face, np.array([0.9]), face, np.array([False]), least_iou=0.5)

    with pytest.raises(ValueError, match=r"below 0\.5"):
        overlaps.match(0.3)


def test_a_crowd_of_5000_needs_no_dense_matrix():
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 4000, (5000, 2))
    gt_boxes = np.hstack([corner, corner + rng.uniform(5, 40, (5000, 1)) * [1, 1.3]])
    xyxy = gt_boxes + rng.normal(0, 1.5, gt_boxes.shape)

    tracemalloc.start()
    matching = match(xyxy, rng.uniform(size=5000), gt_boxes, rng.uniform(size=5000) < 0.1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(matching.hits(0)) > 3000
    # A dense matrix of these alone takes 200 MB; the pairs looked at are about 1 in 100 of it.
    assert peak < 120e6
