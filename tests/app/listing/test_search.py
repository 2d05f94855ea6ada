"""The search box as a user meets it: typing, completion, chips, saved filters, orders."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app import application, command_line
from app.panels.files import FilesPanel
from tests.app.studio import Studio, make_folder

# Without a display a popup cannot be raised.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

NAMES = tuple(f"{folder}/{number:02}.jpg" for folder in ("beach", "town") for number in range(20))


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    made.open(make_folder(tmp_path / "p", NAMES))
    made.session.files.put_facts(NAMES, {"boxes": np.arange(40.0)})
    yield made
    made.close()


@pytest.fixture
def panel(studio: Studio) -> FilesPanel:
    return studio.window.files


def type_into(panel: FilesPanel, text: str) -> None:
    panel.search.setFocus()
    QTest.keyClicks(panel.search, text)
    QApplication.processEvents()


def chips(panel: FilesPanel) -> list[QToolButton]:
    return [one for one in panel.findChildren(QToolButton, "FilterChip") if one.isVisible()]


def test_typing_filters_and_counts(panel: FilesPanel):
    type_into(panel, "boxes>36 ")

    assert panel._session.files.names() == ["town/17.jpg", "town/18.jpg", "town/19.jpg"]
    assert panel._counts.text() == "3 of 40"
    assert [chip.text().split()[0] for chip in chips(panel)] == ["boxes>36"]


def test_an_unfinished_term_is_marked_and_hides_nothing(panel: FilesPanel):
    type_into(panel, "boxes>")

    assert panel._session.files.rowCount() == 40
    assert [chip.property("unfinished") for chip in chips(panel)] == [True]


def test_a_click_on_a_chip_takes_its_term_away(panel: FilesPanel):
    type_into(panel, "beach boxes>10 boxes<15 ")
    assert panel._session.files.rowCount() == 4

    QTest.mouseClick(chips(panel)[0], Qt.MouseButton.LeftButton)

    assert panel.search.text() == "beach boxes<15"
    assert panel._session.files.rowCount() == 15


def test_a_completion_is_chosen_with_the_arrow_and_enter(panel: FilesPanel):
    type_into(panel, "-sta")
    popup = panel.search._popup
    assert popup.isVisible()

    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert panel.search.text() == "-status:"
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)

    assert panel.search.text() == "-status:done"
    assert not popup.isVisible()


def test_enter_leads_to_the_list_and_escape_ends_the_filter(studio: Studio, panel: FilesPanel):
    studio.session.files.keep(NAMES[:5], "five")
    type_into(panel, "beach ")
    QTest.keyClick(panel.search, Qt.Key.Key_Return)
    assert panel.window().focusWidget() is panel.view

    panel.search.setFocus()
    QTest.keyClick(panel.search, Qt.Key.Key_Escape)

    assert panel._session.files.rowCount() == 40
    assert not chips(panel)


def test_where_nothing_passes_a_button_clears_the_filter(panel: FilesPanel):
    type_into(panel, "boxes>99 ")
    button = next(one for one in panel.findChildren(QPushButton) if one.isVisible())

    QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    assert panel._session.files.rowCount() == 40


def test_current_image_and_place_in_the_list_survive_a_filter(studio: Studio, panel: FilesPanel):
    studio.session.go_to("town/05.jpg")
    studio.settle()
    view = panel.view
    top = view.visualRect(view.currentIndex()).top()

    type_into(panel, "-boxes:3 ")

    assert studio.session.files.name(view.currentIndex().row()) == "town/05.jpg"
    assert view.visualRect(view.currentIndex()).top() == top


def test_a_list_that_was_scrolled_away_stays_where_it_is(studio: Studio, panel: FilesPanel):
    view = panel.view
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    top = studio.session.files.name(view.indexAt(view.viewport().rect().topLeft()).row())

    type_into(panel, "-boxes:3 ")

    now = view.indexAt(view.viewport().rect().topLeft()).row()
    assert studio.session.files.name(now) == top
    assert studio.session.name == "beach/00.jpg"


def test_a_filter_is_saved_used_and_forgotten(studio: Studio, panel: FilesPanel):
    type_into(panel, "boxes>36 ")
    menu = panel._menu.menu()
    menu.aboutToShow.emit()
    menu.actions()[0].trigger()
    panel.search.clear()

    menu.aboutToShow.emit()
    texts = [action.text() for action in menu.actions()]
    menu.actions()[texts.index("boxes>36")].trigger()

    assert studio.session.files.rowCount() == 3
    assert studio.session.settings.saved_filters == ["boxes>36"]
    menu.aboutToShow.emit()
    forget = next(one.menu() for one in menu.actions() if one.menu())
    forget.actions()[0].trigger()
    assert studio.session.settings.saved_filters == []


def test_a_filter_on_the_command_line_is_in_the_box(qtbot: QtBot, tmp_path: Path):
    folder = make_folder(tmp_path / "p", NAMES)
    options = command_line.read([str(folder), "--filter", "town -name:1"])
    studio = Studio(qtbot, tmp_path)

    application.start(studio.window, options)
    studio.settle()

    assert studio.window.files.search.text() == "town -name:1"
    assert studio.session.files.rowCount() == 9
    studio.close()


def test_the_order_is_chosen_and_random_tells_its_seed(studio: Studio, panel: FilesPanel):
    panel.order.setCurrentIndex(panel.order.findData("boxes"))
    panel.order.activated.emit(panel.order.currentIndex())
    assert studio.session.files.name(0) == "town/19.jpg"

    for _ in range(2):
        panel.order.setCurrentIndex(panel.order.findData("random"))
        panel.order.activated.emit(panel.order.currentIndex())

    assert "seed 1" in panel.order.currentText()
    assert sorted(studio.session.files.names()) == sorted(NAMES)
    assert studio.session.name == "beach/00.jpg"
