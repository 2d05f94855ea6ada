import pytest

from tests.golden.checks_inference import CHECKS
from tests.shared import GOLDEN, needs_golden


@needs_golden
@pytest.mark.parametrize("kind", CHECKS)
def test_post_processing_equals_the_reference(kind):
    measured = CHECKS[kind](GOLDEN / f"{kind}.npz")

    assert measured
    assert [one for one in measured if not one.passed] == []
