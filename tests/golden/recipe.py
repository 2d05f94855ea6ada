"""Networks and pictures rebuilt from the seeds that golden files store."""

import functools
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tests.shared import GOLDEN
from tinaface.boxes import FloatArray
from tinaface.convert.reference import load_state, reference_variables, to_their_layout
from tinaface.network.detector import Detector, build_detector
from tinaface.presets import PRESETS

# What the names of golden files call the two published networks.
VARIANTS = {"gn_dcn": "paper-gn-dcn", "bn": "paper-bn"}


@functools.cache
def recipe() -> ModuleType:
    """The generator of numbers that the golden files come with."""
    spec = importlib.util.spec_from_file_location("weights_recipe", GOLDEN / "weights_recipe.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(GOLDEN / "weights_recipe.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def variant_of(path: Path) -> str:
    """ "gn_dcn" or "bn", from the name of a file."""
    found = [variant for variant in VARIANTS if f"_{variant}" in path.stem]
    if len(found) != 1:
        raise ValueError(f"{path.name} names none of {list(VARIANTS)}")
    return found[0]


def fill(detector: Detector, seed: int) -> None:
    """Gives the detector the weights that the recipe makes of a seed."""
    load_state(
        detector,
        {
            key: recipe().tensor(
                key, to_their_layout(np.empty(variable.shape, np.bool_)).shape, seed
            )
            for key, variable in reference_variables(detector).items()
        },
    )


@functools.lru_cache(maxsize=2)
def paper_network(variant: str, seed: int) -> Detector:
    """A published network in float32 with the recipe's weights; two are kept a process."""
    detector = build_detector(PRESETS[VARIANTS[variant]], dtype="float32")
    fill(detector, seed)
    return detector


def network_input(file: Mapping[str, Any]) -> FloatArray:
    """`[1, H, W, 3]` from the picture that a file stores."""
    nchw: FloatArray = recipe().network_input(file["image_rgb"])
    return nchw.transpose(0, 2, 3, 1)
