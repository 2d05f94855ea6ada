"""Who is in the picture: the proportions, colours and clothes that are drawn by lot."""

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

Choice = TypeVar("Choice")
Colour = tuple[float, float, float]
Hair = Literal["bald", "buzz", "short", "swept", "long", "bun", "curly", "scarf"]
Hat = Literal["none", "cap", "beanie", "brim"]
Eyewear = Literal["none", "glasses", "sunglasses"]

# Reflectance, from light to dark, of the tones that portrait painters mix.
SKIN_TONES: tuple[Colour, ...] = (
    (0.93, 0.76, 0.67),
    (0.87, 0.67, 0.54),
    (0.78, 0.57, 0.43),
    (0.66, 0.45, 0.32),
    (0.52, 0.34, 0.23),
    (0.39, 0.25, 0.17),
    (0.27, 0.17, 0.12),
)
HAIR_COLOURS: tuple[Colour, ...] = (
    (0.05, 0.04, 0.035),
    (0.11, 0.07, 0.05),
    (0.24, 0.14, 0.08),
    (0.42, 0.26, 0.12),
    (0.68, 0.48, 0.29),
    (0.50, 0.20, 0.08),
    (0.58, 0.57, 0.56),
)
CLOTH_COLOURS: tuple[Colour, ...] = (
    (0.10, 0.12, 0.17),
    (0.13, 0.22, 0.42),
    (0.55, 0.13, 0.13),
    (0.16, 0.33, 0.22),
    (0.80, 0.77, 0.70),
    (0.38, 0.40, 0.43),
    (0.78, 0.56, 0.16),
    (0.42, 0.22, 0.42),
    (0.17, 0.42, 0.48),
    (0.82, 0.46, 0.40),
)
EYE_COLOURS: tuple[Colour, ...] = ((0.16, 0.09, 0.05), (0.25, 0.32, 0.20), (0.22, 0.36, 0.48))

_WOMENS_HAIR: tuple[Hair, ...] = (
    *("long",) * 4,
    *("bun", "swept", "swept", "short", "scarf", "curly"),
)
_EYEWEAR: tuple[Eyewear, ...] = (*("none",) * 7, *("glasses",) * 2, "sunglasses")


@dataclass(frozen=True)
class Person:
    """One head with its neck and shoulders. Lengths are in half head heights.

    Attributes:
        width: of the head; jaw, nose, lips: sizes, 1 is the middle of people.
        smile: how far the corners of the mouth rise; mouth_open: how far the lips part.
        wrinkles: darkness of the lines of age, 0..1.
        beard: 0 none, 1 full; below 0.4 stubble.
        mask: colour of a face mask; None without.
        pattern: of the clothes, 0 plain, 1 stripes, 2 checks.
    """

    skin: Colour
    hair_colour: Colour
    eye_colour: Colour
    cloth: Colour
    cloth_accent: Colour
    hair: Hair
    hat: Hat = "none"
    eyewear: Eyewear = "none"
    mask: Colour | None = None
    width: float = 1.0
    jaw: float = 1.0
    nose: float = 1.0
    lips: float = 1.0
    eyes: float = 1.0
    brows: float = 1.0
    smile: float = 0.3
    mouth_open: float = 0.0
    wrinkles: float = 0.0
    beard: float = 0.0
    makeup: float = 0.0
    shoulders: float = 1.0
    pattern: int = 0
    seed: int = 0


