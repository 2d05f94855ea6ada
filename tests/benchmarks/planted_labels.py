"""A labelled folder with known mistakes: the faults that a ranking of labels is to find."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinaface.boxes import FloatArray, pairwise_iou
from tinaface.sample.planted import wrong_box
from tinaface.suspicion.evidence import LabelledPicture

RATES = {
    "missing": 0.04,
    "spurious": 0.03,
    "shifted": 0.02,
    "too large": 0.02,
    "duplicated": 0.02,
}
"""Mistakes of each kind, as a share of the folder's faces; which faces is drawn by lot."""
SWAPPED = 0.04
"""Share of the pictures whose label files changed places, two by two."""


@dataclass(frozen=True, eq=False)
class Mistake:
    """A planted mistake.

    Attributes:
        place: of the picture.
        boxes: `[B, 4]` any of which points at it: the wrong box, the right box; none where the
            whole picture is wrong.
    """

    place: int
    kind: str
    boxes: FloatArray


def plant(
    pictures: Sequence[LabelledPicture], seed: int
) -> tuple[list[LabelledPicture], list[Mistake]]:
    """The pictures with wrong labels, and what is wrong."""
    rng = np.random.default_rng(seed)
    swapped = _swaps(pictures, rng)
    faces = [
        (place, row)
        for place, picture in enumerate(pictures)
        if place not in swapped
        for row in np.flatnonzero(~picture.is_ignored).tolist()
    ]
    count = sum(len(picture.gt_boxes) for picture in pictures)
    lot = [faces[i] for i in rng.permutation(len(faces))]
    labels = [list(map(tuple, picture.gt_boxes.tolist())) for picture in pictures]
    mistakes = []
    for kind, rate in RATES.items():
        for _ in range(round(rate * count)):
            place, row = lot.pop()
            picture = pictures[place]
            right = tuple(picture.gt_boxes[row].tolist())
            assert picture.size is not None
            if kind == "spurious":
                # As large as that face, where no face is.
                wrong = _empty_place(picture, right, rng)
                if wrong is None:
                    continue
                labels[place].append(wrong)
                boxes = [wrong]
            elif kind == "missing":
                labels[place].remove(right)
                boxes = [right]
            else:
                wrong = wrong_box(kind, right, picture.size, rng)  # type: ignore[arg-type]
                if kind != "duplicated":
                    labels[place].remove(right)
                labels[place].append(wrong)
                boxes = [wrong, right]
            mistakes.append(Mistake(place, kind, np.asarray(boxes)))
    for place, other in swapped.items():
        labels[place] = list(map(tuple, pictures[other].gt_boxes.tolist()))
        mistakes.append(Mistake(place, "swapped", np.zeros((0, 4))))
    return [
        _labelled(picture, boxes, rng) for picture, boxes in zip(pictures, labels, strict=True)
    ], mistakes


def _swaps(pictures: Sequence[LabelledPicture], rng: np.random.Generator) -> dict[int, int]:
    """Pairs of pictures that get each other's labels."""
    pairs = round(SWAPPED * len(pictures) / 2)
    plain = [i for i, picture in enumerate(pictures) if len(picture.gt_boxes)]
    drawn = rng.permutation(plain)[: 2 * pairs].tolist()
    swapped = {}
    for first, second in zip(drawn[::2], drawn[1::2], strict=True):
        swapped[first], swapped[second] = second, first
    return swapped


def _labelled(
    picture: LabelledPicture, boxes: list[tuple[float, ...]], rng: np.random.Generator
) -> LabelledPicture:
    """The picture with these labels, in an order that tells nothing; ignored ones are no more."""
    array = np.asarray(boxes, np.float32).reshape(-1, 4)
    array = array[rng.permutation(len(array))]
    return replace(picture, gt_boxes=array, is_ignored=np.zeros(len(array), bool))


def _empty_place(
    picture: LabelledPicture, like: tuple[float, ...], rng: np.random.Generator
) -> tuple[float, ...] | None:
    assert picture.size is not None
    height, width = picture.size
    side_x, side_y = like[2] - like[0], like[3] - like[1]
    for _ in range(200):
        x, y = rng.uniform(0, max(width - side_x, 1)), rng.uniform(0, max(height - side_y, 1))
        place = np.asarray([[x, y, x + side_x, y + side_y]])
        if pairwise_iou(place, picture.gt_boxes.astype(np.float64)).max(initial=0) == 0:
            return tuple(place[0].tolist())
    return None
