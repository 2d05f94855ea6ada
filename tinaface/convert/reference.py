"""The names of the authors' PyTorch code in exchange for ours.

A state is a mapping from their key (`backbone.layer1.0.conv2.weight`) to an array in their layout
(OIHW for convolutions). Their names stand in this room only. Source: specification, section 14.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt

from tinaface.errors import CheckpointError
from tinaface.network.detector import Detector, named_weights

Array = npt.NDArray[np.generic]
State = Mapping[str, Array]

# Before the first release the offset convolution stood beside the deformable one, not inside.
_OLDER_OFFSET = re.compile(r"\.conv2_offset\.")
# Counts the batches that BatchNorm has seen; nothing in the network reads it.
_COUNTER = ".num_batches_tracked"
_LISTED = 12

_CONTEXT = ("near", "middle0", "middle1", "far0", "far1")
_BOTTLENECK = {"reduce": "1", "spatial": "2", "expand": "3"}
_OUTPUTS = {"class_logits": "retina_cls", "box_deltas": "retina_reg", "iou_logits": "retina_iou"}
_CONV_LEAVES = {
    "kernel": "weight",
    "offset_kernel": "conv_offset.weight",
    "offset_bias": "conv_offset.bias",
}
_NORM_LEAVES = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}

# A function of (our name's parts, "gn" or "bn") that gives the key of the convolution or norm.
_ROOMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], str]], ...] = (
    (
        re.compile(r"backbone/stem/(conv|norm)"),
        lambda m, norm: "backbone." + ("conv1" if m[1] == "conv" else f"{norm}1"),
    ),
    (
        re.compile(r"backbone/stage(\d)_block(\d+)/shortcut/(conv|norm)"),
        lambda m, _: f"backbone.layer{int(m[1]) - 1}.{m[2]}.downsample.{int(m[3] == 'norm')}",
    ),
    (
        re.compile(r"backbone/stage(\d)_block(\d+)/(reduce|spatial|expand)/(conv|norm)"),
        lambda m, norm: (
            f"backbone.layer{int(m[1]) - 1}.{m[2]}."
            f"{'conv' if m[4] == 'conv' else norm}{_BOTTLENECK[m[3]]}"
        ),
    ),
    (
        re.compile(r"neck/(lateral|output)(\d)/(conv|norm)"),
        lambda m, norm: (
            f"neck.0.{'lateral' if m[1] == 'lateral' else 'fpn'}_convs.{int(m[2]) - 2}."
            f"{'conv' if m[3] == 'conv' else norm}"
        ),
    ),
    (
        re.compile(rf"context/({'|'.join(_CONTEXT)})/(conv|norm)"),
        lambda m, norm: (
            f"neck.1.level_convs.0.{_CONTEXT.index(m[1])}.{'conv' if m[2] == 'conv' else norm}"
        ),
    ),
    (
        re.compile(r"head/(class|box)_tower(\d+)/(conv|norm)"),
        lambda m, norm: (
            f"bbox_head.{'cls' if m[1] == 'class' else 'reg'}_convs.{m[2]}."
            f"{'conv' if m[3] == 'conv' else norm}"
        ),
    ),
    (
        re.compile(rf"head/({'|'.join(_OUTPUTS)})"),
        lambda m, _: f"bbox_head.{_OUTPUTS[m[1]]}",
    ),
)


@dataclass(frozen=True)
class Report:
    """How a state fits a network. Keys are the state's own; expected ones have no prefix.

    Attributes:
        loaded: keys that fill a variable of ours.
        missing: keys the network needs and the state lacks.
        unexpected: keys that belong to no layer.
        misshapen: keys of another shape than the layer, each with both shapes in words.
        dropped: counters, which are left out on purpose.
    """

    loaded: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    misshapen: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every variable is filled and no key is left over."""
        return not (self.missing or self.unexpected or self.misshapen)


def reference_key(name: str, norm_kind: str) -> str:
    """Their key of our weight, such as `head/box_deltas/bias` in a network of "group" norms.

    Raises ValueError for a weight that the published networks have not (the `seed` preset's heads).
    """
    module, _, leaf = name.rpartition("/")
    for pattern, key in _ROOMS:
        match = pattern.fullmatch(module)
        if match is not None:
            leaves = _NORM_LEAVES if module.endswith("/norm") else _CONV_LEAVES
            norm = "gn" if norm_kind == "group" else "bn"
            return f"{key(match, norm)}.{leaves.get(leaf, leaf)}"
    raise ValueError(f"the published networks have no {name}")


