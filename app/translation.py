"""The language of the window: translations from `resources/translations`, and a pseudo-language.

A file of translations is JSON, English source text to translation; a text is translated alike
wherever it stands. `python -m tests.translations LANGUAGE` lists what a file lacks.
"""

import json
import re
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QTranslator
from PySide6.QtWidgets import QApplication

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
    """Lets the application speak a language, Qt's own buttons included.

    Called once, before any thread: Qt holds a lock while it asks a translator, which waits for
    Python's; adding or removing one later could wait for the other for ever.
    """
    language = chosen(wanted)
    if language == ENGLISH:
        return
    if language == PSEUDO:
        application.installTranslator(PseudoTranslator(application))
        return
    QLocale.setDefault(QLocale(language))
    application.installTranslator(Translator(read(language), application))
    of_qt = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if of_qt.load(f"qtbase_{language}", folder):
        # The last one is asked first; Qt's says of foreign texts that it has none, ours cannot.
        application.installTranslator(of_qt)


def read(language: str) -> dict[str, str]:
    """The translations into a language."""
    text = (FOLDER / f"{language}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


class Translator(QTranslator):
    """Translates by the source text alone."""

    def __init__(self, texts: dict[str, str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts = texts

    def isEmpty(self) -> bool:
        return not self._texts

    def translate(
        self, context: str, source: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        """The translation; the source text where there is none."""
        return self._texts.get(source, source)


class PseudoTranslator(QTranslator):
    """Makes every text longer and strange, so that what is cut off or untranslated shows."""

    def isEmpty(self) -> bool:
        return False

    def translate(
        self, context: str, source: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        """The text in the pseudo-language."""
        return pseudo(source)


def pseudo(text: str) -> str:
    """A text with accents, 40 % longer, between brackets that show where it ends."""
    parts = _KEPT.split(text)
    accented = "".join(
        part if at % 2 else part.translate(_ACCENTED) for at, part in enumerate(parts)
    )
    plain = "".join(parts[::2])
    more = "~" * max(round(len(plain) * LONGER) - 2, 0)
    return f"⟦{accented}{more}⟧"