def random_person(
    rng: np.random.Generator,
    *,
    mask_share: float = 0.0,
    hat_share: float = 0.12,
) -> Person:
    """Somebody, man or woman, young or old, of anywhere."""
    tone = float(rng.uniform(0, len(SKIN_TONES) - 1.001))
    step, share = int(tone), tone % 1
    skin = mixed(SKIN_TONES[step], SKIN_TONES[step + 1], share)
    age = float(rng.beta(1.6, 2.2))
    is_woman = bool(rng.random() < 0.5)
    hair_colour = HAIR_COLOURS[_hair_colour_index(rng, tone, age)]
    hair = _hair(rng, is_woman, age, tone)
    has_hat = hair not in ("scarf", "bun") and rng.random() < hat_share
    hats: tuple[Hat, ...] = ("cap", "beanie", "brim")
    hat = _pick(rng, hats) if has_hat else "none"
    beard = 0.0
    if not is_woman and rng.random() < 0.5:
        beard = float(rng.uniform(0.2, 1.0))
    cloth, accent = rng.choice(len(CLOTH_COLOURS), 2, replace=False)
    masks: tuple[Colour, ...] = ((0.55, 0.72, 0.82), (0.88, 0.9, 0.92), (0.08, 0.08, 0.09))
    has_mask = rng.random() < mask_share
    return Person(
        skin=_varied(rng, skin, 0.04),
        hair_colour=_varied(rng, hair_colour, 0.06),
        eye_colour=EYE_COLOURS[0 if tone > 2.5 or rng.random() < 0.5 else int(rng.integers(1, 3))],
        cloth=_varied(rng, CLOTH_COLOURS[cloth], 0.15),
        cloth_accent=_varied(rng, CLOTH_COLOURS[accent], 0.15),
        hair=hair,
        hat=hat,
        eyewear=_pick(rng, _EYEWEAR),
        mask=masks[int(rng.integers(len(masks)))] if has_mask else None,
        width=float(rng.normal(1.0 if not is_woman else 0.96, 0.035)),
        jaw=float(rng.normal(1.04 if not is_woman else 0.92, 0.06)),
        nose=float(rng.normal(1.0, 0.12)),
        lips=float(rng.normal(1.1 if is_woman else 0.95, 0.13)),
        eyes=float(rng.normal(1.05 if is_woman else 0.97, 0.06)),
        brows=float(rng.normal(0.8 if is_woman else 1.15, 0.15)),
        smile=float(rng.uniform(-0.1, 0.8)),
        mouth_open=float(max(0.0, rng.normal(-0.1, 0.35))),
        wrinkles=max(0.0, age * 1.5 - 0.5),
        beard=beard,
        makeup=float(rng.uniform(0.2, 0.9)) if is_woman else 0.0,
        shoulders=float(rng.normal(1.05 if not is_woman else 0.9, 0.06)),
        pattern=int(rng.integers(0, 3)),
        seed=int(rng.integers(1 << 30)),
    )


def mixed(left: Colour, right: Colour, share: float) -> Colour:
    """`share` of the right colour in the left one."""
    red, green, blue = (low + (high - low) * share for low, high in zip(left, right, strict=True))
    return red, green, blue


def _hair(rng: np.random.Generator, is_woman: bool, age: float, tone: float) -> Hair:
    if is_woman:
        hairs: tuple[Hair, ...] = ("long",) * 4 + (
            "bun",
            "swept",
            "swept",
            "short",
            "scarf",
            "curly",
        )
        return _pick(rng, hairs)
    if rng.random() < 0.1 + 0.4 * age:
        return _pick(rng, ("bald", "buzz"))
    men: tuple[Hair, ...] = ("short", "short", "swept", "buzz", "curly" if tone > 3 else "short")
    return _pick(rng, men)


def _hair_colour_index(rng: np.random.Generator, tone: float, age: float) -> int:
    if rng.random() < (age - 0.35) * 1.3:
        return 6
    return int(rng.integers(0, 2)) if tone > 2.8 else int(rng.integers(0, 6))


def _varied(rng: np.random.Generator, colour: Colour, spread: float) -> Colour:
    red, green, blue = np.clip(
        np.asarray(colour) * rng.normal(1, spread) * rng.normal(1, spread / 2, 3), 0.01, 0.97
    )
    return float(red), float(green), float(blue)


def _pick(rng: np.random.Generator, choices: tuple[Choice, ...]) -> Choice:
    return choices[int(rng.integers(len(choices)))]
