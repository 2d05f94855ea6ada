"""What the surface of a person looks like: colour and gloss of each point."""

from dataclasses import dataclass
from typing import cast

import numpy as np

from tinaface.sample import solids
from tinaface.sample.people import Colour, Person
from tinaface.sample.solids import EYE_RADIUS, EYE_X, EYE_Y, EYE_Z, HAIRLINE, MOUTH_Y, Array


@dataclass(frozen=True, eq=False)
class Material:
    """Colour `[N, 3]` as reflectance, gloss `[N]`, and how sharp the gloss is `[N]`."""

    colour: Array
    gloss: Array
    sharpness: Array


def surface(person: Person, part: Array, head: Array, body: Array) -> Material:
    """The material of points that belong to `part`, given in the axes of head and body."""
    count = len(head)
    colour = np.zeros((count, 3), np.float32)
    gloss = np.full(count, 0.02, np.float32)
    sharpness = np.full(count, 12, np.float32)
    for which, paint, shine, sharp in (
        (solids.SKIN, _skin, 0.075, 14),
        (solids.EYE, _eye, 0.30, 60),
        (solids.HAIR, _hair, 0.05, 14),
        (solids.GLASSES, _frame, 0.35, 40),
        (solids.LENS, _lens, 0.55, 50),
        (solids.HAT, _hat, 0.03, 8),
        (solids.MASK, _mask, 0.03, 8),
    ):
        chosen = part == which
        if chosen.any():
            colour[chosen] = paint(person, head[chosen])
            gloss[chosen] = shine
            sharpness[chosen] = sharp
    chosen = part == solids.CLOTH
    if chosen.any():
        colour[chosen] = _cloth(person, body[chosen])
    return Material(colour, gloss, sharpness)


def linear(colour: Colour) -> Array:
    """Linear light of a colour as screens show it."""
    return np.asarray(colour, np.float32) ** np.float32(2.2)


def noise(points: Array, scale: tuple[float, float, float], seed: int) -> Array:
    """Smooth random values in -1..1 over space; `scale` is how many bumps a unit has."""
    place = points * np.asarray(scale, np.float32)
    cell = np.floor(place).astype(np.int64)
    share = (place - cell).astype(np.float32)
    share = share * share * (3 - 2 * share)
    total = np.zeros(len(points), np.float32)
    for corner in range(8):
        step = np.array([corner & 1, corner >> 1 & 1, corner >> 2])
        weight = np.where(step, share, 1 - share).prod(axis=1)
        total += weight * _random(cell + step, seed)
    return total


def _random(cell: np.ndarray[tuple[int, ...], np.dtype[np.int64]], seed: int) -> Array:
    """A fixed random value in -1..1 for each whole place."""
    key = cell @ np.array([374761393, 668265263, 2147483647]) + seed * 1274126177
    key = (key ^ (key >> 13)) * 1274126177 & 0xFFFFFFFF
    key ^= key >> 16
    return (key & 0xFFFF).astype(np.float32) / 32767.5 - 1


def _blend(colour: Array, other: Colour | Array, share: Array) -> Array:
    return cast(Array, colour + (np.asarray(other, np.float32) - colour) * share[:, None])


def _spot(x: Array, y: Array, width: float, height: float) -> Array:
    """1 in the middle of a soft ellipse, 0 outside."""
    return cast(Array, np.exp(-((x / width) ** 2) - (y / height) ** 2))


def _edge(value: Array, low: float, high: float) -> Array:
    """0 below `low`, 1 above `high`, smooth between."""
    share = np.clip((value - low) / (high - low), 0, 1)
    return cast(Array, share * share * (3 - 2 * share))


