"""What becomes of a training when the window is closed: the person decides."""

from enum import Enum

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QWidget


class Leaving(Enum):
    """What to do with a training at work."""

    KEEP = "keep training in the background"
    STOP = "stop at the next checkpoint"
    STAY = "stay in the program"


def _tr(text: str) -> str:
    return QCoreApplication.translate("quitting", text)


def question(parent: QWidget) -> tuple[QMessageBox, dict[Leaving, object]]:
    """The dialog, and its button of each answer; closing it means to stay."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(_tr("A training is at work"))
    box.setText(_tr("A training is at work. What shall become of it?"))
    box.setInformativeText(
        _tr("In the background it goes on by itself, and is found again at the next start.")
    )
    role = QMessageBox.ButtonRole
    buttons: dict[Leaving, object] = {
        Leaving.KEEP: box.addButton(_tr("Keep training in the background"), role.AcceptRole),
        Leaving.STOP: box.addButton(_tr("Stop with a checkpoint"), role.DestructiveRole),
    }
    stay = box.addButton(_tr("Stay"), role.RejectRole)
    buttons[Leaving.STAY] = stay
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    return box, buttons


def ask(parent: QWidget) -> Leaving:
    """Asks, and waits for the answer: quitting is one of the few things that must."""
    box, buttons = question(parent)
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    return next((one for one, button in buttons.items() if button is clicked), Leaving.STAY)
