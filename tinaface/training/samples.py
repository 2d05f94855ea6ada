"""A few pictures that judge a training, and what the network finds in them at each validation.

They are kept in the run folder for people to look at: one JSON line a validation, with its step,
the threshold that its figures give, and of each picture the path, the faces that count and the
boxes found. The pictures are the same ones throughout a run. Light: no TensorFlow.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinaface.boxes import Detections, FloatArray
from tinaface.dataset import GroundTruth

PICTURES = 6
MOST_FACES = 30
"""Of more faces nothing is seen where pictures are small; such a picture is taken for want only."""
MOST_BOXES = 200
USUAL_THRESHOLD = 0.5
"""Taken where no threshold gives as few as one false alarm a picture."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One picture at one validation.

    Attributes:
        gt_boxes: `[M, 4]` the faces that count, in pixels of the upright picture.
        found: the detections above the validation's threshold, the best ones of a crowd.
    """

    image: Path
    gt_boxes: FloatArray
    found: Detections


@dataclass(frozen=True, eq=False)
class SampleRound:
    """The pictures at one validation.

    Attributes:
        threshold: of the boxes; it gives one false alarm a picture over the whole validation set.
        ap50: of the whole validation set.
    """

    step: int
    threshold: float
    ap50: float
    samples: tuple[Sample, ...]

    def as_record(self) -> dict[str, object]:
        """As plain JSON values; `round_of` reads them."""
        return {
            "step": self.step,
            "threshold": self.threshold,
            "ap50": self.ap50,
            "pictures": [
                {
                    "image": os.fspath(one.image),
                    "faces": one.gt_boxes.astype(float).round(2).tolist(),
                    "boxes": one.found.xyxy.astype(float).round(2).tolist(),
                    "scores": one.found.scores.astype(float).round(4).tolist(),
                }
                for one in self.samples
            ],
        }


def round_of(record: Mapping[str, Any]) -> SampleRound | None:
    """What `as_record` gave; None for anything else."""
    try:
        samples = tuple(
            Sample(
                Path(one["image"]),
                np.array(one["faces"], np.float32).reshape(-1, 4),
                Detections(
                    np.array(one["boxes"], np.float32).reshape(-1, 4),
                    np.array(one["scores"], np.float32),
                ),
            )
            for one in record["pictures"]
        )
        return SampleRound(
            int(record["step"]), float(record["threshold"]), float(record["ap50"]), samples
        )
    except (KeyError, TypeError, ValueError):
        return None


def choose(truths: Sequence[GroundTruth], count: int = PICTURES) -> list[int]:
    """Rows of the pictures that are shown: of few faces each, from all over the set."""
    faces = [int(np.count_nonzero(~truth.is_ignored)) for truth in truths]
    rows = [row for row, number in enumerate(faces) if 0 < number <= MOST_FACES]
    if len(rows) < count:
        others = sorted(set(range(len(faces))) - set(rows))
        # Crowds before pictures without a face: there is more to see.
        others.sort(key=lambda row: (faces[row] == 0, faces[row]))
        rows = sorted(rows + others[: count - len(rows)])
    places = np.linspace(0, len(rows) - 1, min(count, len(rows)))
    return [rows[place] for place in places.round().astype(int)]


def sample_of(image: Path, truth: GroundTruth, found: Detections, threshold: float) -> Sample:
    """What is kept of one picture."""
    above = found.above(threshold)
    best = np.argsort(-above.scores, kind="stable")[:MOST_BOXES]
    return Sample(
        Path(os.path.abspath(image)),
        truth.gt_boxes[~truth.is_ignored],
        Detections(above.xyxy[best], above.scores[best]),
    )