def _skin(person: Person, head: Array) -> Array:
    x, y, z = head.T
    side = np.abs(x) / person.width
    base = linear(person.skin)
    front = _edge(z, 0.0, 0.3) * (y > -1.05)
    colour = np.tile(base, (len(head), 1))
    # Blood shows where the skin is thin; darker skin hides more of it.
    red = base * np.asarray((1.05, 0.62, 0.56))
    flush = 0.55 * _spot(side - 0.40, y + 0.20, 0.20, 0.16)
    flush += 0.45 * _spot(side, y + 0.25, 0.12, 0.12) + 0.5 * _edge(side, 0.66, 0.76)
    colour = _blend(colour, red, np.clip(flush + 0.4 * person.makeup * flush, 0, 0.9) * front)
    colour *= 1 + 0.035 * noise(head, (7, 7, 7), person.seed)[:, None]
    colour *= 1 + 0.03 * noise(head, (40, 40, 40), person.seed + 1)[:, None]
    # Eye sockets and lids are darker than the brow.
    socket = _spot(side - EYE_X, y - EYE_Y, 0.19, 0.12)
    colour *= 1 - (0.16 + 0.2 * person.makeup) * (socket * front)[:, None]
    bag = _spot(side - EYE_X, y - EYE_Y + 0.15, 0.13, 0.022) * (0.12 + 0.3 * person.wrinkles)
    colour *= 1 - (bag * front)[:, None]
    colour = _wrinkles(person, colour, side, y, front)
    lip_y = y - person.smile * side**2 * 1.6 - MOUTH_Y
    is_lip = _edge(0.235 - side, 0, 0.03) * _edge(
        0.105 * person.lips * (1 - (side / 0.30) ** 2) - np.abs(lip_y + 0.01), -0.012, 0.02
    )
    lip = np.clip(base * np.asarray((0.85, 0.42, 0.42)), 0, 1)
    painted = lip + (np.asarray((0.42, 0.03, 0.06)) - lip) * 0.5 * person.makeup
    colour = _blend(colour, painted.astype(np.float32), is_lip * front * 0.85)
    # The gap between the lips: dark, with the upper teeth if the mouth is open.
    gap = _edge(0.014 + 0.055 * person.mouth_open - np.abs(lip_y), 0, 0.012)
    gap *= _edge(0.21 - side, 0, 0.04)
    colour = _blend(colour, (0.06, 0.02, 0.02), gap * front * 0.92)
    if person.mouth_open > 0.15:
        teeth = _edge(lip_y, -0.005, 0.008) * gap * _edge(0.17 - side, 0, 0.03)
        colour = _blend(colour, (0.78, 0.75, 0.68), teeth * front)
    nostril = _spot(side - 0.065 * person.nose, y + 0.335, 0.03, 0.022) * _edge(z, 0.6, 0.7)
    colour = _blend(colour, (0.05, 0.02, 0.02), np.clip(nostril * 1.1, 0, 0.85))
    return _hair_on_skin(person, colour, head, front)


def _wrinkles(person: Person, colour: Array, side: Array, y: Array, front: Array) -> Array:
    if person.wrinkles <= 0:
        return colour
    forehead = np.sin(46 * y + 3 * np.cos(4 * side)) * _spot(side, y - 0.40, 0.34, 0.12)
    # From the wing of the nose to the corner of the mouth.
    fold = _spot(side - 0.20 - 0.28 * (-0.28 - y), y + 0.40, 0.022, 0.14)
    crow = np.sin(60 * (y - EYE_Y)) * _spot(side - 0.50, y - EYE_Y, 0.06, 0.08)
    dark = 0.10 * np.maximum(forehead, 0) + 0.30 * fold + 0.14 * np.maximum(crow, 0)
    return cast(Array, colour * (1 - (person.wrinkles * dark * front)[:, None]))


def _hair_on_skin(person: Person, colour: Array, head: Array, front: Array) -> Array:
    """Brows, beard and a shaved skull."""
    x, y, z = head.T
    side = np.abs(x) / person.width
    hair = linear(person.hair_colour)
    strands = 0.75 + 0.25 * noise(head, (60, 25, 25), person.seed + 2)
    arch = y - 0.215 - 0.045 * np.sin((side - 0.08) * 5.2)
    brow = _edge(0.034 * person.brows - np.abs(arch), 0, 0.022)
    brow *= _edge(side, 0.07, 0.13) * _edge(0.47 - side, 0, 0.12)
    colour = _blend(colour, hair, np.clip(brow * strands * front * 0.95, 0, 1))
    if person.beard > 0:
        line = -0.30 - 0.25 * _spot(side - 0.35, y + 0.3, 0.2, 0.3)
        cheek = _edge(line + 0.62 * _edge(side, 0.42, 0.62) - y, 0, 0.12)
        under = _edge(-(y + 1.25), -0.15, 0.0)
        lip_y = y - person.smile * side**2 * 1.6 - MOUTH_Y
        bare = _spot(side, lip_y, 0.23, 0.10 * person.lips)
        grown = cheek * (1 - np.clip(1.25 * bare, 0, 1)) * (1 - under) * _edge(z, -0.1, 0.1)
        thick = min(1.0, 0.25 + person.beard * 0.85)
        colour = _blend(colour, hair, np.clip(grown * strands * thick, 0, 1))
    if person.hair == "buzz":
        temple = HAIRLINE - 0.06 - 0.5 * _edge(side, 0.45, 0.66)
        skull = _edge(y - temple + 0.4 * _edge(-z, 0.1, 0.3), 0, 0.08) * (y > -0.5)
        colour = _blend(colour, hair, np.clip(skull * strands * 0.9, 0, 1))
    return colour


