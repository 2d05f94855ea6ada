"""Labels that are odd by themselves, whatever a model finds: their place, shape, size and text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tinaface.boxes import area
from tinaface.suspicion.evidence import LabelledPicture

Kind = Literal["text", "outside", "shape", "tiny"]

# How often such a label is to be corrected: set by hand, since nobody has counted them.
PROBABILITIES: dict[Kind, float] = {"text": 0.5, "outside": 0.3, "shape": 0.2, "tiny": 0.1}

ASPECTS = (0.4, 2.5)
"""Width over height; no face is narrower or wider."""
LEAST_AREA = 16.0
"""In square pixels."""
# Half a pixel of overhang is rounding, not a mistake.
_OVERHANG = 0.5


@dataclass(frozen=True)
class Oddity:
    """One odd label: its row in the picture's labels, and in what it is odd."""

    row: int
    kind: Kind

    @property
    def probability(self) -> float:
        """That it is to be corrected."""
        return PROBABILITIES[self.kind]


def usual_text(pictures: Sequence[LabelledPicture]) -> str | None:
    """What most labels say; None where no text is known."""
    counts = Counter(text for picture in pictures for text in picture.labels)
    return counts.most_common(1)[0][0] if counts else None


def oddities(picture: LabelledPicture, usual: str | None) -> Iterator[Oddity]:
    """What is odd in one picture, the oddest first; a label may come several times."""
    boxes = picture.gt_boxes.astype(np.float64)
    sides = boxes[:, 2:] - boxes[:, :2]
    if usual is not None:
        for row, text in enumerate(picture.labels):
            if text != usual:
                yield Oddity(row, "text")
    if picture.size is not None:
        height, width = picture.size
        over = np.maximum(-boxes[:, :2], boxes[:, 2:] - (width, height)).max(axis=1, initial=0)
        for row in np.flatnonzero(over > _OVERHANG).tolist():
            yield Oddity(row, "outside")
    aspect = sides[:, 0] / np.maximum(sides[:, 1], 1e-6)
    for row in np.flatnonzero((aspect < ASPECTS[0]) | (aspect > ASPECTS[1])).tolist():
        yield Oddity(row, "shape")
    for row in np.flatnonzero(area(boxes) < LEAST_AREA).tolist():
        yield Oddity(row, "tiny")
