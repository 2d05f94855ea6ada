"""A folder of invented labels and detections: large faces are found, small ones mostly missed."""

import numpy as np

from tinaface.boxes import Detections
from tinaface.suspicion.evidence import LabelledPicture

SIZE = (600, 800)
SMALL, LARGE = 12.0, 60.0


def folder(count: int = 40, seed: int = 1) -> list[LabelledPicture]:
    """Pictures of three large faces, found with high scores, and three small, mostly missed."""
    rng = np.random.default_rng(seed)
    return [picture(f"images/{number}.jpg", rng) for number in range(count)]


def picture(name: str, rng: np.random.Generator) -> LabelledPicture:
    boxes, found, scores = [], [], []
    for place in range(6):
        side = LARGE if place < 3 else SMALL
        x, y = 40 + 130 * place + rng.uniform(0, 40), rng.uniform(20, 500)
        box = np.array([x, y, x + side, y + 1.2 * side])
        boxes.append(box)
        if side == LARGE or rng.random() < 0.2:
            found.append(box + rng.normal(0, 0.04 * side, 4))
            scores.append(rng.uniform(0.7, 0.95) if side == LARGE else rng.uniform(0.2, 0.5))
    for _ in range(5):
        x, y, side = rng.uniform(0, 700), rng.uniform(0, 500), rng.uniform(10, 70)
        found.append(np.array([x, y, x + side, y + 1.2 * side]))
        scores.append(rng.uniform(0.1, 0.3))
    return LabelledPicture(
        name,
        np.asarray(boxes, np.float32),
        np.zeros(len(boxes), bool),
        Detections(np.asarray(found, np.float32), np.asarray(scores, np.float32)),
        SIZE,
    )
