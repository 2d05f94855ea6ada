"""The table of commands is consistent: keys, menus, texts, and what it calls."""

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence

from app.action import MENUS, Scope
from app.actions import COMMANDS


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
