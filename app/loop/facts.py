"""What the inspector says of the selected box: why it is here, its numbers, its partner."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, QLocale

from tinaface.boxes import pairwise_iou
from tinaface.disagreement_table import Disagreement
from tinaface.disagreements import Kind
from tinaface.matching import ABSORBED

if TYPE_CHECKING:
    from app.comparison import Comparison
    from app.document import Document

FLAGS = ("ignore", "blur", "occlusion", "pose", "invalid")
SAME_IOU = 0.5


@dataclass(frozen=True)
class Facts:
    """Of one selected box or prediction.

    Attributes:
        title: what it is, with the mark that the canvas shows.
        reason: why it is in the queue; empty where it is not.
        numbers: pairs of name and value.
        flags: of a label, name and whether it is set.
    """

    title: str
    reason: str = ""
    numbers: list[tuple[str, str]] = field(default_factory=list)
    flags: dict[str, bool] = field(default_factory=dict)


def facts(document: "Document", target: Disagreement | None) -> Facts | None:
    """The facts about what is selected; None where that is nothing, or several boxes."""
    place, rows = document.selected_prediction, sorted(document.selection)
    if place is not None:
        return _of_prediction(document, place, target)
    if len(rows) == 1:
        return _of_label(document, rows[0], target)
    return None


def _of_prediction(document: "Document", place: int, target: Disagreement | None) -> Facts:
    box = document.predictions.xyxy[place].astype(np.float64)
    score = float(document.predictions.scores[place])
    numbers = [*_place(box), (_tr("Score"), _number(score, 3))]
    comparison = document.compared()
    title = _tr("Prediction")
    if comparison is not None:
        matching = comparison.matching
        gt = int(matching.matched_gt[place])
        if gt >= 0:
            title = _tr("✓ Prediction on a label")
            numbers.append((_tr("Overlap with it"), _number(float(matching.iou[place]), 3)))
        elif gt == ABSORBED:
            title = _tr("ø Prediction in an ignore region")
        else:
            title = _tr("+ Extra prediction (FP)")
            numbers.append((_tr("Closest label"), _closest(box, document)))
    return Facts(title, _reason(document, target), numbers)


def _of_label(document: "Document", row: int, target: Disagreement | None) -> Facts:
    box = document.gt_boxes[row]
    shape = document.shape(row)
    numbers = [*_place(box)]
    title = _tr("Label")
    comparison = document.compared()
    if not shape.is_face:
        title = _tr("Label of another kind")
    elif shape.is_ignored:
        title = _tr("ø Ignore region")
    elif target is not None and target.kind is Kind.DUP:
        title = _tr("‖ Face labelled twice (DUP)")
    elif comparison is not None:
        finder = int(comparison.matching.matched_detection[row])
        score = float(document.predictions.scores[finder]) if finder >= 0 else 0.0
        if finder < 0 or score < document.threshold:
            title = _tr("? Missed label (FN)")
        elif target is not None and target.kind is Kind.LOOSE:
            title = _tr("≈ Loosely found label (LOOSE)")
        else:
            title = _tr("✓ Found label")
        if finder >= 0:
            iou = float(comparison.matching.iou[finder])
            numbers += [
                (_tr("Prediction on it"), _number(score, 3)),
                (_tr("Overlap with it"), _number(iou, 3)),
            ]
    numbers.append((_tr("Label text"), shape.label))
    flags = {name: shape.flags.get(name) is True for name in FLAGS}
    return Facts(title, _reason(document, target), numbers, flags)


def _reason(document: "Document", target: Disagreement | None) -> str:
    comparison = document.compared()
    if target is None or comparison is None:
        return ""
    return {
        Kind.FP: _why_extra,
        Kind.FN: _why_missed,
        Kind.LOOSE: _why_loose,
        Kind.DUP: _why_double,
    }[target.kind](document, comparison, target)


def _why_extra(document: "Document", _: "Comparison", target: Disagreement) -> str:
    score = float(document.predictions.scores[target.row])
    return _tr("The detector is {score} sure of a face, and no label fits it.").format(
        score=_number(score, 2)
    )


def _why_missed(document: "Document", comparison: "Comparison", target: Disagreement) -> str:
    if target.partner >= 0:
        score = float(comparison.matching.scores[target.partner])
        return _tr("The prediction on it scores {score}, below the threshold of {limit}.").format(
            score=_number(score, 2), limit=_number(document.threshold, 2)
        )
    return _tr("No prediction of any score fits it.")


def _why_loose(document: "Document", comparison: "Comparison", target: Disagreement) -> str:
    iou = float(comparison.matching.iou[target.partner])
    label = document.gt_boxes[target.row]
    found = document.predictions.xyxy[target.partner]
    width, height = (found[2:] - found[:2]) / (label[2:] - label[:2])
    return _tr(
        "They overlap by {iou}; the prediction is {width} as wide and {height} as high."
    ).format(iou=_number(iou, 2), width=_percent(width), height=_percent(height))


def _why_double(document: "Document", _: "Comparison", target: Disagreement) -> str:
    pair = document.gt_boxes[[target.row, target.partner]]
    iou = float(pairwise_iou(pair[:1], pair[1:])[0, 0])
    return _tr("Another label overlaps it by {iou}: one face seems to be labelled twice.").format(
        iou=_number(iou, 2)
    )


def _closest(box: np.ndarray, document: "Document") -> str:
    if not len(document.gt_boxes):
        return _tr("none")
    iou = float(pairwise_iou(box[None], document.gt_boxes).max())
    return _tr("overlaps by {iou}").format(iou=_number(iou, 2)) if iou > 0 else _tr("apart")


def _place(box: np.ndarray) -> list[tuple[str, str]]:
    x0, y0, x1, y1 = (float(value) for value in box)
    return [
        (_tr("Left, top"), f"{_number(x0, 1)}, {_number(y0, 1)}"),
        (_tr("Width, height"), f"{_number(x1 - x0, 1)}, {_number(y1 - y0, 1)}"),
    ]


def _number(value: float, decimals: int) -> str:
    return QLocale().toString(value, "f", decimals)


def _percent(share: float) -> str:
    return _tr("{number} %").format(number=QLocale().toString(round(100 * float(share))))


def _tr(text: str) -> str:
    return QCoreApplication.translate("facts", text)
