"""Another program works on the same files: nobody's work is lost."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from app.models.files import Sign
from app.panels.versions import ConflictDialog, EarlierDialog
from tests.app.studio import Studio, boxes_of, make_folder, write_label

MINE = [[11, 10], [31, 40]]
THEIRS = [[50, 5], [70, 25]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = make_folder(tmp_path / "photographs")
    write_label(made / "a.json", [[10, 10, 30, 40]])
    return made


@pytest.fixture
def studio(qtbot: QtBot, folder: Path, tmp_path: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    made.open(folder)
    yield made
    made.close()


def move_box(studio: Studio) -> None:
    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Right)


def told(studio: Studio) -> list[str]:
    return [posted.message.what for posted in studio.session.messages.posted]


def conflict(studio: Studio) -> ConflictDialog:
    """Edits here and in another program, and the dialog that comes of it."""
    assert studio.session.root is not None
    path = studio.session.root / "a.json"
    move_box(studio)
    write_label(path, [[10, 10, 30, 40], [50, 5, 70, 25]])
    studio.session.save_now()
    found = lambda: studio.window.findChildren(ConflictDialog)  # noqa: E731
    studio.until(lambda: bool(found()))
    return found()[0]


def press(studio: Studio, button: QAbstractButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    studio.settle()


def copies(folder: Path) -> list[list[list[list[float]]]]:
    return [boxes_of(path) for path in sorted((folder / ".review" / "backup").rglob("a.json"))]


def test_f17_without_edits_here_the_new_boxes_are_shown(studio: Studio, folder: Path):
    write_label(folder / "a.json", [[1, 1, 9, 9], [10, 10, 30, 40]])

    studio.session.look_again()
    studio.until(lambda: "a.json was changed by another program" in told(studio))

    assert studio.session.document is not None
    assert len(studio.session.document.gt_boxes) == 2


def test_f17_with_edits_here_saving_waits_until_the_user_decides(studio: Studio, folder: Path):
    dialog = conflict(studio)

    QTest.keyClick(dialog, Qt.Key.Key_Return)  # the default decides nothing
    studio.session.save_now()
    studio.session.look_again()
    studio.settle()

    assert len(boxes_of(folder / "a.json")) == 2
    assert studio.session.has_unsaved
    assert not studio.window.findChildren(ConflictDialog)
    (offer, *_) = studio.session.messages.posted[-1].message.offers
    offer.call()
    studio.until(lambda: bool(studio.window.findChildren(ConflictDialog)))
    press(studio, studio.window.findChildren(ConflictDialog)[0].mine)
    studio.saved()


def test_f17_mine_is_kept_and_theirs_stays_as_a_copy(studio: Studio, folder: Path):
    press(studio, conflict(studio).mine)
    studio.saved()

    assert boxes_of(folder / "a.json") == [MINE]
    assert [[10, 10], [30, 40]] in copies(folder)[-1]
    assert THEIRS in copies(folder)[-1]


def test_f17_theirs_is_taken_and_mine_stays_as_a_copy(studio: Studio, folder: Path):
    press(studio, conflict(studio).theirs)
    studio.until(lambda: not studio.session.has_unsaved)
    studio.settle()

    assert len(boxes_of(folder / "a.json")) == 2
    assert studio.session.document is not None
    assert len(studio.session.document.gt_boxes) == 2
    assert copies(folder) == [[MINE]]


def test_f17_both_are_kept_without_twins_and_one_undo_takes_theirs_away(
    studio: Studio, folder: Path
):
    press(studio, conflict(studio).both)
    studio.saved()
    assert boxes_of(folder / "a.json") == [MINE, THEIRS]

    studio.window.actions_.action("edit.undo").trigger()
    studio.saved()

    assert boxes_of(folder / "a.json") == [MINE]


def test_f17_a_broken_file_of_another_program_is_set_aside(studio: Studio, folder: Path):
    move_box(studio)
    (folder / "a.json").write_text('{"shapes": [')
    studio.session.save_now()
    studio.until(lambda: bool(studio.window.findChildren(ConflictDialog)))
    dialog = studio.window.findChildren(ConflictDialog)[0]
    assert not dialog.theirs.isEnabled()

    press(studio, dialog.mine)
    studio.saved()

    assert boxes_of(folder / "a.json") == [MINE]
    assert (folder / "a.json.broken").read_text() == '{"shapes": ['


def test_f17_an_image_that_is_not_looked_at_waits_in_the_bar(studio: Studio, folder: Path):
    move_box(studio)
    write_label(folder / "a.json", [[50, 5, 70, 25]])
    studio.key(Qt.Key.Key_D)
    studio.until(lambda: "a.json was changed by another program" in told(studio))
    studio.settle()
    assert not studio.window.findChildren(ConflictDialog)

    studio.key(Qt.Key.Key_A)
    studio.settle()
    studio.session.messages.posted[-1].message.offers[0].call()
    studio.until(lambda: bool(studio.window.findChildren(ConflictDialog)))

    press(studio, studio.window.findChildren(ConflictDialog)[0].mine)
    studio.saved()


def test_f51_a_file_that_was_only_touched_is_no_conflict(studio: Studio, folder: Path):
    move_box(studio)
    os.utime(folder / "a.json", ns=(1, 2**60))  # in the future, too

    studio.session.look_again()
    studio.settle()
    studio.session.save_now()
    studio.saved()

    assert not told(studio)
    assert boxes_of(folder / "a.json") == [MINE]


def test_f18_a_file_deleted_while_edited_is_made_again_with_a_notice(studio: Studio, folder: Path):
    move_box(studio)
    (folder / "a.json").unlink()

    studio.session.look_again()
    studio.settle()
    studio.session.save_now()
    studio.saved()

    assert boxes_of(folder / "a.json") == [MINE]
    assert told(studio) == ["a.json was deleted by another program"]


def test_f18_a_deleted_file_without_edits_shows_no_boxes(studio: Studio, folder: Path):
    move_box(studio)
    studio.session.save_now()
    studio.saved()
    (folder / "a.json").unlink()

    studio.session.look_again()
    studio.until(lambda: bool(told(studio)))

    assert studio.session.document is not None
    assert not len(studio.session.document.gt_boxes)
    assert not studio.session.has_unsaved


def test_f42_a_replaced_picture_keeps_its_boxes_and_gets_a_badge(studio: Studio, folder: Path):
    move_box(studio)
    Image.new("RGB", (200, 150)).save(folder / "a.jpg")

    studio.session.look_again()
    studio.settle()

    document = studio.session.document
    assert document is not None
    assert document.image_size == (150, 200)
    assert document.gt_boxes.tolist() == [[11, 10, 31, 40]]
    assert studio.session.files.has_sign("a.jpg", Sign.FAULT)


def test_an_earlier_version_is_had_back_and_can_be_undone(studio: Studio, folder: Path):
    original = boxes_of(folder / "a.json")
    move_box(studio)
    studio.session.save_now()
    studio.saved()

    studio.window.actions_.action("file.versions").trigger()
    studio.until(lambda: bool(studio.window.findChildren(EarlierDialog)))
    dialog = studio.window.findChildren(EarlierDialog)[0]
    press(studio, dialog.restore)
    studio.session.save_now()
    studio.saved()
    assert boxes_of(folder / "a.json") == original

    studio.window.actions_.action("edit.undo").trigger()
    studio.saved()
    assert boxes_of(folder / "a.json") == [MINE]
