"""Which anchor learns which face."""

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from tinaface.network.anchors import level_anchors  # noqa: E402
from tinaface.presets import PRESETS  # noqa: E402
from tinaface.training import targets  # noqa: E402

pytestmark = pytest.mark.tf

ANCHORS = np.array([[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]], np.float32)


def assign(gt, ignored=None, anchors=ANCHORS):
    ignored = None if ignored is None else tf.constant([ignored], tf.float32)
    gt = tf.reshape(tf.constant(gt, tf.float32), [1, -1, 4])
    return targets.assign_anchors(tf.constant(anchors), gt, ignored).numpy()[0].tolist()


def restated(anchors, gt):
    """The specification's steps, one face and one anchor at a time."""
    iou = targets.iou(tf.constant(gt)[:, None], tf.constant(anchors)[None]).numpy()
    assigned = np.zeros(len(anchors), int)
    for n in range(len(anchors)):
        if len(gt) and iou[:, n].max() >= np.float32(0.35):
            assigned[n] = int(np.flatnonzero(iou[:, n] == iou[:, n].max())[0]) + 1
    for g in range(len(gt)):
        if iou[g].max() >= np.float32(0.35):
            assigned[iou[g] == iou[g].max()] = g + 1
    return assigned


def test_a_face_takes_the_anchor_that_it_fills():
    assert assign([[20, 0, 30, 10]]) == [0, 1, 0]


def test_without_faces_every_anchor_is_background():
    assert assign([]) == [0, 0, 0]


def test_of_two_equal_faces_the_later_takes_their_best_anchor():
    assert assign([[0, 0, 10, 10], [0, 0, 10, 10]]) == [2, 0, 0]


def test_a_face_below_the_threshold_takes_no_anchor():
    assert assign([[0, 0, 3, 10]]) == [0, 0, 0]


def test_a_face_below_the_threshold_takes_its_best_anchor_where_the_schedule_allows_less():
    gt = tf.constant([[[0, 0, 3, 10]]], tf.float32)  # IoU 0.3 with the first anchor

    def assigned(least):
        return targets.assign_anchors(tf.constant(ANCHORS), gt, least_claim=least).numpy().tolist()

    assert assigned(0.25) == [[1, 0, 0]]
    assert assigned(0.35) == [[0, 0, 0]]


def test_rows_of_zeros_are_padding():
    assert assign([[20, 0, 30, 10], [0, 0, 0, 0]]) == [0, 1, 0]


def test_an_ignored_face_keeps_its_anchors_from_being_background():
    assert assign([[20, 0, 30, 10]], ignored=[[40, 0, 50, 10]]) == [0, 1, -1]


def test_an_ignored_face_too_small_for_any_anchor_keeps_its_best_one_from_being_background():
    assert assign([], ignored=[[2, 2, 4, 4]]) == [-1, 0, 0]


def test_an_ignored_crowd_keeps_every_anchor_inside_from_being_background():
    assert assign([], ignored=[[0, 0, 35, 200]]) == [-1, -1, 0]


def test_an_ignored_face_takes_no_anchor_from_a_real_one():
    assert assign([[20, 0, 30, 10]], ignored=[[18, 0, 32, 12]]) == [0, 1, 0]


@pytest.mark.parametrize("seed", range(5))
def test_crowds_are_assigned_as_the_specification_says(seed):
    rng = np.random.default_rng(seed)
    anchors = np.concatenate(level_anchors(PRESETS["compact"], 64, 96))
    corners = rng.integers(0, 80, (60, 2))
    gt = np.concatenate([corners, corners + rng.integers(4, 30, (60, 2))], axis=1)

    assigned = assign(gt.astype(np.float32), anchors=anchors)

    assert assigned == restated(anchors, gt.astype(np.float32)).tolist()


def test_chunks_change_nothing(monkeypatch):
    rng = np.random.default_rng(1)
    anchors = np.concatenate(level_anchors(PRESETS["compact"], 64, 64))
    corners = rng.uniform(0, 50, (40, 2))
    gt = np.concatenate([corners, corners + rng.uniform(4, 30, (40, 2))], axis=1)
    whole = assign(gt, anchors=anchors, ignored=gt[:3] + 9)

    monkeypatch.setattr(targets, "_CHUNK_ELEMENTS", 7 * len(anchors))

    assert assign(gt, anchors=anchors, ignored=gt[:3] + 9) == whole


def test_neither_the_number_of_faces_nor_the_size_of_the_picture_is_traced_twice():
    traced = tf.function(
        targets.assign_anchors,
        input_signature=[tf.TensorSpec([None, 4]), tf.TensorSpec([None, None, 4])],
    )

    for size, faces in ((64, 1), (96, 7), (64, 30)):
        anchors = np.concatenate(level_anchors(PRESETS["compact"], size, size))
        traced(tf.constant(anchors), tf.random.uniform([2, faces, 4], 0, size))

    assert traced.experimental_get_tracing_count() == 1


def test_the_share_of_an_anchor_inside_the_crop_is_that_of_its_area():
    anchors = tf.constant(
        [[0.0, 0, 10, 10], [-5, 0, 5, 10], [60, 60, 70, 70], [-40, -40, -30, -30]]
    )

    shares = targets.shares_inside(anchors, 64)

    np.testing.assert_allclose(shares, [1, 0.5, 0.16, 0], atol=1e-6)
