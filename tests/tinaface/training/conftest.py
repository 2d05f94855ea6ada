"""A data set small enough to train on within seconds."""

import json

import numpy as np
import pytest
from PIL import Image


def write_picture(folder, name, seed, size=(72, 96), faces=2):
    """One picture of noise with bright squares for faces, and its Labelme file."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 120, (*size, 3)).astype(np.uint8)
    shapes = []
    for _ in range(faces):
        x, y = (int(rng.integers(0, side - 24)) for side in (size[1], size[0]))
        pixels[y : y + 22, x : x + 18] = 230
        shapes.append(
            {
                "label": "face",
                "points": [[x, y], [x + 18, y + 22]],
                "shape_type": "rectangle",
                "flags": {},
            }
        )
    Image.fromarray(pixels).save(folder / f"{name}.png")
    document = {
        "version": "5.5.0",
        "flags": {},
        "shapes": shapes,
        "imagePath": f"{name}.png",
        "imageData": None,
        "imageHeight": size[0],
        "imageWidth": size[1],
    }
    (folder / f"{name}.json").write_text(json.dumps(document))


def make_faces(root):
    """Fills a folder with `train` (six pictures) and `validate` (two)."""
    for split, count in (("train", 6), ("validate", 2)):
        folder = root / split
        folder.mkdir(parents=True)
        for number in range(count):
            write_picture(folder, f"{split}{number}", seed=100 * len(split) + number)
    return root


@pytest.fixture
def faces(tmp_path):
    """The small data set, for one test to change."""
    return make_faces(tmp_path / "faces")
