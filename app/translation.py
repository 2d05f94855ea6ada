"""The language of the window: translations from `resources/translations`, and a pseudo-language.

A file of translations is JSON, English source text to translation; a text is translated alike
wherever it stands. `python -m tests.translations LANGUAGE` lists what a file lacks. Errors of
rooms without Qt are told by `app/error_texts.py`.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from app import error_texts
from app.message_file import message_file

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "translations"
SYSTEM, ENGLISH, PSEUDO = "system", "en", "pseudo"
LONGER = 0.4
"""How much longer the pseudo-language is: German and French are, too."""

_ACCENTED = str.maketrans("aeiouyAEIOUYcnszCNSZ", "àéîöüýÀÉÎÖÜÝçñšžÇÑŠŽ")
# What must stay as it is: names of values, tags, %n, the mark of a menu's letter.
_KEPT = re.compile(r"(\{[^}]*\}|<[^>]*>|&[a-z]+;|&|%n)")


def languages() -> list[str]:
    """The languages that the window speaks, English first."""
    return [ENGLISH, *sorted(path.stem for path in FOLDER.glob("*.json"))]


def chosen(wanted: str) -> str:
    """The language for what the user wants: a code, or the system's where we speak it."""
    if wanted != SYSTEM:
        return wanted
    system = QLocale.system().name().partition("_")[0]
    return system if system in languages() else ENGLISH


def install(application: QApplication, wanted: str) -> None:
    """Lets the application speak a language, Qt's own buttons included."""
    language = chosen(wanted)
    error_texts.use(None if language in (ENGLISH, PSEUDO) else language)
    if language == ENGLISH:
        return
    if language == PSEUDO:
        known = {text for one in languages() if one != ENGLISH for text in read(one)}
        application.installTranslator(translator({text: pseudo(text) for text in known}))
        return
    QLocale.setDefault(QLocale(language))
    application.installTranslator(translator(read(language)))
    of_qt = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if of_qt.load(f"qtbase_{language}", folder):
        application.installTranslator(of_qt)


def read(language: str) -> dict[str, str]:
    """The translations into a language."""
    text = (FOLDER / f"{language}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def translator(texts: Mapping[str, str]) -> QTranslator:
    """Translates by the source text alone, wherever it stands."""
    made = _Translator(QCoreApplication.instance())
    made.data = message_file(texts)
    made.load(made.data)
    return made


class _Translator(QTranslator):
    """Keeps the bytes that Qt reads from."""

    data: bytes


def pseudo(text: str) -> str:
    """A text with accents, 40 % longer, between brackets that show where it ends."""
    parts = _KEPT.split(text)
    accented = "".join(
        part if at % 2 else part.translate(_ACCENTED) for at, part in enumerate(parts)
    )
    plain = "".join(parts[::2])
    more = "~" * max(round(len(plain) * LONGER) - 2, 0)
    return f"⟦{accented}{more}⟧"
