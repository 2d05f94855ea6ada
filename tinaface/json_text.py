"""Where the parts of a JSON text stand, so that one can be replaced and the rest stays as it was.

Parsing to values and printing again would lose what a file's owner may care about: `1.0` or `1`,
escapes, the order of keys, the indentation, keys given twice. Here the standard library's own
scanner parses value by value and tells where each ends.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

# Deeper than any drawing tool nests; far below what exhausts the interpreter's stack.
MAX_DEPTH = 100

_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Part(NamedTuple):
    """One value inside an object or array.

    Attributes:
        name: its key; empty in an array.
        before: where its key (in an array: its value) begins.
        start, end: its value is `text[start:end]`.
    """

    name: str
    before: int
    start: int
    end: int
    value: Any


class Repeats:
    """A scanner of values that also remembers which keys an object gave twice."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self._decoder = json.JSONDecoder(object_pairs_hook=self._fields)

    def note(self, names: list[str]) -> None:
        """Remembers those of an object's keys that it gives twice."""
        self.keys += [name for name, count in Counter(names).items() if count > 1]

    def _fields(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            self.note([name for name, _ in pairs])
        return fields

    def value(self, text: str, start: int) -> tuple[Any, int]:
        """The value that begins at `start` and where it ends. Raises JSONDecodeError."""
        return self._decoder.raw_decode(text, start)


def skip_space(text: str, start: int) -> int:
    """The first place at or after `start` that holds no JSON white space."""
    match = _SPACE.match(text, start)
    return match.end() if match else start


def members(
    text: str, start: int, repeats: Repeats, listed: str | None = None
) -> tuple[list[Part], int]:
    """The members of the object at `start`, in order, and where the object ends.

    The member named `listed`, if it is an array, has the parts of its elements as its value, so
    that they need not be scanned again. Raises JSONDecodeError where the text is no JSON object.
    """
    if not text.startswith("{", start):
        raise json.JSONDecodeError("Expecting an object", text, start)
    parts: list[Part] = []
    place = skip_space(text, start + 1)
    if text.startswith("}", place):
        return parts, place + 1
    while True:
        if not text.startswith('"', place):
            raise json.JSONDecodeError("Expecting a key in double quotes", text, place)
        name, colon = repeats.value(text, place)
        colon = skip_space(text, colon)
        if not text.startswith(":", colon):
            raise json.JSONDecodeError("Expecting ':'", text, colon)
        begin = skip_space(text, colon + 1)
        if name == listed and text.startswith("[", begin):
            value, end = elements(text, begin, repeats)
        else:
            value, end = repeats.value(text, begin)
        parts.append(Part(name, place, begin, end, value))
        place = skip_space(text, end)
        if text.startswith("}", place):
            return parts, place + 1
        if not text.startswith(",", place):
            raise json.JSONDecodeError("Expecting ',' or '}'", text, place)
        place = skip_space(text, place + 1)


def elements(text: str, start: int, repeats: Repeats) -> tuple[list[Part], int]:
    """The elements of the array at `start` and where the array ends. Raises JSONDecodeError."""
    if not text.startswith("[", start):
        raise json.JSONDecodeError("Expecting an array", text, start)
    parts: list[Part] = []
    place = skip_space(text, start + 1)
    if text.startswith("]", place):
        return parts, place + 1
    while True:
        value, end = repeats.value(text, place)
        parts.append(Part("", place, place, end, value))
        place = skip_space(text, end)
        if text.startswith("]", place):
            return parts, place + 1
        if not text.startswith(",", place):
            raise json.JSONDecodeError("Expecting ',' or ']'", text, place)
        place = skip_space(text, place + 1)


def is_deeper(text: str, part: Part, limit: int) -> bool:
    """Whether more than `limit` arrays and objects are nested in a part."""
    # No value is deeper than it has opening brackets, and those are counted far faster.
    brackets = text.count("[", part.start, part.end) + text.count("{", part.start, part.end)
    return brackets > limit and _depth(part.value) > limit


def _depth(value: Any) -> int:
    level, layer = 0, [value]
    while layer:
        inner: list[Any] = []
        for item in layer:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        level += any(isinstance(item, dict | list) for item in layer)
        layer = inner
    return level


@dataclass(frozen=True)
class Style:
    """How a text is laid out, so that what is added looks like the rest.

    Attributes:
        line: what ends a line; empty for a text in one line.
        indent: one step of indentation.
        comma, colon: separators inside a line.
        ascii_only: other letters are written as escapes.
    """

    line: str = "\n"
    indent: str = "  "
    comma: str = ", "
    colon: str = ": "
    ascii_only: bool = False

    @staticmethod
    def of(text: str, parts: list[Part]) -> "Style":
        """The style of an object whose members are `parts`."""
        ascii_only = text.isascii() and "\\u" in text
        if not parts:
            return Style(ascii_only=ascii_only)
        first = parts[0]
        head = text[text.rfind("{", 0, first.before) + 1 : first.before]
        colon = text[first.before : first.start].rpartition('"')[2]
        comma = ", "
        if len(parts) > 1:
            comma = "," + text[first.end : parts[1].before].partition(",")[2]
        if "\n" not in head:
            return Style("", "", comma.replace("\n", "").replace("\r", ""), colon, ascii_only)
        line = "\r\n" if "\r\n" in head else "\n"
        return Style(line, head.rpartition("\n")[2], ", ", colon, ascii_only)

    def new_line(self, level: int) -> str:
        """What stands before a member at `level`; empty for a text in one line."""
        return self.line + self.indent * level if self.line else ""

    def text(self, value: Any, level: int, *, inline: bool = False) -> str:
        """`value` as JSON, for a place `level` steps in."""
        printed = self._printed(value, self.ascii_only, inline or not self.line)
        # Half a surrogate pair is legal in JSON as an escape, but has no UTF-8 form.
        if _SURROGATE.search(printed):
            printed = self._printed(value, True, inline or not self.line)
        return printed.replace("\n", self.line + self.indent * level)

    def _printed(self, value: Any, ascii_only: bool, inline: bool) -> str:
        if inline:
            separators = (self.comma, self.colon)
            return json.dumps(value, ensure_ascii=ascii_only, separators=separators)
        separators = (",", self.colon)
        return json.dumps(value, ensure_ascii=ascii_only, indent=self.indent, separators=separators)


def with_member(text: str, keys: Sequence[str], value: Any, style: Style, level: int) -> str:
    """The object `text` with one member replaced, or added at its end; all else as it was.

    Several keys lead to a member of an object inside; where there is none yet, it is made. `level`
    is the steps of indentation before the members of `text`. A member keeps the layout it had: in
    one line if its old value stood in one. Of a key given twice the last is replaced, as that is
    the one that counts.
    """
    name, *inner = keys
    parts, end = members(text, 0, Repeats())
    for part in reversed(parts):
        if part.name == name:
            old = text[part.start : part.end]
            if inner and isinstance(part.value, dict):
                is_inline = bool(part.value) and "\n" not in old
                inner_style = replace(style, line="") if is_inline else style
                new = with_member(old, inner, value, inner_style, level + 1)
            else:
                is_inline = (
                    "\n" not in old and isinstance(part.value, dict | list) and bool(part.value)
                )
                new = style.text(_nested(inner, value), level, inline=is_inline)
            return text[: part.start] + new + text[part.end :]
    member = style.text(name, level) + style.colon + style.text(_nested(inner, value), level)
    if not parts:
        close = style.new_line(level - 1)
        return "{" + style.new_line(level) + member + close + text[end - 1 :]
    last = parts[-1].end
    gap = "," + style.new_line(level) if style.line else style.comma
    return text[:last] + gap + member + text[last:]


def _nested(keys: Sequence[str], value: Any) -> Any:
    for key in reversed(keys):
        value = {key: value}
    return value
