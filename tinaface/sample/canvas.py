"""Pictures in linear light: blurring, noise, shaded balls, and developing them as a camera does."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from PIL import Image

from tinaface.sample.people import Colour
from tinaface.sample.solids import Array

Rng = np.random.Generator


@dataclass(frozen=True)
class Camera:
    """What a camera does to a scene.

    Attributes:
        exposure: factor on the light.
        warmth: white balance, above 0 warmer.
        blur: of the whole picture, in pixels (sigma).
        motion: length of a horizontal shake in pixels.
        noise: grain, as a share of full scale in the middle tones.
        is_grey: black and white.
    """

    exposure: float = 1.0
    warmth: float = 0.0
    blur: float = 0.45
    motion: int = 0
    noise: float = 0.012
    is_grey: bool = False


def blurred(picture: Array, sigma: float) -> Array:
    """Gaussian blur of `[H, W]` or `[H, W, C]`; edges repeat."""
    if sigma <= 0:
        return picture
    reach = max(1, int(np.ceil(2.6 * sigma)))
    offsets = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (offsets / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        widths = [(reach, reach) if axis == place else (0, 0) for place in range(picture.ndim)]
        padded = np.pad(picture, widths, "edge")
        length = picture.shape[axis]
        picture = cast(
            Array,
            sum(
                np.float32(weight) * padded.take(range(start, start + length), axis)
                for start, weight in enumerate(kernel)
            ),
        )
    return picture


def clouds(rng: Rng, height: int, width: int, cell: float, octaves: int = 4) -> Array:
    """`[H, W]` smooth noise in about -1..1, its largest bumps `cell` pixels wide."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        size = max(cell / 2**octave, 1)
        grid = rng.uniform(-1, 1, (int(height / size) + 3, int(width / size) + 3))
        image = Image.fromarray(grid.astype(np.float32))
        left, top = rng.uniform(0, 1, 2)
        box = (left, top, left + width / size, top + height / size)
        total += (
            np.asarray(image.resize((width, height), Image.Resampling.BICUBIC, box)) / 2**octave
        )
    return total / 1.5


def gradient(height: int, width: int, stops: list[tuple[float, Colour]]) -> Array:
    """`[H, W, 3]` from top to bottom through colours as screens show them, in linear light."""
    places = [place for place, _ in stops]
    rows = np.linspace(0, 1, height)
    bands = [np.interp(rows, places, [colour[band] for _, colour in stops]) for band in range(3)]
    column = np.stack(bands, axis=1).astype(np.float32) ** np.float32(2.2)
    return np.repeat(column[:, None], width, axis=1)


def from_screen(image: Image.Image) -> Array:
    """`[H, W, 3]` linear light of a picture as screens show it."""
    return (np.asarray(image.convert("RGB"), np.float32) / 255) ** np.float32(2.2)


def put_ball(
    picture: Array, x: float, y: float, radius: float, colour: Colour, gloss: float = 0.5
) -> None:
    """Paints a lit ball into a picture: an orange, a balloon, a lamp."""
    height, width = picture.shape[:2]
    top, bottom = max(int(y - radius) - 1, 0), min(int(y + radius) + 2, height)
    left, right = max(int(x - radius) - 1, 0), min(int(x + radius) + 2, width)
    if top >= bottom or left >= right:
        return
    v, u = np.mgrid[top:bottom, left:right].astype(np.float32)
    u, v = (u + 0.5 - x) / radius, (v + 0.5 - y) / radius
    reach = np.hypot(u, v)
    depth = np.sqrt(np.clip(1 - reach**2, 0, 1))
    facing = np.clip(-0.45 * u - 0.6 * v + 0.66 * depth, 0, 1)
    light = 0.28 + 0.85 * facing
    shine = gloss * np.clip(-0.33 * u - 0.43 * v + 0.84 * depth, 0, 1) ** 40
    ball = np.asarray(colour, np.float32) ** 2.2 * light[..., None] + shine[..., None]
    share = np.clip((1 - reach) * radius + 0.5, 0, 1)[..., None]
    patch = picture[top:bottom, left:right]
    patch += (ball - patch) * share


def develop(picture: Array, camera: Camera, rng: Rng) -> Image.Image:
    """The 8-bit picture that a camera would save."""
    height, width = picture.shape[:2]
    light = blurred(picture * camera.exposure, camera.blur)
    if camera.motion:
        light = cast(
            Array,
            sum(np.roll(light, shift, axis=1) for shift in range(camera.motion)) / camera.motion,
        )
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = light * (1 - 0.13 * (x**2 + y**2))[..., None]
    light = light * np.asarray((1 + 0.12 * camera.warmth, 1, 1 - 0.16 * camera.warmth))
    # A shoulder that keeps bright skin and sky from burning out.
    light = light * (1 + 0.15 * light) / (1 + 0.55 * light)
    screen = np.clip(light, 0, 1) ** (1 / 2.2)
    if camera.is_grey:
        screen = np.repeat(screen @ np.asarray((0.3, 0.59, 0.11))[:, None], 3, axis=2)
    grain = rng.normal(0, camera.noise, screen.shape[:2])[..., None]
    tint = rng.normal(0, camera.noise * (0 if camera.is_grey else 0.6), screen.shape)
    noisy = screen + (grain + tint) * (1.3 - screen)
    return Image.fromarray((np.clip(noisy, 0, 1) * 255 + 0.5).astype(np.uint8))
