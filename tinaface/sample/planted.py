"""Labels with some known mistakes, and predictions as a middling detector would make them.

The predictions are drawn by lot around the exact boxes; they are no network's. They let a first
start show disagreements before any weights are there.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from tinaface.boxes import Detections, FloatArray, clip, pairwise_iou
from tinaface.sample.canvas import Rng
from tinaface.sample.scenes import Face, Scene

Kind = Literal["missing", "spurious", "shifted", "duplicated", "too large"]
# How many mistakes of each kind a data set of some twenty pictures gets.
PLANTED: dict[Kind, int] = {
    "missing": 5,
    "spurious": 3,
    "shifted": 3,
    "duplicated": 2,
    "too large": 2,
}
# Nobody can label less of a face than this.
_LEAST_VISIBLE, _LEAST_HEIGHT = 0.15, 5.0


@dataclass(frozen=True)
class Label:
    """A box as it will be written, with its flags."""

    box: tuple[float, ...]
    flags: dict[str, bool]


@dataclass(frozen=True)
class Mistake:
    """A planted error.

    Attributes:
        image: relative to the data set.
        wrong: the box in the label file; None where one is missing.
        right: the box that belongs there; None where there is no face.
    """

    image: str
    kind: Kind
    wrong: tuple[float, ...] | None
    right: tuple[float, ...] | None

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return asdict(self)


def exact_labels(scene: Scene) -> list[Label]:
    """What a patient annotator would mark. Hidden and tiny faces count neither way."""
    return [
        Label(tuple(round(side, 1) for side in face.box), dict(_flags(face)))
        for face in scene.faces
        if face.visible >= _LEAST_VISIBLE and _height(face.box) >= _LEAST_HEIGHT
    ]


def _flags(face: Face) -> Iterator[tuple[str, bool]]:
    if face.visible < 0.35 or _height(face.box) < 8:
        yield "ignore", True
    if face.visible < 0.85:
        yield "occlusion", True
    if face.blur > 0.025:
        yield "blur", True
    if abs(face.yaw) > 50:
        yield "pose", True


def plant(
    labels: dict[str, list[Label]], sizes: dict[str, tuple[int, int]], rng: Rng
) -> list[Mistake]:
    """Puts mistakes into labels, in place, at most two an image.

    Args:
        labels: by image.
        sizes: height and width of each image.
    """
    mistakes: list[Mistake] = []
    room = dict.fromkeys(labels, 2)
    for kind, count in PLANTED.items():
        while count:
            image = sorted(labels)[int(rng.integers(len(labels)))]
            mistake = _mistake(kind, image, labels[image], sizes[image], rng)
            touched = [m for m in mistakes if m.image == image]
            if not room[image] or mistake is None or any(_meet(mistake, m) for m in touched):
                continue
            _apply(mistake, labels[image])
            mistakes.append(mistake)
            room[image] -= 1
            count -= 1
    return sorted(mistakes, key=lambda mistake: mistake.image)


def _mistake(
    kind: Kind, image: str, labels: list[Label], size: tuple[int, int], rng: Rng
) -> Mistake | None:
    """A mistake of a kind somewhere in an image, if a place for it was hit upon."""
    plain = [label.box for label in labels if not label.flags and _height(label.box) >= 18]
    if kind == "spurious":
        box = _empty_place([label.box for label in labels], size, rng)
        return None if box is None else Mistake(image, kind, box, None)
    if not plain:
        return None
    right = plain[int(rng.integers(len(plain)))]
    if kind == "missing":
        return Mistake(image, kind, None, right)
    return Mistake(image, kind, wrong_box(kind, right, size, rng), right)


def wrong_box(
    kind: Kind, right: tuple[float, ...], size: tuple[int, int], rng: Rng
) -> tuple[float, ...]:
    """The box that a careless person draws for a face: shifted, too large, or a second one.

    Args:
        kind: one of these three.
        right: the box that belongs there.
        size: height and width of the image, which the box stays inside.
    """
    x0, y0, x1, y1 = right
    width, height = x1 - x0, y1 - y0
    if kind == "shifted":
        u, v = rng.choice([-1, 1], 2) * rng.uniform(0.22, 0.32, 2) * (width, height)
        wrong = (x0 + u, y0 + v, x1 + u, y1 + v)
    elif kind == "duplicated":
        u, v = rng.uniform(0.04, 0.08, 2) * (width, height)
        wrong = (x0 + u, y0 - v, x1 + u, y1 - v)
    else:
        u, v = rng.uniform(0.28, 0.40, 2) * (width, height)
        wrong = (x0 - u, y0 - v, x1 + u, y1 + v)
    inside = clip(np.asarray(wrong, np.float64), *size)
    return tuple(round(float(side), 1) for side in inside)


def _apply(mistake: Mistake, labels: list[Label]) -> None:
    if mistake.right is None or mistake.kind == "duplicated":
        assert mistake.wrong is not None
        labels.append(Label(mistake.wrong, {}))
        return
    place = next(i for i, label in enumerate(labels) if label.box == mistake.right)
    if mistake.wrong is None:
        del labels[place]
    else:
        labels[place] = Label(mistake.wrong, {})


def _meet(left: Mistake, right: Mistake) -> bool:
    boxes = [mistake.wrong or mistake.right for mistake in (left, right)]
    array = np.asarray(boxes, np.float64)
    return bool(pairwise_iou(array[:1], array[1:])[0, 0] > 0) or left.right == right.right


def _empty_place(
    boxes: list[tuple[float, ...]], size: tuple[int, int], rng: Rng
) -> tuple[float, ...] | None:
    """A box of a face's size where no face is."""
    height, width = size
    side = float(rng.uniform(0.05, 0.11) * height)
    x, y = rng.uniform(0, width - side), rng.uniform(0, height - 1.2 * side)
    place = np.asarray([[x, y, x + side, y + 1.2 * side]])
    taken = np.asarray(boxes, np.float64).reshape(-1, 4)
    if (pairwise_iou(place, taken) > 0).any():
        return None
    return tuple(round(float(value), 1) for value in place[0])


