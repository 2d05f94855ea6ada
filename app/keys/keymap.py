"""Which keys call which command: the table's, a preset's, and what the user chose."""

import json
import logging
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from app.action import Command
from app.actions import COMMANDS
from app.keys.presets import PRESETS
from app.settings import Settings

HELD = "B"
"""The canvas hides all boxes while it is held; no command may have it."""

Keys = tuple[str, ...]

log = logging.getLogger(__name__)


class KeyTakenError(ValueError):
    """A key belongs to another command already.

    Attributes:
        owner: that command; None for the key that is held to hide boxes.
    """

    def __init__(self, key: str, owner: Command | None) -> None:
        super().__init__(f"{key} belongs to {HELD if owner is None else owner.id}")
        self.key = key
        self.owner = owner


class Keymap(QObject):
    """No key ever has two commands: the user's choice takes it from a preset, that from the table.

    Signals:
        changed: a command has other keys.
    """

    changed = Signal()

    def __init__(
        self,
        settings: Settings,
        commands: Sequence[Command] = COMMANDS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._commands = {command.id: command for command in commands}
        self._chosen = self._read()
        self._keys: dict[str, Keys] = {}
        self._settle()

    # ---- asking ----

    @property
    def preset(self) -> str:
        """The name of the preset in use."""
        return self._settings.key_preset

    def keys(self, command_id: str) -> Keys:
        """The keys of a command, in portable form; none for one that is not in the table."""
        return self._keys.get(command_id, ())

    def default(self, command_id: str) -> Keys:
        """The keys of a command in the preset."""
        preset = PRESETS[self.preset]
        return _all_portable(preset.get(command_id, self._commands[command_id].keys))

    def is_chosen(self, command_id: str) -> bool:
        """Whether the user gave the command other keys than the preset."""
        return command_id in self._chosen

    def shown(self, command_id: str, most: int | None = None) -> str:
        """The keys (or the first few) as this system writes them; empty for none."""
        form = QKeySequence.SequenceFormat.NativeText
        return ", ".join(QKeySequence(key).toString(form) for key in self.keys(command_id)[:most])

    def spoken(self, command_id: str) -> str:
        """What a sentence calls a command by: its first key, or without one its name."""
        return self.shown(command_id, 1) or f"“{self._commands[command_id].plain_label}”"

    def owner(self, key: str) -> Command | None:
        """The command that a key calls."""
        key = _portable(key)
        return next((self._commands[one] for one, keys in self._keys.items() if key in keys), None)

    # ---- choosing ----

    def assign(self, command_id: str, keys: Sequence[str]) -> None:
        """Gives a command these keys and no others.

        Raises:
            KeyTakenError: another command has one of them; nothing is changed then.
        """
        wanted = _all_portable(keys)
        for key in wanted:
            owner = self.owner(key)
            if key == HELD or (owner is not None and owner.id != command_id):
                raise KeyTakenError(key, owner)
        self._chosen[command_id] = wanted
        self._store()

    def reset(self, command_id: str) -> None:
        """Gives a command the preset's keys again.

        Raises:
            KeyTakenError: another command was given one of them meanwhile.
        """
        self.assign(command_id, self.default(command_id))

    def choose_preset(self, name: str) -> None:
        """Takes the keys of a preset and forgets what the user chose."""
        self._settings.key_preset = name
        self._chosen = {}
        self._store()

    # ---- memory ----

    def _read(self) -> dict[str, Keys]:
        """What the user chose in earlier sessions, without what makes no sense any more."""
        text = self._settings.chosen_keys
        try:
            stored = dict(json.loads(text)) if text else {}
            return {
                one: _all_portable(keys) for one, keys in stored.items() if one in self._commands
            }
        except (ValueError, TypeError):
            log.warning("the chosen keys hold %r: the preset's are used", text)
            return {}

    def _store(self) -> None:
        self._chosen = {
            one: keys for one, keys in self._chosen.items() if keys != self.default(one)
        }
        self._settings.chosen_keys = json.dumps(self._chosen) if self._chosen else ""
        self._settle()
        self.changed.emit()

    def _settle(self) -> None:
        """Lets the user's choice claim keys first, then the preset, then the table."""
        preset = PRESETS[self.preset]
        claimed = {HELD}
        settled: dict[str, Keys] = {}
        table = {one: command.keys for one, command in self._commands.items()}
        for layer in (self._chosen, preset, table):
            for one, keys in layer.items():
                if one in settled or one not in self._commands:
                    continue
                settled[one] = tuple(key for key in _all_portable(keys) if key not in claimed)
                claimed.update(settled[one])
        self._keys = settled


def _portable(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def _all_portable(keys: Sequence[str]) -> Keys:
    return tuple(dict.fromkeys(_portable(key) for key in keys))
