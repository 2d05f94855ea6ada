import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests.golden.checks_network import check_maps, check_start_values
from tests.shared import GOLDEN, needs_golden
from tests.tinaface.network import own_maps
from tinaface import weights
from tinaface.errors import CheckpointError
from tinaface.network.anchors import level_sizes
from tinaface.network.detector import (
    OUTPUTS,
    build_detector,
    load_detector,
    named_weights,
    save_detector,
)
from tinaface.presets import PRESETS

pytestmark = pytest.mark.tf

COMPACT = PRESETS["compact"]


def golden(*kinds):
    paths = sorted(path for kind in kinds for path in GOLDEN.glob(f"{kind}*.npz"))
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def compact():
    return build_detector(COMPACT)


@needs_golden
@pytest.mark.slow
@golden("a1_backbone", "a2_fpn", "a3_context_head", "b_heads")
def test_every_map_equals_the_reference(path):
    measurements = check_maps(path)

    assert measurements
    assert [m for m in measurements if not m.passed] == []


@needs_golden
@pytest.mark.slow
@golden("k_init_stats")
def test_a_fresh_network_starts_as_the_reference_does(path):
    assert [m for m in check_start_values(path) if not m.passed] == []


@pytest.mark.parametrize("name", ["compact", "paper-gn-dcn"])
def test_no_two_layers_start_with_the_same_draw(name):
    kernels = [v.numpy() for v in build_detector(PRESETS[name]).variables if v.ndim == 4]

    starts = [kernel.tobytes()[:64] for kernel in kernels if kernel.any()]

    assert len(set(starts)) == len(starts)


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_computes_what_it_did_when_it_was_proven(name):
    with np.load(own_maps.RECORD) as record:
        expected = {key: record[key] for key in record.files if key.startswith(f"{name}/")}

    found = own_maps.compute(name)

    assert found.keys() == expected.keys()
    for key, value in expected.items():
        error = np.abs(found[key] - value).max() / np.abs(value).max()
        assert error <= 2e-5, key


@pytest.mark.parametrize("size", [(64, 64), (71, 101), (33, 160)])
def test_every_output_has_an_anchor_a_channel_for_any_size(compact, size):
    outputs = compact(tf.zeros([2, *size, 3]))

    cells = [(2, *level) for level in level_sizes(COMPACT, *size)]
    for name, channels in zip(OUTPUTS, (2, 8, 2), strict=True):
        assert [tuple(level.shape) for level in outputs[name]] == [(*c, channels) for c in cells]


def test_a_fresh_network_believes_in_one_face_of_a_hundred_anchors_and_in_the_anchors(compact):
    outputs = compact(tf.zeros([1, 64, 64, 3]))

    for logits, deltas, iou in zip(*(outputs[name] for name in OUTPUTS), strict=True):
        np.testing.assert_allclose(tf.sigmoid(logits), 0.01, rtol=1e-4)
        assert np.abs(deltas).max() == np.abs(iou).max() == 0


@pytest.mark.parametrize(
    ("name", "count"), [("paper-gn-dcn", 37_979_636), ("paper-bn", 37_481_810)]
)
def test_the_published_networks_have_the_published_number_of_weights(name, count):
    detector = build_detector(PRESETS[name])

    assert sum(v.shape.num_elements() for v in detector.trainable_variables) == count


def test_the_seed_preset_has_a_head_a_level():
    seed = dataclasses.replace(PRESETS["seed"], backbone=COMPACT.backbone, neck_channels=64)

    names = {path.split("/")[1] for path in (v.path for v in build_detector(seed).variables)}

    assert names == {"backbone", "neck", "context", "head2", "head3", "head4", "head5"}


def test_levels_may_begin_behind_the_first_map_of_the_trunk_and_leave_it_alone(compact):
    maps = compact.features(tf.zeros([1, 64, 96, 3]))

    assert COMPACT.levels[0] == 2
    assert maps["C1"].shape[1:3] == (32, 48)
    assert "P1" not in maps
    assert maps["P2"].shape == maps["I2"].shape == (1, 16, 24, COMPACT.neck_channels)


