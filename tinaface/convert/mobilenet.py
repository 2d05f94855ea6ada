"""Keras files of MobileNetV1 at a quarter width, as a start of the `compact` preset.

Two published files are known by their groups: the ImageNet classifier without its top (Keras
Applications), and RetinaFace trained on WIDER FACE, which adds a pyramid and context heads of 64
channels. Both are plain HDF5: arrays are read, nothing is executed.
"""

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from tinaface.errors import CheckpointError
from tinaface.network.anchors import base_anchors
from tinaface.network.coder import encode
from tinaface.network.detector import Detector, named_weights
from tinaface.presets import PIXEL_MEAN, Anchors, MobileBackbone

Array = npt.NDArray[np.float32]
Tensors = dict[str, Array]

# Keras' default, which these files were trained with.
_EPSILON = 1e-3
# What each file's first convolution was fed with, of RGB in 0..255: (RGB - shift) / scale.
_CLASSIFIER_INPUT = (127.5, 127.5, 127.5), 127.5
# In the order BGR: AP50 on 42 validation pictures .578, in the order RGB .480.
_RETINAFACE_INPUT = (123.0, 117.0, 104.0), 1.0
# Of RetinaFace's three levels, finest first: the lateral convolution and its norm, the one behind
# the merged map, the first of the five of the context block, and the 1x1 for boxes and classes.
_RETINAFACE_LEVELS = (
    (("C3_reduced", 1), ("Conv_P3_merged", 5), 1, ("conv2d_16", "conv2d_19")),
    (("C4_reduced", 2), ("Conv_P4_merged", 4), 6, ("conv2d_17", "conv2d_20")),
    (("C5_reduced", 3), None, 11, ("conv2d_18", "conv2d_21")),
)
_CONTEXT_LAYERS = ("near", "middle0", "middle1", "far0", "far1")
# What each row, or column, of a kernel adds to the three pixels around the one below it when it
# goes over a picture enlarged twice between centres of pixels: rows [2i, 2i + 2] of that one are
# mixed of rows i - 1, i and i + 1.
_ENLARGED = np.array([[0.25, 0, 0], [0.75, 0.75, 0.25], [0, 0.25, 0.75]])


_HDF5 = b"\x89HDF\r\n\x1a\n"


