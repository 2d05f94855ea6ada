import dataclasses
import json

import numpy as np
import pytest

from tests.fixtures.presets import HAND_MADE
from tests.shared import SPEC, needs_golden
from tinaface.convert.reference import (
    compare_state,
    load_backbone,
    load_state,
    reference_key,
    reference_variables,
    to_our_layout,
    to_their_layout,
)
from tinaface.errors import CheckpointError
from tinaface.network.detector import build_detector
from tinaface.presets import PRESETS, Backbone, Norm

pytestmark = pytest.mark.tf

NARROW = dataclasses.replace(
    HAND_MADE,
    norm=Norm("group", groups=2),
    backbone=Backbone(4, (2, 2, 4, 4), (1, 2, 1, 1), deformable=(False, False, True, True)),
    neck_channels=8,
)
NARROW_BATCH = dataclasses.replace(NARROW, norm=Norm("batch"))


@pytest.fixture
def detector():
    return build_detector(NARROW)


@pytest.fixture
def state(detector):
    return a_state(detector)


def a_state(detector):
    random = np.random.default_rng(0)
    return {
        key: random.normal(size=to_their_layout(np.asarray(v)).shape).astype(np.float32)
        for key, v in reference_variables(detector).items()
    }


def assert_filled(detector, state):
    for key, variable in reference_variables(detector).items():
        np.testing.assert_array_equal(variable, to_our_layout(state[key]), err_msg=key)


@needs_golden
@pytest.mark.parametrize(("name", "listed"), [("paper-gn-dcn", "gn_dcn"), ("paper-bn", "bn")])
def test_the_published_networks_have_exactly_the_reference_keys_and_shapes(name, listed):
    rows = json.loads((SPEC / f"vedadet_state_dict_{listed}.json").read_text())
    expected = {key: tuple(shape) for key, shape, _ in rows if "num_batches" not in key}

    found = {
        key: to_their_layout(np.empty(variable.shape, np.bool_)).shape
        for key, variable in reference_variables(build_detector(PRESETS[name])).items()
    }

    assert found == expected


def test_a_state_fills_every_weight(detector, state):
    report = load_state(detector, state)

    assert set(report.loaded) == set(state)
    assert_filled(detector, state)


def test_a_state_of_a_training_on_several_gpus_fills_every_weight(detector, state):
    load_state(detector, {f"module.{key}": value for key, value in state.items()})

    assert_filled(detector, state)


def test_older_names_of_the_offset_convolutions_are_understood(detector, state):
    older = {key.replace(".conv2.conv_offset.", ".conv2_offset."): v for key, v in state.items()}

    load_state(detector, older)

    assert older.keys() != state.keys()
    assert_filled(detector, state)


def test_counters_are_dropped_and_said_so():
    detector = build_detector(NARROW_BATCH)
    counter = "backbone.bn1.num_batches_tracked"

    report = load_state(detector, a_state(detector) | {counter: np.int64(9)})

    assert report.dropped == (counter,)


def test_missing_unexpected_and_misshapen_keys_are_named_and_nothing_is_loaded(detector, state):
    before = np.asarray(detector.variables[0])
    del state["neck.0.lateral_convs.1.conv.weight"]
    state["module.backbone.fc.weight"] = np.zeros((2, 2), np.float32)
    state["bbox_head.retina_reg.bias"] = np.zeros(9, np.float32)

    with pytest.raises(CheckpointError) as caught:
        load_state(detector, state)

    assert "1 missing: neck.0.lateral_convs.1.conv.weight" in caught.value.why
    assert "1 unexpected: module.backbone.fc.weight" in caught.value.why
    assert "bbox_head.retina_reg.bias is (9,) and not (12,)" in caught.value.why
    np.testing.assert_array_equal(detector.variables[0], before)


def test_a_key_given_twice_is_unexpected(detector, state):
    twice = state | {"module.bbox_head.retina_cls.bias": state["bbox_head.retina_cls.bias"]}

    report = compare_state(detector, twice)

    assert report.unexpected == ("module.bbox_head.retina_cls.bias",)


def test_weights_of_half_precision_are_widened(detector, state):
    halves = {key: value.astype(np.float16) for key, value in state.items()}

    load_state(detector, halves)

    assert_filled(detector, halves)


def classifier(detector):
    """The state of a BatchNorm classifier with the backbone of `detector`, by torchvision."""
    twin = build_detector(dataclasses.replace(detector.preset, norm=Norm("batch")))
    backbone = {
        key.removeprefix("backbone."): value
        for key, value in a_state(twin).items()
        if key.startswith("backbone.") and "conv_offset" not in key
    }
    return backbone | {"fc.weight": np.zeros((10, 16)), "fc.bias": np.zeros(10)}


def test_a_classifier_fills_a_backbone_of_batch_norm_but_for_fc():
    detector = build_detector(
        dataclasses.replace(NARROW_BATCH, backbone=Backbone(4, (2, 2, 4, 4), (1, 2, 1, 1)))
    )
    state = classifier(detector)

    report = load_backbone(detector, state)

    assert report.unexpected == ("fc.weight", "fc.bias")
    assert report.missing == ()
    backbone = {k: v for k, v in reference_variables(detector).items() if "backbone." in k}
    for key, variable in backbone.items():
        np.testing.assert_array_equal(variable, to_our_layout(state[key.removeprefix("backbone.")]))


def test_a_classifier_leaves_group_norm_and_offsets_as_they_start(detector):
    state = classifier(detector)

    report = load_backbone(detector, state)

    ours = reference_variables(detector)
    kernel = ours["backbone.layer3.0.conv2.weight"]
    np.testing.assert_array_equal(kernel, to_our_layout(state["layer3.0.conv2.weight"]))
    assert np.abs(ours["backbone.layer3.0.conv2.conv_offset.weight"]).max() == 0
    assert np.abs(ours["backbone.layer1.0.gn3.weight"]).max() == 0
    assert {"bn1.weight", "layer1.0.bn3.running_var", "fc.bias"} <= set(report.unexpected)
    assert "backbone.gn1.weight" in report.missing


def test_a_classifier_of_other_widths_is_refused(detector):
    state = classifier(detector) | {"conv1.weight": np.zeros((8, 3, 7, 7), np.float32)}

    with pytest.raises(CheckpointError, match=r"conv1\.weight is \(8, 3, 7, 7\)"):
        load_backbone(detector, state)


def test_a_file_without_a_backbone_is_refused(detector):
    with pytest.raises(CheckpointError, match="no key of the backbone"):
        load_backbone(detector, {"classifier.weight": np.zeros((2, 2))})


def test_a_weight_that_no_published_network_has_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="head3"):
        reference_key("head3/class_logits/bias", "batch")
