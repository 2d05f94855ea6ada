"""The table of commands is consistent: keys, menus, texts, and what it calls."""

from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.action import MENUS, Scope
from app.actions import COMMANDS
from app.keys.keymap import Keymap
from app.panels.help import HelpDialog
from app.panels.palette import Palette
from app.settings import Settings


def keys_in(scopes: set[Scope]) -> Counter[str]:
    """How many commands each key has within these scopes."""
    return Counter(
        QKeySequence(key).toString()
        for command in COMMANDS
        if command.scope in scopes
        for key in command.keys
    )


def test_ids_are_unique():
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)


@pytest.mark.parametrize(
    "scopes",
    [
        set(Scope),
        set(Scope) - {Scope.REVIEW, Scope.CANVAS},
    ],
    ids=["canvas", "page"],
)
def test_no_key_has_two_meanings_in_one_place(scopes):
    assert {key: count for key, count in keys_in(scopes).items() if count > 1} == {}


def test_every_key_is_one_that_qt_knows():
    for command in COMMANDS:
        for key in command.keys:
            assert QKeySequence(key).toString(), (command.id, key)


def test_keys_without_ctrl_or_alt_never_act_in_the_whole_window():
    for command in COMMANDS:
        for key in command.keys:
            is_plain = len(key) == 1 or key in ("Space", "Tab", "Delete", "Backspace", "Return")
            assert not (is_plain and command.scope is Scope.WINDOW), (command.id, key)


def test_every_command_can_be_reached_by_menu_or_key():
    for command in COMMANDS:
        assert command.menu in MENUS or (command.menu is None and command.keys), command.id


def test_no_two_commands_have_the_same_name():
    names = [command.full_label for command in COMMANDS]

    assert len(names) == len(set(names))


def test_menu_letters_are_unique_within_a_menu():
    for menu in MENUS:
        letters = [
            command.text[command.text.index("&") + 1].lower()
            for command in COMMANDS
            if command.menu == menu and "&" in command.text
        ]
        assert len(set(letters)) == len(letters), menu


# The key map of the design, but for B, which the canvas itself watches while it is held.
DESIGNED = (
    "D A F Shift+F Shift+D Shift+A E Return Enter PgDown PgUp R Ctrl+Home Ctrl+End S Alt+Left "
    "Alt+Right G Ctrl+G X Space Shift+Space U W N Ctrl+R I Shift+W T Tab Shift+Tab Left Right Up "
    "Down H Shift+H Shift+Left Shift+Right Shift+Up Shift+Down L Ctrl+Left Ctrl+Right Ctrl+Up "
    "Ctrl+Down V Ctrl+Shift+Left Ctrl+Shift+Right Ctrl+Shift+Up Ctrl+Shift+Down C Delete Backspace "
    "P Ctrl+D Alt+Up Alt+Down Ctrl+C Ctrl+X Ctrl+V Alt+Shift+Up Alt+Shift+Down Ctrl+Shift+V Z "
    "Ctrl+A Ctrl+Shift+A 0 1 2 3 4 Ctrl+E + - Ctrl+0 Ctrl+Z Ctrl+Shift+Z Ctrl+Y Ctrl+Shift+F "
    "Ctrl+S Ctrl+F Ctrl+Shift+S Ctrl+1 Ctrl+2 Ctrl+3 Ctrl+4 Ctrl+5 Ctrl+6 Ctrl+O Ctrl+U F6 "
    "Shift+F6 Ctrl+W Ctrl+Q Ctrl+K Ctrl+Delete F1 F5 F11 Escape F9 Shift+F9 Ctrl+F9 Ctrl+, F7 F8"
)


def test_no_key_of_the_design_is_missing():
    keys = {key for command in COMMANDS for key in command.keys}

    assert set(DESIGNED.split()) - keys == set()


@pytest.mark.parametrize("command_id", ["file.export", "evaluate.start"])
def test_the_keys_and_the_palette_tell_how_to_export_and_evaluate(
    qtbot: QtBot, tmp_path: Path, command_id: str
):
    keymap = Keymap(Settings(tmp_path / "settings.ini"))
    window = QWidget()
    qtbot.addWidget(window)
    (command,) = [one for one in COMMANDS if one.id == command_id]
    listed = HelpDialog(keymap, window).tree.findItems(
        command.plain_label, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive
    )
    found = Palette(keymap, lambda _command: "", window).found(command.plain_label)

    assert [row.text(1) for row in listed] == [keymap.shown(command_id)]
    assert found[0].text(1) == keymap.shown(command_id)
