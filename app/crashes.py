"""Faults of our own: logged, told once, survived; when they come thick, a new start is offered."""

import logging
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QCoreApplication

from app.messages import Level, Message, Offer
from app.session import Session

MANY, WITHIN_S = 3, 10.0
TOPIC = "crash"

log = logging.getLogger(__name__)


class Crashes:
    """What `sys.excepthook` is set to while the window is open.

    Attributes:
        wants_restart: the user asked to start again; the program does so when it has ended.
    """

    def __init__(
        self,
        session: Session,
        close: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._close = close
        self._clock = clock
        self._times: deque[float] = deque(maxlen=MANY)
        self.wants_restart = False

    def report(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Logs a fault and tells it; the program goes on."""
        log.error("unexpected error", exc_info=(kind, error, trace))
        self._times.append(self._clock())
        name = f"{kind.__name__}: {error}"
        messages = self._session.messages
        if len(self._times) == MANY and self._times[-1] - self._times[0] <= WITHIN_S:
            messages.post(_many(name, self._restart))
        else:
            messages.post(_one(kind.__name__, name))

    def _restart(self) -> None:
        self.wants_restart = True
        self._close()  # it saves, and asks where it cannot


def _tr(text: str) -> str:
    return QCoreApplication.translate("Crashes", text)


def _one(kind: str, name: str) -> Message:
    return Message(
        Level.ERROR,
        _tr("Something went wrong in the program"),
        name,
        _tr("Your labels are safe; please report it with the log"),
        topic=f"{TOPIC}:{kind}",
    )


def _many(name: str, restart: Callable[[], object]) -> Message:
    return Message(
        Level.ERROR,
        _tr("Something goes wrong in the program again and again"),
        name,
        _tr("Your labels are safe; a new start may help"),
        offers=(Offer(_tr("Save and start again"), restart),),
        topic=TOPIC,
    )
