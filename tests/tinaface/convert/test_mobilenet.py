"""Keras files of a MobileNet as a start."""

import dataclasses
import shutil

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
h5py = pytest.importorskip("h5py")

import keras  # noqa: E402

from tests.shared import WEIGHTS, needs_weights  # noqa: E402
from tinaface.cli import main  # noqa: E402
from tinaface.convert.mobilenet import start_from  # noqa: E402
from tinaface.errors import CheckpointError  # noqa: E402
from tinaface.network.anchors import level_anchors  # noqa: E402
from tinaface.network.coder import decode  # noqa: E402
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


def test_the_trunk_computes_what_the_classifier_does(classifier, classifier_file):
    detector = build_detector(MOBILE)
    start_from(detector, classifier_file)
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 80, 96, 3)).astype(np.float32)

    ours = detector.backbone(pixels - np.float32(PIXEL_MEAN))

    theirs = classifier(enlarged(pixels) / 127.5 - 1)
    for mine, other in zip(ours[:2], theirs[:2], strict=True):
        assert np.std(mine) > 0.1
        # The stem's padding is the mean in the one, grey, or the last pixel, in the other.
        np.testing.assert_allclose(mine[:, 3:-3, 3:-3], other[:, 3:-3, 3:-3], atol=2e-3)


def test_with_a_stride_in_its_stem_it_is_the_classifier_on_the_picture_itself(
    classifier, classifier_file
):
    backbone = dataclasses.replace(MOBILE.backbone, stem_stride=2)
    detector = build_detector(dataclasses.replace(MOBILE, backbone=backbone, levels=(3, 4, 5)))
    start_from(detector, classifier_file)
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 160, 192, 3)).astype(np.float32)

    ours = detector.backbone(pixels - np.float32(PIXEL_MEAN))

    theirs = classifier(pixels / 127.5 - 1)
    for mine, other in zip(ours[:2], theirs[:2], strict=True):
        np.testing.assert_allclose(mine[:, :-3, :-3], other[:, :-3, :-3], atol=2e-3)


def enlarged(pixels):
    """Twice as large, between centres of pixels: what our stem computes on without making it."""
    _, height, width, _ = pixels.shape
    return tf.image.resize(pixels, (2 * height, 2 * width), "bilinear").numpy()


# Which of RetinaFace's unnamed layers are a level's near, middle and far ones, boxes and classes.
UNNAMED = {
    8: (1, 2, 3, 4, 5, 16, 19),
    16: (6, 7, 8, 9, 10, 17, 20),
    32: (11, 12, 13, 14, 15, 18, 21),
}


@pytest.fixture(scope="module")
def retinaface_file(classifier_file, tmp_path_factory):
    """A trunk with RetinaFace's rooms behind, numbers of chance in the groups of the published."""
    path = tmp_path_factory.mktemp("weights") / "retinaface.h5"
    shutil.copyfile(classifier_file, path)
    draw = np.random.default_rng(5)
    shapes = {f"C{level}_reduced": (1, 1, c, 64) for level, c in ((3, 64), (4, 128), (5, 256))}
    shapes |= {f"Conv_P{level}_merged": (3, 3, 64, 64) for level in (4, 3)}
    outputs = {}
    for near, *rest, boxes, classes in UNNAMED.values():
        shapes |= {f"conv2d_{near}": (3, 3, 64, 32), f"conv2d_{rest[0]}": (3, 3, 64, 16)}
        shapes |= {f"conv2d_{number}": (3, 3, 16, 16) for number in rest[1:]}
        outputs |= {f"conv2d_{boxes}": (1, 1, 64, 8), f"conv2d_{classes}": (1, 1, 64, 4)}
    with h5py.File(path, "a") as file:
        file["conv1/conv1/kernel:0"][...] *= 1 / 60  # its input is no longer in -1..1
        for name, shape in (shapes | outputs).items():
            file[f"{name}/{name}/kernel:0"] = draw.normal(0, np.prod(shape[:3]) ** -0.5, shape)
            file[f"{name}/{name}/bias:0"] = draw.normal(0, 0.3, shape[-1])
        # Numbered as they were made: the laterals, P4, P3, then the context blocks.
        order = [*shapes][:5] + [f"conv2d_{number}" for number in range(1, 16)]
        for number, name in enumerate(order, start=1):
            for leaf in ("gamma", "beta", "moving_mean", "moving_variance"):
                low = 0.5 if leaf in ("gamma", "moving_variance") else -0.5
                value = draw.uniform(low, low + 1, shapes[name][-1])
                group = f"batch_normalization_{number}"
                file[f"{group}/{group}/{leaf}:0"] = value
    return path


