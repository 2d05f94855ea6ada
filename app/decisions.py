"""What the window must ask before it goes on: edits to recover, conflicts, edits to be lost."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QWidget

from app import notices
from app.messages import Level, Message
from app.presence import Presence
from app.recovery import Recovery
from app.safekeeping import Findings
from app.session import Session
from app.theme import Theme

if TYPE_CHECKING:  # they bring numpy, and the window opens without
    from app.document import Document
    from app.panels.versions import Choice
    from app.versions import Earlier, Theirs
    from tinaface.elsewhere import Elsewhere


class Decisions(QObject):
    """Shows the few dialogs that cannot wait, and hands on what the user chose.

    Attributes:
        presence: whether the open folder is there.
    """

    def __init__(self, session: Session, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._theme = theme
        self._window = window
        self.presence: Presence = Presence(session, self)
        self._recovery = Recovery(session, self)
        self._recovery.wanted.connect(self._ask_to_recover)
        session.keeping.conflict.connect(self._on_conflict)
        session.keeping.comparison_wanted.connect(self.compare)
        session.keeping.elsewhere_wanted.connect(self.choose_labels_folder)
        session.keeping.failed.connect(lambda error: session.messages.post(notices.no_place(error)))

    # ---- quitting ----

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

    # ---- another folder for the labels ----

    def choose_labels_folder(self) -> None:
        """Saves the labels of the open folder in another one from now on."""
        chosen = QFileDialog.getExistingDirectory(
            self._window, self.tr("Choose a folder for the labels")
        )
        if chosen:
            self._session.keeping.save_elsewhere(Path(chosen), self._go_on_elsewhere)

    def _go_on_elsewhere(self, elsewhere: "Elsewhere") -> None:
        session = self._session
        session.labels.move(elsewhere)
        if elsewhere.root.is_dir():
            session.rescan()  # what was locked is read again, for editing

    # ---- recovery ----

    def _ask_to_recover(self, findings: Findings) -> None:
        from app.panels.recovery import RecoveryDialog

        dialog = RecoveryDialog(findings, self._window)
        dialog.chosen.connect(lambda chosen: self._recovery.recover(findings, chosen))
        self._open(dialog)

    # ---- conflicts ----

    def _on_conflict(self, name: str) -> None:
        # The others wait in the message bar until their image is looked at.
        if name == self._session.name:
            self.compare(name)

    def compare(self, name: str) -> None:
        """Shows the labels of this window beside those of the file, for the user to choose."""
        from app.versions import read_theirs

        session = self._session
        document = session.labels.saver.document(name)
        if session.root is None or document is None:
            return
        image, path, pictures = session.root / name, document.label_path, session.pictures
        session.keeping.run(
            lambda: read_theirs(image, path, pictures),
            lambda theirs: self._show_conflict(name, document, theirs),
        )

    def _show_conflict(self, name: str, document: "Document", theirs: "Theirs") -> None:
        from app.panels.versions import Choice, ConflictDialog

        labels = self._session.labels
        if not labels.is_in_conflict(name) or labels.saver.document(name) is not document:
            return  # decided meanwhile, or another folder has been opened
        mine = document.labelme.shapes
        dialog = ConflictDialog(document.label_path.name, mine, theirs, self._theme, self._window)

        def decide(choice: "Choice") -> None:
            if choice is Choice.BOTH:
                labels.keep_both(name, theirs.shapes or ())
            elif choice is Choice.MINE:
                labels.keep_mine(name)
            else:
                labels.take_theirs(name)

        dialog.chosen.connect(decide)
        self._open(dialog)

    # ---- earlier versions ----

    def choose_version(self) -> None:
        """Shows the earlier states of the current label file, for the user to take one back."""
        from app.versions import read_earlier

        session = self._session
        document, image, root = session.document, session.image, session.root
        if document is None or image is None or root is None:
            return
        path, pictures = document.label_path, session.pictures
        session.keeping.run(
            lambda: read_earlier(root, image, path, pictures),
            lambda earlier: self._show_earlier(document, earlier),
        )

    def _show_earlier(self, document: "Document", earlier: "Earlier") -> None:
        from app.panels.versions import EarlierDialog

        if self._session.document is not document:
            return
        file = document.label_path.name
        if not earlier.states:
            self._session.messages.post(
                Message(
                    Level.INFO,
                    self.tr("There is no earlier version of {file}").format(file=file),
                    self.tr("One is kept when a session first changes a file"),
                    topic="versions",
                )
            )
            return
        mine = document.labelme.shapes
        dialog = EarlierDialog(file, mine, earlier, self._theme, self._window)
        text = self.tr("Restore an earlier version")
        dialog.chosen.connect(lambda shapes: document.take_version(shapes, text))
        self._open(dialog)

    @staticmethod
    def _open(dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
