"""The loss of a batch beyond what the golden files hold."""

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from tests.fixtures.presets import HAND_MADE  # noqa: E402
from tinaface.network.anchors import level_anchors  # noqa: E402
from tinaface.training import losses, targets  # noqa: E402

pytestmark = pytest.mark.tf

PRESET = HAND_MADE
ANCHORS = tf.constant(np.concatenate(level_anchors(PRESET, 64, 64)))


def outputs(batch, dtype=tf.float32):
    rng = np.random.default_rng(0)
    sizes = [-(-64 // stride) for stride in PRESET.strides]
    return {
        name: [
            tf.constant(rng.normal(size=[batch, side, side, width]) - 2, dtype) for side in sizes
        ]
        for name, width in (("class_logits", 3), ("box_deltas", 12), ("iou_logits", 3))
    }


def test_a_batch_without_faces_has_only_background_to_learn():
    maps = outputs(2)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        sums = losses.batch_loss(maps, ANCHORS, tf.zeros([2, 0, 4]))
        total = sums.total
    gradients = tape.gradient(total, maps, unconnected_gradients="zero")

    assert float(sums.box) == float(sums.iou) == 0
    assert float(sums.normaliser) == 2
    assert all(np.isfinite(g).all() for g in tf.nest.flatten(gradients))


def test_anchors_that_are_not_judged_teach_nothing():
    gt = tf.constant([[[10.0, 10, 30, 36]]])
    maps = outputs(1)
    is_judged = targets.shares_inside(ANCHORS, 64) >= 0.5
    with tf.GradientTape() as tape:
        tape.watch(maps)
        total = losses.batch_loss(maps, ANCHORS, gt, is_judged=is_judged).total
    gradients = tape.gradient(total, maps["class_logits"])

    flat = np.concatenate([np.asarray(level).reshape(-1) for level in gradients])
    assert 0 < np.count_nonzero(is_judged) < len(ANCHORS)
    np.testing.assert_array_equal(flat != 0, is_judged)


def test_each_image_without_a_positive_counts_as_one_in_the_normaliser():
    gt = tf.constant([[[10.0, 10, 30, 36]], [[0.0, 0, 0, 0]]])

    both = losses.batch_loss(outputs(2), ANCHORS, gt).normaliser
    first = losses.batch_loss(outputs(1), ANCHORS, gt[:1]).normaliser

    assert float(both) == float(first) + 1


def test_an_ignored_face_lowers_the_classification_loss_by_its_anchors():
    gt = tf.zeros([1, 0, 4])
    ignored = tf.constant([[[10.0, 10, 30, 36]]])

    without = losses.batch_loss(outputs(1), ANCHORS, gt)
    with_ignored = losses.batch_loss(outputs(1), ANCHORS, gt, ignored)

    assert float(with_ignored.classification) < float(without.classification)


def test_of_the_negatives_only_the_hardest_are_mined():
    logits = tf.constant([[3.0, -1, 2, 0, 1, 4], [0, 1, 2, -3, 3, 5]])
    is_face = tf.constant([[False, True, False, False, False, False], [False] * 6])
    is_background = tf.constant([[True, False, True, True, True, False], [True] * 5 + [False]])

    found = losses.mined_loss(logits, is_face, is_background, 2).numpy()

    def cross_entropy(logit):
        return np.log1p(np.exp(logit))

    # A picture with one face, and one without, which has as many negatives.
    first, second = [3, 1, 2, 0, 0, 0], [0, 0, 2, 0, 3, 0]
    expected = [[cross_entropy(v) if v else 0 for v in row] for row in (first, second)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_picture_with_fewer_negatives_than_wanted_learns_all_of_them():
    is_face = tf.constant([[True, True, False, False]])
    is_background = tf.constant([[False, False, True, False]])

    found = losses.mined_loss(tf.zeros([1, 4]), is_face, is_background, 7)

    np.testing.assert_allclose(found.numpy(), [[np.log(2)] * 3 + [0]], rtol=1e-5)


def test_mined_negatives_replace_the_focal_loss_of_a_batch():
    gt = tf.constant([[[8.0, 8, 30, 36]]])

    focal = losses.batch_loss(outputs(1), ANCHORS, gt)
    mined = losses.batch_loss(outputs(1), ANCHORS, gt, mined_negatives=3)

    assert float(mined.classification) > float(focal.classification) > 0
    assert float(mined.box) == float(focal.box)


def test_a_ratio_beyond_the_clip_has_no_gradient():
    deltas = tf.constant([[0.0, 0.0, 30.0, -30.0]])
    with tf.GradientTape() as tape:
        tape.watch(deltas)
        decoded = losses.decode(tf.constant([[0.0, 0.0, 10.0, 10.0]]), deltas)
    gradient = tape.gradient(decoded, deltas).numpy()

    assert gradient[0, 2:].tolist() == [0, 0]


def test_a_thousand_faces_fit_into_one_picture():
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 56, (1, 1000, 2))
    gt = tf.constant(np.concatenate([corners, corners + 8], axis=-1), tf.float32)

    sums = losses.batch_loss(outputs(1), ANCHORS, gt)

    assert np.isfinite(float(sums.total))
    assert float(sums.normaliser) > len(ANCHORS) / 10


def test_low_precision_outputs_are_summed_in_float32():
    sums = losses.batch_loss(outputs(1, tf.bfloat16), ANCHORS, tf.constant([[[8.0, 8, 30, 36]]]))

    assert sums.total.dtype == tf.float32
