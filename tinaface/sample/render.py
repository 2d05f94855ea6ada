"""Turns a person into pixels: sphere tracing, one key light with shadow, sky light, gloss.

Colours are linear light until the scene is developed, so that light adds up as light does.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinaface.sample import solids
from tinaface.sample.paint import surface
from tinaface.sample.people import Colour, Person
from tinaface.sample.solids import EYE, HAIRLINE, SKIN, Array

# What a picture of a person covers, in half head heights: from the hat to the hips or the feet.
TOP, HALF_WIDTH = 1.55, 2.0
SITTING, STANDING = -6.2, -12.6
_FRONT, _BACK = 2.4, -2.2
_SHOULDERS_UP = np.float32(0.30)
_PIVOT = np.asarray((0, -0.55, -0.15), np.float32)


@dataclass(frozen=True)
class Pose:
    """How the head is held, in degrees: yaw to the viewer's right, pitch up, roll clockwise."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True)
class Light:
    """What falls on a person.

    Attributes:
        direction: towards the key light, of any length.
        key, sky, ground: linear colours of the key light and of what comes from above and below.
    """

    direction: tuple[float, float, float] = (0.5, 0.6, 0.8)
    key: Colour = (1.0, 0.95, 0.88)
    sky: Colour = (0.42, 0.46, 0.52)
    ground: Colour = (0.22, 0.20, 0.18)


@dataclass(frozen=True, eq=False)
class Figure:
    """A rendered person.

    Attributes:
        colour: `[H, W, 3]` linear light, already multiplied by `cover`.
        cover: `[H, W]` how much of each pixel the person covers, 0..1.
        face: `[H, W]` how much of it the face covers: hairline to chin, ear to ear.
        face_box: x0, y0, x1, y1 of the face within the figure, in its pixels; None from behind.
        middle: x and y of the head's middle within the figure.
    """

    colour: Array
    cover: Array
    face: Array
    face_box: tuple[float, float, float, float] | None
    middle: tuple[float, float]


