"""Errors of light rooms and of workers in the user's language.

`tinaface` knows no Qt and tells errors in English, filled in already; some come from another
process, or from yesterday's index. So a text is recognised by its sentence: the file of a language
in `resources/translations/errors` maps sentences with `{}` for what was filled in to translations.
What is not recognised, such as a system's own words, stays as it is.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from tinaface.errors import TinaFaceError

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "translations" / "errors"
HOLE = "{}"
ANYTHING, NO_COLON = "(.*?)", "((?:(?!: ).)*?)"
_FEWEST_LETTERS = 5
"""A sentence with fewer of its own, such as `{}: {}`, would recognise anything."""

_language: str | None = None


def use(language: str | None) -> None:
    """Speaks a language from now on; English for None, or where no file is."""
    global _language
    _language = language


def is_recognisable(sentence: str) -> bool:
    """Whether enough of it stays when the holes are left out."""
    return (
        HOLE not in sentence
        or sum(letter.isalpha() for letter in sentence.replace(HOLE, "")) >= _FEWEST_LETTERS
    )


def read(language: str) -> dict[str, str]:
    """The translations of sentences into a language; none where no file is."""
    try:
        return dict(json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def told(text: str) -> str:
    """A part of an error, or several lines of them, in the user's language."""
    if _language is None or not text:
        return text
    sentences = _sentences(_language)
    return "\n".join(sentences.translated(line) for line in text.split("\n"))


def parts(error: TinaFaceError) -> tuple[str, str, str]:
    """What happened, why, and what to do, in the user's language."""
    return told(error.what), told(error.why), told(error.remedy)


@lru_cache(maxsize=2)
def _sentences(language: str) -> "Sentences":
    return Sentences(read(language))


class Sentences:
    """Recognises filled-in sentences, the most telling one first."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        telling = sorted(texts, key=lambda one: -len(one.replace(HOLE, "")))
        known = [(one.split(HOLE), texts[one]) for one in telling]
        # By what a text begins with: lists have a thousand of them.
        self._known = {
            letter: [one for one in known if one[0][0][:1] in ("", letter)]
            for letter in {"", *(one[0][0][:1] for one in known)}
        }

    def translated(self, text: str) -> str:
        """The translation of a text, of what was filled in too; else the text itself."""
        return self._whole(text) or self._in_two(text) or self._match(text, ANYTHING) or text

    def _whole(self, text: str) -> str | None:
        return self._match(text, NO_COLON)

    def _in_two(self, text: str) -> str | None:
        """`What: why`, as lists and tooltips say it, or a file's name before either."""
        cuts = [(text[: at.start()], text[at.end() :]) for at in re.finditer(": ", text)]
        for what, why in cuts:
            right = self._whole(why)
            left = None if right is None else self._match(what, ANYTHING)
            if left is not None:
                return f"{left}: {right}"
        for what, why in cuts:
            if (left := self._whole(what)) is not None:
                return f"{left}: {self.translated(why)}"
            if (right := self.translated(why)) != why:
                return f"{what}: {right}"
        return None

    def _match(self, text: str, hole: str) -> str | None:
        for pieces, translation in self._known.get(text[:1], self._known[""]):
            # Most are ruled out by this, which takes a hundredth of what an expression does.
            if not (text.startswith(pieces[0]) and text.endswith(pieces[-1])):
                continue
            if not all(piece in text for piece in pieces):
                continue
            found = re.fullmatch(hole.join(map(re.escape, pieces)), text)
            if found is None:
                continue
            filled = found.groups()
            # Without holes the braces of an example in it are its own.
            return translation.format(*map(self.translated, filled)) if filled else translation
        return None
