"""Ctrl+K finds commands, says why some cannot be used, and calls the chosen one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.panels.palette import Palette
from tests.app.studio import Studio, make_folder


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    made.open(make_folder(tmp_path / "photographs"))
    yield made
    made.close()


def opened(studio: Studio) -> Palette:
    studio.key(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = studio.window.findChild(Palette)
    assert palette is not None
    return palette


def rows(palette: Palette) -> list[tuple[str, str]]:
    items = (palette.list.topLevelItem(at) for at in range(palette.list.topLevelItemCount()))
    return [(item.text(0), item.text(1)) for item in items]


def test_some_letters_and_enter_call_a_command(studio: Studio):
    palette = opened(studio)

    QTest.keyClicks(palette.search, "nextim")
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    studio.settle()

    assert studio.session.name == "b.jpg"
    assert studio.window.findChild(Palette) is None


def test_a_command_is_shown_with_its_menu_and_the_keys_the_user_chose(studio: Studio):
    studio.session.keymap.assign("view.fit", ["J"])
    palette = opened(studio)

    QTest.keyClicks(palette.search, "fit")

    assert rows(palette)[0] == ("View: Fit", "J")


def test_a_command_that_cannot_be_used_says_why_and_does_nothing(studio: Studio):
    palette = opened(studio)

    QTest.keyClicks(palette.search, "undo")
    assert rows(palette)[0] == ("Edit: Undo", "Nothing can be undone")
    QTest.keyClick(palette.search, Qt.Key.Key_Return)

    assert palette.isVisible()
    palette.reject()


def test_the_chosen_row_of_a_command_that_cannot_be_used_is_grey(studio: Studio):
    palette = opened(studio)

    def darkest(wanted: str) -> int:
        palette.search.setText(wanted)
        first = palette.list.topLevelItem(0)
        assert palette.list.currentItem() is first
        row = palette.list.visualItemRect(first)
        row.setWidth(palette.list.columnWidth(0) // 2)
        image = palette.list.viewport().grab(row).toImage()
        return min(
            image.pixelColor(x, y).lightness()
            for x in range(image.width())
            for y in range(image.height())
        )

    assert darkest("undo") > darkest("zoom in") + 60
    palette.reject()


def test_the_arrow_keys_move_in_the_list_while_typing(studio: Studio):
    palette = opened(studio)
    first = palette.list.currentItem()

    QTest.keyClick(palette.search, Qt.Key.Key_Down)

    assert palette.list.currentItem() is not first
    palette.reject()


def test_letters_that_no_command_has_show_nothing_and_enter_is_harmless(studio: Studio):
    palette = opened(studio)

    QTest.keyClicks(palette.search, "qqqq")
    QTest.keyClick(palette.search, Qt.Key.Key_Return)

    assert rows(palette) == []
    palette.reject()