def reference_variables(detector: Detector) -> dict[str, keras.Variable]:
    """Their keys, in our order, with our variables."""
    kind = detector.preset.norm.kind
    return {
        reference_key(name, kind): variable for name, variable in named_weights(detector).items()
    }


def to_our_layout(value: Array) -> Array:
    """A convolution's OIHW as HWIO; anything else as it is."""
    return value.transpose(2, 3, 1, 0) if value.ndim == 4 else value


def to_their_layout(value: Array) -> Array:
    """A convolution's HWIO as OIHW; anything else as it is."""
    return value.transpose(3, 2, 0, 1) if value.ndim == 4 else value


def compare_state(detector: Detector, state: State) -> Report:
    """How `state` would fit, without changing the network."""
    return _compare(detector, state, prefix="")[0]


def load_state(detector: Detector, state: State) -> Report:
    """Fills every weight of a paper preset, or of one with the same rooms, from a state.

    Keys may start with `module.`, as the authors' training on several GPUs writes them, and may
    use the older names of the offset convolutions.

    Raises CheckpointError, and changes nothing, if a key is missing, unexpected or misshapen.
    """
    report, values = _compare(detector, state, prefix="")
    if not report.is_complete:
        parts = (
            _sentence("missing", report.missing),
            _sentence("unexpected", report.unexpected),
            _sentence("misshapen", report.misshapen),
        )
        raise CheckpointError(
            what=f"The state does not fit {detector.preset.name}",
            why="; ".join(part for part in parts if part),
            remedy="Choose the preset that the checkpoint was trained with",
        )
    _assign(values)
    return report


def load_backbone(detector: Detector, state: State) -> Report:
    """Fills what a classifier's ResNet shares with the backbone, by torchvision's names.

    As in the reference, keys are matched by name alone and the rest is left as it was. A network
    of BatchNorm takes everything but `fc`. One of GroupNorm takes the convolutions, and of the
    norms only the scale and shift of the projections, whose key `downsample.1` says nothing about
    the kind of norm. The report's `missing` are the backbone's own, `unexpected` what stays unused.

    Raises CheckpointError, and changes nothing, if a matching key has another shape or none
    matches.
    """
    report, values = _compare(detector, state, prefix="backbone.")
    if report.misshapen or not values:
        raise CheckpointError(
            what=f"The state cannot start the backbone of {detector.preset.name}",
            why=_sentence("misshapen", report.misshapen) or "it has no key of the backbone",
            remedy="Give torchvision's state of a ResNet-50 to a preset with a ResNet-50",
        )
    _assign(values)
    return report


def _compare(
    detector: Detector, state: State, prefix: str
) -> tuple[Report, list[tuple[keras.Variable, Array]]]:
    wanted = {
        key: variable
        for key, variable in reference_variables(detector).items()
        if key.startswith(prefix)
    }
    found: dict[str, str] = {}  # their key without dialects, the state's own key
    dropped, unexpected, misshapen = [], [], []
    for own in state:
        key = prefix + _OLDER_OFFSET.sub(".conv2.conv_offset.", own.removeprefix("module."))
        if key.endswith(_COUNTER):
            dropped.append(own)
        elif key in wanted and key not in found:
            found[key] = own
        else:
            unexpected.append(own)
    values: list[tuple[keras.Variable, Array]] = []
    for key, own in found.items():
        value = to_our_layout(np.asarray(state[own]))
        variable = wanted[key]
        if value.shape == tuple(variable.shape):
            values.append((variable, value))
        else:
            expected = to_their_layout(np.empty(variable.shape, np.bool_)).shape
            misshapen.append(f"{own} is {np.shape(state[own])} and not {expected}")
    report = Report(
        loaded=tuple(found.values()),
        missing=tuple(key for key in wanted if key not in found),
        unexpected=tuple(unexpected),
        misshapen=tuple(misshapen),
        dropped=tuple(dropped),
    )
    return report, values


def _assign(values: Iterable[tuple[keras.Variable, Array]]) -> None:
    for variable, value in values:
        variable.assign(value.astype(variable.dtype))


def _sentence(fault: str, keys: tuple[str, ...]) -> str:
    if not keys:
        return ""
    more = f" and {len(keys) - _LISTED} more" if len(keys) > _LISTED else ""
    return f"{len(keys)} {fault}: {', '.join(keys[:_LISTED])}{more}"
