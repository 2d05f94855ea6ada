"""A user works in the whole window: opens, looks, draws, saves, undoes, comes back."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QDockWidget,
    QMenu,
)
from pytestqt.qtbot import QtBot

from app.command_line import Options
from tests.app.studio import Studio, boxes_of, make_folder, write_label

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "photographs")


def test_a_drawn_box_is_in_a_label_file_without_saving_by_hand(studio: Studio, folder: Path):
    studio.open(folder)

    studio.key(Qt.Key.Key_W)
    studio.drag((10, 10), (40, 50))
    studio.saved()

    ((first, second),) = boxes_of(folder / "a.json")
    assert first == pytest.approx([10, 10], abs=0.5)
    assert second == pytest.approx([40, 50], abs=0.5)
    assert json.loads((folder / "a.json").read_text())["imagePath"] == "a.jpg"


def test_undo_works_after_another_image_was_looked_at(studio: Studio, folder: Path):
    write_label(folder / "a.json", [[10, 10, 30, 40]])
    studio.open(folder)
    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Delete)
    studio.key(Qt.Key.Key_D)
    studio.settle()
    studio.saved()
    assert boxes_of(folder / "a.json") == []

    studio.key(Qt.Key.Key_A)
    studio.settle()
    studio.key(Qt.Key.Key_Z, CTRL)
    studio.saved()

    assert boxes_of(folder / "a.json") == [[[10, 10], [30, 40]]]


def test_looking_at_images_writes_nothing(studio: Studio, folder: Path):
    write_label(folder / "a.json", [[10, 10, 30, 40]])
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    studio.open(folder)

    for _ in range(3):
        studio.key(Qt.Key.Key_D)
        studio.settle()
    studio.window.close()

    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_corrupt_label_file_locks_the_boxes_and_stays_as_it_is(studio: Studio, folder: Path):
    (folder / "a.json").write_text('{"shapes": [')
    studio.open(folder)

    studio.key(Qt.Key.Key_W)
    studio.drag((10, 10), (40, 50))
    studio.session.save_now()
    studio.settle()

    assert (folder / "a.json").read_text() == '{"shapes": ['
    assert studio.window.canvas.picture is not None
    (posted,) = studio.session.messages.posted
    assert "a.json" in posted.message.what


def test_start_new_keeps_the_corrupt_file_under_another_name(studio: Studio, folder: Path):
    (folder / "a.json").write_text('{"shapes": [')
    studio.open(folder)
    (posted,) = studio.session.messages.posted

    posted.message.offers[0].call()
    studio.settle()
    studio.key(Qt.Key.Key_W)
    studio.drag((10, 10), (40, 50))
    studio.saved()

    assert (folder / "a.json.broken").read_text() == '{"shapes": ['
    assert len(boxes_of(folder / "a.json")) == 1


def test_a_read_only_session_changes_no_file(qtbot: QtBot, tmp_path: Path, folder: Path):
    write_label(folder / "a.json", [[10, 10, 30, 40]])
    studio = Studio(qtbot, tmp_path, options=Options(read_only=True))
    studio.open(folder)

    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Delete)
    studio.key(Qt.Key.Key_W)
    studio.drag((10, 10), (40, 50))
    studio.close()

    assert boxes_of(folder / "a.json") == [[[10, 10], [30, 40]]]


def test_letters_typed_into_the_search_field_are_no_commands(studio: Studio, folder: Path):
    studio.open(folder)
    studio.window.find_image()

    QTest.keyClicks(studio.window.files.search, "d")

    assert studio.window.files.search.text() == "d"
    assert studio.session.name == "a.jpg"


def test_next_goes_on_among_the_images_that_the_search_shows(studio: Studio, folder: Path):
    make_folder(folder, ("x1.jpg", "x2.jpg"))
    studio.open(folder)

    studio.window.files.search.setText("x")
    studio.key(Qt.Key.Key_D)
    studio.key(Qt.Key.Key_D)
    studio.settle()

    assert studio.session.name == "x2.jpg"


def test_labels_changed_by_another_program_are_shown_on_return(studio: Studio, folder: Path):
    label = write_label(folder / "a.json", [[10, 10, 30, 40]])
    studio.open(folder)

    write_label(label, [[10, 10, 30, 40], [50, 20, 70, 50]])
    studio.session.look_again()
    studio.settle()

    assert len(studio.window.canvas.document.gt_boxes) == 2


def test_own_edits_and_another_programs_are_left_to_the_user(studio: Studio, folder: Path):
    label = write_label(folder / "a.json", [[10, 10, 30, 40]])
    studio.open(folder)
    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Delete)
    write_label(label, [[1, 1, 5, 5], [50, 20, 70, 50]])

    studio.session.save_now()
    studio.until(lambda: bool(studio.session.messages.posted))

    assert len(boxes_of(label)) == 2
    (posted,) = studio.session.messages.posted
    _compare, mine, theirs = posted.message.offers
    mine.call()
    studio.saved()
    assert boxes_of(label) == []
    assert theirs.text


def test_taking_the_files_boxes_gives_up_the_own_ones(studio: Studio, folder: Path):
    label = write_label(folder / "a.json", [[10, 10, 30, 40]])
    studio.open(folder)
    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Delete)
    write_label(label, [[1, 1, 5, 5], [50, 20, 70, 50]])
    studio.session.save_now()
    studio.until(lambda: bool(studio.session.messages.posted))
    (posted,) = studio.session.messages.posted

    posted.message.offers[2].call()
    studio.until(lambda: not studio.session.has_unsaved)
    studio.settle()

    assert len(studio.window.canvas.document.gt_boxes) == 2
    assert not studio.session.has_unsaved


def test_closing_the_window_saves_what_was_just_drawn(qtbot: QtBot, tmp_path: Path, folder: Path):
    studio = Studio(qtbot, tmp_path)
    studio.open(folder)
    studio.key(Qt.Key.Key_W)
    studio.drag((10, 10), (40, 50))

    studio.close()

    assert len(boxes_of(folder / "a.json")) == 1


def test_an_unreadable_picture_says_why_and_the_next_one_is_shown(studio: Studio, folder: Path):
    (folder / "a.jpg").write_bytes(b"no picture")
    studio.open(folder)
    assert studio.window.review_page.welcome.isVisible()

    studio.session.go_by(1)
    studio.settle()

    assert studio.window.canvas.isVisible()
    assert studio.session.name == "b.jpg"


def test_keys_lead_on_from_one_unreadable_picture_to_the_next(studio: Studio, folder: Path):
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(b"no picture")
    studio.open(folder)
    studio.session.go_to("c.jpg")
    studio.settle()
    studio.window.canvas.setFocus()
    told = []

    for _ in range(2):
        QTest.keyClick(studio.window.focusWidget(), Qt.Key.Key_A)
        studio.settle()
        assert studio.session.shown is not None
        told.append((studio.session.shown.name, str(studio.session.shown.fault)))
    QTest.keyClick(studio.window.focusWidget(), Qt.Key.Key_PageDown)
    studio.settle()

    assert [name for name, _ in told] == ["b.jpg", "a.jpg"]
    assert all(name in fault for name, fault in told)
    assert studio.session.name == "c.jpg"
    assert studio.window.canvas.hasFocus()


def test_f6_leads_through_all_visible_panels_and_back(studio: Studio, folder: Path):
    studio.open(folder)
    studio.window.files.view.setFocus()
    visited = []

    for _ in range(8):
        studio.window.next_panel(1)
        visited.append(studio.window.focusWidget())

    assert studio.window.canvas in visited
    assert studio.window.files.view in visited
    assert studio.window.boxes is not None
    assert studio.window.boxes.table in visited


def test_a_hidden_dock_comes_back_with_reset_layout(studio: Studio, folder: Path):
    dock = studio.window.findChild(QDockWidget, "Images")
    dock.close()

    studio.window.docks.reset()

    assert dock.isVisible()


def test_looking_again_at_a_locked_image_leaves_the_view_alone(studio: Studio, folder: Path):
    (folder / "a.json").write_text('{"shapes": [')
    studio.open(folder)
    studio.window.canvas.zoom_to(3)

    studio.session.look_again()
    studio.settle()

    assert studio.window.canvas.zoom == pytest.approx(3)
    assert len(studio.session.messages.posted) == 1


def test_the_title_names_image_folder_and_program_and_marks_unsaved_edits(
    studio: Studio, folder: Path
):
    studio.open(folder)
    assert studio.window.windowTitle() == "[*]a.jpg — photographs — TinaFace Studio"
    assert not studio.window.isWindowModified()

    studio.key(Qt.Key.Key_W)
    studio.drag((10, 10), (40, 50))

    assert studio.window.isWindowModified()


def test_the_threshold_keys_move_the_slider_and_hide_predictions(studio: Studio, folder: Path):
    studio.open(folder)
    before = studio.session.threshold

    studio.key(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)

    assert studio.session.threshold == pytest.approx(before + 0.01)
    assert studio.window.top_bar.threshold.value() == round(100 * (before + 0.01))
    assert studio.window.canvas.document.threshold == studio.session.threshold


def test_the_table_and_the_canvas_share_one_selection(studio: Studio, folder: Path):
    write_label(folder / "a.json", [[10, 10, 30, 40], [50, 20, 70, 50]])
    studio.open(folder)
    table = studio.window.boxes.table

    table.selectRow(1)
    assert studio.window.canvas.document.selection == {1}

    studio.window.canvas.document.select([0])
    assert [index.row() for index in table.selectionModel().selectedRows()] == [0]


def test_t_goes_through_the_overlays_and_the_bar_follows(studio: Studio, folder: Path):
    studio.open(folder)
    seen = []

    for _ in range(4):
        studio.key(Qt.Key.Key_T)
        seen.append(studio.window.canvas.overlay.value)

    assert seen == ["gt", "prediction", "none", "both"]
    assert studio.window.session.settings.overlay == "both"


def test_menus_show_icons_once_they_are_opened(studio: Studio, folder: Path):
    menu = studio.window.menuBar().findChild(QMenu, "Edit")
    undo = studio.window.actions_.action("edit.undo")
    assert undo.icon().isNull()

    menu.aboutToShow.emit()

    assert not undo.icon().isNull()