class Restated:
    """RetinaFace on a MobileNet of a quarter width, from its file, as arXiv 1905.00641 has it."""

    def __init__(self, path):
        with h5py.File(path) as file:
            self.arrays = {}
            file.visititems(self._take)

    def _take(self, name, item):
        if isinstance(item, h5py.Dataset):
            layer, leaf = name.split("/")[-2:]
            self.arrays[layer, leaf.split(":")[0]] = tf.constant(np.asarray(item), tf.float32)

    def conv(self, x, name, slope=None, norm=None):
        y = tf.nn.conv2d(x, self.arrays[name, "kernel"], 1, "SAME") + self.arrays[name, "bias"]
        if norm is not None:
            y = self.norm(y, f"batch_normalization_{norm}")
        return y if slope is None else tf.nn.leaky_relu(y, slope)

    def norm(self, x, name):
        leaves = ("moving_mean", "moving_variance", "beta", "gamma")
        return tf.nn.batch_normalization(x, *(self.arrays[name, leaf] for leaf in leaves), 1e-3)

    def trunk(self, x):
        x = tf.nn.conv2d(x, self.arrays["conv1", "kernel"], 2, "SAME")
        x = tf.nn.relu6(self.norm(x, "conv1_bn"))
        maps = []
        for number in range(1, 14):
            stride = 2 if number in (2, 4, 6, 12) else 1
            kernel = self.arrays[f"conv_dw_{number}", "depthwise_kernel"]
            x = tf.nn.depthwise_conv2d(x, kernel, [1, stride, stride, 1], "SAME")
            x = tf.nn.relu6(self.norm(x, f"conv_dw_{number}_bn"))
            x = tf.nn.conv2d(x, self.arrays[f"conv_pw_{number}", "kernel"], 1, "SAME")
            x = tf.nn.relu6(self.norm(x, f"conv_pw_{number}_bn"))
            maps.append(x)
        return maps[4], maps[10], maps[12]

    def __call__(self, rgb):
        """Probabilities `[A]` and corners `[A, 4]` of each level."""
        c3, c4, c5 = self.trunk(rgb[..., ::-1] - np.float32([104, 117, 123]))
        p5 = self.conv(c5, "C5_reduced", 0.1, norm=3)
        p4 = self.conv(c4, "C4_reduced", 0.1, norm=2) + tf.repeat(tf.repeat(p5, 2, 1), 2, 2)
        p4 = self.conv(p4, "Conv_P4_merged", 0.1, norm=4)
        p3 = self.conv(c3, "C3_reduced", 0.1, norm=1) + tf.repeat(tf.repeat(p4, 2, 1), 2, 2)
        p3 = self.conv(p3, "Conv_P3_merged", 0.1, norm=5)
        return [self.level(*each) for each in zip((p3, p4, p5), UNNAMED.items(), strict=True)]

    def level(self, x, numbers):
        stride, (*numbers, boxes, classes) = numbers
        near, first, second, third, fourth = (
            lambda x, slope=None, n=n: self.conv(x, f"conv2d_{n}", slope, norm=5 + n)
            for n in numbers
        )
        stacked = first(x, 0.1)
        seen = tf.concat([near(x), second(stacked), fourth(third(stacked, 0.1))], axis=-1)
        seen = tf.nn.relu(seen)
        probability = tf.nn.softmax(tf.reshape(self.conv(seen, f"conv2d_{classes}"), [-1, 2]))
        deltas = tf.reshape(self.conv(seen, f"conv2d_{boxes}"), [-1, 4]).numpy()
        rows, columns = x.shape[1:3]
        y, x = np.meshgrid(np.arange(rows) + 0.5, np.arange(columns) + 0.5, indexing="ij")
        centre = stride * np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), 2, axis=0)
        side = np.tile(np.array([2.0, 4.0]) * stride * (stride // 8), rows * columns)[:, None]
        centre = centre + 0.1 * deltas[:, :2] * side
        half = side * np.exp(0.2 * deltas[:, 2:]) / 2
        return probability[:, 1], np.concatenate([centre - half, centre + half], axis=1)


def test_a_network_that_starts_from_retinaface_computes_what_it_does(retinaface_file):
    detector = build_detector(MOBILE)
    start_from(detector, retinaface_file)
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 192, 224, 3)).astype(np.float32)

    outputs = detector(pixels - np.float32(PIXEL_MEAN))

    expected = Restated(retinaface_file)(enlarged(pixels))
    anchors = level_anchors(MOBILE, 192, 224)
    for level, (probability, corners) in enumerate(expected):
        rows, columns = outputs["class_logits"][level].shape[1:3]
        # The stem's padding is our mean in the one, theirs in the other.
        inner = np.zeros((rows, columns, 2), bool)
        inner[rows // 4 : rows // 2, columns // 4 : columns // 2] = True
        inner = inner.reshape(-1)
        ours = tf.sigmoid(tf.reshape(outputs["class_logits"][level], [-1])).numpy()
        assert np.std(ours) > 0.01
        np.testing.assert_allclose(ours[inner], probability.numpy()[inner], atol=0.01)
        deltas = tf.reshape(outputs["box_deltas"][level], [-1, 4]).numpy()
        boxes = decode(anchors[level], deltas)
        corners = corners / 2  # of the enlarged picture
        side = (corners[:, 2:] - corners[:, :2]).mean()
        np.testing.assert_allclose(boxes[inner], corners[inner], atol=0.02 * side)


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
    assert "247 tensors of a mobilenet loaded" in capsys.readouterr().out
