"""What is learned about detections from labelled pictures."""

import numpy as np
import pytest

from tinaface.boxes import Detections
from tinaface.dataset import GroundTruth
from tinaface.training import rescoring
from tinaface.training.rescoring import Evidence

SIZE = (600, 600)


def picture(rng):
    """Six faces of one size, and six boxes of other sizes, with scores that tell them badly."""
    places = 100 * np.stack(np.divmod(rng.permutation(36)[:12], 6), axis=1).astype(float)
    face_side = rng.uniform(10, 60)
    sides = np.full(12, face_side)
    sides[6:] *= rng.choice([0.25, 0.35, 1.6, 1.8], 6)
    sides *= rng.uniform(0.9, 1.1, 12)
    xyxy = np.concatenate([places, places + sides[:, None]], axis=1)
    scores = np.concatenate([rng.uniform(0.3, 0.9, 6), rng.uniform(0.2, 0.8, 6)])
    return Detections(xyxy, scores), GroundTruth(xyxy[:6].astype(np.float32), np.zeros(6, bool))


def gathered(pictures):
    evidence = Evidence()
    for found, truth in pictures:
        evidence.add(found, found, SIZE, truth)
    return evidence


def share_of_right_pairs(found, truth):
    """How often a face scores more than another box."""
    faces = {tuple(box) for box in truth.gt_boxes.tolist()}
    is_face = np.array([tuple(b) in faces for b in found.xyxy.astype(np.float32).tolist()])
    return np.mean(found.scores[is_face][:, None] > found.scores[~is_face])


def test_boxes_of_the_usual_size_are_trusted_more_afterwards():
    rng = np.random.default_rng(0)
    model = gathered([picture(rng) for _ in range(150)]).learn()

    unseen = [picture(rng) for _ in range(40)]
    before = np.mean([share_of_right_pairs(*one) for one in unseen])
    after = np.mean([share_of_right_pairs(model(f, f, SIZE), t) for f, t in unseen])

    assert before < 0.7
    assert after > 0.9


def test_what_lies_on_an_ignored_face_counts_neither_way():
    found, truth = picture(np.random.default_rng(0))
    ignored = GroundTruth(truth.gt_boxes, np.arange(6) < 2)

    assert gathered([(found, truth)]).counts == (6, 6)
    assert gathered([(found, ignored)]).counts == (4, 6)
    assert gathered([(Detections.none(), truth)]).counts == (0, 0)


def test_too_little_evidence_is_refused():
    rng = np.random.default_rng(0)
    enough = -(-rescoring.LEAST_DETECTIONS // 6)

    with pytest.raises(ValueError, match="too few"):
        gathered([picture(rng) for _ in range(enough - 1)]).learn()
    gathered([picture(rng) for _ in range(enough)]).learn()


def test_the_weights_are_where_the_penalised_loss_has_no_slope():
    rng = np.random.default_rng(0)
    given = np.concatenate([np.ones((300, 1)), rng.normal(size=(300, 65))], axis=1)
    is_face = given[:, 1] + rng.normal(size=300) > 0.3

    weights = rescoring._logistic(given, is_face)

    probability = 1 / (1 + np.exp(-given @ weights))
    pull = given.T @ (probability - is_face)
    pull[1:] += rescoring._PENALTY * weights[1:]
    np.testing.assert_allclose(pull, 0, atol=0.05)
