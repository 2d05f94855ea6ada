"""Errors of light rooms and workers are told in the user's language, wherever they come from."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app import error_texts, translation
from app.error_texts import FOLDER, HOLE, Sentences, told
from tests.app.studio import Studio, make_folder
from tests.tinaface.test_health import damage
from tests.translations.errors import sentences
from tinaface import labelme
from tinaface.errors import DatasetError, DocumentError
from tinaface.health import KINDS, examine
from tinaface.images import read_picture

LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.fixture
def german() -> Iterator[None]:
    error_texts.use("de")
    yield
    error_texts.use(None)


def test_every_language_of_the_window_has_its_errors():
    assert [one for one in translation.languages() if one != translation.ENGLISH] == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_and_none_is_left_over(language: str):
    assert error_texts.read(language).keys() == sentences()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_recognised_as_itself_with_all_that_was_filled_in(language: str):
    texts = error_texts.read(language)
    known = Sentences(texts)

    for sentence, translated in texts.items():
        filled = [f"<{number}>" for number in range(sentence.count(HOLE))]
        text = sentence.replace(HOLE, "%s") % tuple(filled) if filled else sentence
        wanted = translated.format(*filled) if filled else translated
        assert known.translated(text) == wanted


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"unreadable folder"}))
def test_what_is_wrong_with_a_data_set_is_told_in_the_users_language(
    german: None, tmp_path: Path, kind: str
):
    damage(tmp_path, kind)
    (text, *_) = [one.text for one in examine(tmp_path).findings]

    assert told(text) != text
    assert "shape" not in told(text)


def test_an_error_inside_another_is_translated_too(german: None):
    inner = "it is not a Labelme document: shapes must be a list, not 3"

    assert told(f"the file there is damaged ({inner})") == (
        "die Datei dort ist beschädigt (es ist kein Labelme-Dokument: shapes muss eine Liste sein, "
        "nicht 3)"
    )


def test_lines_of_what_and_why_are_translated_one_by_one(german: None):
    text = "Cannot read the image 'a: b.jpg': the file is empty\na.json: it says no version"

    assert told(text) == (
        "Das Bild 'a: b.jpg' kann nicht gelesen werden: die Datei ist leer\n"
        "a.json: sie nennt keine Version"
    )


@pytest.mark.parametrize("text", ["", "a.jpg", "etwas anderes: {}", "Cannot", "{}: {}", "\n\n"])
def test_what_is_not_recognised_stays_as_it_is(german: None, text: str):
    assert told(text) == text


def test_nothing_is_translated_in_an_english_window():
    assert told("the file is empty") == "the file is empty"


def test_an_error_as_it_is_really_raised_is_german(german: None, tmp_path: Path):
    (tmp_path / "a.json").write_text("[1")
    (tmp_path / "a.jpg").touch()
    with pytest.raises(DocumentError) as of_labels:
        labelme.read(tmp_path / "a.json")
    with pytest.raises(DatasetError) as of_image:
        read_picture(tmp_path / "a.jpg")

    said = [part for error in (of_labels, of_image) for part in error_texts.parts(error.value)]

    assert said == [
        f"{tmp_path / 'a.json'} kann nicht gelesen werden",
        "ein Objekt erwartet: Zeile 1, Spalte 1 (Zeichen 0)",
        "Reparieren Sie sie in einem Texteditor oder legen Sie sie beiseite und beginnen Sie eine "
        "neue",
        "Das Bild 'a.jpg' kann nicht gelesen werden",
        "die Datei ist leer",
        "Kopieren Sie die Datei noch einmal von ihrer Quelle",
    ]


def test_bar_centre_and_list_of_a_german_window_tell_errors_in_german(
    german: None, qtbot: QtBot, tmp_path: Path
):
    folder = make_folder(tmp_path / "p", ("a.jpg", "b.jpg"))
    (folder / "a.json").write_text('{"shapes": 3}')
    (folder / "b.jpg").write_bytes(b"no picture")
    studio = Studio(qtbot, tmp_path)

    studio.open(folder)
    said = studio.session.messages.posted[-1].message
    studio.session.go_to("b.jpg")
    studio.settle()

    assert "kann nicht gelesen werden" in said.what
    for row in range(2):
        tip = studio.session.files.index(row).data(Qt.ItemDataRole.ToolTipRole)
        assert "kann nicht gelesen werden" in tip
        assert "Cannot" not in tip
    labels = studio.window.review_page.welcome.findChildren(QLabel)
    assert "Das Bild 'b.jpg' kann nicht gelesen werden" in [label.text() for label in labels]
    studio.close()
