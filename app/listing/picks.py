"""The images that the user picked on a page, and what commands do to all of them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from tinaface.verdicts import Status

if TYPE_CHECKING:
    from app.session import Session

AT_ONCE = 200
"""Images that are marked before the window may paint again."""


class Picks(QObject):
    """Whoever shows images to pick sets `names_of`; commands ask through it.

    Signals:
        changed: other images are picked.
        marked: so many images have been given a status.
    """

    changed = Signal()
    marked = Signal(int)

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self._waiting: list[str] = []
        self._status = Status.TODO
        self.names_of: Callable[[], Sequence[str]] = tuple

    @property
    def names(self) -> Sequence[str]:
        """The picked images in the order of the list."""
        return self.names_of()

    def set_status(self, status: Status) -> None:
        """Gives all picked images a status."""
        self._finish()
        self._waiting, self._status = list(self.names), status
        self.marked.emit(len(self._waiting))
        self._some()

    def _some(self) -> None:
        some, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        for name in some:
            self._session.loop.book.set_status(name, self._status)
        if self._waiting:
            QTimer.singleShot(0, self._some)

    def _finish(self) -> None:
        """What was asked for before comes first."""
        while self._waiting:
            self._some()
