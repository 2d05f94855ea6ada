"""Keys are chosen by pressing them; one that is taken is refused and its owner named."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.keys.keymap import Keymap
from app.preferences.keys import ID, KeysPage
from app.settings import Settings

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def keymap(tmp_path: Path) -> Keymap:
    return Keymap(Settings(tmp_path / "settings.ini"))


@pytest.fixture
def page(qtbot: QtBot, keymap: Keymap) -> KeysPage:
    page = KeysPage(keymap)
    qtbot.addWidget(page)
    page.show()
    return page


def choose(page: KeysPage, command_id: str) -> None:
    (item,) = (item for item in page._items() if item.data(0, ID) == command_id)
    page.tree.setCurrentItem(item)


def press(
    page: KeysPage, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    page.add.setFocus()
    QTest.mouseClick(page.add, Qt.MouseButton.LeftButton)
    QTest.keyClick(page.add, key, modifiers)


def test_a_pressed_key_is_added(page: KeysPage, keymap: Keymap):
    choose(page, "go.next")

    press(page, Qt.Key.Key_J, CTRL)

    assert keymap.keys("go.next") == ("D", "Ctrl+J")
    assert page.tree.currentItem().text(1) == "D, Ctrl+J"
    assert page.tree.currentItem().font(0).bold()


def test_a_taken_key_is_refused_and_its_owner_named(page: KeysPage, keymap: Keymap):
    choose(page, "go.next")

    press(page, Qt.Key.Key_S, CTRL)

    assert keymap.keys("go.next") == ("D",)
    assert "Ctrl+S" in page.told.text()
    assert "Save now" in page.told.text()


def test_escape_gives_up_and_tab_can_be_chosen_but_is_no_trap(page: KeysPage, keymap: Keymap):
    choose(page, "go.next")

    press(page, Qt.Key.Key_Escape)
    assert keymap.keys("go.next") == ("D",)
    press(page, Qt.Key.Key_Tab, CTRL)
    assert keymap.keys("go.next") == ("D", "Ctrl+Tab")
    QTest.keyClick(page.add, Qt.Key.Key_Tab)
    assert not page.add.hasFocus()


def test_keys_are_removed_and_reset(page: KeysPage, keymap: Keymap):
    choose(page, "go.next")

    QTest.mouseClick(page.clear, Qt.MouseButton.LeftButton)
    assert keymap.keys("go.next") == ()
    assert not page.clear.isEnabled()
    QTest.mouseClick(page.reset, Qt.MouseButton.LeftButton)

    assert keymap.keys("go.next") == ("D",)
    assert not page.reset.isEnabled()


def test_a_preset_is_taken_at_once(page: KeysPage, keymap: Keymap):
    page.preset.setCurrentText("CVAT")
    page.preset.activated.emit(page.preset.currentIndex())

    choose(page, "go.next")
    assert page.tree.currentItem().text(1) == "F"
    assert keymap.preset == "CVAT"
