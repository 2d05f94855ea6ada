"""The queue of disagreements: which one is current, and how to get to the others."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.loop.comparing import DatasetComparison
from tinaface.disagreement_table import Disagreement, State
from tinaface.disagreements import Kind
from tinaface.queue_order import Queue, Rank
from tinaface.verdicts import Status, Verdict

if TYPE_CHECKING:
    from app.loop.verdict_book import VerdictBook
    from app.session import Session

PREFETCHED_ROWS = 8
PREFETCHED_IMAGES = 2


class ReviewQueue(QObject):
    """Leads through the disagreements of the whole data set.

    Signals:
        arrived: the Disagreement that is current now and selected on the canvas.
        exhausted: there is nowhere to go: nothing is left that waits.
        order_changed: the queue runs otherwise.
    """

    arrived = Signal(object)
    exhausted = Signal()
    order_changed = Signal()

    def __init__(
        self,
        session: "Session",
        comparison: DatasetComparison,
        book: "VerdictBook",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._comparison = comparison
        self._book = book
        self._queue = Queue()
        self._rank: Rank | None = None
        self._wanted: Disagreement | None = None
        # Queued: the canvas shows the new image before it is asked to go to a box of it.
        session.shown_changed.connect(self._on_shown, Qt.ConnectionType.QueuedConnection)
        session.folder_changed.connect(self._forget)
        self._prefetch = QTimer(self, singleShot=True, interval=0)
        self._prefetch.timeout.connect(self._read_ahead)

    # ---- order ----

    @property
    def queue(self) -> Queue:
        """How the queue runs."""
        return self._queue

    def set_order(self, queue: Queue) -> None:
        """Runs otherwise, from the start."""
        if queue != self._queue:
            self._queue = queue
            self._forget()
            self.order_changed.emit()

    def _forget(self) -> None:
        self._rank, self._wanted = None, None

    @property
    def length(self) -> int:
        """How many the queue holds."""
        return self._comparison.table.length(self._session.threshold, self._queue)

    @property
    def position(self) -> int | None:
        """How many are visited before the current one; None without one."""
        if self._rank is None:
            return None
        table, threshold = self._comparison.table, self._session.threshold
        return table.position(threshold, self._queue, self._rank)

    # ---- the current one ----

    @staticmethod
    def is_miss(one: Disagreement | None) -> bool:
        """Whether it is a label that the detector missed."""
        return one is not None and one.kind is Kind.FN

    def target(self) -> Disagreement | None:
        """What a verdict is about now: the disagreement of the selected box or prediction."""
        image, document = self._shown_image(), self._session.document
        if image is None or document is None:
            return None
        self._comparison.take_shown()
        found = self._comparison.table.about(
            image,
            self._session.threshold,
            self._queue,
            document.selected_rows(),
            document.selected_prediction,
        )
        return next((one for one in found if one.rank == self._rank), found[0] if found else None)

    def go_to_worst_here(self) -> bool:
        """Selects the worst of the image on the canvas; False where it has none."""
        image = self._shown_image()
        if image is None:
            return False
        self._comparison.take_shown()
        table = self._comparison.table
        found = table.of_image(image, self._session.threshold, self._queue)
        if found:
            self.go_to(found[0])
        return bool(found)

    def _shown_image(self) -> int | None:
        shown = self._session.shown
        return None if shown is None else self._comparison.number(shown.name)

    # ---- going ----

    @property
    def is_travelling(self) -> bool:
        """Whether the queue itself is changing the image."""
        return self._wanted is not None

    def go(self, step: int, state: State = State.OPEN) -> None:
        """Goes to the next one, or to the one before; from the end on to the start."""
        found = self._near(step, state)
        if found is None:
            self.exhausted.emit()
        else:
            self.go_to(found)

    def go_to_doubtful(self) -> None:
        """Goes to the next one that was put off."""
        self.go(1, State.DOUBTFUL)

    def go_on_after(self, one: Disagreement) -> None:
        """Goes to the next one after this, which is settled by now."""
        self._rank = one.rank
        self.go(1)

    def return_to(self, verdict: Verdict) -> None:
        """Makes the disagreement of a verdict that was taken back the current one."""
        found = self._now(verdict.image, verdict.kind, verdict.xyxy)
        if found is not None:
            self.go_to(found)

    def _now(
        self, name: str, kind: Kind, xyxy: tuple[float, float, float, float]
    ) -> Disagreement | None:
        """The disagreement about a box as it is now."""
        self._comparison.take_shown()
        image = self._comparison.number(name)
        if image is None:
            return None
        table, threshold = self._comparison.table, self._session.threshold
        return table.same(image, kind, xyxy, threshold, self._queue)

    def go_to(self, wanted: Disagreement) -> None:
        """Goes to one disagreement, in whatever image."""
        name = self._comparison.name(wanted.image)
        self._rank, self._wanted = wanted.rank, wanted
        self._session.go_to(name)
        if self._stays_on_canvas(name):
            self._arrive()

    def _stays_on_canvas(self, name: str) -> bool:
        """Whether an image is shown and will not be shown anew: so nothing would follow.

        It may be on the canvas still though another one was on its way; then its document stays
        if it was edited, or is locked, and else is read again.
        """
        shown, document = self._session.shown, self._session.document
        if shown is None or document is None or shown.name != name:
            return False
        return document.is_locked or self._session.labels.saver.document(name) is document

    def go_to_next_image(self) -> bool:
        """Goes to the next image of the queue that nobody has reviewed; False if none is."""
        here, table = self._session.name, self._comparison.table
        rank = self._rank
        for start in (rank, None):
            at, many = start, 16
            while found := table.neighbours(self._session.threshold, self._queue, at, many):
                for one in found:
                    name = self._comparison.name(one.image)
                    if name != here and self._book.status(name) is not Status.REVIEWED:
                        self.go_to(one)
                        return True
                at, many = found[-1].rank, 4 * many
            if rank is None:
                break
        return False

    def ahead(self, count: int) -> list[Disagreement]:
        """The next ones (or those before, if negative), for strips that show them."""
        table, threshold = self._comparison.table, self._session.threshold
        return table.neighbours(threshold, self._queue, self._rank, count)

    def _near(self, step: int, state: State) -> Disagreement | None:
        self._comparison.take_shown()
        table, threshold = self._comparison.table, self._session.threshold
        found = table.neighbours(threshold, self._queue, self._rank, step, state)
        if not found and self._rank is not None:
            found = table.neighbours(threshold, self._queue, None, step, state)
        return found[0] if found else None

    def _on_shown(self) -> None:
        if self._wanted is not None and self._session.shown is not None:
            self._arrive()

    def _arrive(self) -> None:
        """Selects the wanted one; where it is gone by now, the next one is wanted."""
        wanted, self._wanted = self._wanted, None
        document = self._session.document
        shown = self._session.shown
        if wanted is None or shown is None:
            return
        name = self._comparison.name(wanted.image)
        if shown.name != name:
            if self._session.name == name:
                self._wanted = wanted  # the image before it has come only now
            return  # else the user went elsewhere meanwhile
        if document is None:
            self._comparison.forget(shown.name)
        here = self._now(shown.name, wanted.kind, wanted.xyxy)
        if document is None or here is None:
            self.go(1)
            return
        self._rank = here.rank
        if here.kind is Kind.FP:
            document.select_prediction(here.row)
        else:
            document.select([here.row])
        self.arrived.emit(here)
        self._prefetch.start()

    def _read_ahead(self) -> None:
        """Decodes the images of the next ones while this one is looked at."""
        here = self._session.name
        if self._rank is None or not self._comparison.is_known(self._rank.image):
            return
        names = [self._comparison.name(one.image) for one in self.ahead(PREFETCHED_ROWS)]
        wanted = [name for name in dict.fromkeys(names) if name != here]
        self._session.read_ahead(wanted[:PREFETCHED_IMAGES])
