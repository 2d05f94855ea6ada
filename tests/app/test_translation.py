"""Every text of the window goes through translation, and longer ones are not cut off."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import translation
from app.action import MENUS
from app.actions import COMMANDS
from app.pages.table import PAGES
from app.translation import pseudo, translator
from tests.app.studio import Studio
from tests.translations.extract import calls, texts

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
DIALOGS = ("show_settings", "show_palette", "show_keys")
# Names that are the same in every language, keys, and what comes from files and numbers.
SAME_EVERYWHERE = re.compile(
    r"^(TinaFace Studio|labelme|CVAT|compact.*|sample|English|Deutsch|A|B|AP|COCO AP|F1|x|y|w|h"
    r"|GT|.*\.jpg|.*/.*|[\W\d_]*)$"
)
KEY = re.compile(r"^((Ctrl|Shift|Alt|Meta)\+)*(F\d+|\w|\W|[A-Z][a-z]+)(, .*)?$")


@pytest.fixture
def foreign(qtbot: QtBot, qapp: QApplication) -> Iterator[None]:
    """The application speaks the pseudo-language."""
    made = translator({text: pseudo(text) for text in texts()})
    qapp.installTranslator(made)
    yield
    qapp.removeTranslator(made)


@pytest.fixture
def studio(foreign: None, qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    made.window.resize(1280, 800)
    made.open(SAMPLE)
    yield made
    made.close()


def shown_texts(root: QWidget) -> Iterator[tuple[QWidget, str]]:
    """Every visible text, and the widget that shows it."""
    for widget in root.findChildren(QWidget):
        if not widget.isVisible():
            continue
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget, widget.text()
        elif isinstance(widget, QGroupBox):
            yield widget, widget.title()
        elif isinstance(widget, QComboBox):
            yield widget, widget.currentText()
        elif isinstance(widget, QLineEdit):
            yield widget, widget.placeholderText()
        elif isinstance(widget, QTabBar):
            yield from ((widget, widget.tabText(at)) for at in range(widget.count()))
        elif isinstance(widget, QHeaderView) and widget.orientation() == Qt.Orientation.Horizontal:
            model = widget.model()
            for at in range(0 if model is None else widget.count()):
                yield widget, str(model.headerData(at, widget.orientation()) or "")
        yield widget, widget.toolTip()
        yield widget, widget.accessibleName()


def untranslated(root: QWidget) -> set[str]:
    """Texts with words that did not go through translation."""
    found = set()
    for _, text in shown_texts(root):
        plain = re.sub(r"<[^>]*>|&nbsp;", " ", text)
        outside = re.sub(r"⟦.*⟧", "", plain, flags=re.S).strip()
        if outside and not SAME_EVERYWHERE.match(outside) and not KEY.match(outside):
            found.add(text)
    return found


def cut_off(root: QWidget) -> list[str]:
    """Labels and buttons that are narrower than their text."""
    found = []
    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or widget.width() == 0:
            continue
        is_label = isinstance(widget, QLabel) and not widget.wordWrap() and widget.text()
        is_button = isinstance(widget, QAbstractButton) and widget.text()
        if (is_label or is_button) and widget.width() < widget.minimumSizeHint().width():
            needed = widget.minimumSizeHint().width()
            found.append(f"{widget.text()!r}: {widget.width()} of {needed}")
    return found


@pytest.mark.parametrize("page_id", [page.id for page in PAGES])
def test_no_text_of_a_page_bypasses_translation(studio: Studio, page_id: str):
    studio.session.page.show(page_id)
    studio.settle()

    assert untranslated(studio.window) == set()


def test_no_order_of_the_list_is_cut_off_in_a_small_window(studio: Studio):
    studio.window.resize(1024, 640)
    QApplication.processEvents()
    order, option = studio.window.files.order, QStyleOptionComboBox()
    order.initStyleOption(option)

    parts = QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField
    room = order.style().subControlRect(*parts, order).width()

    widths = {
        text: order.fontMetrics().horizontalAdvance(text)
        for text in (order.itemText(row) for row in range(order.count()))
    }
    assert {text: width for text, width in widths.items() if width > room} == {}


def test_no_menu_entry_bypasses_translation(studio: Studio):
    entries = {
        action.text()
        for menu in studio.window.menuBar().findChildren(QMenu)
        for action in [menu.menuAction(), *menu.actions()]
    }

    assert {text for text in entries if text and not text.startswith("⟦")} == set()


@pytest.mark.parametrize("opens", DIALOGS)
def test_no_text_of_a_dialog_bypasses_translation(studio: Studio, opens: str):
    getattr(studio.window.dialogs, opens)()
    QApplication.processEvents()
    dialog = studio.window.findChildren(QDialog)[-1]

    # Qt's own buttons have translations of their own.
    assert untranslated(dialog) - {"Close", "&Close"} == set()
    dialog.reject()


@pytest.mark.parametrize("page_id", [page.id for page in PAGES])
@pytest.mark.parametrize("size", [(1024, 640), (1280, 800)], ids=str)
def test_longer_texts_are_not_cut_off(studio: Studio, page_id: str, size: tuple[int, int]):
    studio.window.resize(*size)
    studio.session.page.show(page_id)
    studio.settle()

    assert cut_off(studio.window) == []


@pytest.mark.parametrize("opens", DIALOGS)
def test_longer_texts_of_dialogs_are_not_cut_off(studio: Studio, opens: str):
    getattr(studio.window.dialogs, opens)()
    QApplication.processEvents()
    dialog = studio.window.findChildren(QDialog)[-1]

    assert cut_off(dialog) == []
    dialog.reject()


def test_every_translated_text_is_a_literal():
    assert [found.place for found in calls() if found.text is None] == []


@pytest.mark.parametrize("language", [one for one in translation.languages() if one != "en"])
def test_translations_keep_the_places_of_values_and_tags(language: str):
    part = re.compile(r"\{[^}]*\}|<[^>]*>|%n")

    for source, translated in translation.read(language).items():
        assert sorted(part.findall(source)) == sorted(part.findall(translated)), source
        assert translated.strip(), source
        assert source.startswith(" ") == translated.startswith(" "), source


@pytest.mark.parametrize("language", [one for one in translation.languages() if one != "en"])
def test_menu_letters_are_unique_within_a_translated_menu(language: str):
    translated = translation.read(language)

    for menu in MENUS:
        texts_ = [translated.get(one.text, "") for one in COMMANDS if one.menu == menu]
        letters = [text[text.index("&") + 1].lower() for text in texts_ if "&" in text]
        assert len(set(letters)) == len(letters), (menu, sorted(letters))


@pytest.mark.parametrize("language", [one for one in translation.languages() if one != "en"])
def test_what_a_language_lacks_is_told(language: str):
    missing = sorted(texts() - translation.read(language).keys())

    if missing:
        told = json.dumps(missing[:5], ensure_ascii=False)
        pytest.skip(f"{len(missing)} texts have no translation ({language}), such as {told}")


def test_german_has_one_word_for_a_box():
    others = [text for text in translation.read("de").values() if re.search(r"\bBox(en)?\b", text)]

    assert not others


def test_a_text_is_translated_wherever_it_stands_and_stays_english_without(qapp: QApplication):
    made = translator({"Open sample": "Beispiel öffnen", "{n} pictures": "{n} Bilder"})
    qapp.installTranslator(made)

    assert qapp.translate("Welcome", "Open sample") == "Beispiel öffnen"
    assert qapp.translate("Elsewhere", "{n} pictures") == "{n} Bilder"
    assert qapp.translate("Welcome", "No such text") == "No such text"
    qapp.removeTranslator(made)


@given(st.dictionaries(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30)))
def test_qt_reads_every_text_of_a_message_file(texts_: dict[str, str]):
    texts_ = {key: value for key, value in texts_.items() if "\0" not in key}
    made = translator(texts_)

    for source, translated in texts_.items():
        assert made.translate("any", source) == translated


@given(st.text(alphabet="abc {}<>&%n", max_size=40))
def test_pseudo_texts_keep_what_code_needs(text: str):
    kept = re.compile(r"\{[^}]*\}|<[^>]*>|%n")

    assert kept.findall(pseudo(text)) == kept.findall(text)


def test_pseudo_texts_are_longer_by_two_fifths():
    text = "Find faces in all listed images"

    assert len(pseudo(text)) == pytest.approx(1.4 * len(text), abs=1)


def test_a_language_that_the_system_wants_and_we_lack_gives_english(monkeypatch):
    monkeypatch.setattr("app.translation.languages", lambda: ["en"])

    assert translation.chosen("system") == "en"
    assert translation.chosen("de") == "de"


def test_item_views_are_told_by_name(studio: Studio):
    names = {view.accessibleName() for view in studio.window.findChildren(QAbstractItemView)}

    assert any(name.startswith("⟦") for name in names)
