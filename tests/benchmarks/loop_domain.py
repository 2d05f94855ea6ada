"""Photographs of a kind that the shipped model is weak in, with the truth about them.

The shipped weights have learned the training photographs of every set at hand, so that none of
the sets is new to them. What is new is how a picture was taken: the photographs that it has not
learned are changed as a bad camera would. Measured with the first shipped weights on 80
photographs of the test split (AP50 .697 as they are): night .391, fog .367, thermal .203, cctv
.536. Night is the default: most like what people bring.
"""

import io
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from tinaface.dataset import Entry, labelled_images
from tinaface.images import RgbArray, read_rgb

Camera = Callable[[RgbArray, np.random.Generator], RgbArray]


def night(rgb: RgbArray, rng: np.random.Generator) -> RgbArray:
    """A sixteenth of the light, with the noise of few photons and of the sensor."""
    light = (rgb / 255.0) ** 2.2 * 0.06
    light += rng.normal(0, 1, light.shape) * np.sqrt(light * 0.004 + 0.00003)
    return _as_bytes(255 * np.clip(light, 0, 1) ** (1 / 2.2))


def fog(rgb: RgbArray, rng: np.random.Generator) -> RgbArray:
    """A fifth of the contrast, behind a light grey."""
    return _as_bytes(0.22 * rgb + 0.78 * 190 + rng.normal(0, 3, rgb.shape))


def thermal(rgb: RgbArray, rng: np.random.Generator) -> RgbArray:
    """Grey, soft, dark where it was light: as skin looks to some infrared cameras."""
    grey = Image.fromarray(rgb).convert("L").filter(ImageFilter.GaussianBlur(1.2))
    inverted = 40 + 0.7 * (255 - np.asarray(grey, float))
    return _as_bytes(np.repeat((inverted + rng.normal(0, 6, inverted.shape))[..., None], 3, 2))


def cctv(rgb: RgbArray, rng: np.random.Generator) -> RgbArray:
    """Grey, of half the resolution, and compressed until blocks show."""
    grey = Image.fromarray(rgb).convert("L")
    small = grey.resize((max(grey.width // 2, 1), max(grey.height // 2, 1)))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=12)
    seen = np.asarray(Image.open(file).resize(grey.size))
    return np.repeat(seen[..., None], 3, 2)


CAMERAS: dict[str, Camera] = {one.__name__: one for one in (night, fog, thermal, cctv)}


def take_again(entries: list[Entry], camera: Camera, folder: Path, *, labels: bool) -> list[str]:
    """Writes photographs as a camera would have taken them; gives their names in the folder.

    Args:
        labels: whether the truth comes along, as a label file.
    """
    folder.mkdir(parents=True)
    names = []
    for number, entry in enumerate(entries):
        path = folder / f"{entry.image.stem}.jpg"
        taken = camera(read_rgb(entry.image), np.random.default_rng(number))
        Image.fromarray(taken).save(path, quality=92)
        if labels and entry.label is not None:
            shutil.copy(entry.label, path.with_suffix(".json"))
        names.append(path.name)
    return names


def unlearned(faces: Path, split: str, most: int, seed: int = 0) -> list[Entry]:
    """Photographs of a split in a drawn order; neither `validate` nor `test` was ever learned."""
    entries = sorted(
        labelled_images(faces, faces / "splits.json", split), key=lambda entry: entry.name
    )
    order = np.random.default_rng(seed).permutation(len(entries))
    return [entries[place] for place in order[:most]]


def require_apart(faces: Path, learned: Iterable[str], judged: Iterable[str]) -> None:
    """Checks that nothing is judged by that the first weights, or those made of them, learned.

    A photograph taken again keeps its stem, by which it is known.

    Args:
        learned, judged: names of pictures.

    Raises ValueError with the first fault.
    """
    splits = json.loads((faces / "splits.json").read_text(encoding="utf-8"))
    split_of = {Path(name).stem: split for split, names in splits.items() for name in names}
    learned_stems, judged_stems = ({Path(name).stem for name in side} for side in (learned, judged))
    for stem in sorted(judged_stems):
        if stem in learned_stems:
            raise ValueError(f"{stem} is both learned and judged by")
        if split_of.get(stem, "train") == "train":
            raise ValueError(f"{stem} was learned by the first weights")


def _as_bytes(values: np.ndarray) -> RgbArray:
    return np.clip(values, 0, 255).astype(np.uint8)
