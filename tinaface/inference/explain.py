"""Why a face was missed: the best box the network had for it, and the step that removed it.

Light: numpy only, from the network's raw output.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from tinaface import boxes
from tinaface.boxes import Detections, FloatArray
from tinaface.inference.postprocess import (
    RawOutput,
    View,
    best_candidates,
    candidates,
    fused_scores,
    levels_of,
    merge,
    select,
    to_original,
)
from tinaface.inference.settings import DetectSettings
from tinaface.matching import BoolArray
from tinaface.network.coder import decode
from tinaface.presets import Preset

NEAR_IOU = 0.5
"""A box that overlaps the face by as much would have found it."""

_SAME = 1e-4

Rescore = Callable[[Detections, Detections], FloatArray]


class Step(Enum):
    """Where on its way the best box was lost."""

    NONE_NEAR = "none near"
    FLOOR = "floor"
    TOP_K = "top-k"
    SIZE = "size"
    SUPPRESSED = "suppressed"
    LIMIT = "limit"
    THRESHOLD = "threshold"
    KEPT = "kept"


@dataclass(frozen=True)
class Explanation:
    """The best box for one face, in pixels of the original picture.

    Attributes:
        step: what removed it.
        xyxy: the box.
        iou: its overlap with the face.
        score: its own.
        level: pyramid level that it came from, 2 for P2.
        anchor: width and height of the anchor that it started from.
        rival: the better box that suppressed it, x0, y0, x1, y1; None where none did.
        rival_score: of that box.
        rival_iou: overlap of both boxes.
    """

    step: Step
    xyxy: tuple[float, float, float, float]
    iou: float
    score: float
    level: int
    anchor: tuple[float, float]
    rival: tuple[float, float, float, float] | None = None
    rival_score: float = 0.0
    rival_iou: float = 0.0


@dataclass(frozen=True, eq=False)
class _All:
    """Every anchor's box of all passes, each field `[N]` or `[N, k]`.

    Attributes:
        anchor: width and height in the original picture.
        is_cut: beyond the candidates that its level may keep.
        is_odd: its box is too small, too large or cut by a tile.
    """

    xyxy: FloatArray
    scores: FloatArray
    stride: FloatArray
    anchor: FloatArray
    is_cut: BoolArray
    is_odd: BoolArray


def explain(
    passes: Sequence[tuple[RawOutput, View]],
    preset: Preset,
    settings: DetectSettings,
    face: FloatArray,
    threshold: float,
    rescore: Rescore | None = None,
) -> Explanation:
    """What became of a face: the fate of the candidate nearest to it, before box voting moves it.

    Args:
        passes: raw output and view of each pass over the picture.
        face: `[4]` box in pixels of the original picture.
        threshold: score below which the window shows nothing.
        rescore: the scores that detections, among all candidates, are shown with; boxes that
            never were detections keep the network's own.
    """
    parts = [_all_of(raw, preset, view, settings) for raw, view in passes]
    every = _All(*(np.concatenate(field) for field in zip(*map(_fields, parts), strict=True)))
    iou = boxes.pairwise_iou(every.xyxy.astype(np.float64), face[None].astype(np.float64))[:, 0]
    is_near = iou >= NEAR_IOU
    best = int(np.where(is_near, every.scores, -1).argmax()) if is_near.any() else int(iou.argmax())
    found = Explanation(
        step=Step.NONE_NEAR,
        xyxy=_corners(every.xyxy[best]),
        iou=float(iou[best]),
        score=float(every.scores[best]),
        level=round(np.log2(float(every.stride[best]))),
        anchor=(float(every.anchor[best, 0]), float(every.anchor[best, 1])),
    )
    if not is_near[best]:
        return found
    for step, is_lost in (
        (Step.FLOOR, every.scores[best] <= settings.score_floor),
        (Step.TOP_K, every.is_cut[best]),
        (Step.SIZE, every.is_odd[best]),
    ):
        if is_lost:
            return dataclasses.replace(found, step=step)
    among = merge([candidates(raw, preset, view, settings) for raw, view in passes])
    return _selected(found, among, settings, threshold, rescore)


def _selected(
    found: Explanation,
    among: Detections,
    settings: DetectSettings,
    threshold: float,
    rescore: Rescore | None,
) -> Explanation:
    """What suppression, the limit and the threshold do to a candidate."""
    kept = boxes.suppress(among.xyxy, among.scores, settings.nms_iou)
    own = np.array([found.xyxy])
    overlap = boxes.pairwise_iou(among.xyxy[kept].astype(np.float64), own)[:, 0]
    is_better = among.scores[kept] >= found.score
    rivals = np.flatnonzero((overlap > settings.nms_iou) & is_better)
    if not len(rivals):
        return dataclasses.replace(found, step=Step.KEPT)
    first = int(rivals[overlap[rivals].argmax()])
    shown = _shown_scores(among, settings, rescore)
    is_past_limit = first >= len(shown)
    if overlap[first] < 1 - _SAME:
        row = kept[first]
        return dataclasses.replace(
            found,
            step=Step.SUPPRESSED,
            rival=_corners(among.xyxy[row]),
            rival_score=float(among.scores[row] if is_past_limit else shown[first]),
            rival_iou=float(overlap[first]),
        )
    if is_past_limit:
        return dataclasses.replace(found, step=Step.LIMIT)
    score = float(shown[first])
    is_hidden = score < threshold
    return dataclasses.replace(found, step=Step.THRESHOLD if is_hidden else Step.KEPT, score=score)


def _shown_scores(
    among: Detections, settings: DetectSettings, rescore: Rescore | None
) -> FloatArray:
    """Of the detections, in the order that the network's own scores give."""
    selected = select(among, settings)
    return selected.scores if rescore is None else rescore(selected, among)


def _all_of(raw: RawOutput, preset: Preset, view: View, settings: DetectSettings) -> _All:
    """Every anchor's box of one pass."""
    scale = np.array([view.scale_x, view.scale_y])
    found: list[tuple[npt.NDArray[Any], ...]] = []
    for level in levels_of(raw, preset):
        rows = np.arange(level.class_logits.size)
        at = level.anchors_at(rows)
        class_logits, iou_logits = level.class_logits.reshape(-1), level.iou_logits.reshape(-1)
        scores = fused_scores(class_logits, iou_logits, settings.alpha)
        is_cut = np.ones(len(rows), bool)
        is_cut[best_candidates(scores, settings)] = False
        xyxy = decode(at, level.box_deltas.reshape(-1, 4))
        anchor = (at[:, 2:] - at[:, :2]) / scale
        found.append((xyxy, scores, np.full(len(rows), level.stride), anchor, is_cut))
    xyxy, scores, strides, anchor, is_cut = (
        np.concatenate(field) for field in zip(*found, strict=True)
    )
    moved, kept = to_original(xyxy, view, settings.least_height)
    is_odd = np.ones(len(xyxy), bool)
    placed = np.zeros((len(xyxy), 4), np.float32)
    placed[kept], is_odd[kept] = moved, False
    # Where a box would be that no detection may have: its pass' own scale tells.
    lost = np.flatnonzero(is_odd)
    offset = np.array([view.left - view.tile_x, view.top - view.tile_y] * 2, np.float32)
    placed[lost] = (xyxy[lost] - offset) / np.tile(scale, 2)
    return _All(placed, scores, strides, anchor, is_cut, is_odd)


def _fields(one: _All) -> tuple[npt.NDArray[Any], ...]:
    return one.xyxy, one.scores, one.stride, one.anchor, one.is_cut, one.is_odd


def _corners(box: FloatArray) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(value) for value in box)
    return x0, y0, x1, y1
