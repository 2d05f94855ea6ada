"""Boxes on the system's clipboard, as JSON under a type of our own."""

import json
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QMimeData

from app.document import Document
from app.placement import BoxArray

MIME_TYPE = "application/x-tinaface-boxes"


@dataclass(frozen=True, eq=False)
class CopiedBoxes:
    """Boxes taken from a picture.

    Attributes:
        xyxy: `[N, 4]` in pixels of that picture.
        labels: N texts.
        flags: the names of the flags that each box carries.
        size: height and width of that picture.
    """

    xyxy: BoxArray
    labels: list[str]
    flags: list[frozenset[str]]
    size: tuple[int, int]


def copied(document: Document) -> QMimeData:
    """The selected boxes, for the clipboard."""
    rows = document.selected_rows()
    content = {
        "boxes": document.gt_boxes[rows].tolist(),
        "labels": [document.labels[row] for row in rows.tolist()],
        "flags": [sorted(document.flags(row)) for row in rows.tolist()],
        "size": list(document.image_size),
    }
    data = QMimeData()
    data.setData(MIME_TYPE, json.dumps(content).encode())
    return data


def boxes_in(data: QMimeData) -> CopiedBoxes | None:
    """The boxes on the clipboard; None where there are none, or none that make sense."""
    try:
        content = json.loads(bytes(data.data(MIME_TYPE).data()))
        boxes = np.array(content["boxes"], np.float64).reshape(-1, 4)
        labels = [str(label) for label in content["labels"]]
        flags = [frozenset(map(str, own)) for own in content["flags"]]
        height, width = (int(side) for side in content["size"])
    except (ValueError, KeyError, TypeError):
        return None
    is_sound = np.isfinite(boxes).all() and (boxes[:, :2] <= boxes[:, 2:]).all()
    if not is_sound or not len(labels) == len(flags) == len(boxes) or min(height, width) <= 0:
        return None
    return CopiedBoxes(boxes, labels, flags, (height, width))
