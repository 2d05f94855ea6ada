"""Pages are made when first shown, by tab, key or command line, and keep their own docks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QListWidget, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.actions import COMMANDS
from app.pages import table
from app.pages.table import PAGES, Page, Surroundings
from tests.app.studio import Studio, make_folder


class ListPage(QWidget):
    """A page with one list in it, which wants the focus."""

    def __init__(self, at: Surroundings) -> None:
        super().__init__()
        self.session = at.session
        self.view = QListWidget(self)
        QVBoxLayout(self).addWidget(self.view)
        self.setFocusProxy(self.view)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[ListPage]:
    """Adds a row "list", and collects what its factory makes."""
    pages: list[ListPage] = []

    def make(at: Surroundings) -> QWidget:
        pages.append(ListPage(at))
        return pages[-1]

    row = Page("list", "List", "Ctrl+9", make, hints=("go.next",), docks=("Images",))
    for module in ("app.pages.table", "app.pages.tabs"):
        monkeypatch.setattr(f"{module}.PAGES", (*PAGES, row))
    return pages


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, made: list[ListPage]) -> Iterator[Studio]:
    studio = Studio(qtbot, tmp_path)
    studio.open(make_folder(tmp_path / "photographs"))
    yield studio
    studio.close()


def click_tab(studio: Studio, page_id: str) -> None:
    QTest.mouseClick(studio.window.top_bar.tabs.button(page_id), Qt.MouseButton.LeftButton)


def test_a_page_is_made_when_it_is_first_shown_and_only_then(studio: Studio, made: list[ListPage]):
    assert made == []

    click_tab(studio, "list")
    click_tab(studio, "review")
    click_tab(studio, "list")

    assert len(made) == 1
    assert made[0].isVisible()
    assert made[0].session is studio.session


def test_the_focus_follows_the_page(studio: Studio, made: list[ListPage]):
    click_tab(studio, "list")
    assert studio.window.focusWidget() is made[0].view

    click_tab(studio, "review")

    assert studio.window.focusWidget() is studio.window.canvas


def test_the_keys_of_pages_act_there_and_those_of_the_canvas_do_not(
    studio: Studio, made: list[ListPage]
):
    click_tab(studio, "list")

    QTest.keyClick(made[0].view, Qt.Key.Key_D)
    QTest.keyClick(made[0].view, Qt.Key.Key_W)
    studio.settle()

    assert studio.session.name == "b.jpg"
    assert studio.window.canvas.tool == "select"
    assert not studio.window.actions_.action("edit.draw").isEnabled()


def test_a_key_shows_the_page(studio: Studio):
    studio.session.page.show("list")

    QTest.keyClick(studio.window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)

    assert studio.session.page.id == "review"
    assert studio.window.top_bar.tabs.button("review").isChecked()


def test_docks_belong_to_a_page(studio: Studio):
    images, boxes = (studio.window.findChild(QDockWidget, name) for name in ("Images", "Boxes"))

    click_tab(studio, "list")
    assert (images.isVisible(), boxes.isVisible()) == (True, False)
    images.hide()

    click_tab(studio, "review")
    assert (images.isVisible(), boxes.isVisible()) == (True, True)
    click_tab(studio, "list")
    assert not images.isVisible()


def test_the_layout_to_remember_is_that_of_the_canvas(studio: Studio):
    _, before = studio.window.docks.layout_state()

    click_tab(studio, "list")

    assert studio.window.docks.layout_state()[1] == before


def test_the_hint_line_tells_the_keys_of_the_page(studio: Studio):
    studio.session.page.show("list")

    assert studio.window.centre.hints.text().startswith("D next")


def test_ids_and_keys_of_pages_are_unique_and_their_hints_exist():
    known = {command.id for command in COMMANDS}

    assert len({page.id for page in table.PAGES}) == len(table.PAGES)
    assert len({page.key for page in table.PAGES}) == len(table.PAGES)
    for page in table.PAGES:
        assert set(page.hints) <= known, page.id


def test_a_page_that_needs_room_takes_none_from_the_docks_of_another(
    studio: Studio, made: list[ListPage]
):
    images = studio.window.findChild(QDockWidget, "Images")
    studio.window.resizeDocks([images], [260], Qt.Orientation.Horizontal)
    QApplication.processEvents()
    before = images.width()

    click_tab(studio, "list")
    made[0].view.setMinimumWidth(700)
    QApplication.processEvents()
    click_tab(studio, "review")
    QApplication.processEvents()

    assert images.width() == before
