"""Ctrl+Shift+S: the labels as files of other programs, with what was edited a moment ago."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from app.messages import Level
from app.panels.export import ExportDialog
from tests.app.studio import Studio, make_folder, write_label

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = make_folder(tmp_path / "photographs")
    write_label(made / "a.json", [[10, 10, 30, 40], [50, 20, 70, 50]])
    write_label(made / "b.json", [[1, 1, 21, 31]])
    return made


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that the user chooses."""
    chosen = tmp_path / "faces.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(chosen), ""))
    return chosen


def delete_a_face(studio: Studio, folder: Path) -> None:
    """Without saving it."""
    studio.open(folder)
    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Delete)


def asked(studio: Studio) -> ExportDialog:
    """The dialog that the key opens."""
    studio.key(Qt.Key.Key_S, CTRL_SHIFT)
    (dialog,) = studio.window.findChildren(ExportDialog)
    assert dialog.isVisible()
    return dialog


def told(studio: Studio):
    """The message at the end of the export."""
    studio.until(lambda: bool(studio.session.messages.posted))
    (posted,) = studio.session.messages.posted
    return posted.message


def test_ctrl_shift_s_writes_a_coco_file_with_an_edit_that_was_not_saved_yet(
    studio: Studio, folder: Path, place: Path
):
    delete_a_face(studio, folder)
    assert studio.session.has_unsaved

    QTest.keyClick(asked(studio), Qt.Key.Key_Return)
    message = told(studio)

    content = json.loads(place.read_text())
    boxes = {tuple(one["bbox"]) for one in content["annotations"]}
    assert boxes == {(50, 20, 20, 30), (1, 1, 20, 30)}
    assert message.level is Level.INFO
    assert "2 faces in 2 pictures" in message.what


def test_yolo_goes_into_a_folder_chosen_by_the_arrow_keys(
    studio: Studio, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    place = tmp_path / "yolo"
    place.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(place))
    studio.open(folder)
    dialog = asked(studio)

    QTest.keyClick(dialog.choices[0], Qt.Key.Key_Down)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    told(studio)

    assert (place / "labels/a.txt").read_text().count("\n") == 2
    assert (place / "labels/b.txt").read_text().startswith("0 0.137500 ")


def test_labels_that_another_program_made_are_not_replaced(
    studio: Studio, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    theirs = tmp_path / "yolo/labels/a.txt"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "yolo"))
    studio.open(folder)
    dialog = asked(studio)
    dialog.choices[1].setChecked(True)

    QTest.keyClick(dialog, Qt.Key.Key_Return)

    assert told(studio).level is Level.WARNING
    assert theirs.read_text() == "theirs"
    assert not studio.window.exporter.is_busy


def test_labels_that_cannot_be_saved_are_not_exported_as_they_were(
    studio: Studio, folder: Path, place: Path
):
    delete_a_face(studio, folder)
    write_label(folder / "a.json", [[1, 1, 5, 5], [50, 20, 70, 50], [60, 2, 70, 12]])

    QTest.keyClick(asked(studio), Qt.Key.Key_Return)
    studio.until(lambda: not studio.window.exporter.is_busy)
    QApplication.processEvents()

    said = [posted.message.what for posted in studio.session.messages.posted]
    assert "Nothing was exported" in said
    assert not place.exists()


def test_without_images_there_is_nothing_to_export(studio: Studio):
    assert not studio.window.actions_.action("file.export").isEnabled()
