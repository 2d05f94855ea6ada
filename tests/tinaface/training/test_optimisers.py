"""AdamW and the moving average against their formulas; SGD is proven by the golden file."""

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from tinaface.training.optimisers import AdamW, MovingAverage  # noqa: E402

pytestmark = pytest.mark.tf


def test_adamw_follows_its_formula():
    rng = np.random.default_rng(0)
    start = rng.normal(size=(3, 4)).astype(np.float32)
    weight = tf.Variable(start)
    optimiser = AdamW([weight], weight_decay=0.1)
    expected, first, second = start.astype(float), 0.0, 0.0
    for step in range(1, 6):
        gradient = 0.1 * rng.normal(size=(3, 4))
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        move = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
        expected -= 0.01 * (move + 0.1 * expected)

        optimiser.update([tf.constant(gradient, tf.float32)], tf.constant(0.01))

    np.testing.assert_allclose(weight, expected, rtol=1e-5)


def test_adamw_decays_no_scale_or_bias():
    weight = tf.Variable([1.0, 2.0])

    AdamW([weight], weight_decay=0.5).update([tf.zeros(2)], tf.constant(0.1))

    assert weight.numpy().tolist() == [1, 2]


def test_one_huge_gradient_moves_the_weights_no_further_than_a_large_one():
    small, huge = tf.Variable([[1.0]]), tf.Variable([[1.0]])

    AdamW([small], 0.0).update([tf.constant([[10.0]])], tf.constant(0.1))
    AdamW([huge], 0.0).update([tf.constant([[1e9]])], tf.constant(0.1))

    np.testing.assert_allclose(small, huge, rtol=1e-6)


def test_the_average_forgets_the_random_start_quickly():
    variable = tf.Variable(100.0)
    average = MovingAverage([variable], decay=0.999)
    variable.assign(1.0)

    for _ in range(60):
        average.update()

    assert abs(float(average.values[0]) - 1) < 0.1


def test_the_average_keeps_its_share_of_the_past_in_the_long_run():
    variable = tf.Variable(0.0)
    average = MovingAverage([variable], decay=0.5)
    for _ in range(50):
        average.update()
    variable.assign(1.0)

    average.update()

    assert float(average.values[0]) == pytest.approx(0.5)
