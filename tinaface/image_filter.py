"""The language of the search box: `beach boxes>20 face<16px -status:done|doubt error:json`.

Words must be in the image's path, whatever the case. A term names a field; `-` or `!` before it
turns it round, `|` parts alternatives, quotes hold spaces. All terms must hold. Nothing is an
error: a term that is not finished yet, or makes no sense, is marked as such and filters nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from tinaface.image_columns import STATUSES, Fault, FloatColumn

BoolColumn = npt.NDArray[np.bool_]
Columns = Mapping[str, FloatColumn]


class Kind(Enum):
    """What a field is compared with."""

    TEXT = auto()
    NUMBER = auto()
    CHOICE = auto()
    FLAG = auto()


@dataclass(frozen=True)
class Field:
    """One thing that can be asked for.

    Attributes:
        choices: what may stand after `:`.
        units: factors by unit in small letters; "" is what a bare number means.
        is_flag_too: the name alone asks whether there is anything.
    """

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()
    units: tuple[tuple[str, float], ...] = (("", 1.0),)
    is_flag_too: bool = False


_PIXELS = (("", 1.0), ("px", 1.0))
_SIZES = (("", 1e6), ("mp", 1e6), ("b", 1.0), ("kb", 1e3), ("mb", 1e6), ("gb", 1e9))
_FAULTS: dict[str, int] = {fault.name.lower(): fault.value for fault in Fault if fault.name}
_STATUS_WORDS: dict[str, int] = {name: place for place, name in enumerate(STATUSES)} | {
    "reviewed": 1
}

FIELDS = {
    field.name: field
    for field in (
        Field("name", Kind.TEXT),
        Field("boxes", Kind.NUMBER),
        Field("face", Kind.NUMBER, units=_PIXELS),
        Field("fp", Kind.NUMBER),
        Field("fn", Kind.NUMBER),
        Field("score", Kind.NUMBER),
        Field("predictions", Kind.NUMBER),
        Field("status", Kind.CHOICE, choices=STATUSES),
        Field("modified", Kind.FLAG),
        Field("labelled", Kind.FLAG),
        Field("predicted", Kind.FLAG),
        Field("error", Kind.CHOICE, choices=tuple(_FAULTS), is_flag_too=True),
        Field("size", Kind.NUMBER, units=_SIZES),
        Field("width", Kind.NUMBER, units=_PIXELS),
        Field("height", Kind.NUMBER, units=_PIXELS),
    )
}
# A field is known where this column of its row is; the columns themselves may lack a value then.
_KNOWN_BY = {"face": "boxes", "score": "fp", "size": "bytes"}

_NAMES = "|".join(FIELDS)
_TERM = re.compile(
    rf"""(?P<not>[-!]?)
    (?:(?P<field>{_NAMES})(?:\s*(?P<sign>>=|<=|=|<|>)\s*|:)(?P<value>"[^"]*"?|[^\s"]*)
    |(?P<flag>modified|labelled|predicted|error)(?=\s|$)
    |"(?P<quoted>[^"]*)"?
    |(?P<word>[^\s"]+))""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER = re.compile(r"(\d+(?:[.,]\d*)?|[.,]\d+)\s*([a-z]*)$", re.IGNORECASE)
_UNFINISHED_WORD = re.compile(r'[^\s"|]*$')


@dataclass(frozen=True)
class Term:
    """One term of a filter.

    Attributes:
        start, end: where it stands in the text.
        field: what it asks for; None for a word of the path.
        op: `<`, `<=`, `=`, `>`, `>=`; `:` for texts and choices, "" for a flag.
        values: casefolded alternatives; of a number exactly one.
        number: with its unit applied.
        is_negated: it holds where it would not.
        is_understood: it filters; False while it is not finished.
    """

    start: int
    end: int
    field: str | None
    op: str
    values: tuple[str, ...] = ()
    number: float = 0.0
    unit: str = ""
    is_negated: bool = False
    is_understood: bool = True


@dataclass(frozen=True)
class Filter:
    """What a text asks for."""

    text: str
    terms: tuple[Term, ...]

    @property
    def is_empty(self) -> bool:
        """Whether every image passes."""
        return not any(term.is_understood for term in self.terms)

    @property
    def columns(self) -> frozenset[str]:
        """The fields that decide; none for a filter of names alone."""
        return frozenset(
            term.field
            for term in self.terms
            if term.is_understood and term.field not in (None, "name")
        )

    def key(self) -> tuple[object, ...]:
        """Equal for two filters that let the same images through."""
        return tuple(
            (term.field, term.op, term.values, term.number, term.unit, term.is_negated)
            for term in self.terms
            if term.is_understood
        )

    def without(self, term: Term) -> str:
        """The text without one of its terms."""
        before, after = self.text[: term.start].rstrip(), self.text[term.end :].lstrip()
        return f"{before} {after}".strip()

    def passing(self, folded_names: Sequence[str], columns: Columns) -> BoolColumn:
        """Which images pass.

        Args:
            folded_names: the images' paths, casefolded.
            columns: those of `ImageColumns`, of as many images.
        """
        passing = np.ones(len(folded_names), np.bool_)
        for term in self.terms:
            if term.is_understood:
                passing &= _holds(term, folded_names, columns)
        return passing


def parse(text: str) -> Filter:
    """The terms of a text; any text has some meaning."""
    terms, place = [], 0
    while (match := _TERM.search(text, place)) is not None:
        term = _term(match)
        terms.append(term)
        place = max(term.end, place + 1)
    return Filter(text, tuple(terms))


def _term(match: re.Match[str]) -> Term:
    start, end, is_negated = match.start(), match.end(), bool(match["not"])
    if match["field"] is not None:
        field = FIELDS[match["field"].lower()]
        if field.kind is Kind.NUMBER:
            return _comparison(match, field, is_negated)
        return _choice(match, field, is_negated)
    if match["flag"] is not None:
        return Term(start, end, match["flag"].lower(), "", is_negated=is_negated)
    word = match["quoted"] if match["quoted"] is not None else match["word"]
    is_finished = bool(word.strip()) and word not in ("-", "!")
    return Term(
        start, end, None, ":", (word.casefold(),),
        is_negated=is_negated, is_understood=is_finished,
    )  # fmt: skip


def _comparison(match: re.Match[str], field: Field, is_negated: bool) -> Term:
    op = match["sign"] or "="
    number = _NUMBER.match(match["value"])
    units = dict(field.units)
    if number is not None and (unit := number[2].lower()) in units:
        value = float(number[1].replace(",", ".")) * units[unit]
        return Term(
            match.start(), match.end(), field.name, op, (match["value"].lower(),), value, unit,
            is_negated,
        )  # fmt: skip
    # What stands after a space is a word of its own: the term ends at its sign.
    is_apart = match["sign"] is not None and match.start("value") > match.end("sign")
    end = match.end("sign") if is_apart else match.end()
    return Term(match.start(), end, field.name, op, is_negated=is_negated, is_understood=False)


def _choice(match: re.Match[str], field: Field, is_negated: bool) -> Term:
    typed = match["value"].replace('"', "").casefold().split("|")
    known = {"status": _STATUS_WORDS, "error": _FAULTS}.get(field.name)
    values = tuple(one for one in typed if one.strip() and (known is None or one in known))
    is_understood = bool(values) and field.kind is not Kind.FLAG and match["sign"] in (None, "=")
    return Term(
        match.start(), match.end(), field.name, ":", values,
        is_negated=is_negated, is_understood=is_understood,
    )  # fmt: skip


# ---- meaning ----


def _holds(term: Term, folded_names: Sequence[str], columns: Columns) -> BoolColumn:
    if term.field in (None, "name"):
        found = _named(term.values, folded_names)
        return ~found if term.is_negated else found
    assert term.field is not None
    found = _asked(term, columns)
    if not term.is_negated:
        return found
    known = columns[_KNOWN_BY.get(term.field, term.field)]
    return ~found & ~np.isnan(known)


def _named(values: Sequence[str], folded_names: Sequence[str]) -> BoolColumn:
    if len(values) == 1:
        word = values[0]
        return np.array([word in name for name in folded_names], np.bool_)
    return np.array([any(word in name for word in values) for name in folded_names], np.bool_)


def _asked(term: Term, columns: Columns) -> BoolColumn:
    assert term.field is not None
    if term.field == "status":
        return np.isin(columns["status"], [_STATUS_WORDS[one] for one in term.values])
    if term.field == "error":
        wanted = sum(_FAULTS[one] for one in term.values) if term.values else ~0
        return (columns["error"].astype(np.int64) & wanted) != 0
    if FIELDS[term.field].kind is Kind.FLAG:
        return columns[term.field] > 0
    smallest, largest = _range(term, columns)
    with np.errstate(invalid="ignore"):
        if term.op == "<":
            return smallest < term.number
        if term.op == "<=":
            return smallest <= term.number
        if term.op == ">":
            return largest > term.number
        if term.op == ">=":
            return largest >= term.number
        return (smallest <= term.number) & (term.number <= largest)


def _range(term: Term, columns: Columns) -> tuple[FloatColumn, FloatColumn]:
    """The smallest and largest value of each image: they differ where it has many faces."""
    if term.field == "face":
        return columns["min_face"], columns["max_face"]
    if term.field == "size":
        is_bytes = term.unit.endswith("b")
        value = columns["bytes"] if is_bytes else columns["width"] * columns["height"]
    else:
        assert term.field is not None
        value = columns[term.field]
    return value, value


# ---- completion ----


@dataclass(frozen=True)
class Completion:
    """What may be typed next.

    Attributes:
        start, end: the part of the text that `text` takes the place of.
        field: the field it is about.
    """

    start: int
    end: int
    text: str
    field: str


def completions(text: str, cursor: int) -> list[Completion]:
    """What may stand at the cursor, in the order of the fields; none inside a finished word."""
    before = text[:cursor]
    found = _UNFINISHED_WORD.search(before)
    assert found is not None
    name, colon, _ = _last_token(before).partition(":")
    field = FIELDS.get(name.lstrip("-!").lower())
    if colon and field is not None:
        typed = found[0].rpartition(":")[2].lower()
        start = cursor - len(typed)
        return [
            Completion(start, cursor, choice, field.name)
            for choice in field.choices
            if choice.startswith(typed) and choice != typed
        ]
    typed = found[0].lstrip("-!").lower()
    start = cursor - len(typed)
    if before[: found.start()].endswith("|"):
        return []
    return [
        Completion(start, cursor, field.name + _sign(field), field.name)
        for field in FIELDS.values()
        if field.name.startswith(typed) and (field.name != typed or _sign(field))
    ]


def _last_token(text: str) -> str:
    return re.split(r"\s", text)[-1]


def _sign(field: Field) -> str:
    if field.kind is Kind.FLAG:
        return ""
    return ">" if field.kind is Kind.NUMBER else ":"
