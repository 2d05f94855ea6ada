"""The fitted odds are those that the examples have."""

import numpy as np

from tinaface.suspicion.odds import fit, log_odds_of, probability_of


def test_the_odds_of_two_gaussians_are_found() -> None:
    # N(1, 1) against N(-1, 1): the log of the ratio of their densities is 2 x.
    rng = np.random.default_rng(0)
    features = np.concatenate([rng.normal(1, 1, 4000), rng.normal(-1, 1, 4000)])[:, None]
    is_one = np.repeat([1.0, 0.0], 4000)

    model = fit(features, is_one, np.ones(8000))

    np.testing.assert_allclose(model(np.array([[-1.0], [0.0], [1.5]])), [-2, 0, 3], atol=0.25)


def test_weights_count_as_that_many_examples() -> None:
    features = np.array([[0.0], [0.0]])

    model = fit(features, np.array([1.0, 0.0]), np.array([3.0, 1.0]))

    np.testing.assert_allclose(probability_of(model(np.zeros((1, 1)))), 0.75, atol=1e-3)


def test_a_feature_that_never_varies_says_nothing() -> None:
    features = np.ones((10, 1))

    model = fit(features, np.repeat([1.0, 0.0], 5), np.ones(10))

    np.testing.assert_allclose(model(features), 0, atol=1e-6)


def test_classes_that_do_not_overlap_give_finite_odds() -> None:
    features = np.repeat([1.0, -1.0], 50)[:, None]

    model = fit(features, np.repeat([1.0, 0.0], 50), np.ones(100))

    assert np.isfinite(model(features)).all()
    assert (model(features)[:50] > 1).all()


def test_log_odds_and_probability_are_each_others_inverse() -> None:
    values = np.array([0.01, 0.5, 0.98])

    np.testing.assert_allclose(probability_of(log_odds_of(values)), values)
