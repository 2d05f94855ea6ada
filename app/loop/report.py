"""What this session did to the open data set, image by image; every line can be reverted."""

import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QObject, Qt, QTimer, Signal

from app.commands import Edit, Tally
from app.loop.judging import Judge
from app.loop.judging_many import JudgeMany
from app.loop.verdict_book import VerdictBook

if TYPE_CHECKING:
    from app.document import Document
    from app.session import Session

SAVING_MS = 2000
NAME = "session-{start}.txt"


@dataclass(frozen=True)
class Line:
    """What was done in one image."""

    image: str
    tally: Tally
    verdicts: int

    @property
    def is_empty(self) -> bool:
        """Whether all of it was undone."""
        return not (self.tally.total or self.verdicts)


@dataclass(frozen=True, eq=False)
class _Seen:
    """What an image's undo stack holds.

    Attributes:
        document: whose stack it is; it may have been let go.
        before: what earlier documents of the image held.
    """

    document: "weakref.ref[Document]"
    before: Line
    line: Line


class SessionReport(QObject):
    """Counts what the undo stacks of all images hold.

    Signals:
        changed: another edit or verdict was done or undone.
    """

    changed = Signal()

    def __init__(
        self,
        session: "Session",
        book: VerdictBook,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._session, self._book, self._clock = session, book, clock
        self._root = session.root
        self._seen: dict[str, _Seen] = {}
        self._wanted: str | None = None
        self._has_news = False
        self._start_s, self._last_s = clock(), clock()
        self._start = datetime.now()
        self._timer = QTimer(self, singleShot=True, interval=SAVING_MS)
        self._timer.timeout.connect(self.save)
        session.folder_changed.connect(self._begin)
        # The old image's last step counts before the new one is shown.
        session.image_changed.connect(self._count_shown)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._tell)
        for signal in (session.edited, book.changed):
            signal.connect(self._soon.start)  # the stack has the step only when it is done
        # Queued, as in the queue: the canvas comes first.
        session.shown_changed.connect(self._revert_shown, Qt.ConnectionType.QueuedConnection)

    # ---- asking ----

    def lines(self) -> list[Line]:
        """The images in which something was done, by name."""
        self._count_shown()
        found = [one.line for one in self._seen.values() if not one.line.is_empty]
        return sorted(found, key=lambda line: line.image)

    @property
    def verdicts(self) -> int:
        """How many verdicts stand."""
        return sum(line.verdicts for line in self.lines())

    @property
    def seconds(self) -> float:
        """From the opening of the folder to the last thing done."""
        return self._last_s - self._start_s

    def summary(self) -> str:
        """The sums in one sentence."""
        lines = self.lines()
        sums = sum((line.tally for line in lines), Tally())
        minutes = self.seconds / 60
        per_minute = self.verdicts / minutes if minutes > 0 else 0.0
        locale = QLocale()
        return self.tr(
            "{images} images changed: {added} boxes added, {removed} removed, {moved} moved, "
            "{changed} changed otherwise. {verdicts} verdicts in {minutes} minutes, "
            "{rate} a minute."
        ).format(
            images=len(lines),
            added=sums.added,
            removed=sums.removed,
            moved=sums.moved,
            changed=sums.changed,
            verdicts=self.verdicts,
            minutes=locale.toString(minutes, "f", 1),
            rate=locale.toString(per_minute, "f", 1),
        )

    def text(self) -> str:
        """The whole report as text."""
        head = [str(self._root), self._start.isoformat(" ", "seconds"), self.summary(), ""]
        return "\n".join([*head, *map(self.text_of, self.lines()), ""])

    def text_of(self, line: Line) -> str:
        """One line of the report."""
        tally = line.tally
        return self.tr(
            "{image}: {added} added, {removed} removed, {moved} moved, {changed} changed, "
            "{verdicts} verdicts"
        ).format(
            image=line.image,
            added=tally.added,
            removed=tally.removed,
            moved=tally.moved,
            changed=tally.changed,
            verdicts=line.verdicts,
        )

    # ---- reverting ----

    def can_revert(self, image: str) -> bool:
        """Whether the image's undo stack still holds all of it."""
        one, document = self._seen.get(image), self._session.labels.saver.document(image)
        return one is not None and one.before.is_empty and one.document() is document is not None

    def revert(self, image: str) -> None:
        """Goes to an image and undoes all that was done there; redo does it again."""
        self._wanted = image
        self._session.go_to(image)
        self._revert_shown()  # at once where it is on the canvas

    def _revert_shown(self) -> None:
        shown, document = self._session.shown, self._session.document
        if shown is not None and document is not None and shown.name == self._wanted:
            self._wanted = None
            document.undo_stack.setIndex(0)

    # ---- following ----

    def _begin(self) -> None:
        self.save()
        self._root, self._seen, self._wanted = self._session.root, {}, None
        self._start_s = self._last_s = self._clock()
        self._start = datetime.now()
        self.changed.emit()

    def _tell(self) -> None:
        self._count_shown()
        if self._has_news:
            self._has_news = False
            self._timer.start()
            self.changed.emit()

    def _count_shown(self) -> None:
        """Counts what the shown image's undo stack holds."""
        shown, document = self._session.shown, self._session.document
        if shown is not None and document is not None:
            self._count(shown.name, document)

    def count(self, name: str, document: "Document") -> None:
        """Counts what the undo stack of an image holds that is not shown."""
        self._count(name, document)
        self._soon.start()

    def _count(self, name: str, document: "Document") -> None:
        seen = self._seen.get(name)
        nothing = Line(name, Tally(), 0)
        before = nothing if seen is None else seen.before
        if seen is not None and seen.document() is not document:
            before = seen.line
        line = _counted(document, before)
        if line != (nothing if seen is None else seen.line):
            self._seen[name] = _Seen(weakref.ref(document), before, line)
            self._last_s, self._has_news = self._clock(), True

    # ---- the file ----

    def save(self) -> None:
        """Writes the report beside the verdicts, if anything was done."""
        self._timer.stop()
        if self._root is not None and self.lines():
            name = NAME.format(start=self._start.strftime("%Y-%m-%dT%H%M%S"))
            self._book.keep(self._root, name, self.text())


def _counted(document: "Document", before: Line) -> Line:
    stack, tally, verdicts = document.undo_stack, before.tally, before.verdicts
    for place in range(stack.index()):
        command = stack.command(place)
        if isinstance(command, Edit):
            tally += command.tally
        if isinstance(command, JudgeMany):
            verdicts += len(command.verdicts)
        verdicts += isinstance(command, Judge)
    return Line(before.image, tally, verdicts)
