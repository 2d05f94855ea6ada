"""Facts about detections, and the scores that a model makes of them."""

import dataclasses
import json

import numpy as np
import pytest

from tinaface import weights
from tinaface.boxes import Detections
from tinaface.errors import CheckpointError
from tinaface.inference.rescoring import FACTS, KEY, Rescoring, facts, rescoring_of, terms
from tinaface.presets import PRESETS
from tinaface.weights import WeightsHeader

SIZE = (400, 200)
HEADER = WeightsHeader.of(PRESETS["compact"])
N_TERMS = 1 + len(FACTS) + len(FACTS) * (len(FACTS) + 1) // 2


def detections(*rows):
    """Of rows x, y, side, score: squares."""
    table = np.array(rows, np.float64).reshape(-1, 4)
    xyxy = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:3]], axis=1)
    return Detections(xyxy, table[:, 3])


def fact(name, found, among=None, size=SIZE):
    return facts(found, found if among is None else among, size)[:, FACTS.index(name)]


def model(**factors):
    """Log odds are the sum of the facts times their factors."""
    numbers = [0.0] * N_TERMS
    for name, factor in factors.items():
        numbers[1 + FACTS.index(name)] = factor
    count = len(FACTS)
    return Rescoring([0.0] * count, [1.0] * count, numbers)


THREE = detections((0, 0, 20, 0.9), (100, 0, 25, 0.5), (0, 100, 160, 0.2))


def test_size_is_told_in_pixels_and_as_a_share_of_the_longer_side():
    np.testing.assert_allclose(fact("size", THREE), np.log([20, 25, 160]))
    np.testing.assert_allclose(fact("share", THREE), np.log([0.05, 0.0625, 0.4]))


def test_kin_are_the_others_of_similar_size():
    np.testing.assert_allclose(fact("kin", THREE), np.log([0.6, 1.0, 0.1]), atol=1e-9)


def test_oddity_is_measured_from_those_that_are_likely():
    middle = (np.log(20) + np.log(25)) / 2
    np.testing.assert_allclose(fact("oddity", THREE), np.abs(np.log([20, 25, 160]) - middle))
    assert fact("oddity", detections((0, 0, 20, 0.1))).tolist() == [3.0]


def test_only_a_better_box_counts_as_overlapping():
    found = detections((0, 0, 10, 0.9), (5, 0, 10, 0.5), (100, 0, 10, 0.4))
    np.testing.assert_allclose(fact("overlap", found), [0, 1 / 3, 0])


def test_support_and_spread_come_from_the_candidates_before_suppression():
    found = detections((0, 0, 20, 0.9), (100, 0, 20, 0.5))
    among = detections((0, 0, 20, 0.9), (5, 0, 20, 0.3), (100, 0, 20, 0.5), (0, 0, 160, 0.8))
    shifted = 15 / 25  # IoU of the two of the first face

    np.testing.assert_allclose(fact("support", found, among), np.log1p([2, 1]))
    np.testing.assert_allclose(
        fact("spread", found, among), [0.3 * (1 - shifted) / 1.2, 0], atol=1e-6
    )


def test_facts_of_the_whole_picture_are_the_same_for_all():
    np.testing.assert_allclose(fact("best", THREE), [0.9] * 3)
    np.testing.assert_allclose(fact("sure", THREE), np.log1p([2] * 3))


def test_terms_are_a_constant_the_bounded_facts_and_their_products():
    given = terms(np.array([[2.0, -9.0]]), np.zeros(2), np.ones(2))
    assert given.tolist() == [[1, 2, -3.5, 4, -7, 12.25]]


def test_detections_come_back_in_the_order_of_their_new_scores():
    rescored = model(kin=1.0)(THREE, THREE, SIZE)

    assert rescored.xyxy.tolist() == THREE.xyxy[[1, 0, 2]].tolist()
    odds = np.array([1.0, 0.6, 0.1]) ** 0.5
    np.testing.assert_allclose(rescored.scores, odds / (1 + odds))
    assert model(kin=1.0).scores(THREE, THREE, SIZE)[1] == rescored.scores[0]


def test_a_picture_without_detections_has_none_afterwards():
    assert len(model(score=1.0)(Detections.none(), Detections.none(), SIZE)) == 0


def test_a_header_keeps_the_model(tmp_path):
    kept = model(score=1.0, overlap=-2.5)
    path = tmp_path / "w.safetensors"
    weights.write(path, dataclasses.replace(HEADER, extra={KEY: kept.as_text()}), {})

    read = rescoring_of(path, weights.read_header(path))

    assert read.weights == tuple(kept.weights)
    assert rescoring_of(path, HEADER) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda fields: fields.update(facts=["colour"]),
        lambda fields: fields.pop("weights"),
        lambda fields: fields["means"].pop(),
        lambda fields: fields.update(weights=[float("nan")] * N_TERMS),
        lambda fields: fields.update(means="many"),
        lambda fields: fields.update(more=[1.0]),
    ],
)
def test_a_damaged_model_is_refused(damage):
    fields = json.loads(model().as_text())
    damage(fields)
    header = dataclasses.replace(HEADER, extra={KEY: json.dumps(fields)})

    with pytest.raises(CheckpointError, match="rescoring"):
        rescoring_of("w.safetensors", header)


def test_text_that_is_no_model_is_refused():
    for text in ("[1, 2]", "{", ""):
        with pytest.raises(CheckpointError):
            rescoring_of("w.safetensors", dataclasses.replace(HEADER, extra={KEY: text}))
