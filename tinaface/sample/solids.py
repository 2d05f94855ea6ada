"""Heads as solids: distance functions, so that turning, light and shadow come by themselves.

A distance function gives, for points in space, how far the surface is, negative inside. Solids
join by a smooth minimum, which rounds the seam as flesh does. Axes: x to the viewer's right, y up,
z towards the viewer; chin at y = -1, crown at y = 1. Source of the technique: J. C. Hart, "Sphere
tracing" (1996).
"""

from collections.abc import Sequence

import numpy as np

from tinaface.boxes import FloatArray
from tinaface.sample.people import Person

# float32 while it is traced: half the memory, and no picture shows the difference.
Array = FloatArray

# What a point belongs to; the order is the order in `parts`.
SKIN, EYE, HAIR, CLOTH, GLASSES, LENS, HAT, MASK = range(8)
EYE_X, EYE_Y, EYE_Z, EYE_RADIUS = 0.285, 0.06, 0.545, 0.125
HAIRLINE = 0.62
MOUTH_Y = -0.535


def sphere(points: Array, centre: Sequence[float], radius: float) -> Array:
    return _length(points - np.asarray(centre, np.float32)) - np.float32(radius)


def ellipsoid(points: Array, centre: Sequence[float], radii: Sequence[float]) -> Array:
    """A bound of the distance that is exact on the surface."""
    local = points - np.asarray(centre, np.float32)
    scale = np.asarray(radii, np.float32)
    near = _length(local / scale)
    return near * (near - 1) / np.maximum(_length(local / scale**2), 1e-6)


def capsule(
    points: Array, start: Sequence[float], end: Sequence[float], radius: float, end_radius: float
) -> Array:
    """A rod with round ends; its radius changes evenly."""
    first = np.asarray(start, np.float32)
    axis = np.asarray(end, np.float32) - first
    local = points - first
    along = np.clip(local @ axis / (axis @ axis), 0, 1)
    return _length(local - along[:, None] * axis) - (radius + (end_radius - radius) * along)


def ring(points: Array, centre: Sequence[float], radius: float, thickness: float) -> Array:
    """A torus that faces the viewer."""
    local = points - np.asarray(centre, np.float32)
    around = np.hypot(local[:, 0], local[:, 1]) - np.float32(radius)
    return np.hypot(around, local[:, 2]) - np.float32(thickness)


def union(left: Array, right: Array, blend: float) -> Array:
    """Both solids, the seam rounded over `blend`."""
    share = np.clip(0.5 + 0.5 * (right - left) / blend, 0, 1)
    return right + (left - right) * share - blend * share * (1 - share)


def cut(solid: Array, tool: Array, blend: float) -> Array:
    """The solid without the tool, the edge rounded over `blend`."""
    return -union(-solid, tool, blend)


def face(points: Array, person: Person) -> Array:
    """Skull and flesh: without hair, eyes and neck."""
    p = points.copy()
    # Both halves are one: x is taken positive.
    p[:, 0] = np.abs(p[:, 0]) / person.width
    solid = ellipsoid(p, (0, 0.26, -0.10), (0.70, 0.75, 0.83))
    jaw = ellipsoid(p, (0, -0.36, 0.14), (0.53 * person.jaw, 0.60, 0.56))
    solid = union(solid, jaw, 0.30)
    solid = union(solid, sphere(p, (0, -0.85, 0.47), 0.13 * person.jaw), 0.22)
    solid = union(solid, sphere(p, (0.33, -0.16, 0.47), 0.19), 0.20)
    brow = capsule(p, (0.06, 0.19, 0.67), (0.38, 0.19, 0.55), 0.06, 0.05)
    solid = union(solid, brow, 0.14)
    socket = ellipsoid(p, (EYE_X, EYE_Y, 0.77), (0.17, 0.11, 0.20))
    solid = cut(solid, socket, 0.14)
    size = person.nose
    bridge = capsule(p, (0, 0.16, 0.64), (0, -0.20, 0.84 + 0.05 * size), 0.055, 0.085 * size)
    solid = union(solid, bridge, 0.10)
    solid = union(solid, sphere(p, (0, -0.24, 0.85 + 0.05 * size), 0.095 * size), 0.06)
    wing = ellipsoid(p, (0.105 * size, -0.275, 0.79), (0.075 * size, 0.06, 0.09))
    solid = union(solid, wing, 0.05)
    # The corners of a smiling mouth rise with the square of their distance from the middle.
    q = p.copy()
    q[:, 1] -= person.smile * q[:, 0] ** 2 * 1.6
    part = 0.02 + 0.055 * person.mouth_open
    upper = ellipsoid(q, (0, MOUTH_Y + part, 0.665), (0.23, 0.045 * person.lips, 0.11))
    lower = ellipsoid(q, (0, MOUTH_Y - part - 0.02, 0.655), (0.18, 0.06 * person.lips, 0.11))
    solid = union(union(solid, upper, 0.05), lower, 0.06)
    gap = ellipsoid(q, (0, MOUTH_Y, 0.80), (0.21, 0.008 + 0.05 * person.mouth_open, 0.14))
    solid = cut(solid, gap, 0.025)
    if person.hair == "scarf":
        return solid
    ear = ellipsoid(p, (0.72, 0.02, -0.06), (0.075, 0.19, 0.12))
    return union(solid, ear, 0.05)


