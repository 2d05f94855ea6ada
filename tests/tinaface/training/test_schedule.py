"""The learning rate of one cosine; restarts are proven by the golden curve."""

import pytest

from tinaface.presets import Schedule
from tinaface.training.schedule import LearningRate

SCHEDULE = Schedule(learning_rate=0.1, batch=8, warmup_steps=100, warmup_ratio=0.1)


def rate(batch=8):
    return LearningRate(SCHEDULE, batch, steps_per_epoch=50)


def test_the_first_step_has_the_warm_up_share_of_the_base_rate():
    assert rate().in_one_cycle(0, 0.0) == pytest.approx(0.01)


def test_the_end_of_the_cycle_has_a_hundredth_of_the_base_rate():
    assert rate().in_one_cycle(1000, 1.0) == pytest.approx(0.001)


def test_a_run_that_overstays_its_time_keeps_the_last_rate():
    assert rate().in_one_cycle(1000, 1.2) == pytest.approx(0.001)


def test_the_rate_scales_with_the_batch():
    assert rate(batch=16).in_one_cycle(500, 0.3) == pytest.approx(2 * rate().in_one_cycle(500, 0.3))


def test_a_restart_returns_to_the_base_rate():
    assert rate().with_restarts(50 * SCHEDULE.cycle_epochs) == pytest.approx(0.1)