def is_hdf5(path: Path) -> bool:
    """Whether a file begins as HDF5 does; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(_HDF5)) == _HDF5
    except OSError:
        return False


def start_from(detector: Detector, path: Path) -> tuple[str, ...]:
    """Fills what the file shares with the network; the rest keeps its start values.

    Returns:
        Names of the weights that were filled.

    Raises:
        CheckpointError: the file cannot be read, or does not fit; then nothing is changed.
    """
    layers = _read(path)
    variables = named_weights(detector)
    wanted = _ours(detector, path, layers)
    for name, value in wanted.items():
        if value.shape != tuple(variables[name].shape):
            raise _unfit(path, f"{name} is {value.shape} and not {tuple(variables[name].shape)}")
    for name, value in wanted.items():
        variables[name].assign(value)
    return tuple(wanted)


def _ours(detector: Detector, path: Path, layers: Mapping[str, Tensors]) -> Tensors:
    settings = detector.preset.backbone
    if not isinstance(settings, MobileBackbone):
        raise _unfit(path, f"{detector.preset.name} has no MobileNet")
    is_retinaface = "C3_reduced" in layers
    if is_retinaface and detector.preset.levels != settings.levels[1:]:
        raise _unfit(path, f"it has the levels of {settings.levels[1:]} and no others")
    shift, scale = _RETINAFACE_INPUT if is_retinaface else _CLASSIFIER_INPUT
    try:
        stem = layers["conv1"]["kernel"] / scale
        if is_retinaface:
            stem = stem[:, :, ::-1]
        if settings.stem_stride == 1:
            stem = np.einsum("ah,bw,hwio->abio", _ENLARGED, _ENLARGED, stem)
        # Ours eats RGB minus another mean: what that adds to the convolution goes into its norm.
        offset = np.einsum("hwio,i->o", stem, np.subtract(PIXEL_MEAN, shift))
        found = {"backbone/stem/conv/kernel": stem.astype(np.float32)}
        found |= _norm("backbone/stem/norm", layers["conv1_bn"], offset)
        pairs = ["early"] + [
            f"stage{level}_pair{pair}"
            for level, stage in enumerate(settings.stages, start=2)
            for pair in range(len(stage))
        ]
        for number, pair in enumerate(pairs, start=1):
            ours = f"backbone/{pair}"
            found[f"{ours}/depthwise/kernel"] = layers[f"conv_dw_{number}"]["depthwise_kernel"]
            found |= _norm(f"{ours}/norm", layers[f"conv_dw_{number}_bn"])
            found[f"{ours}/pointwise/conv/kernel"] = layers[f"conv_pw_{number}"]["kernel"]
            found |= _norm(f"{ours}/pointwise/norm", layers[f"conv_pw_{number}_bn"])
        if is_retinaface:
            ratio = detector.preset.anchors.ratio
            for level, theirs in zip(detector.preset.levels, _RETINAFACE_LEVELS, strict=True):
                lateral, output, first, (boxes, classes) = theirs
                rooms = {f"neck/lateral{level}": lateral}
                if output is not None:
                    rooms[f"neck/output{level}"] = output
                for number, layer in enumerate(_CONTEXT_LAYERS, start=first):
                    rooms[f"context{level}/{layer}"] = (f"conv2d_{number}", 5 + number)
                for ours, (convolution, norm) in rooms.items():
                    found[f"{ours}/conv/kernel"] = layers[convolution]["kernel"]
                    bias = layers[convolution]["bias"]
                    found |= _norm(f"{ours}/norm", layers[f"batch_normalization_{norm}"], bias)
                found |= _head(f"head{level}", layers[boxes], layers[classes], ratio)
    except KeyError as error:
        raise _unfit(path, f"it has no {error.args[0]}") from error
    return found


def _head(name: str, boxes: Tensors, classes: Tensors, ratio: float) -> Tensors:
    """The outputs of a level from their 1x1 convolutions, in the middle of our 3x3.

    Theirs tells background and face apart by two logits an anchor, ours by one. Their anchors are
    squares; ours have the same area and are `ratio` times as high as wide.
    """
    kernel, bias = (
        classes[leaf].reshape(*classes[leaf].shape[:-1], -1, 2) for leaf in ("kernel", "bias")
    )
    tall = np.float32(np.sqrt(ratio))
    stretch = np.array([tall, 1 / tall, 1, 1], np.float32)  # widths are 1 / tall of theirs
    theirs = base_anchors(Anchors(scales=(1.0,), ratio=1.0), stride=1)
    growth = encode(base_anchors(Anchors(scales=(1.0,), ratio=ratio), stride=1), theirs)[0]
    anchors = boxes["bias"].size // 4
    return {
        f"{name}/class_logits/kernel": _in_the_middle(kernel[..., 1] - kernel[..., 0]),
        f"{name}/class_logits/bias": bias[..., 1] - bias[..., 0],
        f"{name}/box_deltas/kernel": _in_the_middle(boxes["kernel"] * np.tile(stretch, anchors)),
        f"{name}/box_deltas/bias": boxes["bias"] * np.tile(stretch, anchors)
        + np.tile(growth, anchors),
    }


def _in_the_middle(kernel: Array) -> Array:
    """A 1x1 as a 3x3 that computes the same."""
    return np.pad(kernel, [(1, 1), (1, 1), (0, 0), (0, 0)])


def _norm(name: str, theirs: Tensors, offset: npt.NDArray[np.floating] | float = 0.0) -> Tensors:
    """A norm behind a convolution that adds `offset`, which ours does not."""
    return {
        f"{name}/gamma": theirs["gamma"],
        f"{name}/beta": theirs["beta"],
        f"{name}/moving_mean": (theirs["moving_mean"] - offset).astype(np.float32),
        f"{name}/moving_variance": theirs["moving_variance"] + np.float32(_EPSILON - 1e-5),
    }


def _read(path: Path) -> dict[str, Tensors]:
    """Arrays by layer and by what they are: `kernel`, `bias`, `gamma`..."""
    layers: dict[str, Tensors] = {}

    def take(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            layer, leaf = name.split("/")[-2:]
            layers.setdefault(layer, {})[leaf.split(":")[0]] = np.asarray(item, np.float32)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(take)
    except OSError as error:
        raise CheckpointError(
            what=f"Cannot read {path}",
            why=str(error),
            remedy="Give a Keras file of weights in HDF5",
        ) from error
    return layers


def _unfit(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        what=f"Cannot start from {path}",
        why=why,
        remedy="Give the weights of a MobileNetV1 of width 0.25, and the preset compact",
    )
