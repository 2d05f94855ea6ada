"""The counted network is the built one."""

import pytest

from tinaface.presets import PRESETS
from tinaface.training.cost import network_cost


@pytest.mark.tf
@pytest.mark.slow
@pytest.mark.parametrize("name", ["compact", "seed"])
def test_the_count_of_weights_is_that_of_the_network(name):
    detector = pytest.importorskip("tinaface.network.detector")

    built = detector.build_detector(PRESETS[name]).count_params()

    assert network_cost(PRESETS[name]).weights == pytest.approx(built, rel=0.02)


def test_memory_grows_with_the_batch_and_a_compact_training_fits_an_ordinary_computer():
    cost = network_cost(PRESETS["compact"])

    small, large = (cost.training_bytes(PRESETS["compact"], batch) for batch in (1, 8))

    assert small < large < 4 * 2**30
