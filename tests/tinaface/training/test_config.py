"""The options of a run: which schedule they make."""

import pytest

from tinaface.presets import PRESETS
from tinaface.training.config import TrainConfig


def schedule(**changes):
    config = TrainConfig("faces", preset="compact", epochs=1, weights="w", schedule=changes)
    return config, config.trained_preset.schedule


def test_fields_of_the_schedule_take_other_values():
    config, changed = schedule(
        zoom=[0.8, 1.7], mined_negatives=7, optimiser="sgd", batch=6, ema=0, max_faces=None
    )

    assert (changed.zoom, changed.mined_negatives) == ((0.8, 1.7), 7)
    assert (changed.optimiser, changed.ema, changed.max_faces) == ("sgd", 0, None)
    assert config.pictures_per_batch == 6
    assert changed.crop == PRESETS["compact"].schedule.crop


def test_what_is_left_as_it_is_can_be_chosen():
    assert schedule(fixed=["backbone/"])[0].restraint.fixed == ("backbone/",)
    assert not schedule(fixed=[])[0].restraint.freezes_statistics


def test_the_rate_from_weights_can_be_chosen():
    assert schedule(rate_from_weights=1e-4)[1].learning_rate == 1e-4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("zoom", [0.8]),
        ("zoom", "large"),
        ("batch", 2.5),
        ("batch", True),
        ("uses_ignore", 1),
        ("optimiser", "momentum"),
        ("ema", None),
        ("fixed", [1]),
    ],
)
def test_a_value_of_another_kind_is_refused(name, value):
    with pytest.raises(ValueError, match=name):
        schedule(**{name: value})


def test_an_unknown_field_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"no 'zooom', but .*zoom"):
        schedule(zooom=1)
