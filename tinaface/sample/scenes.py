"""Puts people into backdrops and knows exactly where each face is and how much of it is seen."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from tinaface.sample.backdrops import BACKDROPS
from tinaface.sample.canvas import Camera, Rng, blurred, develop, put_ball
from tinaface.sample.people import Colour, Person, random_person
from tinaface.sample.render import Light, Pose, render
from tinaface.sample.solids import Array


@dataclass(frozen=True)
class Actor:
    """Somebody at a place in the picture.

    Attributes:
        x, y: middle of the head in pixels.
        head_height: chin to crown, in pixels.
        has_desk: whether a desk stands before them.
        blur: how far out of focus, as a share of the head's height.
    """

    person: Person
    pose: Pose
    x: float
    y: float
    head_height: float
    is_standing: bool = False
    has_desk: bool = False
    blur: float = 0.0


@dataclass(frozen=True)
class Face:
    """A face in a finished picture.

    Attributes:
        box: x0, y0, x1, y1 in pixels, hairline to chin and ear to ear, also where hidden; cut to
            the picture.
        visible: share of its pixels that nobody stands before.
        blur: how far out of focus, as a share of the head's height.
        yaw: in degrees.
    """

    box: tuple[float, float, float, float]
    visible: float
    blur: float
    yaw: float


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture with its faces, and the round things in it that are none."""

    image: Image.Image
    faces: list[Face]
    distractors: list[tuple[float, float, float, float]] = field(default_factory=list)


# Skylight with a window: what most pictures are taken in.
_DAYLIGHT = Light()
_PLAIN_CAMERA = Camera()

Cast = Callable[[Rng, int, int], list[Actor]]


@dataclass(frozen=True)
class Plan:
    """All that a scene is made of.

    Attributes:
        cast: who is in it, given the picture's height and width.
        focus: blur of the backdrop in pixels.
        balloons: how many fly before the people.
    """

    name: str
    split: str
    size: tuple[int, int]
    backdrop: str
    cast: Cast
    light: Light = _DAYLIGHT
    camera: Camera = _PLAIN_CAMERA
    focus: float = 1.5
    balloons: int = 0


def portraits(
    *head_heights: float, yaw: float = 16, rise: float = 0.0, mask_share: float = 0.0
) -> Cast:
    """One or a few people near the camera, side by side, turned at most about `yaw`."""

    def cast(rng: Rng, height: int, width: int) -> list[Actor]:
        count = len(head_heights)
        actors = []
        for place, head_height in enumerate(head_heights):
            x = (place + 0.5 + rng.uniform(-0.06, 0.06)) / count * width
            toward = np.sign(width / 2 - x) * yaw * 0.6 if count > 1 else yaw
            pose = Pose(float(rng.normal(toward, 5)), rng.normal(0, 4), rng.normal(0, 5))
            y = (0.40 - rise) * height + rng.normal(0, 0.02) * height
            person = random_person(rng, mask_share=mask_share, hat_share=0.15)
            actors.append(Actor(person, pose, x, y, head_height))
        return actors

    return cast


def facing_pair(head_height: float, yaw: float) -> Cast:
    """Two people who talk, seen from the side."""

    def cast(rng: Rng, height: int, width: int) -> list[Actor]:
        places = ((0.29, yaw), (0.72, -yaw))
        return [
            Actor(
                random_person(rng, hat_share=0),
                Pose(turn + rng.normal(0, 4), rng.normal(0, 4), 0),
                x * width,
                0.42 * height,
                head_height * rng.uniform(0.94, 1.06),
            )
            for x, turn in places
        ]

    return cast


def rows(
    counts: tuple[int, ...],
    near: float,
    far: float,
    *,
    top: float,
    bottom: float,
    yaw: float = 12,
    is_standing: bool = False,
    has_desks: bool = False,
    **looks: float,
) -> Cast:
    """People in rows, the last one furthest, all looking more or less at the camera.

    Args:
        counts: people a row, from the back.
        near, far: head heights in pixels of the first and the last row.
        top, bottom: heights of the last and the first row's heads, as shares of the picture.
        yaw: spread of the heads' turn in degrees.
        looks: shares of masks and hats.
    """

    def cast(rng: Rng, height: int, width: int) -> list[Actor]:
        actors = []
        for row, count in enumerate(counts):
            share = row / max(len(counts) - 1, 1)
            head_height = far * (near / far) ** share
            y = (top + (bottom - top) * share) * height
            shift = rng.uniform(-0.25, 0.25)
            for place in range(count):
                x = (place + 0.5 + shift + rng.normal(0, 0.10)) / count * width
                pose = Pose(rng.normal(0, yaw), rng.normal(-3, 6), rng.normal(0, 5))
                size = head_height * rng.uniform(0.93, 1.07)
                jitter = rng.normal(0, 0.10) * head_height
                person = random_person(rng, **looks)
                actors.append(Actor(person, pose, x, y + jitter, size, is_standing, has_desks))
        return actors

    return cast


def walkers(
    head_heights: tuple[float, ...],
    *,
    horizon: float,
    drop: float,
    yaw: float = 30,
    focus: float | None = None,
    **looks: float,
) -> Cast:
    """People on even ground at several distances.

    Args:
        head_heights: in pixels, of each.
        horizon: height of the camera's eye in the picture, as a share.
        drop: how far below the horizon heads are, in head heights: a camera held high.
        focus: head height that is sharp; others blur with their distance from it.
    """

    def cast(rng: Rng, height: int, width: int) -> list[Actor]:
        places = rng.permutation(len(head_heights))
        actors = []
        for place, head_height in zip(places, head_heights, strict=True):
            x = (place + 0.5 + rng.uniform(-0.3, 0.3)) / len(head_heights) * width
            y = horizon * height + (drop + rng.normal(0, 0.15)) * head_height
            pose = Pose(rng.normal(0, yaw), rng.normal(-2, 6), rng.normal(0, 4))
            blur = 0.0 if focus is None else 0.03 * abs(np.log(head_height / focus))
            person = random_person(rng, **looks)
            actors.append(Actor(person, pose, x, y, head_height, is_standing=True, blur=blur))
        return actors

    return cast


