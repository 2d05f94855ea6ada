"""The training mathematics meets the reference's vectors."""

import pytest

from tests.shared import GOLDEN, needs_golden

pytestmark = [pytest.mark.tf, needs_golden]

# The training steps of whole paper networks take minutes: `python -m tests.golden` runs them all.
LIGHT = ["f_assigner", "g1_losses", "h_augment", "j_lr_schedule", "j2_sgd"]


@pytest.mark.parametrize("kind", LIGHT)
def test_training_mathematics_equals_the_reference(kind):
    from tests.golden.checks_training import CHECKS

    measurements = CHECKS[kind](GOLDEN / f"{kind}.npz")

    assert measurements
    assert [each for each in measurements if not each.passed] == []


@pytest.mark.slow
def test_gradients_of_a_whole_network_equal_the_reference_in_float64():
    from tests.golden.checks_training_step import check_training_step

    measurements = check_training_step(GOLDEN / "g2_train_bn_256x256_double.npz", steps=1)

    assert len(measurements) > 8
    assert [each for each in measurements if not each.passed] == []
