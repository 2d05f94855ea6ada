"""The open data set's verdicts and statuses in memory, written to their file behind the scenes."""

import logging
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.messages import Level, Message, Messages, of_error
from tinaface.atomic import replace_file
from tinaface.errors import TinaFaceError
from tinaface.review_folder import review_folder
from tinaface.verdicts import Corners, Status, Verdict, Verdicts, append_line

log = logging.getLogger(__name__)

TOPIC = "verdicts"


class VerdictBook(QObject):
    """Verdicts by image. Every change is on its way to disk when the call returns.

    Signals:
        loaded: the verdicts of another folder are here.
        changed: name of an image with other verdicts.
        status_changed: name of an image with another status.
    """

    loaded = Signal()
    changed = Signal(str)
    status_changed = Signal(str)

    def __init__(self, messages: Messages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        self._verdicts: Verdicts | None = None
        self._turn = 0
        self._unwritten: list[tuple[Path, str]] = []
        self._disk = Background("verdicts", threads=1, parent=self)

    # ---- files ----

    def open(self, root: Path) -> None:
        """Reads a data set's verdicts in the background."""
        self.close()
        turn = self._turn

        def take(verdicts: Verdicts) -> None:
            if turn == self._turn:
                self._verdicts = verdicts
                self._tell_damage(verdicts)
                self.loaded.emit()

        self._disk.run(lambda: Verdicts(root), take, self._tell)

    def close(self) -> None:
        """Forgets the open data set's verdicts; those on their way to disk get there."""
        self._turn += 1
        self._verdicts = None

    @property
    def is_open(self) -> bool:
        """Whether verdicts can be given."""
        return self._verdicts is not None

    @property
    def is_busy(self) -> bool:
        """Whether something is being read or written."""
        return bool(self._disk.pending)

    def finish(self, timeout_s: float) -> bool:
        """Waits until all is on disk; False where it is not."""
        self._write_again()
        return self._disk.drain(timeout_s) and not self._unwritten

    def shut_down(self) -> bool:
        """Ends the thread; False where it is still at work."""
        return self._disk.close()

    def keep(self, root: Path, name: str, text: str) -> None:
        """Writes a text beside the verdicts of a data set."""

        def write() -> None:
            path = review_folder(root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, text.encode("utf-8", "surrogateescape"))

        self._disk.run(write, lambda _: None, self._tell)

    # ---- asking ----

    def of(self, image: str) -> list[Verdict]:
        """The verdicts that stand in one image."""
        return [] if self._verdicts is None else self._verdicts.of(image)

    def standing(self, verdict: Verdict) -> Verdict | None:
        """The verdict that stands on what this one is about."""
        return None if self._verdicts is None else self._verdicts.standing(verdict)

    def status(self, image: str) -> Status:
        """How far an image is."""
        return Status.TODO if self._verdicts is None else self._verdicts.status(image)

    def tiles(self, image: str) -> list[Corners]:
        """The parts of an image that were looked at by themselves."""
        return [] if self._verdicts is None else self._verdicts.tiles(image)

    def images_with(self, status: Status) -> list[str]:
        """All images of a status other than TODO."""
        if self._verdicts is None:
            return []
        verdicts = self._verdicts
        return [name for name in verdicts.images() if verdicts.status(name) is status]

    # ---- changing ----

    def put(self, verdict: Verdict) -> None:
        """Notes a verdict."""
        if self._verdicts is not None:
            self._after(verdict.image, self._verdicts.put(verdict))

    def withdraw(self, verdict: Verdict) -> None:
        """Takes a verdict back."""
        if self._verdicts is not None:
            self._after(verdict.image, self._verdicts.withdraw(verdict))

    def set_status(self, image: str, status: Status) -> None:
        """Notes how far an image is; as TODO it forgets which tiles of it were checked."""
        if self._verdicts is None:
            return
        forgets = status is Status.TODO and self._verdicts.tiles(image)
        if forgets or self._verdicts.status(image) is not status:
            self._write(self._verdicts.set_status(image, status))
            self.status_changed.emit(image)

    def check_tile(self, image: str, tile: Corners) -> None:
        """Notes that a part of an image was looked at by itself."""
        if self._verdicts is not None:
            self._write(self._verdicts.check_tile(image, tile))

    def _after(self, image: str, line: str) -> None:
        self._write(line)
        self.changed.emit(image)
        self.status_changed.emit(image)

    def _write(self, line: str) -> None:
        assert self._verdicts is not None
        self._unwritten.append((self._verdicts.path, line))
        self._write_again()

    def _write_again(self) -> None:
        """Writes what is not on disk, in order; what fails is tried with the next verdict."""
        waiting, self._unwritten = self._unwritten, []
        if waiting:
            self._disk.run(lambda: _append_all(waiting), self._on_written)

    def _on_written(self, result: tuple[list[tuple[Path, str]], OSError | None]) -> None:
        left, error = result
        if error is None:
            self._messages.close(TOPIC)
            return
        self._unwritten = [*left, *self._unwritten]
        self._messages.post(
            Message(
                Level.ERROR,
                self.tr("{count} verdicts could not be stored").format(count=len(left)),
                error.strerror or str(error),
                self.tr("They are kept in this window; make room or make the folder writable"),
                topic=TOPIC,
            )
        )

    def _tell(self, error: Exception) -> None:
        if isinstance(error, TinaFaceError):
            self._messages.post(of_error(error, level=Level.WARNING, topic=TOPIC))
        else:
            log.error("verdicts could not be read or a report written", exc_info=error)

    def _tell_damage(self, verdicts: Verdicts) -> None:
        if verdicts.damaged:
            self._messages.post(
                Message(
                    Level.INFO,
                    self.tr("{count} lines of {file} say nothing and were skipped").format(
                        count=verdicts.damaged, file=verdicts.path.name
                    ),
                    topic=TOPIC,
                )
            )


def _append_all(
    lines: list[tuple[Path, str]],
) -> tuple[list[tuple[Path, str]], OSError | None]:
    """Appends lines in order; gives those that are not on disk, and why."""
    for number, (path, line) in enumerate(lines):
        try:
            append_line(path, line)
        except OSError as error:
            return lines[number:], error
    return [], None
