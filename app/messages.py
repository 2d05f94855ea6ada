"""What the program has to tell without stopping the user: what, why, what can be done."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QObject, Signal

from app.error_texts import parts
from tinaface.errors import TinaFaceError


class Level(Enum):
    """How much a message matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Offer:
    """One thing the user can do about a message: the button's text and what it calls."""

    text: str
    call: Callable[[], object]


@dataclass(frozen=True)
class Message:
    """Three sentences for the message bar. `details` can be unfolded and copied."""

    level: Level
    what: str
    why: str = ""
    remedy: str = ""
    details: str = ""
    offers: tuple[Offer, ...] = ()
    topic: str = ""
    """Messages of one topic replace each other; without one, equal texts are counted."""

    @property
    def key(self) -> str:
        """What makes two messages the same one."""
        return self.topic or f"{self.level.value}:{self.what}:{self.why}"


def of_error(
    error: TinaFaceError,
    *,
    level: Level = Level.ERROR,
    offers: tuple[Offer, ...] = (),
    topic: str = "",
) -> Message:
    """The message that shows an error, in the user's language."""
    return Message(level, *parts(error), offers=offers, topic=topic)


@dataclass
class Posted:
    """A message in the bar, and how often it came."""

    message: Message
    count: int = 1


class Messages(QObject):
    """The messages not yet closed, the newest last; the same one is counted, not repeated."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._posted: dict[str, Posted] = {}

    @property
    def posted(self) -> list[Posted]:
        """All messages that are still open."""
        return list(self._posted.values())

    def post(self, message: Message) -> None:
        """Shows a message, in front of the others."""
        before = self._posted.pop(message.key, None)
        same = before is not None and before.message == message
        self._posted[message.key] = Posted(message, before.count + 1 if before and same else 1)
        self.changed.emit()

    def close(self, key: str) -> None:
        """Takes a message (or the one of a topic) away."""
        if self._posted.pop(key, None) is not None:
            self.changed.emit()

    def clear(self) -> None:
        """Takes all messages away."""
        if self._posted:
            self._posted.clear()
            self.changed.emit()
