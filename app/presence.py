"""Notices that the open folder is out of reach, and that it is there again (F19)."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app import notices
from app.background import Background
from app.session import Session

AGAIN_MS = 3000
"""Between two looks for a folder that is gone; one that is there is not looked for."""


class Presence(QObject):
    """Looks for the folder when an image cannot be shown or labels cannot be saved.

    While it is gone the list stays, grey, and a bar says what can be done.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._disk = Background("presence", parent=self)
        self._again = QTimer(self, singleShot=True, interval=AGAIN_MS)
        self._again.timeout.connect(self.look)
        session.shown_changed.connect(self._on_shown)
        session.save_state_changed.connect(self._on_save_state)
        session.folder_changed.connect(self._again.stop)
        session.end_with(self._end)

    def look(self, then: Callable[[], object] = lambda: None) -> None:
        """Looks for the folder beside the GUI thread; `then` is called where it is there."""
        root = self._session.root
        if root is not None:
            self._disk.run(root.is_dir, partial(self._take, root, then))

    def rescan(self) -> None:
        """Lists the folder again, if it is there: else the list would be lost."""
        self.look(self._session.rescan)

    def _take(self, root: Path, then: Callable[[], object], is_there: bool) -> None:
        session = self._session
        if root != session.root:
            return
        was_gone, session.files.is_gone = session.files.is_gone, not is_there
        if not is_there:
            self._again.start()
            if not was_gone:
                self._tell(root)
            return
        self._again.stop()
        if was_gone:
            session.messages.close(notices.GONE)
            session.save_now()
            session.look_again()
        then()

    def _tell(self, root: Path) -> None:
        session = self._session
        if any(one.message.topic == notices.GONE for one in session.messages.posted):
            return  # saving has told it, with the same offers
        elsewhere = session.keeping.elsewhere_wanted.emit if session.has_unsaved else None
        session.messages.post(notices.gone(root, self.look, elsewhere))

    def _on_shown(self) -> None:
        shown = self._session.shown
        if shown is not None and shown.fault is not None:
            self.look()

    def _on_save_state(self) -> None:
        if self._session.labels.saver.fault is not None:
            self.look()

    def _end(self) -> bool:
        self._again.stop()
        return self._disk.close()
