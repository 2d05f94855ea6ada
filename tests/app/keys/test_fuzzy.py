"""Letters find texts; the better match ranks higher."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.keys.fuzzy import score


@pytest.mark.parametrize("wanted", ["zb", "zoom box", "ZOOM", "tobox", ""])
def test_letters_in_their_order_are_found(wanted: str):
    assert score(wanted, "Zoom to box and back") is not None


@pytest.mark.parametrize("wanted", ["bz", "zoomx y", "zzz"])
def test_letters_that_are_missing_or_out_of_order_are_not(wanted: str):
    assert score(wanted, "Zoom to box and back") is None


@pytest.mark.parametrize(
    ("wanted", "better", "worse"),
    [
        ("nb", "Next box", "Undo previous grab"),
        ("box", "Draw one box", "Bring out extras"),
        ("fit", "Fit", "Find the image by its title"),
        ("ni", "Next image", "Copy boxes from the previous line in it"),
    ],
)
def test_beginnings_of_words_and_runs_of_letters_rank_higher(wanted, better, worse):
    assert score(wanted, better) > (score(wanted, worse) or -1)


@given(st.text(alphabet="abc xyz", min_size=1, max_size=12))
def test_every_text_finds_itself(text: str):
    assert score(text, text) is not None
