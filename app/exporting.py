"""Exports the labels of the open folder to a file that other programs read.

The verb `convert dataset` writes it beside the window, from what is on disk: edits are saved first.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.error_texts import told
from app.messages import Level, Message, of_error
from app.session import Session
from app.workers.verb import VerbProcess
from tinaface.errors import TinaFaceError

CONTEXT = "exporting"
TOPIC = "export"
MOST_DETAILS = 100
"""Pictures that a message names; nobody reads more."""


def _text(text: str) -> str:
    """Marks a text for translation; `Form` translates it."""
    return text


@dataclass(frozen=True)
class Form:
    """One format to export to.

    Attributes:
        target: its name for `convert dataset --to`.
        name: for people; a name of its own, which no language translates.
        about: source text of what it holds and what not.
        suffix: of the file; empty where it is a folder of files.
    """

    target: str
    name: str
    about: str
    suffix: str

    @property
    def description(self) -> str:
        """What it holds, in the user's language."""
        return QCoreApplication.translate(CONTEXT, self.about)


FORMS = (
    Form("coco", "COCO", _text("One JSON file. Ignored faces are marked as crowds."), ".json"),
    Form("yolo", "YOLO", _text("A text file for each picture. Ignored faces are left out."), ""),
    Form(
        "wider",
        "WIDER FACE",
        _text("One text file with the levels of blur, pose and occlusion."),
        ".txt",
    ),
)


class Exporter(QObject):
    """One export at a time.

    Signals:
        note: a short text for the hint line.
    """

    note = Signal(str)

    def __init__(self, session: Session, window: QWidget, verb: VerbProcess | None = None) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._verb = verb or VerbProcess(self)
        self._verb.answered.connect(self._on_answered)
        self._verb.failed.connect(self._on_failed)
        self._wanted: tuple[Path, Path, Form] | None = None
        session.save_state_changed.connect(self._go_on)
        session.end_with(self._end)

    @property
    def is_busy(self) -> bool:
        """Whether an export waits for labels to be saved, or is at work."""
        return self._wanted is not None or self._verb.is_running

    def ask(self) -> None:
        """Lets the user choose a format and a place, and exports."""
        from app.panels.export import ExportDialog

        if self.is_busy:
            self.note.emit(self.tr("An export is at work already."))
            return
        dialog = ExportDialog(FORMS, self._window)
        dialog.chosen.connect(self._ask_where)
        dialog.open()

    def _ask_where(self, form: Form) -> None:
        root = self._session.root
        if root is None:
            return
        title = self.tr("Export labels as {format}").format(format=form.name)
        if form.suffix:
            start = root.parent / f"{root.name}-{form.target}{form.suffix}"
            chosen, _ = QFileDialog.getSaveFileName(
                self._window, title, str(start), f"{form.name} (*{form.suffix})"
            )
        else:
            chosen = QFileDialog.getExistingDirectory(self._window, title, str(root.parent))
        if chosen:
            self.export(form, Path(chosen))

    def export(self, form: Form, place: Path) -> None:
        """Saves what is edited and writes the labels to a file, or below a folder."""
        root = self._session.root
        if root is None or self.is_busy:
            return
        if not form.suffix and any((place / "labels").glob("**/*.txt")):
            self._tell(
                Level.WARNING,
                self.tr("Nothing was exported"),
                self.tr("{folder} holds labels already").format(folder=place),
                self.tr("Choose an empty folder"),
            )
            return
        self._wanted = root, place, form
        self.note.emit(self.tr("Exporting the labels…"))
        if self._session.has_unsaved:
            self._session.save_now()
        self._go_on()

    def _go_on(self) -> None:
        """Starts as soon as all labels are saved; gives up where they cannot be."""
        if self._wanted is None:
            return
        if not self._session.has_unsaved:
            self._start()
        elif self._session.labels.saver.fault is not None:
            self._wanted = None
            self._tell(
                Level.WARNING,
                self.tr("Nothing was exported"),
                self.tr("The labels could not be saved"),
                self.tr("Save them and export again"),
            )

    def _start(self) -> None:
        assert self._wanted is not None
        (root, place, form), self._wanted = self._wanted, None
        words = ["convert", "dataset", str(root), str(place), "--to", form.target, "--json"]
        self._verb.start(words)

    def _on_answered(self, answer: dict[str, Any], _code: int) -> None:
        number = self._window.locale().toString
        failed, left_out = answer["failed"], answer["left_out"]
        parts = [self.tr("Written: {name}").format(name=answer["destination"])]
        if left_out:
            parts.append(
                self.tr("{count} shapes that the format cannot hold were left out").format(
                    count=number(left_out)
                )
            )
        if failed:
            parts.append(
                self.tr("{count} pictures could not be read").format(count=number(len(failed)))
            )
        lines = [told(f"{one['what']}: {one['why']}") for one in failed[:MOST_DETAILS]]
        self._tell(
            Level.WARNING if failed else Level.INFO,
            self.tr("Labels exported: {faces} faces in {pictures} pictures").format(
                faces=number(answer["faces"]), pictures=number(answer["pictures"])
            ),
            "; ".join(parts),
            details="\n".join(lines),
        )

    def _on_failed(self, error: TinaFaceError) -> None:
        self._session.messages.post(of_error(error, topic=TOPIC))

    def _tell(self, level: Level, what: str, why: str, remedy: str = "", details: str = "") -> None:
        self._session.messages.post(Message(level, what, why, remedy, details, topic=TOPIC))

    def _end(self) -> bool:
        self._wanted = None
        self._verb.stop()
        return True
