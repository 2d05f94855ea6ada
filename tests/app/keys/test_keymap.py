"""Keys can be chosen; none ever has two commands; presets and damaged memory are handled."""

from pathlib import Path

import pytest

from app.actions import COMMANDS
from app.keys.keymap import Keymap, KeyTakenError
from app.keys.layouts import with_equivalents
from app.keys.presets import CVAT, LABELME, PRESETS
from app.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.ini")


@pytest.fixture
def keymap(settings: Settings) -> Keymap:
    return Keymap(settings)


def all_keys(keymap: Keymap) -> list[str]:
    return [key for command in COMMANDS for key in keymap.keys(command.id)]


def test_the_default_keys_are_those_of_the_table(keymap: Keymap):
    assert keymap.keys("go.next") == ("D",)
    assert keymap.preset == LABELME


def test_a_chosen_key_is_there_at_once_and_in_the_next_session(keymap: Keymap, settings: Settings):
    heard = []
    keymap.changed.connect(lambda: heard.append(keymap.keys("go.next")))

    keymap.assign("go.next", ["Ctrl+J", "J"])

    assert heard == [("Ctrl+J", "J")]
    assert keymap.owner("ctrl+j").id == "go.next"
    assert keymap.owner("D") is None
    assert Keymap(Settings(settings.path)).keys("go.next") == ("Ctrl+J", "J")


def test_a_key_of_another_command_is_refused_and_its_owner_named(keymap: Keymap):
    with pytest.raises(KeyTakenError) as refused:
        keymap.assign("go.next", ["J", "Ctrl+S"])

    assert refused.value.owner.id == "file.save"
    assert keymap.keys("go.next") == ("D",)


def test_the_key_that_is_held_to_hide_boxes_is_refused(keymap: Keymap):
    with pytest.raises(KeyTakenError) as refused:
        keymap.assign("go.next", ["B"])

    assert refused.value.owner is None


def test_reset_gives_the_presets_keys_again(keymap: Keymap, settings: Settings):
    keymap.assign("go.next", ["J"])
    assert keymap.is_chosen("go.next")

    keymap.reset("go.next")

    assert keymap.keys("go.next") == ("D",)
    assert not keymap.is_chosen("go.next")
    assert settings.chosen_keys == ""


def test_reset_is_refused_where_the_key_has_gone_to_another_command(keymap: Keymap):
    keymap.assign("go.next", ["J"])
    keymap.assign("go.previous", ["D"])

    with pytest.raises(KeyTakenError) as refused:
        keymap.reset("go.next")

    assert refused.value.owner.id == "go.previous"


def test_the_cvat_preset_changes_its_keys_and_forgets_chosen_ones(keymap: Keymap):
    keymap.assign("view.fit", ["J"])

    keymap.choose_preset(CVAT)

    assert (keymap.keys("go.next"), keymap.keys("go.previous")) == (("F",), ("D",))
    assert keymap.keys("view.fit") == ("0",)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_names_commands_of_the_table_and_takes_no_key_from_others(preset, keymap: Keymap):
    keymap.choose_preset(preset)

    assert set(PRESETS[preset]) <= {command.id for command in COMMANDS}
    for command in COMMANDS:
        assert keymap.keys(command.id) == keymap.default(command.id), command.id


def test_a_choice_takes_the_key_from_a_command_that_came_later(settings: Settings):
    # An older version stored it, when Ctrl+S called nothing.
    settings.chosen_keys = '{"go.next": ["Ctrl+S"], "gone.command": ["F2"]}'

    keymap = Keymap(settings)

    assert keymap.keys("go.next") == ("Ctrl+S",)
    assert keymap.keys("file.save") == ()
    keys = all_keys(keymap)
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("text", ["{", "[1, 2]", '{"go.next": 5}', "null"])
def test_damaged_memory_gives_the_presets_keys(settings: Settings, text: str):
    settings.chosen_keys = text

    assert Keymap(settings).keys("go.next") == ("D",)


def test_letters_have_their_places_on_other_alphabets():
    assert with_equivalents("D")[0] == "D"
    assert "Ctrl+Я" in with_equivalents("Ctrl+Z")
    assert "Δ" in with_equivalents("D")
    assert with_equivalents("Ctrl+Home") == ["Ctrl+Home"]
    assert with_equivalents("F9") == ["F9"]


@pytest.mark.parametrize("preset", PRESETS)
def test_no_key_of_another_alphabet_has_two_commands(preset: str, keymap: Keymap):
    keymap.choose_preset(preset)

    keys = [one for key in all_keys(keymap) for one in with_equivalents(key)]

    assert len(keys) == len(set(keys))
