"""Which box lies under a point or in a band; all boxes at once, with numpy."""

from dataclasses import dataclass

import numpy as np

from app.document import Document
from app.placement import BoxArray
from tinaface.boxes import FloatArray, IndexArray, area

PREDICTION_HANDICAP = 2.0
"""Of a box and a prediction of about the same face, the box is taken: it can be edited."""


@dataclass(frozen=True)
class Hit:
    """A box (`row` in `gt_boxes`) or a prediction (`place` in `predictions`) under the cursor."""

    index: int
    is_prediction: bool


def hits_at(
    document: Document,
    x: float,
    y: float,
    tolerance: float,
    *,
    with_boxes: bool = True,
    with_predictions: bool = True,
) -> list[Hit]:
    """What lies under a picture point, the smallest first.

    Args:
        tolerance: image pixels by which a box may be missed; its line lies outside of it.
    """
    hits: list[tuple[float, Hit]] = []
    if with_boxes:
        rows = _containing(document.gt_boxes, x, y, tolerance)
        rows = rows[~document.is_hidden[rows]]
        sizes = area(document.gt_boxes[rows])
        hits += [(float(size), Hit(int(row), False)) for size, row in zip(sizes, rows, strict=True)]
    if with_predictions:
        places = document.visible_places()
        seen = document.predictions.xyxy[places]
        inside = _containing(seen, x, y, tolerance)
        sizes = area(seen[inside]) * PREDICTION_HANDICAP
        hits += [
            (float(size), Hit(int(place), True))
            for size, place in zip(sizes, places[inside], strict=True)
        ]
    return [hit for _, hit in sorted(hits, key=lambda pair: pair[0])]


def _containing(xyxy: FloatArray, x: float, y: float, tolerance: float) -> IndexArray:
    return np.flatnonzero(
        (xyxy[:, 0] - tolerance <= x)
        & (x < xyxy[:, 2] + tolerance)
        & (xyxy[:, 1] - tolerance <= y)
        & (y < xyxy[:, 3] + tolerance)
    )


def rows_touching(document: Document, band: BoxArray) -> IndexArray:
    """The shown rows that a `[4]` band touches."""
    boxes = document.gt_boxes
    return np.flatnonzero(
        (boxes[:, 0] <= band[2])
        & (boxes[:, 2] >= band[0])
        & (boxes[:, 1] <= band[3])
        & (boxes[:, 3] >= band[1])
        & ~document.is_hidden
    )
