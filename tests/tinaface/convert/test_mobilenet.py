"""Keras files of a MobileNet as a start."""

import dataclasses

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
h5py = pytest.importorskip("h5py")

import keras  # noqa: E402

from tests.shared import WEIGHTS, needs_weights  # noqa: E402
from tinaface.cli import main  # noqa: E402
from tinaface.convert.mobilenet import start_from  # noqa: E402
from tinaface.errors import CheckpointError  # noqa: E402
from tinaface.network.detector import build_detector, named_weights  # noqa: E402
from tinaface.presets import PIXEL_MEAN, PRESETS  # noqa: E402

pytestmark = [pytest.mark.tf, pytest.mark.slow]

MOBILE = PRESETS["compact"]
# The last layer of each stride in Keras' own network.
ENDS = ("conv_pw_3_relu", "conv_pw_5_relu", "conv_pw_11_relu", "conv_pw_13_relu")


@pytest.fixture(scope="module")
def classifier():
    """Keras' own MobileNet with statistics unlike its start values."""
    network = keras.applications.MobileNet(
        input_shape=(None, None, 3), alpha=0.25, include_top=False, weights=None
    )
    draw = np.random.default_rng(3)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            for variable in layer.weights:
                variable.assign(draw.uniform(0.5, 1.5, variable.shape))
    return keras.Model(network.input, [network.get_layer(name).output for name in ENDS])


@pytest.fixture(scope="module")
def classifier_file(classifier, tmp_path_factory):
    """Its weights in the groups of the published file."""
    path = tmp_path_factory.mktemp("weights") / "mobilenet.h5"
    with h5py.File(path, "w") as file:
        for layer in classifier.layers:
            for variable in layer.weights:
                is_depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
                leaf = "depthwise_kernel" if is_depthwise else variable.name  # as Keras 2 wrote
                file[f"{layer.name}/{layer.name}/{leaf}:0"] = variable.numpy()
    return path


@pytest.mark.parametrize(("level", "shift", "edge"), [(0, 3, 8), (1, 7, 8)])
def test_the_trunk_computes_what_the_classifier_does(
    classifier, classifier_file, level, shift, edge
):
    detector = build_detector(MOBILE)
    start_from(detector, classifier_file)
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 160, 192, 3)).astype(np.float32)

    ours = detector.backbone(pixels - np.float32(PIXEL_MEAN))[level]

    # Theirs pads a stride on the right and bottom only, ours on all sides: the same network on a
    # picture that is moved by a pixel of each stride. What is outside differs, hence the edge.
    side = (shift, 32 - shift)  # a multiple of 32 again: on odd sides theirs pads otherwise
    moved = np.pad(pixels, [(0, 0), side, side, (0, 0)])
    theirs = classifier(moved / 127.5 - 1)[level]
    inner = (slice(None), slice(edge, ours.shape[1] - edge), slice(edge, ours.shape[2] - edge))
    assert np.std(ours[inner]) > 0.1
    np.testing.assert_allclose(ours[inner], theirs[inner], atol=2e-3)


def test_what_the_file_lacks_keeps_its_start_values(classifier_file):
    detector = build_detector(MOBILE)
    before = {name: variable.numpy() for name, variable in named_weights(detector).items()}

    filled = start_from(detector, classifier_file)

    assert all(name.startswith("backbone/") for name in filled)
    for name, variable in named_weights(detector).items():
        assert np.array_equal(variable, before[name]) == (name not in filled), name


@pytest.mark.parametrize(
    ("preset", "why"),
    [
        (PRESETS["paper-bn"], "has no MobileNet"),
        (
            dataclasses.replace(
                MOBILE, backbone=dataclasses.replace(MOBILE.backbone, stem_channels=12)
            ),
            "backbone/stem/conv/kernel is",
        ),
    ],
)
def test_a_network_of_another_shape_is_refused_and_left_alone(classifier_file, preset, why):
    detector = build_detector(preset)
    before = [variable.numpy() for variable in detector.variables]

    with pytest.raises(CheckpointError, match=why):
        start_from(detector, classifier_file)

    for variable, value in zip(detector.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_a_file_that_lacks_a_layer_is_refused(tmp_path):
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        file["conv1/conv1/kernel:0"] = np.zeros((3, 3, 3, 8), np.float32)

    with pytest.raises(CheckpointError, match="it has no conv1_bn"):
        start_from(build_detector(MOBILE), path)


@needs_weights
def test_the_published_retinaface_fills_trunk_pyramid_and_context(tmp_path, capsys):
    source = WEIGHTS / "retinaface_mobilenet025_wider.h5"
    target = tmp_path / "start.safetensors"

    code = main(["convert", "weights", str(source), str(target), "--preset", "compact"])

    assert code == 0
    assert "290 tensors of a mobilenet loaded" in capsys.readouterr().out
