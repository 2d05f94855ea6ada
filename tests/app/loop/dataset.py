"""A small data set with labels, predictions and one disagreement of each kind."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.app.studio import make_folder, write_label
from tinaface.predictions import PredictionStore, Record

MODEL = "0123456789ab"
Boxes = Sequence[Sequence[float]]

# Each box 20 x 20 or so, in pictures of 80 x 60.
LEFT, RIGHT = [5.0, 10, 25, 30], [50.0, 10, 70, 30]
LEFT_LOOSE = [5.0, 10, 25, 42]
LEFT_TWICE = [6.0, 10, 26, 30]


def write_set(
    root: Path,
    labels: Mapping[str, Boxes],
    predictions: Mapping[str, tuple[Boxes, Sequence[float]]],
) -> Path:
    """A folder of grey pictures with these boxes and these predictions with scores."""
    make_folder(root, tuple(dict.fromkeys([*labels, *predictions])))
    for name, boxes in labels.items():
        write_label(root / Path(name).with_suffix(".json"), [list(box) for box in boxes])
    write_predictions(root, predictions)
    return root


def write_predictions(
    root: Path,
    predictions: Mapping[str, tuple[Boxes, Sequence[float]]],
    model: str = MODEL,
) -> None:
    """Stores predictions of a model."""
    store = PredictionStore(root, model)
    for name, (boxes, scores) in predictions.items():
        store.append(
            Record(
                name,
                80,
                60,
                np.array(boxes, np.float32).reshape(-1, 4),
                np.array(scores, np.float32),
                model=model,
            )
        )


def one_of_each(root: Path) -> Path:
    """a.jpg an FP of 0.9, b.jpg an FN, c.jpg a LOOSE, d.jpg a DUP (and its FN)."""
    return write_set(
        root,
        {"a.jpg": [LEFT], "b.jpg": [LEFT, RIGHT], "c.jpg": [LEFT], "d.jpg": [LEFT, LEFT_TWICE]},
        {
            "a.jpg": ([LEFT, RIGHT], [0.95, 0.9]),
            "b.jpg": ([LEFT], [0.9]),
            "c.jpg": ([LEFT_LOOSE], [0.9]),
            "d.jpg": ([LEFT], [0.9]),
        },
    )
