import math

import numpy as np
import pytest

from app.training.series import Series


def test_only_records_that_hold_the_figure_make_its_curve():
    records = [{"step": 1, "loss": 2.0}, {"step": 2, "validation_ap50": 0.5}, {"step": 3}]

    series = Series.of(records, "loss")

    assert (series.steps.tolist(), series.values.tolist()) == ([1], [2.0])


@pytest.mark.parametrize("value", [math.nan, math.inf, None, "2"])
def test_what_is_no_finite_number_is_left_out(value):
    assert len(Series.of([{"step": 1, "loss": value}], "loss").values) == 0


def test_smoothing_leaves_a_level_curve_as_it_is_from_its_first_point():
    series = Series(np.arange(5.0), np.full(5, 3.0))

    np.testing.assert_allclose(series.smoothed(0.9).values, 3.0)


def test_smoothing_lies_between_past_and_present():
    series = Series(np.arange(2.0), np.array([0.0, 1.0]))

    assert series.smoothed(0.5).values.tolist() == [0, pytest.approx(2 / 3)]
    assert series.smoothed(0).values.tolist() == [0, 1]


def test_the_record_next_to_the_pointer_is_told():
    series = Series(np.array([10.0, 20.0]), np.array([1.0, 2.0]))

    assert series.at(16) == (20, 2)
    assert Series(np.empty(0), np.empty(0)).at(3) is None
