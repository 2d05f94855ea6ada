"""`l_*`: checkpoints in PyTorch's two containers, read without PyTorch."""

from pathlib import Path

import numpy as np

from tests.golden.measurement import Measurement
from tinaface.convert import pth

_FORMS = ("zip", "legacy")


def check_checkpoint(path: Path) -> list[Measurement]:
    """A `.pth` against the expected values beside it: keys in order, types, shapes, every bit."""
    expected_path = path.with_name(_expected_name(path.stem) + ".npz")
    state = pth.read(path)
    with np.load(expected_path) as archive:
        expected = {key: archive[key] for key in archive.files}
    misplaced = _misplaced(list(state.tensors), list(expected))
    measurements = [Measurement(path.name, "keys out of place", misplaced, 0)]
    for key, value in expected.items():
        found = state.tensors.get(key, np.empty(0))
        # Bytes rather than values, so that NaN and the sign of zero count.
        is_same = (
            found.dtype == value.dtype
            and found.shape == value.shape
            and found.tobytes() == value.tobytes()
        )
        measurements.append(Measurement(path.name, f"{key} differs", float(not is_same), 0))
    return measurements


def check_expected(path: Path) -> list[Measurement]:
    """The expected values, which the checkpoints beside them are compared with: they are there."""
    count = sum(
        path.with_name(path.stem.replace("expected", form) + ".pth").is_file() for form in _FORMS
    )
    return [Measurement(path.name, "no checkpoint to compare with", float(count == 0), 0)]


def _expected_name(stem: str) -> str:
    for form in _FORMS:
        stem = stem.replace(form, "expected")
    return stem


def _misplaced(found: list[str], expected: list[str]) -> float:
    """Keys that are missing, unexpected or in another place."""
    same = sum(left == right for left, right in zip(found, expected, strict=False))
    return float(max(len(found), len(expected)) - same)


CHECKS = {"l_checkpoint_expected": check_expected, "l_checkpoint": check_checkpoint}
