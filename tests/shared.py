"""Where the reference vectors and the photographs lie, and the marks of tests that need them."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
GOLDEN = SHARED / "golden"
SPEC = SHARED / "spec"
FACES = SHARED / "data" / "faces"
WEIGHTS = SHARED / "weights"
WIDER = SHARED / "data" / "wider"

needs_golden = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason="the reference's golden vectors (../shared/golden) are not here"
)
needs_faces = pytest.mark.skipif(
    not FACES.is_dir(), reason="the real photographs (../shared/data/faces) are not here"
)
needs_wider = pytest.mark.skipif(
    not WIDER.is_dir(), reason="the WIDER FACE annotations (../shared/data/wider) are not here"
)
needs_weights = pytest.mark.skipif(
    not WEIGHTS.is_dir(), reason="the pretrained networks (../shared/weights) are not here"
)
