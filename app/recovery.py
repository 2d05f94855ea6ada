"""Brings back, with the user's consent, what an earlier session had not saved."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal

from app import notices
from app.messages import Level, Message, of_error
from app.safekeeping import Findings
from app.session import Session

if TYPE_CHECKING:
    from tinaface.journal import Unsaved
    from tinaface.recovery import Recovered

MIB = 2**20


class Recovery(QObject):
    """Tells who else edits the folder and what was found in it; recovers what the user chooses.

    Signals:
        wanted: Findings to ask the user about.
        finished: the chosen edits are in their files, or messages say why not.
    """

    wanted = Signal(object)
    finished = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        session.keeping.settled.connect(self._on_settled)
        session.keeping.found.connect(self._on_found)

    def recover(self, findings: Findings, chosen: "list[Unsaved]") -> None:
        """Writes the chosen edits, beside the GUI thread."""
        backups, drops = self._session.keeping.backups, self._session.labels.drops_image_data

        def work() -> "Recovered":
            from tinaface.recovery import recover

            return recover(chosen, findings.journals, backups, drops)

        self._session.keeping.run(work, self._on_recovered)

    def _on_settled(self) -> None:
        session, keeping = self._session, self._session.keeping
        holder, elsewhere, root = keeping.holder, keeping.elsewhere, session.root
        if root is None:
            return
        if holder is not None:
            session.messages.post(notices.held(holder, session.rescan, self._take_by_force))
        elif keeping.is_read_only:
            session.messages.post(notices.read_only(root, keeping.elsewhere_wanted.emit))
        elif elsewhere is not None:
            session.messages.post(notices.saved_elsewhere(root, elsewhere.folder))

    def _take_by_force(self) -> None:
        """Takes the folder from a window on another machine, as the user says it is gone."""
        self._session.keeping.takes_by_force = True
        self._session.rescan()

    def _on_found(self, findings: Findings) -> None:
        pruned = findings.pruned
        if pruned is not None and pruned.sessions:
            self._session.messages.post(_pruned(pruned.sessions, pruned.size))
        if findings.unsaved:
            self.wanted.emit(findings)

    def _on_recovered(self, recovered: "Recovered") -> None:
        messages = self._session.messages
        for image in recovered.images:
            self._session.labels.recovered(image)
        for fault in recovered.faults:
            messages.post(of_error(fault))
        if recovered.images:
            messages.post(_recovered(recovered.images))
        self.finished.emit()


def _tr(text: str) -> str:
    return QCoreApplication.translate("Recovery", text)


def _recovered(images: tuple[str, ...]) -> Message:
    return Message(
        Level.INFO,
        _tr("The edits of the last session are back"),
        _tr("Label files written: {count}").format(count=len(images)),
        _tr("What they held before is kept in .review/backup"),
        details="\n".join(images),
    )


def _pruned(sessions: int, size: int) -> Message:
    return Message(
        Level.INFO,
        _tr("Old copies of label files were removed"),
        _tr("They were of {sessions} sessions and took {size} MiB").format(
            sessions=sessions, size=round(size / MIB, 1)
        ),
        _tr("Copies are kept for 30 days, and 500 MiB of them at most"),
    )
