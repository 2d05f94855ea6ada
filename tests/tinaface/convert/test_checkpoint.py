"""A PyTorch checkpoint becomes weights of ours that give the same outputs, or is refused whole."""

import dataclasses
import json

import numpy as np
import pytest

from tests.shared import GOLDEN, SPEC, needs_golden
from tests.tinaface.convert import written_pickles as written
from tinaface import cli, weights
from tinaface.errors import CheckpointError
from tinaface.presets import PRESETS, Backbone, Norm

pytestmark = pytest.mark.tf

NARROW = dataclasses.replace(
    PRESETS["paper-gn-dcn"],
    norm=Norm("group", groups=2),
    backbone=Backbone(8, (4, 4, 8, 8), (1, 1, 1, 1), (False, False, True, True)),
    neck_channels=16,
)


@pytest.fixture(scope="module")
def detector():
    from tinaface.network.detector import build_detector, named_weights

    detector = build_detector(NARROW)
    chance = np.random.default_rng(7)
    for variable in named_weights(detector).values():
        variable.assign(chance.normal(0, 0.2, variable.shape))
    return detector


@pytest.fixture
def state(detector):
    """The network's weights under the reference's keys, in its layout."""
    from tinaface.convert.reference import reference_variables, to_their_layout

    return {
        key: np.ascontiguousarray(to_their_layout(np.asarray(variable)))
        for key, variable in reference_variables(detector).items()
    }


def convert(tmp_path, state, kind=None, preset=NARROW):
    from tinaface.convert import checkpoint

    source = tmp_path / "source.pth"
    source.write_bytes(written.zip_state(state))
    return checkpoint.convert(source, tmp_path / "converted.safetensors", preset, kind)


def outputs_of(path):
    from tinaface.network.detector import assign_weights, build_detector

    detector = build_detector(NARROW)
    assign_weights(detector, weights.read(path)[1], "test")
    return run(detector)


def run(detector):
    picture = np.random.default_rng(1).normal(0, 50, (1, 64, 96, 3)).astype(np.float32)
    return [np.asarray(level) for levels in detector(picture).values() for level in levels]


def test_the_converted_weights_give_the_same_outputs(tmp_path, detector, state):
    conversion = convert(tmp_path, state)

    assert conversion.kind == "detector"
    for found, expected in zip(
        outputs_of(tmp_path / "converted.safetensors"), run(detector), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_prefixes_and_older_offset_names_are_understood(tmp_path, detector, state):
    older = {
        f"module.{key.replace('.conv2.conv_offset.', '.conv2_offset.')}": value
        for key, value in state.items()
    }
    assert any("conv2_offset" in key for key in older)

    convert(tmp_path, older)

    for found, expected in zip(
        outputs_of(tmp_path / "converted.safetensors"), run(detector), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_the_header_names_the_source_its_hash_and_the_day(tmp_path, state):
    convert(tmp_path, state)

    header = weights.read_header(tmp_path / "converted.safetensors")

    assert header.source == "source.pth"
    assert header.source_hash == weights.file_hash(tmp_path / "source.pth")
    assert header.extra["source_sha256"].startswith(header.source_hash)
    assert header.preset == "paper-gn-dcn"
    assert len(header.date.split("-")) == 3


def test_keys_that_do_not_fit_are_reported_and_nothing_is_written(tmp_path, state):
    del state["backbone.conv1.weight"]
    state["extra"] = np.zeros(3)
    state["bbox_head.retina_cls.bias"] = np.zeros(5, np.float32)

    conversion = convert(tmp_path, state)

    assert conversion.report.missing == ("backbone.conv1.weight",)
    assert conversion.report.unexpected == ("extra",)
    assert conversion.report.misshapen[0].startswith("bbox_head.retina_cls.bias")
    assert conversion.header is None
    assert not (tmp_path / "converted.safetensors").exists()


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_a_weight_that_is_not_finite_is_refused_by_name(tmp_path, state, value):
    key = "bbox_head.retina_iou.bias"
    state[key] = np.full(state[key].shape, value, np.float64)

    with pytest.raises(CheckpointError, match=key):
        convert(tmp_path, state)

    assert not (tmp_path / "converted.safetensors").exists()


def test_weights_whose_output_overflows_are_refused(tmp_path, state):
    key = "bbox_head.retina_cls.weight"
    state[key] = np.full(state[key].shape, 3e38, np.float32)

    with pytest.raises(CheckpointError, match="noise is not finite"):
        convert(tmp_path, state)


def test_a_torchvision_resnet_is_told_by_its_keys_and_fills_the_backbone(tmp_path, state):
    resnet = {
        key.removeprefix("backbone."): value
        for key, value in state.items()
        if key.startswith("backbone.") and ".gn" not in key and "conv_offset" not in key
    }
    resnet["fc.weight"] = np.zeros((10, 32), np.float32)

    conversion = convert(tmp_path, resnet)
    _, tensors = weights.read(tmp_path / "converted.safetensors")

    assert conversion.kind == "backbone"
    assert conversion.report.unexpected == ("fc.weight",)
    np.testing.assert_array_equal(
        tensors["backbone/stem/conv/kernel"], resnet["conv1.weight"].transpose(2, 3, 1, 0)
    )


def test_a_destination_of_another_kind_is_refused(tmp_path, state):
    from tinaface.convert import checkpoint

    with pytest.raises(CheckpointError, match=r"files of weights end in \.safetensors"):
        checkpoint.convert(tmp_path / "a.pth", tmp_path / "b.pth", NARROW)


def test_the_verb_exits_1_and_lists_the_keys_that_do_not_fit(tmp_path, capsys):
    source, destination = tmp_path / "source.pth", tmp_path / "out.safetensors"
    source.write_bytes(written.zip_state({"bbox_head.retina_cls.bias": np.zeros(3, np.float32)}))

    code = cli.main(
        ["convert", "weights", str(source), str(destination), "--preset", "paper-bn", "--json"]
    )

    printed = capsys.readouterr().out.splitlines()
    result = json.loads(printed[-1])
    assert code == 1
    assert "missing: backbone.conv1.weight" in printed
    assert result["written"] is None
    assert len(result["missing"]) > 100
    assert not destination.exists()


def test_a_pytorch_file_for_a_network_of_another_trunk_is_refused(tmp_path, state):
    with pytest.raises(CheckpointError, match="compact has a MobileNet"):
        convert(tmp_path, state, preset=PRESETS["compact"])


@needs_golden
@pytest.mark.slow
def test_the_references_own_state_gives_the_golden_head_outputs(tmp_path):
    from tests.golden import recipe
    from tinaface.network.detector import load_detector

    golden = GOLDEN / "b_heads_gn_dcn_256x256.npz"
    generator = recipe.recipe()
    state = generator.state(SPEC / "vedadet_state_dict_gn_dcn.json", 1)
    convert(tmp_path, state, preset=PRESETS["paper-gn-dcn"])

    detector, _ = load_detector(tmp_path / "converted.safetensors")
    with np.load(golden) as file:
        outputs = detector(generator.network_input(file["image_rgb"]).transpose(0, 2, 3, 1))
        for name, short in (("class_logits", "cls"), ("box_deltas", "reg"), ("iou_logits", "iou")):
            for level, found in enumerate(outputs[name], 2):
                expected = file[f"{short}{level}"].reshape(-1, *found.shape[1:3])
                error = np.abs(np.asarray(found)[0].transpose(2, 0, 1) - expected).max()
                assert error <= 2e-5 * np.abs(expected).max()