def together(*casts: Cast) -> Cast:
    """Several casts in one picture."""

    def cast(rng: Rng, height: int, width: int) -> list[Actor]:
        return [actor for part in casts for actor in part(rng, height, width)]

    return cast


def stage_scene(plan: Plan, rng: Rng) -> Scene:
    """Paints a plan: the backdrop, the people from far to near, balloons; then develops it."""
    height, width = plan.size
    picture = blurred(BACKDROPS[plan.backdrop](rng, height, width).astype(np.float32), plan.focus)
    actors = sorted(plan.cast(rng, height, width), key=lambda actor: actor.head_height)
    faces: list[tuple[Array, Face]] = []
    for actor in actors:
        faces = _place(picture, plan.light, actor, faces)
        if actor.has_desk:
            faces = _put_desk(picture, actor, faces)
    distractors = []
    for _ in range(plan.balloons):
        radius = rng.uniform(0.022, 0.05) * width
        x, y = rng.uniform(0.03, 0.97) * width, rng.uniform(0.05, 0.55) * height
        colour: Colour = (rng.uniform(0.5, 0.95), rng.uniform(0.2, 0.7), rng.uniform(0.2, 0.6))
        before = picture.copy()
        put_ball(picture, x, y, radius, colour)
        hidden = np.any(picture != before, axis=2)
        faces = [(np.where(hidden, 0, seen), face) for seen, face in faces]
        distractors.append((x - radius, y - radius, x + radius, y + radius))
    return Scene(
        develop(picture, plan.camera, rng),
        [
            Face(face.box, round(float(seen.sum()) / face.visible, 3), face.blur, face.yaw)
            for seen, face in faces
        ],
        distractors,
    )


def _place(
    picture: Array, light: Light, actor: Actor, faces: list[tuple[Array, Face]]
) -> list[tuple[Array, Face]]:
    """Paints one person over the picture.

    Gives the faces so far with what is left of each to be seen, `[H, W]`, the new one last. Until
    the scene is complete `visible` holds the whole face's pixels.
    """
    height, width = picture.shape[:2]
    lowest = (actor.y - height - 4) / (actor.head_height / 2)
    figure = render(
        actor.person,
        actor.pose,
        light,
        actor.head_height,
        is_standing=actor.is_standing,
        bottom=min(lowest, -2.0),
    )
    sigma = actor.blur * actor.head_height
    colour, cover = blurred(figure.colour, sigma), blurred(figure.cover, sigma)
    left, top = round(actor.x - figure.middle[0]), round(actor.y - figure.middle[1])
    rows_there = slice(max(top, 0), max(min(top + cover.shape[0], height), 0))
    columns_there = slice(max(left, 0), max(min(left + cover.shape[1], width), 0))
    rows_here = slice(rows_there.start - top, rows_there.stop - top)
    columns_here = slice(columns_there.start - left, columns_there.stop - left)
    if rows_there.stop <= rows_there.start or columns_there.stop <= columns_there.start:
        return faces
    cover = cover[rows_here, columns_here]
    patch = picture[rows_there, columns_there]
    patch *= 1 - cover[..., None]
    patch += colour[rows_here, columns_here]
    hidden = np.ones((height, width), np.float32)
    hidden[rows_there, columns_there] -= cover
    faces = [(seen * hidden, face) for seen, face in faces]
    if figure.face_box is None:
        return faces
    x0, y0, x1, y1 = figure.face_box
    box = (
        float(np.clip(x0 + left, 0, width)),
        float(np.clip(y0 + top, 0, height)),
        float(np.clip(x1 + left, 0, width)),
        float(np.clip(y1 + top, 0, height)),
    )
    seen = np.zeros((height, width), np.float32)
    seen[rows_there, columns_there] = figure.face[rows_here, columns_here]
    whole = float(figure.face.sum())
    if seen.sum() < 0.2 * whole:
        return faces
    return [*faces, (seen, Face(box, whole, actor.blur, actor.pose.yaw))]


def _put_desk(
    picture: Array, actor: Actor, faces: list[tuple[Array, Face]]
) -> list[tuple[Array, Face]]:
    """A wooden desk in front of one person, and a sheet of paper on it."""
    height, width = picture.shape[:2]
    unit = actor.head_height
    x0, x1 = int(max(actor.x - 1.35 * unit, 0)), int(min(actor.x + 1.35 * unit, width))
    top, edge = int(actor.y + 1.50 * unit), int(actor.y + 1.72 * unit)
    hidden = np.ones((height, width), np.float32)
    for y0, y1, left, right, colour in (
        (top, edge, x0, x1, (0.42, 0.27, 0.15)),
        (edge, edge + int(2.2 * unit), x0, x1, (0.20, 0.12, 0.07)),
        (top + (edge - top) // 4, edge - (edge - top) // 4, int(actor.x), x1, (0.75, 0.75, 0.72)),
    ):
        right = right - int(0.6 * unit) if colour[0] > 0.5 else right
        if y0 < height and left < right:
            picture[y0:y1, left:right] = colour
            hidden[y0:y1, left:right] = 0
    return [(seen * hidden, face) for seen, face in faces]
