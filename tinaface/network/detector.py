"""The whole network: picture in, class, box and IoU outputs of every level out.

`build_detector` makes a fresh one, `load_detector` one from a file of weights.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tinaface import weights
from tinaface.errors import CheckpointError
from tinaface.network.backbone import build_backbone
from tinaface.network.head import Head
from tinaface.network.inception import ContextBlock
from tinaface.network.neck import LEAK, CascadedPyramid, FeaturePyramid
from tinaface.presets import PRESETS, Preset
from tinaface.weights import WeightsHeader

OUTPUTS = ("class_logits", "box_deltas", "iou_logits")


class Detector(keras.Model):
    """Backbone, feature pyramid, context block, head; one after another, level by level.

    Input:  `[B, H, W, 3]` RGB minus `presets.PIXEL_MEAN`, any H and W.
    Output: `class_logits`, `box_deltas` and `iou_logits`: lists of one map a level, finest first;
        A, 4 A and A channels.
    Source: TinaFace (arXiv 2011.13183); specification, sections 2 to 5.
    """

    def __init__(self, preset: Preset, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.preset = preset
        norm, dtype = preset.norm, self.dtype_policy
        self.backbone = build_backbone(preset.backbone, norm, name="backbone", dtype=dtype)
        is_cascaded = preset.pyramid == "cascaded"
        channels, levels = preset.neck_channels, preset.levels
        self.neck: keras.layers.Layer
        if is_cascaded:
            self.neck = CascadedPyramid(channels, levels, norm, name="neck", dtype=dtype)
        else:
            coarsest = preset.backbone.levels[-1]
            self.neck = FeaturePyramid(
                channels, levels, norm, coarsest=coarsest, name="neck", dtype=dtype
            )
        self.contexts = [
            ContextBlock(
                preset.neck_channels,
                norm,
                LEAK if is_cascaded else 0.0,
                same_padding=is_cascaded,
                name=name,
                dtype=dtype,
            )
            for name in _names("context", preset, is_shared=preset.shares_context)
        ]
        self.heads = [
            Head(
                preset.neck_channels,
                preset.head.depth,
                preset.anchors_per_cell,
                norm,
                name=name,
                dtype=dtype,
            )
            for name in _names("head", preset, is_shared=preset.head.shared)
        ]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.backbone.build(input_shape)
        self.neck.build(
            [(None, None, None, channels) for channels in self.preset.backbone.out_channels]
        )
        inner = (None, None, None, self.preset.neck_channels)
        for block in self.contexts:
            block.build(inner)
        for head in self.heads:
            head.build(inner)

    def features(self, x: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        """Every map before the head.

        Returns:
            `C2` to `C5` of the backbone (`C1` to `C4` behind a stem of stride 1), and for every
            level of the preset `P2`... of the pyramid and `I2`... of the context block, NHWC.
        """
        x = tf.cast(x, self.compute_dtype)
        backbone = self.backbone(x, training=training)
        pyramid = self.neck(backbone, training=training)
        # Shared norms update their statistics a level at a time, finest first.
        context = [
            block(feature, training=training)
            for block, feature in zip(self._by_level(self.contexts), pyramid, strict=True)
        ]
        trunk_levels = self.preset.backbone.levels
        maps = {f"C{level}": c for level, c in zip(trunk_levels, backbone, strict=True)}
        for letter, levels in (("P", pyramid), ("I", context)):
            for level, feature in zip(self.preset.levels, levels, strict=True):
                maps[f"{letter}{level}"] = feature
        return maps

    def outputs(
        self, maps: Mapping[str, tf.Tensor], training: bool = False
    ) -> dict[str, list[tf.Tensor]]:
        """What the head makes of the `I` maps of `features`."""
        levels = self.preset.levels
        results = [
            head(maps[f"I{level}"], training=training)
            for head, level in zip(self._by_level(self.heads), levels, strict=True)
        ]
        by_output = zip(*results, strict=True)
        return {name: list(found) for name, found in zip(OUTPUTS, by_output, strict=True)}

    def call(self, x: tf.Tensor, training: bool = False) -> dict[str, list[tf.Tensor]]:
        return self.outputs(self.features(x, training=training), training=training)

    def _by_level(self, rooms: list[keras.layers.Layer]) -> list[keras.layers.Layer]:
        """The room of each level: one for all, or one each."""
        return rooms * len(self.preset.levels) if len(rooms) == 1 else rooms


def _names(room: str, preset: Preset, *, is_shared: bool) -> list[str]:
    """What a room is called: one that serves all levels, or one a level."""
    return [room] if is_shared else [f"{room}{level}" for level in preset.levels]


def build_detector(preset: Preset, dtype: str | None = None) -> Detector:
    """A fresh network with the start values of the specification.

    Args:
        preset: layers, widths, norm and levels.
        dtype: a Keras policy such as "float64" or "mixed_float16"; None for the current one.
    """
    detector = Detector(preset, name="detector", dtype=dtype)
    detector.build((None, None, None, 3))
    return detector


def named_weights(model: keras.layers.Layer) -> dict[str, keras.Variable]:
    """Every variable under its path without the model's own name: `backbone/stem/conv/kernel`."""
    return {variable.path.split("/", 1)[1]: variable for variable in model.variables}


def assign_weights(
    model: keras.layers.Layer, tensors: Mapping[str, npt.NDArray[np.generic]], what: str
) -> None:
    """Fills every variable of the model, or none.

    Raises CheckpointError that starts with `what`, and names what is missing, extra or misshapen.
    """
    variables = named_weights(model)
    faults = [f"{name} is missing" for name in variables if name not in tensors]
    faults += [f"{name} belongs to no layer" for name in tensors if name not in variables]
    faults += [
        f"{name} has the shape {tensors[name].shape} and not {tuple(variable.shape)}"
        for name, variable in variables.items()
        if name in tensors and tensors[name].shape != tuple(variable.shape)
    ]
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise CheckpointError(
            what=what,
            why="; ".join(faults[:5]) + more,
            remedy="Use weights of the same preset and version",
        )
    for name, variable in variables.items():
        variable.assign(tensors[name])


def save_detector(detector: Detector, path: Path, header: WeightsHeader) -> None:
    """Writes the weights in float32 under their layers' paths. Raises CheckpointError.

    Raises ValueError if the header describes another network.
    """
    preset = detector.preset
    if header.network_hash != preset.network_hash:
        raise ValueError(f"{header} describes another network than {preset.name}")
    tensors = {
        name: np.asarray(variable, np.float32) for name, variable in named_weights(detector).items()
    }
    weights.write(path, header, tensors)


def load_detector(path: Path) -> tuple[Detector, WeightsHeader]:
    """The network that a file of weights belongs to, filled, and the file's header.

    Raises CheckpointError if the file cannot be read, names an unknown preset, or was made for
    other layers than the preset now has.
    """
    header, tensors = weights.read(path)
    preset = PRESETS.get(header.preset)
    if preset is None:
        raise CheckpointError(
            what=f"Cannot use weights {path}",
            why=f"they belong to the preset {header.preset!r}, which this version does not know",
            remedy=f"Use weights of {', '.join(PRESETS)}",
        )
    if header.network_hash != preset.network_hash:
        raise CheckpointError(
            what=f"Cannot use weights {path}",
            why=f"they were made for other layers of {preset.name!r} "
            f"({header.network_hash} and not {preset.network_hash})",
            remedy="Train again, or use the version of the program that wrote them",
        )
    detector = build_detector(preset)
    assign_weights(detector, tensors, f"Cannot use weights {path}")
    return detector, header
