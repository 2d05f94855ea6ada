"""The project's own record of what each preset computes, for clones without ../shared.

`python -m tests.tinaface.network.own_maps` writes it anew, from the network as it is: only after
`python -m tests.golden ../shared/golden` has passed, and for a change of numbers that is meant.
"""

import zlib
from pathlib import Path

import numpy as np

from tinaface.boxes import FloatArray
from tinaface.network.detector import Detector, build_detector, named_weights
from tinaface.presets import PRESETS

RECORD = Path(__file__).parents[2] / "fixtures" / "network_maps.npz"
# Odd in every level, so that a padding on the wrong side shows.
SIZE = (71, 101)
_ENTRIES = 150


def fixed_numbers(name: str, shape: tuple[int, ...], low: float, high: float) -> FloatArray:
    """float32 numbers that depend on name and shape alone, on every platform and numpy."""
    words = np.random.Philox(key=zlib.crc32(name.encode())).random_raw(int(np.prod(shape)))
    unit = (words >> np.uint64(40)).astype(np.float64) / 2**24
    return (low + (high - low) * unit).astype(np.float32).reshape(shape)


def fill(detector: Detector) -> None:
    """Gives the detector weights that keep every map of order one, and no room idle."""
    for name, variable in named_weights(detector).items():
        leaf, shape = name.rpartition("/")[2], tuple(variable.shape)
        if leaf.endswith("kernel"):
            edge = np.sqrt(6 / np.prod(shape[:-1])) * (1 / 64 if "/stem/" in name else 1)
            bounds = (-edge, edge)
        elif leaf in ("gamma", "moving_variance"):
            bounds = (0.2, 0.5) if "/expand/" in name and leaf == "gamma" else (0.7, 1.3)
        elif leaf == "offset_bias":
            bounds = (-1.5, 1.5)
        else:
            bounds = (-0.3, 0.3)
        variable.assign(fixed_numbers(name, shape, *bounds))


def compute(preset_name: str) -> dict[str, FloatArray]:
    """Every map of a preset, thinned to about 150 entries, with the largest of each.

    In float64, as processors differ in what they round in float32: by 2.5e-5 of a map's largest.
    """
    detector = build_detector(PRESETS[preset_name], dtype="float64")
    fill(detector)
    x = fixed_numbers("picture", (1, *SIZE, 3), -120, 130).astype(np.float64)
    maps = dict(detector.features(x))
    for output, levels in detector.outputs(maps).items():
        maps |= {f"{output}/{level}": value for level, value in enumerate(levels)}
    record: dict[str, FloatArray] = {}
    for name, value in maps.items():
        flat = np.asarray(value).reshape(-1)
        thinned = flat[:: max(1, flat.size // _ENTRIES)]
        ends = np.append(thinned, np.abs(flat).max())
        record[f"{preset_name}/{name}"] = ends.astype(np.float32)
    return record


if __name__ == "__main__":
    everything = {name: value for preset in PRESETS for name, value in compute(preset).items()}
    np.savez_compressed(RECORD, **everything)  # type: ignore[arg-type]  # numpy's hint is wrong