def render(
    person: Person,
    pose: Pose,
    light: Light,
    head_height: float,
    *,
    is_standing: bool = False,
    bottom: float | None = None,
) -> Figure:
    """Draws a person whose head, chin to crown, is `head_height` pixels high.

    What lies lower than `bottom`, in half head heights, is left out.
    """
    # A face of eight pixels still needs eyes to average; a large one is sharp enough as it is.
    factor = math.ceil(44 / head_height)
    unit = head_height / 2 * factor
    lowest = STANDING if is_standing else SITTING
    bottom = lowest if bottom is None else max(bottom, lowest)
    width = math.ceil(2 * HALF_WIDTH * unit / factor) * factor
    height = math.ceil((TOP - bottom) * unit / factor) * factor
    x, y = np.meshgrid(
        (np.arange(width, dtype=np.float32) + 0.5) / np.float32(unit) - np.float32(HALF_WIDTH),
        np.float32(TOP) - (np.arange(height, dtype=np.float32) + 0.5) / np.float32(unit),
    )
    axes = _Axes(person, pose, is_standing)
    start = np.stack([x.ravel(), y.ravel(), np.full(x.size, _FRONT, np.float32)], axis=1)
    # Nobody reaches the corners of the window; rays there would run to its back.
    reach = np.where(start[:, 1] > -0.9, 1.35, 1.95)
    rays = np.flatnonzero(np.abs(start[:, 0]) < reach)
    hit, points = _march(axes.distance, start[rays])
    pixels = rays[hit]
    colour, face = _shade(axes, points[hit], light, 1 / unit)

    size = (height // factor, factor, width // factor, factor)
    cover = np.zeros(x.size, np.float32)
    cover[pixels] = 1
    canvas = np.zeros((x.size, 3), np.float32)
    canvas[pixels] = colour
    is_face = np.zeros(x.size, np.float32)
    is_face[pixels] = face
    rows, columns = np.nonzero(is_face.reshape(height, width))
    box = None
    # From behind at most a sliver of the cheek is seen.
    if len(rows) > 0.12 * unit * unit:
        x0, x1 = np.percentile(columns, (0.1, 99.9))
        y0, y1 = np.percentile(rows, (0.1, 99.9))
        box = (x0 / factor, y0 / factor, (x1 + 1) / factor, (y1 + 1) / factor)
    return Figure(
        colour=canvas.reshape(*size, 3).mean(axis=(1, 3)),
        cover=cover.reshape(size).mean(axis=(1, 3)),
        face=is_face.reshape(size).mean(axis=(1, 3)),
        face_box=box,
        middle=(HALF_WIDTH * unit / factor, TOP * unit / factor),
    )


class _Axes:
    """A posed person: distances and surfaces of points in the axes of the picture."""

    def __init__(self, person: Person, pose: Pose, is_standing: bool) -> None:
        self.person = person
        self._is_standing = is_standing
        self._head = _rotation(pose.yaw, pose.pitch, pose.roll)
        self._body = _rotation(pose.yaw * 0.45, 0, 0)

    def head(self, points: Array) -> Array:
        turned: Array = (points - _PIVOT) @ self._head + _PIVOT
        return turned

    def body(self, points: Array) -> Array:
        turned: Array = points @ self._body
        # Shoulders stand higher than the neck is long.
        turned[:, 1] -= _SHOULDERS_UP
        return turned

    def parts(self, points: Array) -> Array:
        """`[P, N]` distances of all parts."""
        near = points[:, 1] > -2.3
        result = np.full((8, len(points)), 9, np.float32)
        body = self.body(points)
        result[solids.CLOTH] = solids.clothes(body, self.person, self._is_standing)
        if near.any():
            result[:, near] = solids.parts(
                self.head(points[near]), body[near], self.person, result[solids.CLOTH, near]
            )
        low = points[:, 1] < -4.5
        result[SKIN, low] = solids.hands(body[low], self.person)
        return result

    def distance(self, points: Array) -> Array:
        """Of the nearest part; far from everything a bound that costs little."""
        nearest = _bounds(points)
        near = nearest < 0.25
        if near.any():
            nearest[near] = self.parts(points[near]).min(axis=0)
        return nearest


def _bounds(points: Array) -> Array:
    """At most the distance of anybody: of a ball around head and hat, a slab around the body."""
    ball = np.sqrt(points[:, 0] ** 2 + (points[:, 1] - 0.2) ** 2 + (points[:, 2] + 0.1) ** 2)
    slab = np.maximum(np.abs(points[:, 2] + 0.15) - 1.15, points[:, 1] + 0.75)
    return np.minimum(ball - np.float32(1.45), slab)


def _rotation(yaw: float, pitch: float, roll: float) -> Array:
    """From the head's axes to the picture's; multiply rows from the right to come back."""
    a, b, c = np.radians([yaw, -pitch, -roll])
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    nod = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    tilt = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return (tilt @ turn @ nod).astype(np.float32)


def _march(distance: Callable[[Array], Array], start: Array) -> tuple[npt.NDArray[np.bool_], Array]:
    """Follows rays away from the viewer to the first surface."""
    points = start.copy()
    hit = np.zeros(len(points), bool)
    active = np.arange(len(points))
    few = len(start) // 200
    for _ in range(44):
        ahead = distance(points[active])
        touching = ahead < 0.006
        hit[active[touching]] = True
        # Cut solids overstate the distance a little.
        points[active, 2] -= np.maximum(ahead, 0.004) * np.float32(0.85)
        active = active[~touching & (points[active, 2] > _BACK)]
        # The last ones graze an edge and would be followed for as long as all others together.
        if len(active) <= few:
            break
    return hit, points


def _shade(axes: _Axes, points: Array, light: Light, pixel: float) -> tuple[Array, Array]:
    """`[N, 3]` linear colours and `[N]` which points belong to the face."""
    if not len(points):
        return np.zeros((0, 3), np.float32), np.zeros(0, np.float32)
    parts = axes.parts(points)
    part = parts.argmin(axis=0)
    head, body = axes.head(points), axes.body(points)
    normal = _normals(axes.distance, points, max(0.012, pixel))
    material = surface(axes.person, part, head, body)
    toward = np.asarray(light.direction, np.float32)
    toward /= np.linalg.norm(toward)
    facing = normal @ toward
    shadow = _shadow(axes.distance, points + normal * 0.03, toward)
    # Skin lets light in that leaves elsewhere: the edge of the shadow is soft, and red.
    wrap = np.where(part == SKIN, np.float32(0.22), np.float32(0.04))[:, None]
    bleed = np.where((part == SKIN)[:, None], np.asarray((1.0, 0.55, 0.4)), 1.0)
    lit = np.maximum((facing[:, None] + wrap * bleed) / (1 + wrap), 0)
    open_sky = _openness(axes.distance, points, normal)[:, None]
    upward = 0.5 + 0.5 * normal[:, 1:2]
    around = np.asarray(light.sky) * upward + np.asarray(light.ground) * (1 - upward)
    diffuse = lit * shadow[:, None] * np.asarray(light.key) + around * open_sky
    half = toward + np.asarray((0, 0, 1), np.float32)
    half /= np.linalg.norm(half)
    shine = np.maximum(normal @ half, 0) ** material.sharpness * material.gloss * shadow
    rim = (1 - np.clip(normal[:, 2], 0, 1)) ** 3 * 0.10
    colour = material.colour * (diffuse + rim[:, None] * np.asarray(light.sky))
    colour = colour + shine[:, None] * np.asarray(light.key)
    is_head = solids.face(head, axes.person) <= parts[SKIN] + 0.02
    is_face = (
        np.isin(part, (SKIN, EYE, solids.GLASSES, solids.LENS, solids.MASK))
        & (is_head | (part != SKIN))
        & (head[:, 1] > -1.02)
        & (head[:, 1] < HAIRLINE)
        & (head[:, 2] > -0.05)
    )
    return colour.astype(np.float32), is_face.astype(np.float32)


def _normals(distance: Callable[[Array], Array], points: Array, step: float) -> Array:
    # Four samples at the corners of a tetrahedron cost a third less than three pairs.
    corners = np.asarray([(1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)], np.float32)
    normal = np.zeros_like(points)
    for corner in corners:
        normal += corner * distance(points + corner * np.float32(step))[:, None]
    unit: Array = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    return unit


def _shadow(distance: Callable[[Array], Array], points: Array, toward: Array) -> Array:
    """0 where the key light is hidden, with a soft edge (I. Quilez' estimate)."""
    light = np.ones(len(points), np.float32)
    way = np.full(len(points), 0.03, np.float32)
    for _ in range(9):
        ahead = distance(points + toward * way[:, None])
        light = np.minimum(light, np.clip(0.5 + 5 * ahead / way, 0, 1))
        way += np.clip(ahead, 0.05, 0.4)
    return light * light * (3 - 2 * light)


def _openness(distance: Callable[[Array], Array], points: Array, normal: Array) -> Array:
    """How much of the sky a point sees: less in eye sockets, folds and under the chin."""
    blocked = np.zeros(len(points), np.float32)
    for step, weight in ((0.08, 3.2), (0.30, 1.3)):
        blocked += weight * np.maximum(step - distance(points + normal * np.float32(step)), 0)
    return np.clip(1 - blocked, 0.15, 1).astype(np.float32)
