"""What the window must ask before it goes on: edits to recover, edits that would be lost."""

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from app.recovery import Recovery
from app.safekeeping import Findings
from app.session import Session


class Decisions(QObject):
    """Shows the few dialogs that cannot wait; nothing is decided here."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._recovery = Recovery(session, self)
        self._recovery.wanted.connect(self._ask_to_recover)

    def may_lose_edits(self) -> bool:
        """Whether edits that are not on disk may be left behind."""
        if self._session.keeping.holds_all_edits:
            return True  # they are offered when the folder is opened again
        answer = QMessageBox.warning(
            self._window,
            self.tr("Not everything is saved"),
            self.tr("Some edits could not be written to disk. Go on and lose them?"),
            QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        return answer is QMessageBox.StandardButton.Discard

    def _ask_to_recover(self, findings: Findings) -> None:
        from app.panels.recovery import RecoveryDialog

        dialog = RecoveryDialog(findings, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(lambda chosen: self._recovery.recover(findings, chosen))
        dialog.open()