def clothes(points: Array, person: Person, is_standing: bool) -> Array:
    """The dressed body, in its own axes; legs only if it is standing."""
    p = points.copy()
    p[:, 0] = np.abs(p[:, 0])
    wide = person.shoulders
    solid = capsule(p, (0, -1.78, -0.32), (1.22 * wide, -2.12, -0.35), 0.40, 0.36)
    solid = union(solid, ellipsoid(p, (0, -3.0, -0.30), (1.12 * wide, 1.5, 0.62)), 0.35)
    arm = capsule(p, (1.30 * wide, -2.2, -0.35), (1.52 * wide, -4.0, -0.40), 0.33, 0.26)
    solid = union(solid, arm, 0.12)
    solid = union(solid, capsule(p, (0, -3.4, -0.3), (0, -5.9, -0.3), 0.85, 0.80), 0.3)
    lower = capsule(p, (1.52 * wide, -4.0, -0.40), (1.40 * wide, -5.7, -0.1), 0.26, 0.2)
    solid = union(solid, lower, 0.1)
    if not is_standing:
        return solid
    leg = capsule(p, (0.42, -6.0, -0.3), (0.52, -12.2, -0.3), 0.48, 0.26)
    shoe = ellipsoid(p, (0.54, -12.3, 0.0), (0.27, 0.2, 0.6))
    return np.minimum(union(solid, leg, 0.2), shoe)


def hands(points: Array, person: Person) -> Array:
    """Hanging down."""
    p = points.copy()
    p[:, 0] = np.abs(p[:, 0])
    return ellipsoid(p, (1.40 * person.shoulders, -6.05, -0.05), (0.18, 0.38, 0.24))


def parts(points: Array, body_points: Array, person: Person, cloth: Array) -> list[Array]:
    """Distances of all that the person is and wears, in the order of the constants above.

    Args:
        points: `[N, 3]` in the axes of the head.
        body_points: the same points in the axes of the body, which turns less.
        cloth: distances of the clothes.
    """
    flesh = face(points, person)
    mirrored = points.copy()
    mirrored[:, 0] = np.abs(mirrored[:, 0])
    neck = capsule(body_points, (0, -0.62, -0.14), (0, -1.7, -0.28), 0.37, 0.45)
    skin = union(flesh, neck, 0.16)
    eye = sphere(mirrored, (EYE_X * person.width, EYE_Y, EYE_Z), EYE_RADIUS)
    far = np.full(len(points), 9, np.float32)
    glasses, lens = _eyewear(mirrored, person, far)
    return [
        skin,
        eye,
        _hair(points, body_points, person, far),
        cloth,
        glasses,
        lens,
        _hat(points, person, far),
        _mask(points, flesh, person, far),
    ]


