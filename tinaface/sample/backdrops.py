"""What stands behind the people: rooms, streets, trees, and round things that are no faces."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from tinaface.sample.canvas import Rng, blurred, clouds, from_screen, gradient, put_ball
from tinaface.sample.people import Colour
from tinaface.sample.solids import Array

Rgb = tuple[int, int, int]


def room(rng: Rng, height: int, width: int) -> Array:
    """A wall with a window, a shelf of books, pictures, a clock."""
    tone = rng.uniform(0.45, 0.75)
    wall = (tone, tone * rng.uniform(0.9, 1.0), tone * rng.uniform(0.78, 0.95))
    image = Image.new("RGB", (width, height), _rgb(wall))
    draw = ImageDraw.Draw(image)
    _window(rng, draw, (0.03 * width, 0.06 * height, 0.24 * width, 0.62 * height))
    _books(rng, draw, (0.68 * width, 0.1 * height, 1.02 * width, 0.78 * height))
    for _ in range(2):
        x = rng.uniform(0.27, 0.55) * width
        y = rng.uniform(0.05, 0.3) * height
        side = rng.uniform(0.08, 0.14) * width
        art = tuple(int(value) for value in rng.integers(30, 220, 3))
        draw.rectangle((x - 6, y - 6, x + side + 6, y + 0.8 * side + 6), (70, 50, 34))
        draw.rectangle((x, y, x + side, y + 0.8 * side), art)
        draw.ellipse((x + 9, y + 12, x + side / 2, y + side / 2), _rgb(rng.uniform(0.2, 0.9, 3)))
    draw.rectangle((0, 0.86 * height, width, height), (112, 82, 58))
    _clock(draw, 0.61 * width, 0.14 * height, 0.05 * width)
    picture = from_screen(image)
    put_ball(picture, 0.30 * width, 0.72 * height, 0.07 * height, (0.85, 0.62, 0.45))
    glow = np.linspace(1.35, 0.65, width, dtype=np.float32)[None, :, None]
    return picture * glow * _grain(rng, height, width)


def office(rng: Rng, height: int, width: int) -> Array:
    """A whiteboard with writing, blinds, a plant."""
    image = Image.new("RGB", (width, height), (168, 172, 174))
    draw = ImageDraw.Draw(image)
    for slat in range(0, int(0.6 * height), 11):
        shade = 206 - slat // 12
        draw.rectangle((0.70 * width, slat, width, slat + 8), (shade, shade, shade - 10))
    board = (0.10 * width, 0.05 * height, 0.62 * width, 0.47 * height)
    draw.rectangle(board, (235, 238, 240), (120, 120, 124), 5)
    for line in range(9):
        _scribble(rng, draw, 0.13 * width, board[1] + 22 + line * 0.042 * height, 0.42 * width)
    for _ in range(3):
        x, y = rng.uniform(0.40, 0.56) * width, rng.uniform(0.14, 0.4) * height
        draw.ellipse((x - 24, y - 24, x + 24, y + 24), None, (40, 70, 160), 3)
    _leaves(rng, draw, 0.66 * width, 0.45 * height, 0.10 * width, 130)
    draw.rectangle((0, 0.8 * height, width, height), (92, 88, 84))
    return from_screen(image) * _grain(rng, height, width)


def street(rng: Rng, height: int, width: int) -> Array:
    """Houses, shop signs, parked cars, paving."""
    horizon = 0.42 * height
    sky = gradient(
        height, width, [(0, (0.55, 0.68, 0.85)), (0.5, (0.86, 0.88, 0.88)), (1, (1, 1, 1))]
    )
    sky *= 1 + 0.25 * clouds(rng, height, width, width / 3)[..., None]
    image = Image.fromarray((np.clip(sky, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    x = -0.05 * width
    while x < width:
        wide = rng.uniform(0.13, 0.26) * width
        _house(rng, draw, (x, rng.uniform(-0.25, 0.12) * height, x + wide, horizon + 0.09 * height))
        x += wide
    for strip in range(60):
        top = horizon + 0.09 * height + (0.91 * height - horizon) * (strip / 60) ** 1.5
        shade = int(104 + 46 * strip / 60 + rng.normal(0, 3))
        draw.rectangle((0, top, width, height), (shade, shade - 2, shade - 6))
    for _ in range(3):
        _car(rng, draw, rng.uniform(0, 0.9) * width, horizon + 0.13 * height, 0.17 * width)
    for _ in range(2):
        x, y, radius = (
            rng.uniform(0.05, 0.95) * width,
            rng.uniform(0.1, 0.24) * height,
            0.028 * width,
        )
        draw.line((x, y, x, horizon + 0.1 * height), (90, 92, 94), 4)
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius), (240, 240, 236), (186, 30, 34), 6
        )
    return from_screen(image) * _grain(rng, height, width)


def park(rng: Rng, height: int, width: int) -> Array:
    """Grass and trees in the sun."""
    stops: list[tuple[float, Colour]] = [
        *((0.0, (0.60, 0.74, 0.90)), (0.40, (0.88, 0.92, 0.92))),
        *((0.42, (0.36, 0.46, 0.22)), (1.0, (0.42, 0.54, 0.22))),
    ]
    picture = gradient(height, width, stops)
    image = Image.fromarray((picture ** (1 / 2.2) * 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for x in np.linspace(0, width, 12):
        _leaves(rng, draw, x, rng.uniform(0.24, 0.36) * height, 0.09 * width, 170)
    for _ in range(3):
        x, trunk = rng.uniform(0, 1) * width, rng.uniform(0.015, 0.03) * width
        draw.rectangle((x - trunk, 0.1 * height, x + trunk, 0.62 * height), (74, 58, 44))
        _leaves(rng, draw, x, 0.08 * height, 0.17 * width, 420)
    picture = from_screen(image)
    below = (np.arange(height) > 0.42 * height)[:, None, None]
    blades = clouds(rng, height, width, 9, 3)[..., None] * 0.35
    return picture * (1 + np.where(below, blades, blades * 0.3))


def stands(rng: Rng, height: int, width: int) -> Array:
    """Rows of seats."""
    image = Image.new("RGB", (width, height), (70, 72, 78))
    draw = ImageDraw.Draw(image)
    colour = _rgb(rng.uniform(0.15, 0.5, 3))
    y, step = 0.0, 0.05 * height
    while y < height:
        draw.rectangle((0, y, width, y + 0.3 * step), (98, 98, 100))
        seat = 0.8 * step
        for x in np.arange(rng.uniform(-seat, 0), width, seat * 1.25):
            draw.rounded_rectangle((x, y + 0.3 * step, x + seat, y + step), seat * 0.2, colour)
        y += step
        step *= 1.07
    return from_screen(image) * _grain(rng, height, width)


def stage(rng: Rng, height: int, width: int) -> Array:
    """Spotlights in haze."""
    picture = gradient(height, width, [(0, (0.05, 0.04, 0.09)), (1, (0.20, 0.12, 0.20))])
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    lamps: tuple[Colour, ...] = ((1.0, 0.35, 0.65), (0.35, 0.55, 1.0), (1.0, 0.75, 0.35))
    for number, colour in enumerate(lamps * 2):
        centre = (number + 0.5) / 6 * width
        lean = rng.uniform(-0.5, 0.5)
        away = np.abs(x - centre - lean * y) / (12 + 0.16 * y)
        beam = np.exp(-(away**2)) * np.exp(-y / (0.9 * height)) * 0.28
        picture += beam[..., None] * np.asarray(colour)
        put_ball(picture, centre, 10, 0.016 * width, (1, 1, 1), 3)
    for side in (0.0, 0.86):
        _shade(picture, side, 0.42, side + 0.14, 1.0, 0.25)
        for row in range(3):
            middle = (side + 0.07) * width
            put_ball(picture, middle, (0.5 + 0.17 * row) * height, 0.055 * width, (0.2, 0.2, 0.22))
    return picture * (1 + 0.35 * clouds(rng, height, width, width / 4)[..., None])


def beach(rng: Rng, height: int, width: int) -> Array:
    """Sea and sand with a low sun."""
    stops: list[tuple[float, Colour]] = [
        *((0.0, (0.38, 0.48, 0.68)), (0.3, (0.86, 0.70, 0.60)), (0.43, (0.98, 0.82, 0.58))),
        *((0.435, (0.36, 0.44, 0.52)), (0.60, (0.50, 0.52, 0.52))),
        *((0.62, (0.66, 0.56, 0.44)), (1.0, (0.80, 0.70, 0.55))),
    ]
    picture = gradient(height, width, stops)
    waves = clouds(rng, height, width // 8 + 1, 5, 3)
    waves = np.repeat(waves, 8, axis=1)[:, :width]
    sea = ((np.arange(height) > 0.435 * height) & (np.arange(height) < 0.61 * height))[:, None]
    picture *= (1 + np.where(sea, waves * 0.6, 0.1 * clouds(rng, height, width, 7)))[..., None]
    glow = np.zeros_like(picture)
    _disc(glow, 0.80 * width, 0.30 * height, 0.04 * width, (3.0, 2.4, 1.5))
    picture += glow + 0.5 * blurred(glow, 0.03 * width)
    put_ball(picture, 0.10 * width, 0.86 * height, 0.055 * width, (0.85, 0.3, 0.2))
    return picture


def night(rng: Rng, height: int, width: int) -> Array:
    """Lights of a town, out of focus."""
    picture = gradient(
        height, width, [(0, (0.06, 0.07, 0.14)), (0.6, (0.15, 0.13, 0.17)), (1, (0.1, 0.1, 0.12))]
    )
    for _ in range(60):
        layer = np.zeros_like(picture)
        colour: Colour = ((1, 0.75, 0.4), (1, 0.5, 0.35), (0.6, 0.75, 1))[int(rng.integers(3))]
        place = (rng.uniform(0, width), rng.uniform(0.05, 0.62) * height)
        _disc(layer, *place, rng.uniform(0.01, 0.03) * width, colour)
        picture += layer * rng.uniform(0.08, 0.5)
    return picture


def market(rng: Rng, height: int, width: int) -> Array:
    """A stall of fruit: round, and of the colours of skin."""
    picture = street(rng, height, width)
    picture = blurred(picture, 4)
    colours: tuple[Colour, ...] = (
        *((0.93, 0.58, 0.20), (0.82, 0.62, 0.42), (0.76, 0.30, 0.18), (0.70, 0.70, 0.32)),
        *((0.90, 0.74, 0.58), (0.62, 0.42, 0.30)),
    )
    for row in range(9):
        radius = (0.016 + 0.004 * row) * width
        y = (0.50 + 0.058 * row) * height
        for column, x in enumerate(np.arange(-radius, width + radius, 1.9 * radius)):
            colour = colours[(column // 7 + row // 2) % len(colours)]
            red, green, blue = np.clip(np.asarray(colour) * rng.uniform(0.85, 1.1), 0, 1)
            shift = rng.normal(0, 0.12, 2) * radius
            put_ball(picture, x + shift[0], y + shift[1], radius, (red, green, blue), 0.25)
    return picture


BACKDROPS: dict[str, Callable[[Rng, int, int], Array]] = {
    maker.__name__: maker
    for maker in (room, office, street, park, stands, stage, beach, night, market)
}


def _grain(rng: Rng, height: int, width: int) -> Array:
    """Dirt and uneven light: no real wall is one colour."""
    wide = clouds(rng, height, width, width / 3, 3)
    return (1 + 0.16 * wide + 0.05 * clouds(rng, height, width, 5, 2))[..., None]


def _rgb(colour: Colour | np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Rgb:
    red, green, blue = (int(255 * float(value)) for value in colour)
    return red, green, blue


def _window(rng: Rng, draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float]) -> None:
    x0, y0, x1, y1 = box
    draw.rectangle((x0 - 9, y0 - 9, x1 + 9, y1 + 9), (214, 210, 202))
    draw.rectangle(box, (226, 236, 246))
    _leaves(rng, draw, (x0 + x1) / 2, y1 - (y1 - y0) * 0.15, (x1 - x0) * 0.4, 60)
    draw.line(((x0 + x1) / 2, y0, (x0 + x1) / 2, y1), (214, 210, 202), 8)
    draw.line((x0, (y0 + y1) / 2, x1, (y0 + y1) / 2), (214, 210, 202), 6)


def _books(rng: Rng, draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float]) -> None:
    x0, y0, x1, y1 = box
    draw.rectangle(box, (58, 40, 28))
    rows = 4
    high = (y1 - y0) / rows
    for row in range(rows):
        x, floor = x0 + 5, y0 + (row + 1) * high - 7
        while x < x1 - 8:
            wide = rng.uniform(6, 18)
            top = floor - high * rng.uniform(0.6, 0.85)
            colour = _rgb(rng.uniform(0.15, 0.75) * rng.uniform(0.5, 1.0, 3))
            draw.rectangle((x, top, x + wide - 1, floor), colour)
            draw.line((x + 2, top + 8, x + wide - 3, top + 8), (206, 190, 150))
            x += wide
        draw.rectangle((x0, floor, x1, floor + 7), (92, 66, 46))


def _clock(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), (238, 232, 220), (50, 40, 34), 5)
    for hour in range(12):
        angle = hour * np.pi / 6
        for reach in (0.75, 0.85):
            u, v = x + reach * radius * np.sin(angle), y - reach * radius * np.cos(angle)
            draw.ellipse((u - 2, v - 2, u + 2, v + 2), (40, 36, 34))
    draw.line((x, y, x + 0.5 * radius, y - 0.25 * radius), (30, 30, 30), 4)
    draw.line((x, y, x - 0.2 * radius, y - 0.7 * radius), (30, 30, 30), 3)


def _scribble(rng: Rng, draw: ImageDraw.ImageDraw, x: float, y: float, length: float) -> None:
    colour = ((40, 60, 150), (30, 30, 34), (160, 40, 40))[int(rng.integers(3))]
    end = x + length * rng.uniform(0.3, 0.6)
    while x < end:
        word = rng.uniform(14, 50)
        places = np.arange(0, word, 3)
        heights = rng.uniform(-5, 5, len(places))
        draw.line([(x + u, y + v) for u, v in zip(places, heights, strict=True)], colour, 2)
        x += word + 9


def _leaves(
    rng: Rng, draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, count: int
) -> None:
    """A crown of leaves, lit from above."""
    green = np.asarray((0.24, 0.36, 0.13)) * rng.uniform(0.75, 1.25)
    for u, v, size in zip(
        rng.normal(0, 0.45, count),
        rng.normal(0, 0.4, count),
        rng.uniform(0.06, 0.17, count),
        strict=True,
    ):
        light = max(0.4, 0.8 - 0.5 * v) + rng.normal(0, 0.1)
        spot = size * radius
        place = (x + u * radius, y + v * radius)
        box = (place[0] - spot, place[1] - spot, place[0] + spot, place[1] + spot * 0.8)
        draw.ellipse(box, _rgb(np.clip(green * light, 0, 1)))


def _house(rng: Rng, draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float]) -> None:
    x0, y0, x1, y1 = box
    tone = rng.uniform(0.35, 0.75)
    front = np.asarray((1.0, rng.uniform(0.85, 0.98), rng.uniform(0.7, 0.92))) * tone
    draw.rectangle(box, _rgb(front))
    columns, rows = int(rng.integers(3, 6)), int(rng.integers(4, 7))
    wide, high = (x1 - x0) / columns, (y1 - y0) / rows
    for column in range(columns):
        for row in range(rows - 1):
            u, v = x0 + (column + 0.25) * wide, y0 + (row + 0.25) * high
            glass = np.asarray((0.32, 0.38, 0.44)) * rng.uniform(0.5, 1.5)
            draw.rectangle(
                (u - 2, v - 2, u + 0.5 * wide + 2, v + 0.55 * high + 2), _rgb(front * 0.75)
            )
            draw.rectangle((u, v, u + 0.5 * wide, v + 0.55 * high), _rgb(np.clip(glass, 0, 1)))
    draw.rectangle((x0 + 6, y1 - high * 0.85, x1 - 6, y1), (48, 52, 58))
    sign = _rgb(rng.uniform(0.2, 0.8, 3))
    draw.rectangle((x0 + 6, y1 - high * 1.05, x1 - 6, y1 - high * 0.8), sign)
    _scribble(rng, draw, x0 + 16, y1 - high * 0.92, x1 - x0)


def _car(rng: Rng, draw: ImageDraw.ImageDraw, x: float, y: float, length: float) -> None:
    colour = _rgb(rng.uniform(0.1, 0.7, 3))
    draw.rounded_rectangle((x + 0.2 * length, y - 0.3 * length, x + 0.8 * length, y), 12, colour)
    draw.rounded_rectangle(
        (x + 0.25 * length, y - 0.26 * length, x + 0.75 * length, y - 0.12 * length),
        8,
        (60, 70, 80),
    )
    draw.rounded_rectangle((x, y - 0.14 * length, x + length, y + 0.06 * length), 12, colour)
    for wheel in (0.2, 0.8):
        u, v, radius = x + wheel * length, y + 0.06 * length, 0.08 * length
        draw.ellipse(
            (u - radius, v - radius, u + radius, v + radius), (24, 24, 26), (120, 120, 124), 3
        )


def _disc(picture: Array, x: float, y: float, radius: float, colour: Colour) -> None:
    height, width = picture.shape[:2]
    v, u = np.ogrid[0:height, 0:width]
    inside = np.clip(radius - np.hypot(u - x, v - y) + 0.5, 0, 1)
    picture += inside[..., None] * np.asarray(colour)


def _shade(picture: Array, x0: float, y0: float, x1: float, y1: float, light: float) -> None:
    height, width = picture.shape[:2]
    picture[int(y0 * height) : int(y1 * height), int(x0 * width) : int(x1 * width)] *= light