def predictions(scene: Scene, rng: Rng) -> Detections:
    """What a middling detector might find, best first: it misses tiny and hidden faces, its boxes
    are off by some per cent, and it takes balloons and shadows for faces now and then."""
    height, width = scene.image.height, scene.image.width
    boxes: list[FloatArray] = []
    scores: list[float] = []
    for face in scene.faces:
        size = _height(face.box)
        # About half of the faces of eight pixels are found, nearly all of thirty.
        ease = (1 - np.exp(-size / 11)) * np.sqrt(face.visible)
        score = float(np.clip(rng.normal(1.28 * ease - 0.32, 0.09), 0, 0.985))
        if score < 0.01:
            continue
        boxes.append(np.asarray(face.box) + rng.normal(0, 0.035 * size + 0.3, 4))
        scores.append(score)
        if rng.random() < 0.25:
            # What suppression leaves over: a weak box over half of the face.
            aside = np.asarray(face.box) + np.tile(rng.normal(0, 0.6, 2) * size, 2)
            boxes.append(aside)
            scores.append(float(rng.uniform(0.01, 0.12)))
    for ball in scene.distractors:
        boxes.append(np.asarray(ball) + rng.normal(0, 2, 4))
        scores.append(float(rng.uniform(0.08, 0.62)))
    for _ in range(int(rng.integers(2, 6))):
        place = _empty_place([face.box for face in scene.faces], (height, width), rng)
        if place is not None:
            boxes.append(np.asarray(place))
            scores.append(float(0.01 + 0.5 * rng.beta(1, 5)))
    order = np.argsort(-np.asarray(scores))
    xyxy = clip(np.asarray(boxes, np.float32).reshape(-1, 4), height, width)[order]
    return Detections(np.round(xyxy, 1), np.round(np.asarray(scores, np.float32)[order], 4))


def _height(box: tuple[float, ...]) -> float:
    return box[3] - box[1]
