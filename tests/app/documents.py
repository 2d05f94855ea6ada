"""Documents built from arrays, for tests and benchmarks of the window."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.document import Document
from tinaface.labelme import LabelmeDocument


def rectangle(box: Sequence[float], label: str = "face", **flags: bool) -> dict:
    """A Labelme rectangle."""
    x0, y0, x1, y1 = (float(value) for value in box)
    return {
        "label": label,
        "points": [[x0, y0], [x1, y1]],
        "group_id": None,
        "shape_type": "rectangle",
        "flags": flags,
    }


def document_from(
    shapes: Sequence[dict], size: tuple[int, int] = (100, 200), **arguments
) -> Document:
    """A document with these shapes in a picture of this height and width."""
    height, width = size
    text = json.dumps(
        {
            "version": "5.5.0",
            "flags": {},
            "shapes": list(shapes),
            "imagePath": "picture.jpg",
            "imageData": None,
            "imageHeight": height,
            "imageWidth": width,
        }
    )
    return Document(LabelmeDocument(text), Path("picture.json"), size, **arguments)


def document_of(
    boxes: Sequence[Sequence[float]] | np.ndarray, size: tuple[int, int] = (100, 200), **arguments
) -> Document:
    """A document with these `[N, 4]` boxes."""
    return document_from([rectangle(box) for box in boxes], size, **arguments)
