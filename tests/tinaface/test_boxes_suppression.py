"""Suppression and voting of `tinaface.boxes`, against their definitions written out plainly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinaface import boxes
from tinaface.boxes import pairwise_iou, suppress, vote


def plain_suppress(xyxy, scores, iou_threshold):
    """The definition: look at each box in turn, one by one."""
    kept = []
    for row in np.argsort(-scores, kind="stable"):
        overlaps = pairwise_iou(xyxy[row : row + 1], xyxy[kept])[0]
        if not np.any(overlaps > iou_threshold):
            kept.append(int(row))
    return kept


def plain_vote(kept, candidates, scores, iou_threshold):
    voted = kept.astype(np.float64)
    for row, box in enumerate(kept):
        near = pairwise_iou(box[None], candidates)[0] >= iou_threshold
        if near.any():
            voted[row] = np.average(candidates[near], axis=0, weights=scores[near])
    return voted


def crowd(seed, count, faces, spread):
    """Many jittered copies of some boxes of very different sizes."""
    draw = np.random.default_rng(seed)
    corner = draw.uniform(0, 500, (faces, 2))
    side = np.exp(draw.uniform(0, 6, (faces, 2)))
    base = np.concatenate([corner, corner + side], axis=1)[draw.integers(0, faces, count)]
    jitter = draw.normal(0, spread, (count, 4)) * np.tile(base[:, 2:] - base[:, :2], 2)
    xyxy = (base + jitter).astype(np.float32)
    return xyxy, draw.random(count).astype(np.float32)


small = st.integers(0, 12)
some_boxes = st.lists(st.tuples(small, small, small, small, st.integers(0, 4)), max_size=30)


@given(some_boxes, st.sampled_from([0.0, 0.01, 0.3, 0.45, 0.5, 0.9, 1.0]))
def test_suppression_of_few_boxes_follows_the_definition(rows, iou_threshold):
    table = np.array(rows, np.float32).reshape(-1, 5)
    xyxy = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)

    kept = suppress(xyxy, table[:, 4], iou_threshold)

    assert kept.tolist() == plain_suppress(xyxy, table[:, 4], iou_threshold)


@pytest.mark.parametrize("iou_threshold", [0.0, 0.02, 0.45, 0.8, 1.0])
@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_suppression_of_many_boxes_follows_the_definition(monkeypatch, iou_threshold, spread):
    for name, size in (("_FIRST_CHUNK", 8), ("_LARGEST_CHUNK", 32), ("_BLOCK", 8)):
        monkeypatch.setattr(boxes, name, size)  # many chunks, so that the bins do the work
    xyxy, scores = crowd(seed=1, count=400, faces=60, spread=spread)

    kept = suppress(xyxy, scores, iou_threshold)

    assert kept.tolist() == plain_suppress(xyxy, scores, iou_threshold)


def test_a_limit_keeps_the_best():
    xyxy, scores = crowd(seed=2, count=3000, faces=800, spread=0.1)

    assert (
        suppress(xyxy, scores, 0.45, limit=7).tolist() == suppress(xyxy, scores, 0.45)[:7].tolist()
    )


def test_of_equal_scores_the_earlier_box_stays():
    xyxy = np.array([[0, 0, 10, 10], [0, 0, 10, 11]], np.float32)

    assert suppress(xyxy, np.array([0.5, 0.5], np.float32), 0.45).tolist() == [0]


def test_no_box_leaves_no_box():
    nothing = np.zeros((0, 4), np.float32)

    assert suppress(nothing, np.zeros(0, np.float32), 0.45).tolist() == []
    assert vote(nothing, nothing, np.zeros(0, np.float32), 0.45).shape == (0, 4)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.sampled_from([0.02, 0.45, 0.9]))
def test_voting_is_the_weighted_mean_of_the_candidates_around(seed, iou_threshold):
    candidates, scores = crowd(seed, count=150, faces=12, spread=0.1)
    kept = candidates[suppress(candidates, scores, 0.3)]

    voted = vote(kept, candidates, scores, iou_threshold)

    expected = plain_vote(kept, candidates, scores, iou_threshold)
    np.testing.assert_allclose(voted, expected, rtol=1e-5, atol=1e-3)


def test_a_box_that_nobody_votes_for_stays_where_it_is():
    kept = np.array([[0, 0, 4, 4]], np.float32)
    far = np.array([[5000, 5000, 5100, 5100]], np.float32)

    np.testing.assert_array_equal(vote(kept, far, np.ones(1, np.float32), 0.5), kept)
