"""From the network's raw output to detections in pixels of the original picture.

Source: specification, section 11, steps 1 to 7. Light: numpy only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tinaface import boxes
from tinaface.boxes import Detections, FloatArray, IndexArray
from tinaface.inference.settings import DetectSettings
from tinaface.network.anchors import level_bases
from tinaface.network.coder import decode
from tinaface.presets import FAINT, Preset

# Of each output the maps of all levels of one picture, finest first: `[rows, columns, channels]`.
RawOutput = Mapping[str, Sequence[FloatArray]]

# Shortest and longest side (root of the area) of a box in network pixels.
LEAST_SIDE, LARGEST_SIDE = 1.0, 10_000.0


@dataclass(frozen=True)
class View:
    """How a picture, or a tile of it, was laid before the network. All but scales in its pixels.

    Attributes:
        height: of the part shown, without padding.
        width: the same.
        scale_x: network pixels a pixel of the original, across.
        scale_y: the same, down.
        is_flipped: mirrored left to right, before padding.
        left: between the input's left edge and the part shown.
        top: the same, down.
        tile_x: where the part shown begins in the resized picture.
        tile_y: the same, down.
        cuts: whether the left, top, right and bottom edge cut through the picture.
        least_height: of faces that are taken from this view, in pixels of the original.
    """

    height: int
    width: int
    scale_x: float
    scale_y: float
    is_flipped: bool = False
    left: int = 0
    top: int = 0
    tile_x: int = 0
    tile_y: int = 0
    cuts: tuple[bool, bool, bool, bool] = (False, False, False, False)
    least_height: float = 0.0


class Level(NamedTuple):
    """What the network says of one level, and where its anchors stand.

    Attributes:
        stride: network pixels a cell.
        base: `[A, 4]` anchors of the first cell.
        class_logits: `[rows, columns, A]`.
        box_deltas: `[rows, columns, 4 A]`.
        iou_logits: `[rows, columns, A]`.
    """

    stride: int
    base: FloatArray
    class_logits: FloatArray
    box_deltas: FloatArray
    iou_logits: FloatArray

    def anchors_at(self, rows: IndexArray) -> FloatArray:
        """`[N, 4]` anchors of flat positions (row, column, anchor)."""
        _, columns, anchors = self.class_logits.shape
        cell, anchor = np.divmod(rows, anchors)
        y, x = np.divmod(cell, columns)
        corner = self.stride * np.stack([x, y, x, y], axis=-1).astype(np.float32)
        return corner + self.base[anchor]


def levels_of(raw: RawOutput, preset: Preset) -> Iterator[Level]:
    """The levels of one picture's output, finest first."""
    maps = zip(raw["class_logits"], raw["box_deltas"], raw["iou_logits"], strict=True)
    for stride, base, one in zip(preset.strides, level_bases(preset), maps, strict=True):
        yield Level(stride, base, *one)


def fused_scores(class_logits: FloatArray, iou_logits: FloatArray, alpha: float) -> FloatArray:
    """`sigmoid(class)^(2 alpha) * sigmoid(iou)^(2 (1 - alpha))`, of the inputs' shape and dtype.

    The paper has no factor 2; the authors' code has, and published thresholds mean that form.
    """
    logarithm = 2 * alpha * _log_sigmoid(class_logits)
    logarithm += 2 * (1 - alpha) * _log_sigmoid(iou_logits)
    return np.exp(logarithm)


def _log_sigmoid(logits: FloatArray) -> FloatArray:
    # -log(1 + exp(-x)), where no exp overflows; np.logaddexp takes ten times as long.
    return np.minimum(logits, 0) - np.log1p(np.exp(-np.abs(logits)))


def candidates(raw: RawOutput, preset: Preset, view: View, settings: DetectSettings) -> Detections:
    """Every box worth comparing with others, level by level, in pixels of the original picture.

    Boxes that score no more than `settings.score_floor`, too small or too large ones are left out.

    Args:
        raw: output for the one padded input.
        preset: whose anchors the deltas start from.
        view: how the picture lay in that input.
        settings: alpha, candidates a level, score floor and least height count here.
    """
    found = [_level_candidates(level, settings) for level in levels_of(raw, preset)]
    xyxy = np.concatenate([level[0] for level in found])
    scores = np.concatenate([level[1] for level in found])
    xyxy, kept = to_original(xyxy, view, settings.least_height)
    return Detections(xyxy, scores[kept])


