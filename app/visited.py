"""Which images were looked at, one after the other: the way back and forward."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from app.session import Session

MOST = 1000


class Visited(QObject):
    """Follows the session's current image, as a browser follows pages; each folder begins anew."""

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self._names: list[str] = []
        self._at = -1
        session.image_changed.connect(self._take)
        session.folder_changed.connect(self._forget)

    def can_go(self, step: int) -> bool:
        """Whether there is an image before (-1) or after (1) the current one."""
        return self._place(step) is not None

    def go(self, step: int) -> None:
        """Goes back (-1) or forward (1); images that are gone are passed over."""
        place = self._place(step)
        if place is not None:
            self._at = place
            self._session.go_to(self._names[place])

    def _place(self, step: int) -> int | None:
        place = self._at + step
        while 0 <= place < len(self._names):
            if self._session.files.holds(self._names[place]):
                return place
            place += step
        return None

    def _take(self) -> None:
        name = self._session.name
        if name is None or (self._names and self._names[self._at] == name):
            return
        self._names = [*self._names[: self._at + 1], name][-MOST:]
        self._at = len(self._names) - 1

    def _forget(self) -> None:
        self._names, self._at = [], -1