def _eye(person: Person, head: Array) -> Array:
    side = np.sign(head[:, 0])
    x = head[:, 0] - side * EYE_X * person.width
    y = head[:, 1] - EYE_Y
    z = head[:, 2] - EYE_Z
    # The gaze wanders a little from person to person.
    gaze_x = 0.02 * np.sin(person.seed % 13)
    white = np.tile(np.asarray((0.60, 0.56, 0.53), np.float32), (len(head), 1))
    radius = np.hypot(x - gaze_x, y)
    streaks = 0.8 + 0.3 * np.sin(np.arctan2(y, x - gaze_x) * 23)
    iris = linear(person.eye_colour) * streaks[:, None]
    colour = _blend(white, iris.astype(np.float32), 1 - _edge(radius, 0.050, 0.058))
    colour = _blend(colour, (0.01, 0.01, 0.01), 1 - _edge(radius, 0.022, 0.028))
    limbus = _spot(radius - 0.055, radius * 0, 0.010, 1)
    colour = _blend(colour, (0.03, 0.02, 0.02), 0.6 * limbus)
    spark = _spot(x - gaze_x - 0.02, y - 0.022, 0.012, 0.012)
    colour = _blend(colour, (2.2, 2.2, 2.2), np.clip(spark, 0, 1))
    shape = np.maximum(1 - (x / (EYE_RADIUS * 0.98)) ** 2, 0)
    squint = 1 - 0.25 * max(person.smile, 0)
    upper = 0.060 * person.eyes * shape**0.6 * squint - y
    lower = y + 0.043 * person.eyes * shape**0.8 * squint
    opening = np.minimum(upper, lower)
    # Under the upper lid the eyeball lies in shadow.
    colour *= (0.45 + 0.55 * _edge(upper, 0.0, 0.045))[:, None]
    lid = linear(person.skin) * (0.80 - 0.18 * person.makeup)
    colour = _blend(colour, lid, 1 - _edge(opening, -0.004, 0.004))
    crease = _spot(upper + 0.038, upper * 0, 0.009, 1) * 0.45
    lash = _spot(upper, upper * 0, 0.011, 1) * (0.85 if person.makeup else 0.6)
    lash += _spot(lower, lower * 0, 0.006, 1) * 0.35
    dark = np.clip(lash + crease, 0, 0.92) * _edge(z, 0.0, 0.05)
    return _blend(colour, (0.02, 0.015, 0.012), dark)


def _hair(person: Person, head: Array) -> Array:
    base = linear(person.cloth_accent if person.hair == "scarf" else person.hair_colour)
    if person.hair == "scarf":
        weave = 1 + 0.06 * noise(head, (30, 30, 30), person.seed)
        return (base * weave[:, None]).astype(np.float32)
    scale = (14.0, 14.0, 14.0) if person.hair == "curly" else (46.0, 5.0, 30.0)
    locks = noise(head, scale, person.seed) * 0.35
    fine = noise(head, (90, 9, 60), person.seed + 5) * 0.25
    return (base * np.clip(1 + locks + fine, 0.3, 1.8)[:, None]).astype(np.float32)


def _frame(person: Person, head: Array) -> Array:
    choices = ((0.02, 0.02, 0.02), (0.25, 0.13, 0.06), (0.45, 0.42, 0.38))
    return np.tile(np.asarray(choices[person.seed % 3], np.float32), (len(head), 1))


def _lens(person: Person, head: Array) -> Array:
    # A dark glass that mirrors a bit of sky in its upper part.
    sky = _edge(head[:, 1], 0.0, 0.25)[:, None]
    return (np.asarray((0.02, 0.02, 0.025)) + sky * np.asarray((0.10, 0.13, 0.16))).astype(
        np.float32
    )


def _hat(person: Person, head: Array) -> Array:
    base = linear(person.cloth_accent)
    weave = 1 + 0.10 * noise(head, (24, 24, 24), person.seed + 3)
    if person.hat == "brim":
        band = (np.abs(head[:, 1] - 0.58) < 0.07) & (np.hypot(head[:, 0], head[:, 2]) < 1.0)
        weave = weave * np.where(band, 0.35, 1)
    return (base * weave[:, None]).astype(np.float32)


def _mask(person: Person, head: Array) -> Array:
    base = linear(person.mask or (1, 1, 1))
    pleats = 1 - 0.16 * (np.sin(30 * head[:, 1]) > 0.82) * (np.abs(head[:, 1] + 0.5) < 0.26)
    return (base * pleats[:, None]).astype(np.float32)


def _cloth(person: Person, body: Array) -> Array:
    x, y, z = body.T
    base = np.tile(linear(person.cloth), (len(body), 1))
    # Cloth hangs in waves, so that no stripe is straight.
    wave = 0.5 * np.sin(2 * x + 1.3 * y) + 0.3 * noise(body, (1.2, 1.2, 1.2), person.seed)
    if person.pattern:
        stripe = _edge(np.sin(17 * y + wave), 0.3, 0.6)
        if person.pattern == 2:
            stripe = 0.5 * (stripe + _edge(np.sin(15 * x + wave), 0.3, 0.6))
        base = _blend(base, linear(person.cloth_accent), stripe * 0.6)
    base = _blend(base, linear((0.2, 0.22, 0.28)), _edge(-y, 6.1, 6.15))
    # The opening of a jacket for some.
    if person.seed % 3 == 0:
        shirt = _edge(0.42 + 0.30 * (y + 2.2) - np.abs(x), 0, 0.03) * _edge(y, -3.3, -3.0)
        base = _blend(base, linear((0.85, 0.85, 0.88)), shirt * _edge(z, 0.0, 0.1))
    folds = 1 + 0.10 * noise(body, (1.6, 0.9, 1.6), person.seed + 4)
    folds += 0.05 * noise(body, (26, 26, 26), person.seed + 6)
    return (base * folds[:, None]).astype(np.float32)
