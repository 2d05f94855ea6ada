import dataclasses

import pytest

from tinaface.presets import PRESETS


def test_every_preset_is_found_under_its_own_name():
    assert all(PRESETS[name].name == name for name in PRESETS)
    assert set(PRESETS) == {"paper-gn-dcn", "paper-bn", "compact", "seed"}


def test_levels_must_be_consecutive():
    with pytest.raises(ValueError, match="levels"):
        dataclasses.replace(PRESETS["compact"], levels=(2, 3, 5, 6))


def test_a_cascade_has_no_level_beyond_the_trunk():
    with pytest.raises(ValueError, match="cascaded"):
        dataclasses.replace(PRESETS["compact"], levels=(2, 3, 4, 5))


def test_levels_may_begin_at_stride_4_or_8():
    paper = PRESETS["paper-bn"]

    assert dataclasses.replace(paper, levels=(2, 3, 4, 5)).strides == (4, 8, 16, 32)
    assert dataclasses.replace(paper, levels=(3, 4, 5)).strides == (8, 16, 32)
    with pytest.raises(ValueError, match="levels"):
        dataclasses.replace(paper, levels=(4, 5, 6))


def test_levels_reach_the_coarsest_map_of_the_trunk():
    compact = PRESETS["compact"]
    strided = dataclasses.replace(compact.backbone, stem_stride=2)

    with pytest.raises(ValueError, match="to 5 or further"):
        dataclasses.replace(compact, backbone=strided)
    assert dataclasses.replace(compact, backbone=strided, levels=(3, 4, 5)).strides == (8, 16, 32)
    with pytest.raises(ValueError, match="to 4 or further"):
        dataclasses.replace(compact, levels=(2, 3))


def test_weights_of_before_there_was_another_pyramid_still_fit():
    assert PRESETS["paper-gn-dcn"].network_hash == "de5916aef40a"
    assert PRESETS["paper-bn"].network_hash == "59a87f1a5dac"


def test_a_schedule_does_not_change_which_weights_fit():
    compact = PRESETS["compact"]
    longer = dataclasses.replace(compact, schedule=dataclasses.replace(compact.schedule, cycles=7))

    assert longer.network_hash == compact.network_hash


def test_a_wider_neck_needs_other_weights():
    compact = PRESETS["compact"]

    wider = dataclasses.replace(compact, neck_channels=2 * compact.neck_channels)

    assert wider.network_hash != compact.network_hash