def test_a_stem_without_a_stride_moves_every_map_and_its_level_by_one():
    preset = dataclasses.replace(
        COMPACT,
        backbone=dataclasses.replace(COMPACT.backbone, stem_stride=2),
        levels=(3, 4, 5, 6),
        pyramid="parallel",
    )
    maps = build_detector(preset).features(tf.zeros([1, 64, 96, 3]))

    assert maps["C2"].shape[1:3] == (16, 24)
    assert maps["P6"].shape[1:3] == (1, 2)
    finer = dataclasses.replace(preset, backbone=COMPACT.backbone, levels=(2, 3, 4, 5))
    maps = build_detector(finer).features(tf.zeros([1, 64, 96, 3]))
    assert maps["C1"].shape[1:3] == (32, 48)
    assert maps["P5"].shape[1:3] == (2, 3)


def test_rooms_a_level_share_no_weights(compact):
    rooms = {name.split("/")[0] for name in named_weights(compact)}

    assert rooms == {"backbone", "neck"} | {
        f"{r}{n}" for r in ("context", "head") for n in (2, 3, 4)
    }


def test_one_trace_serves_every_size(compact):
    traces = []

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
    def predict(x):
        traces.append(x)
        return compact(x)

    for size in ((64, 64), (96, 71)):
        predict(tf.zeros([1, *size, 3]))

    assert len(traces) == 1


def test_half_precision_gives_outputs_of_full(compact):
    detector = build_detector(COMPACT, dtype="mixed_float16")

    outputs = detector(tf.zeros([1, 64, 64, 3]))

    assert {level.dtype for name in OUTPUTS for level in outputs[name]} == {tf.float32}


def test_a_saved_network_loads_with_its_numbers_and_header(compact, tmp_path):
    path = tmp_path / "face.safetensors"
    header = weights.WeightsHeader.of(COMPACT, source="a test", ap=0.5)
    save_detector(compact, path, header)

    loaded, found = load_detector(path)

    assert found == header
    x = tf.random.stateless_normal([1, 64, 64, 3], [1, 2])
    for name in OUTPUTS:
        for ours, theirs in zip(loaded(x)[name], compact(x)[name], strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_header_of_another_network_is_refused_when_saving(compact, tmp_path):
    header = weights.WeightsHeader.of(PRESETS["paper-bn"])

    with pytest.raises(ValueError, match="another network"):
        save_detector(compact, tmp_path / "face.safetensors", header)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (weights.WeightsHeader("tiny", "0" * 12, "batch"), "does not know"),
        (weights.WeightsHeader("compact", "0" * 12, "batch"), "other layers"),
        (weights.WeightsHeader.of(COMPACT), "backbone/stem/conv/kernel is missing"),
    ],
    ids=["unknown preset", "another network", "no tensors"],
)
def test_weights_of_something_else_are_refused_by_name(header, why, tmp_path):
    path = tmp_path / "face.safetensors"
    weights.write(path, header, {"stray": np.zeros(3, np.float32)})

    with pytest.raises(CheckpointError, match=why):
        load_detector(path)


def test_the_published_network_costs_what_the_authors_code_does():
    detector = build_detector(PRESETS["paper-bn"])
    spec = tf.TensorSpec([1, 640, 640, 3])
    graph = tf.function(lambda x: detector(x)).get_concrete_function(spec).graph

    convolutions = [op for op in graph.get_operations() if op.type == "Conv2D"]
    multiplications = sum(
        op.outputs[0].shape.num_elements() * np.prod(op.inputs[1].shape[:3]) for op in convolutions
    )

    assert 2 * multiplications / 1e9 == pytest.approx(476.7, abs=0.05)  # specification, section 15
