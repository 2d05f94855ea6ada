"""Work that must be done in the GUI thread, a little at a time, so that the window stays alive."""

import time
from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QTimer

TURN_S = 0.02


class InTurns(QObject):
    """Does one piece of work after the other, and lets events through every few of them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._works: deque[Callable[[], object]] = deque()
        self._then: Callable[[], object] = self.cancel
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._go_on)

    @property
    def is_busy(self) -> bool:
        """Whether something is left to do."""
        return self._next.isActive()

    def run(self, works: Iterable[Callable[[], object]], then: Callable[[], object]) -> None:
        """Does all of it from now on, then `then`; nothing else may be at work."""
        if self.is_busy:
            raise ValueError("the work before is not done yet")
        self._works, self._then = deque(works), then
        self._go_on()

    def cancel(self) -> None:
        """Leaves the rest undone."""
        self._works.clear()
        self._next.stop()

    def _go_on(self) -> None:
        end = time.monotonic() + TURN_S
        while self._works and time.monotonic() < end:
            self._works.popleft()()
        if self._works:
            self._next.start()
        else:
            self._then()
