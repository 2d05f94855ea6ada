"""The language of the search box: what it lets through, and that nothing typed is an error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinaface.image_columns import Fault, ImageColumns
from tinaface.image_filter import FIELDS, completions, parse

NAMES = ["beach/a1.jpg", "beach/my dog.jpg", "Town/a2.jpg", "town/b.png"]

words = st.sampled_from(
    [
        *FIELDS,
        ":",
        ">",
        "<=",
        "=",
        '"',
        " ",
        "-",
        "!",
        "|",
        "20",
        "12MP",
        "3px",
        "done",
        "json",
        "ß",
    ]
)
texts = st.lists(words | st.text(max_size=4), max_size=12).map("".join)


def known() -> ImageColumns:
    """Four images: 0, 3, 30 boxes, and one that has not been read."""
    columns = ImageColumns()
    columns.grow(4)
    nan = np.nan
    columns.put(
        range(4),
        {
            "boxes": np.array([0, 3, 30, nan]),
            "min_face": np.array([nan, 40, 8, nan]),
            "max_face": np.array([nan, 90, 20, nan]),
            "bytes": np.array([1e6, 2e6, 3e6, nan]),
            "width": np.array([1000.0, 4000, 5000, nan]),
            "height": np.array([1000.0, 3000, 3000, nan]),
            "fp": np.array([0, 2, nan, nan]),
            "score": np.array([nan, 0.9, nan, nan]),
            "status": np.array([0.0, 1, 2, 0]),
            "error": np.array([0.0, Fault.JSON, Fault.IMAGE | Fault.SIZE, 0]),
            "labelled": np.array([0.0, 1, 1, 0]),
            "modified": np.array([0.0, 0, 1, 0]),
        },
    )
    return columns


def rows(text: str) -> list[int]:
    folded = [name.casefold() for name in NAMES]
    return np.flatnonzero(parse(text).passing(folded, known().since())).tolist()


@pytest.mark.parametrize(
    ("text", "passing"),
    [
        ("", [0, 1, 2, 3]),
        ("town", [2, 3]),
        ("TOWN a", [2]),
        ("name:beach|b.png", [0, 1, 3]),
        ('"my dog"', [1]),
        ('name:"my dog"', [1]),
        ("-town", [0, 1]),
        ("!name:beach", [2, 3]),
        ("boxes>2", [1, 2]),
        ("boxes >= 30", [2]),
        ("boxes:0", [0]),
        ("boxes=3", [1]),
        ("-boxes>2", [0]),
        ("face<16px", [2]),
        ("face>50", [1]),
        ("-face<16px", [0, 1]),
        ("fp>0", [1]),
        ("-fp>0", [0]),
        ("score>0,8", [1]),
        ("score>.8", [1]),
        ("size>12MP", [2]),
        ("size>=12mp", [1, 2]),
        ("size<1.5MB", [0]),
        ("status:done|doubt", [1, 2]),
        ("status:reviewed", [1]),
        ("-status:todo", [1, 2]),
        ("error", [1, 2]),
        ("error:json", [1]),
        ("error:size", [2]),
        ("-error", [0, 3]),
        ("modified", [2]),
        ("-labelled beach", [0]),
        ("boxes>2 status:doubt town", [2]),
    ],
)
def test_it_lets_through(text: str, passing: list[int]):
    assert rows(text) == passing


@pytest.mark.parametrize(
    "text",
    ["boxes>", "boxes> ", "boxes>x", "status:", "status:dne", "-", '"', "score>0.8pt", "error:"],
)
def test_an_unfinished_term_filters_nothing(text: str):
    asked = parse(text)

    assert rows(text) == [0, 1, 2, 3]
    assert asked.is_empty
    assert [term.is_understood for term in asked.terms] == [False]


def test_a_word_after_an_unfinished_comparison_still_counts():
    assert rows("boxes> town") == [2, 3]


def test_a_term_can_be_taken_out():
    asked = parse("beach  boxes>20 -status:done")

    assert asked.without(asked.terms[1]) == "beach -status:done"
    assert asked.without(asked.terms[2]) == "beach  boxes>20"


@given(texts)
def test_any_text_means_something_and_loses_no_letter(text: str):
    asked = parse(text)

    covered = {place for term in asked.terms for place in range(term.start, term.end)}
    assert all(letter.isspace() for place, letter in enumerate(text) if place not in covered)
    assert asked.passing([name.casefold() for name in NAMES], known().since()).shape == (4,)


@given(texts)
def test_a_term_and_its_negation_never_both_hold(text: str):
    for term in parse(text).terms:
        one = text[term.start : term.end]
        if term.is_understood and not term.is_negated:
            assert not set(rows(one)) & set(rows(f"-{one}"))


@given(texts, st.data())
def test_a_completion_begins_with_what_was_typed(text: str, data):
    cursor = data.draw(st.integers(0, len(text)))

    for one in completions(text, cursor):
        assert one.text.startswith(text[one.start : cursor].lower())
        assert one.end == cursor


def test_completions_name_fields_and_then_their_choices():
    assert [one.text for one in completions("beach fa", 8)] == ["face>"]
    assert [one.text for one in completions("-sta", 4)] == ["status:"]
    assert [one.text for one in completions("status:d", 8)] == ["done", "doubt"]
    assert [one.text for one in completions("status:done|", 12)] == ["todo", "done", "doubt"]
    assert completions("boxes>2", 7) == []


def test_columns_forget_nothing_when_they_grow():
    columns = known()

    columns.grow(5000)

    assert columns["boxes"][1] == 3
    assert np.isnan(columns["boxes"][4999])
    assert columns["modified"][4999] == 0
