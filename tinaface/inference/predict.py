"""Runs the network on pictures: pixels in, detections out."""

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from tinaface.boxes import Detections, FloatArray
from tinaface.images import RgbArray
from tinaface.inference.compiled import compile_network
from tinaface.inference.crowds import closer_looks
from tinaface.inference.explain import Explanation, explain
from tinaface.inference.memory import longest_side
from tinaface.inference.postprocess import RawOutput, View, candidates, merge, select
from tinaface.inference.rescoring import Rescoring, rescoring_of
from tinaface.inference.settings import DetectSettings
from tinaface.inference.views import Input, plan
from tinaface.network.detector import Detector, load_detector
from tinaface.presets import PIXEL_MEAN, Preset


class Predictor:
    """A network with its weights, ready to look at pictures of any size.

    Its graph is traced once: sizes are unknown to the trace, so that no picture costs a second one.

    Attributes:
        header: what the file of weights says about itself.
    """

    def __init__(self, weights: Path, *, compiles: bool = False) -> None:
        """Loads weights. Raises CheckpointError if they cannot be used.

        Args:
            compiles: take the seconds to compile the network if it never was; worth it for weights
                that are used more than once.
        """
        self._detector: Detector
        self._detector, self.header = load_detector(weights)
        self._rescoring: Rescoring | None = rescoring_of(weights, self.header)
        self._longest_side = longest_side(self.preset)
        self._compiled = compile_network(self._detector) if compiles else None

    @property
    def preset(self) -> Preset:
        """Layers, anchors and default rule of the loaded network."""
        preset: Preset = self._detector.preset
        return preset

    def detect(self, rgb: RgbArray, settings: DetectSettings) -> Detections:
        """The faces of one picture, `[H, W, 3]` uint8, in its pixels, best first."""
        if self._rescoring is None:
            return self.scored(rgb, settings)[0]
        found, among = self.scored(rgb, self._before_rescoring(settings))
        return self._rescoring(found, among, rgb.shape[:2]).more_than(settings.score_floor)

    def scored(self, rgb: RgbArray, settings: DetectSettings) -> tuple[Detections, Detections]:
        """The faces with the network's own scores, and all candidates that they were chosen of."""
        among = merge([found for _, _, found in self._looks(rgb, settings)])
        return select(among, settings), among

    def _before_rescoring(self, settings: DetectSettings) -> DetectSettings:
        """Faint boxes tell of the others, however sure the caller wants them to be."""
        floor = min(settings.score_floor, self.preset.inference.score_floor)
        return dataclasses.replace(settings, score_floor=floor)

    def explain(
        self, rgb: RgbArray, settings: DetectSettings, face: FloatArray, threshold: float
    ) -> Explanation:
        """Why a `[4]` face of the picture was missed; see `tinaface.inference.explain`."""
        rescore = None
        if self._rescoring is not None:
            settings = self._before_rescoring(settings)
            rescore = functools.partial(self._rescoring.scores, size=rgb.shape[:2])
        passes = [(raw, view) for raw, view, _ in self._looks(rgb, settings)]
        return explain(passes, self.preset, settings, face, threshold, rescore)

    def _looks(
        self, rgb: RgbArray, settings: DetectSettings
    ) -> Iterator[tuple[RawOutput, View, Detections]]:
        """Raw output, view and candidates of each pass, those that crowds ask for at the end."""
        tile = self._longest_side if settings.tile is None else settings.tile
        height, width = rgb.shape[:2]
        inputs = plan(dataclasses.replace(settings, tile=tile), height, width)
        found = []
        for raw, view in self._passes(rgb, inputs, settings):
            found.append(candidates(raw, self.preset, view, settings))
            yield raw, view, found[-1]
        closer = closer_looks(settings, height, width, merge(found))
        for raw, view in self._passes(rgb, closer, settings):
            yield raw, view, candidates(raw, self.preset, view, settings)

    def _passes(
        self, rgb: RgbArray, inputs: Sequence[Input], settings: DetectSettings
    ) -> Iterator[tuple[RawOutput, View]]:
        """Raw output and view of each of the inputs."""
        size, resized = rgb.shape[:2], rgb
        for one in inputs:
            if one.resized != size:
                size, resized = one.resized, resize(rgb, one.resized, settings.resize.antialias)
            yield self.raw_output(resized, one), one.view

    def raw_output(self, resized: RgbArray, one: Input) -> RawOutput:
        """The network's maps, `[rows, columns, channels]` each, for one pass.

        Args:
            resized: `[H, W, 3]` uint8 of the size `one.resized`.
            one: which part of it to look at, and how.
        """
        view = one.view
        tile = resized[
            view.tile_y : view.tile_y + view.height, view.tile_x : view.tile_x + view.width
        ]
        if view.is_flipped:
            tile = tile[:, ::-1]
        # Zeros after the mean was subtracted: the padding is of the mean's colour.
        x = np.zeros((*one.padded, 3), np.float32)
        shown = x[view.top : view.top + view.height, view.left : view.left + view.width]
        np.subtract(tile, np.array(PIXEL_MEAN, np.float32), out=shown)
        if self._compiled is not None:
            return self._compiled(x)
        maps = self._forward(x[None])
        return {name: [level.numpy()[0] for level in levels] for name, levels in maps.items()}

    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.float32)])
    def _forward(self, x: tf.Tensor) -> Any:
        return self._detector(x, training=False)


def resize(rgb: RgbArray, size: tuple[int, int], antialias: bool) -> RgbArray:
    """`[height, width, 3]` uint8, bilinear between centres of pixels, in whole levels.

    Args:
        rgb: `[H, W, 3]` uint8.
        size: height and width wanted.
        antialias: average over every pixel a new one covers, when the picture shrinks.
    """
    if antialias:
        # Several times faster than TensorFlow's own, which would answer the same.
        turned = Image.fromarray(rgb).resize(size[::-1], Image.Resampling.BILINEAR)
        return np.asarray(turned)
    # Through bytes, as the reference's: OpenCV's answer to bytes is bytes.
    resized = tf.image.resize(rgb, size, "bilinear", antialias=False)
    return tf.saturate_cast(tf.round(resized), tf.uint8).numpy()
