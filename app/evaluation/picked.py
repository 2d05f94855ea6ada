"""The boxes behind a point, a stretch of a curve, or a group, as lists to look through."""

import numpy as np

from app.evaluation.measure import Line, Measured
from app.evaluation.spots import Spots
from tinaface.groups import Group, missed_faces

HALF_STEP = 0.005
"""Half a step of the threshold's slider: what lies nearer to its place counts as there."""


def detections_between(
    measured: Measured, line: Line, low: float, high: float, kinds: tuple[str, str]
) -> Spots:
    """The detections of a line with a score from `low` to `high`, the best first.

    Args:
        kinds: names of what is found and of a false alarm.
    """
    ranking = line.ranking
    first = np.searchsorted(-ranking.scores, -high, side="left")
    last = np.searchsorted(-ranking.scores, -low, side="right")
    rows = np.arange(first, last)
    return Spots(
        measured.images,
        ranking.image[rows],
        measured.first.boxes(ranking.image[rows], ranking.detection[rows]),
        ranking.scores[rows],
        np.where(ranking.is_hit[rows], 0, 1).astype(np.intp),
        kinds,
    )


def mistakes_in(
    measured: Measured, group: Group, threshold: float, kinds: tuple[str, str]
) -> Spots:
    """The false alarms of a group at a threshold, best score first, then its missed faces.

    Args:
        kinds: names of a false alarm and of a missed face.
    """
    ranking = group.ranking
    shown = int(np.searchsorted(-ranking.scores, -threshold, side="right"))
    alarms = np.flatnonzero(~ranking.is_hit[:shown])
    pictures, faces = missed_faces(measured.face_set, measured.first.voc, group, threshold)
    missed = [measured.face_set.gt_boxes[i][j] for i, j in zip(pictures, faces, strict=True)]
    return Spots.joined(
        [
            Spots(
                measured.images,
                ranking.image[alarms],
                measured.first.boxes(ranking.image[alarms], ranking.detection[alarms]),
                ranking.scores[alarms],
                np.zeros(len(alarms), np.intp),
                kinds[:1],
            ),
            Spots(
                measured.images,
                pictures,
                np.array(missed, np.float64).reshape(-1, 4),
                np.full(len(pictures), np.nan),
                np.zeros(len(pictures), np.intp),
                kinds[1:],
            ),
        ]
    )