def select(found: Detections, settings: DetectSettings) -> Detections:
    """The detections among all candidates of a picture, best first (step 7).

    With box voting, always part of `settings.tta` "paper", each box is the mean of the candidates
    around it.
    """
    above = np.flatnonzero(found.scores > settings.score_floor)
    xyxy, scores = found.xyxy[above], found.scores[above]
    rows = boxes.suppress(xyxy, scores, settings.nms_iou, settings.max_detections)
    kept = xyxy[rows]
    if settings.votes or settings.tta == "paper":
        kept = boxes.vote(kept, xyxy, scores, settings.nms_iou)
    return Detections(kept, scores[rows])


def merge(views: Sequence[Detections]) -> Detections:
    """The candidates of several views of one picture, for one common selection."""
    return Detections(
        np.concatenate([view.xyxy for view in views]),
        np.concatenate([view.scores for view in views]),
    )


def _level_candidates(level: Level, settings: DetectSettings) -> tuple[FloatArray, FloatArray]:
    """Boxes in network pixels and scores of one level (steps 1 to 3, without clipping)."""
    flat_class, flat_iou = level.class_logits.reshape(-1), level.iou_logits.reshape(-1)
    # Most anchors are background, and their class score alone rules them out.
    rows = np.flatnonzero(flat_class > _least_class_logit(settings))
    scores = fused_scores(flat_class[rows], flat_iou[rows], settings.alpha)
    above = scores > settings.score_floor
    rows, scores = rows[above], scores[above]
    best = best_candidates(scores, settings)
    rows, scores = rows[best], scores[best]
    return decode(level.anchors_at(rows), level.box_deltas.reshape(-1, 4)[rows]), scores


def best_candidates(scores: FloatArray, settings: DetectSettings) -> IndexArray:
    """Rows of the candidates of a level that are kept, in their given order.

    They are the best; of equal scores the first ones. Most candidates are faint, and sorting all of
    them takes longer than suppressing those that are left.
    """
    most = len(scores)
    if settings.faint_per_level is not None:
        most = int(np.count_nonzero(scores >= FAINT)) + settings.faint_per_level
    if settings.candidates_per_level is not None:
        most = min(most, settings.candidates_per_level)
    if most >= len(scores):
        return np.arange(len(scores))
    if not most:
        return np.zeros(0, np.intp)
    least = np.partition(scores, len(scores) - most)[len(scores) - most]
    above = np.flatnonzero(scores > least)
    equal = np.flatnonzero(scores == least)[: most - len(above)]
    return np.sort(np.concatenate([above, equal]))


def _least_class_logit(settings: DetectSettings) -> float:
    """A class logit at or below which no anchor can score more than the floor."""
    if settings.score_floor <= 0 or settings.alpha <= 0:
        return -np.inf
    least = settings.score_floor ** (1 / (2 * settings.alpha))
    # The slack of 1 % in the odds is far above rounding.
    return float(np.log(0.99 * least / (1 - least))) if least < 1 else np.inf


def to_original(xyxy: FloatArray, view: View, least_height: float) -> tuple[FloatArray, IndexArray]:
    """Boxes in pixels of the original picture, and which of the given ones they are (3 to 6)."""
    shift = np.array([view.left, view.top] * 2, np.float32)
    xyxy = boxes.clip(xyxy - shift, view.height, view.width)
    sides = np.sqrt(boxes.area(xyxy))
    kept = np.flatnonzero((sides >= LEAST_SIDE) & (sides <= LARGEST_SIDE))
    xyxy = xyxy[kept]
    if view.is_flipped:
        xyxy = np.stack(
            [view.width - xyxy[:, 2], xyxy[:, 1], view.width - xyxy[:, 0], xyxy[:, 3]], axis=-1
        )
    # A face that a tile's edge cuts is whole in the tile beside it, or in the smaller picture.
    edges = np.array([0, 0, view.width, view.height], np.float32)
    whole = ~np.any((np.abs(xyxy - edges) < 1) & np.array(view.cuts), axis=1)
    scale = np.array([view.scale_x, view.scale_y] * 2, np.float32)
    xyxy = (xyxy + np.array([view.tile_x, view.tile_y] * 2, np.float32)) / scale
    whole &= xyxy[:, 3] - xyxy[:, 1] >= max(least_height, view.least_height)
    return xyxy[whole], kept[whole]
