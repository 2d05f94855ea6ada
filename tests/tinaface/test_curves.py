"""Curves to draw agree with the rankings they are of."""

import numpy as np
import pytest
from hypothesis import given

from tests.tinaface.judged import ELSEWHERE, FACES, detections, faces, judged
from tests.tinaface.test_metrics import datasets, ranking_of
from tinaface.curves import curve_of, wider_curve_of
from tinaface.evaluation import judge


@pytest.fixture
def curve():
    """Hits at 0.875 and 0.5, a false alarm at 0.75; a third face is never found."""
    found = detections((FACES[0], 0.875), (ELSEWHERE, 0.75), (FACES[1], 0.5))
    return curve_of(judged(faces(["a"], [FACES]), [found]).ranking)


def test_a_curve_has_a_point_for_every_score(curve):
    np.testing.assert_allclose(curve.thresholds, [0.875, 0.75, 0.5])
    np.testing.assert_allclose(curve.recall, [1 / 3, 1 / 3, 2 / 3])
    np.testing.assert_allclose(curve.precision, [1, 1 / 2, 2 / 3])


def test_the_nearest_point_is_the_one_picked(curve):
    assert curve.nearest(0.6, 0.7) == 2


def test_a_threshold_shows_where_it_is_on_the_curve(curve):
    assert [curve.at(threshold) for threshold in (0.95, 0.875, 0.6, 0.0)] == [None, 0, 1, 2]


def test_a_range_of_recall_is_a_range_of_scores(curve):
    assert curve.scores_between(0.2, 0.4) == (0.75, 0.875)
    assert curve.scores_between(0.4, 0.5) is None


def test_an_empty_run_has_an_empty_curve():
    curve = curve_of(judged(faces(["a"], [FACES]), [detections()]).ranking)

    assert len(curve) == 0
    assert curve.nearest(0.5, 0.5) is None
    assert curve.at(0.1) is None


@given(datasets)
def test_every_point_is_what_its_threshold_gives(dataset):
    ranking = ranking_of(dataset)

    curve = curve_of(ranking)

    for threshold, recall, precision in zip(
        curve.thresholds, curve.recall, curve.precision, strict=True
    ):
        counts = ranking.at(threshold)
        assert counts.recall == pytest.approx(recall)
        assert counts.precision == pytest.approx(precision)


@given(datasets)
def test_a_thinned_curve_keeps_its_end_and_has_no_new_points(dataset):
    ranking = ranking_of(dataset)
    whole = curve_of(ranking)

    thin = curve_of(ranking, most_points=3)

    assert len(thin) <= 3
    assert set(thin.thresholds) <= set(whole.thresholds)
    if len(whole):
        assert thin.thresholds[-1] == whole.thresholds[-1]


def test_thresholds_of_the_wider_protocol_are_scores_again():
    found = [detections((FACES[0], 0.8), (ELSEWHERE, 0.6), (FACES[1], 0.3))]
    face_set = faces(["a"], [FACES])
    judgement = judge("wider", face_set, found)["all"]

    curve = wider_curve_of(judgement.curve, found)

    place = curve.at(0.7)
    assert place is not None
    assert curve.recall[place] == pytest.approx(1 / 3)
    assert curve.recall[curve.at(0.3)] == pytest.approx(2 / 3)
    assert curve.recall[curve.at(0.31)] == pytest.approx(1 / 3)