def _hair(points: Array, body_points: Array, person: Person, far: Array) -> Array:
    kind = person.hair
    if kind in ("bald", "buzz"):
        return far
    if kind == "scarf":
        return _scarf(points, body_points, person)
    volume = {"short": 1.0, "swept": 1.04, "long": 1.05, "bun": 1.0, "curly": 1.22}[kind]
    x, y, z = points.T
    if kind == "curly":
        wave = np.sin(13 * x + 2) * np.sin(14 * y) * np.sin(13 * z + 1) * np.float32(0.045)
    else:
        wave = np.sin(22 * x + 3 * z + 5 * y) * np.float32(0.008)
    radii = (0.745 * person.width * volume, 0.80 * volume, 0.87 * volume)
    shell = ellipsoid(points, (0, 0.28, -0.12), radii) + wave
    lift = 0.10 * np.sin(2.2 * x + person.seed % 7) if kind == "swept" else 0.05 * np.cos(5 * x)
    # The face looks out of a window in the hair; its upper edge is the hairline.
    window_points = points.copy()
    window_points[:, 1] -= lift.astype(np.float32)
    window = ellipsoid(window_points, (0, -0.42, 0.75), (0.63 * person.width, 1.04, 0.62))
    lower_edge = -0.02 if kind in ("long", "curly") else 0.06
    behind = np.maximum(shell, np.maximum(np.float32(lower_edge) - y, -9))
    nape = np.maximum(shell, z + 0.22)
    solid = np.minimum(behind, np.maximum(nape, -0.65 - y))
    if kind == "long":
        fall = ellipsoid(body_points, (0, -0.70, -0.30), (0.80 * person.width, 1.25, 0.46)) + wave
        solid = union(solid, fall, 0.12)
    if kind == "bun":
        solid = union(solid, sphere(points, (0, 1.02, -0.45), 0.30) + wave, 0.06)
    return cut(solid, window, 0.05)


def _scarf(points: Array, body_points: Array, person: Person) -> Array:
    x, y = points[:, 0], points[:, 1]
    folds = np.sin(9 * y + 5 * np.abs(x)) * np.float32(0.012)
    cap = ellipsoid(points, (0, 0.22, -0.12), (0.80 * person.width, 0.88, 0.93)) + folds
    around = ellipsoid(points, (0, -0.55, -0.02), (0.68 * person.width, 0.80, 0.62)) + folds
    drape = capsule(body_points, (0, -1.2, -0.25), (0, -1.75, -0.3), 0.56, 0.82) + folds
    solid = union(union(cap, around, 0.2), drape, 0.3)
    window = ellipsoid(points, (0, -0.12, 0.80), (0.54 * person.width, 0.72, 0.72))
    return cut(solid, window, 0.04)


def _eyewear(mirrored: Array, person: Person, far: Array) -> tuple[Array, Array]:
    if person.eyewear == "none":
        return far, far
    x = EYE_X * person.width
    frame = ring(mirrored, (x, EYE_Y - 0.01, 0.74), 0.185, 0.02)
    bridge = capsule(mirrored, (0, 0.09, 0.86), (0.11, 0.09, 0.76), 0.018, 0.018)
    side = 0.72 * person.width
    temple = capsule(mirrored, (x + 0.18, 0.08, 0.73), (side, 0.08, 0.0), 0.02, 0.02)
    solid = np.minimum(np.minimum(frame, bridge), temple)
    if person.eyewear == "glasses":
        return solid, far
    lens = ellipsoid(mirrored, (x, EYE_Y - 0.01, 0.73), (0.185, 0.185, 0.035))
    return solid, lens


def _hat(points: Array, person: Person, far: Array) -> Array:
    if person.hat == "none":
        return far
    width = person.width
    x, y, z = points.T
    if person.hat == "beanie":
        ribs = np.sin(np.arctan2(x, z) * 40) * np.float32(0.008)
        crown = ellipsoid(points, (0, 0.34, -0.12), (0.80 * width, 0.86, 0.92)) + ribs
        fold = np.maximum(crown - 0.05, np.abs(y - 0.50) - 0.12)
        return np.minimum(np.maximum(crown, 0.42 - y), fold)
    crown = ellipsoid(points, (0, 0.42, -0.12), (0.78 * width, 0.72, 0.90))
    crown = np.maximum(crown, np.float32(0.48) - y)
    if person.hat == "cap":
        bill = ellipsoid(points, (0, 0.50, 0.72), (0.60 * width, 0.05, 0.55))
        return np.minimum(crown, np.maximum(bill, 0.30 - z))
    flat = y - np.float32(0.50) - 0.06 * (x / 1.2) ** 2
    brim = np.maximum(np.hypot(x / 1.15, z + 0.1) - 1.22, np.abs(flat) - 0.03)
    return np.minimum(crown, brim)


def _mask(points: Array, flesh: Array, person: Person, far: Array) -> Array:
    if person.mask is None:
        return far
    x, y, z = points.T
    shell = flesh - np.float32(0.045)
    upper = y + 0.13 + 0.35 * np.abs(x) ** 2
    lower = -0.93 - y
    return np.maximum(np.maximum(shell, upper), np.maximum(lower, 0.12 - z)).astype(np.float32)


def _length(vectors: Array) -> Array:
    return np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
