"""Opens the dialogs that commands ask for. Each is loaded when it is first wanted."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox, QWidget

from app.action import When
from app.conditions import why_not
from app.session import Session
from app.theme import Theme


class Dialogs(QObject):
    """What lies in front of the window and does not block it.

    Args:
        holding: gives the conditions that hold now.
        call: does a command, named by its id.
    """

    def __init__(
        self,
        session: Session,
        theme: Theme,
        window: QWidget,
        holding: Callable[[], frozenset[When]],
        call: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._session, self._theme, self._window = session, theme, window
        self._holding, self._call = holding, call

    def show_settings(self) -> None:
        """Opens the settings."""
        from app.preferences.dialog import PreferencesDialog

        session = self._session
        PreferencesDialog(session.settings, session.keymap, self._theme, self._window).open()

    def show_palette(self) -> None:
        """Lets the user find a command by its name."""
        from app.panels.palette import Palette

        now = self._holding()
        palette = Palette(self._session.keymap, lambda command: why_not(command, now), self._window)
        palette.chosen.connect(self._call)
        palette.open()

    def ask_for_image(self) -> None:
        """Lets the user go to an image by its number or name."""
        from app.panels.go_to import GoTo

        dialog = GoTo(self._session.files, self._window)
        dialog.chosen.connect(self._session.go_to)
        dialog.open()

    def show_keys(self) -> None:
        """Lists all keys."""
        from app.panels.help import HelpDialog

        HelpDialog(self._session.keymap, self._window).open()

    def show_report(self) -> None:
        """Says what this session did, and takes back what the user chooses."""
        from app.panels.report import ReportDialog

        ReportDialog(self._session.loop.report, self._window).open()

    def edit_attributes(self) -> None:
        """Lists the attributes of the selected boxes, one keystroke each."""
        from app.panels.attributes import AttributesDialog

        assert self._session.document is not None
        AttributesDialog(self._session.document, self._window).open()

    def show_about(self) -> None:
        """Says what this program is."""
        from app.environment import own_version

        QMessageBox.about(
            self._window,
            self.tr("About TinaFace Studio"),
            self.tr(
                "<h3>TinaFace Studio {version}</h3>"
                "<p>See where a face detector and your labels disagree, fix it, and prove that "
                "it got better.</p><p>Apache-2.0. Nothing is sent anywhere.</p>"
            ).format(version=own_version()),
        )
