"""Compares labels and predictions of the whole data set beside the GUI thread.

Results come in batches into one table (`tinaface/disagreement_table.py`). An image that changes
is compared again; the one on the canvas is compared as it is there, saved or not.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from app.comparison import Comparison
from app.loop.file_comparison import Found, Plan, compare_files, plan_of
from app.loop.verdict_book import VerdictBook
from app.models.files import Sign
from tinaface.disagreement_table import Counts, DisagreementTable
from tinaface.disagreements import Candidates
from tinaface.suspicion.suspecter import Suspicion
from tinaface.verdicts import states

if TYPE_CHECKING:
    from app.document import Document
    from app.session import Session

BATCH = 64
TELL_EVERY_MS = 200
CHANGED_FILES_MS = 50
ENOUGH_PAIRS = 5_000
"""Of more pairs the median offset moves no more, and judging all of them again takes long."""


class DatasetComparison(QObject):
    """The disagreements of the open folder.

    Images with labels are compared; in a folder without any, all are, so that predictions can be
    accepted one by one.

    Attributes:
        table: all of them; images are numbers in `names`.

    Signals:
        changed: other disagreements are known.
        finished: every image has been compared.
    """

    changed = Signal()
    finished = Signal()

    def __init__(
        self, session: "Session", book: VerdictBook, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._book = book
        self.table = DisagreementTable()
        self._names: list[str] = []
        self._place_of: dict[str, int] = {}
        self._all_count = False
        self._suspicions: dict[str, list[Suspicion]] = {}
        self._waiting: list[str] = []
        self._done = 0
        self._turn = 0
        self._is_running = False
        self._shown: tuple[str, Comparison | None] | None = None
        self._work = Background("comparison", threads=1, parent=self)
        self._tell = QTimer(self, singleShot=True, interval=TELL_EVERY_MS)
        self._tell.timeout.connect(self._after_batches)
        self._again = QTimer(self, singleShot=True, interval=CHANGED_FILES_MS)
        self._again.timeout.connect(self._next_batch)
        predictions = session.predictions
        session.folder_changed.connect(self._on_folder)
        session.scan_finished.connect(self.start)
        predictions.loaded.connect(self.start)
        book.loaded.connect(self.start)
        predictions.changed.connect(self.compare_again)
        session.labels.saver.saved.connect(self.compare_again)
        session.shown_changed.connect(self.take_shown)
        session.edited.connect(self.take_shown)
        book.changed.connect(self._on_verdict)
        self._on_folder()

    # ---- asking ----

    def name(self, image: int) -> str:
        """The image of this number."""
        return self._names[image]

    def is_known(self, image: int) -> bool:
        """Whether an image of this number is in the open folder."""
        return 0 <= image < len(self._names)

    def number(self, name: str) -> int | None:
        """The number of an image."""
        return self._place_of.get(name)

    def counts(self) -> Counts:
        """How many there are at the session's threshold."""
        return self.table.counts(self._session.threshold)

    def compared(self) -> list[str]:
        """The images that are in the table."""
        return [name for image, name in enumerate(self._names) if image in self.table]

    def suspect(self, found: Mapping[str, list[Suspicion]]) -> None:
        """Takes what may be wrong with the labels of some images; `changed` is not told."""
        self._suspicions.update(found)
        for name, suspicions in found.items():
            if name in self._place_of:
                self.table.suspect(self._place_of[name], suspicions)

    @property
    def is_running(self) -> bool:
        """Whether images wait to be compared."""
        return self._is_running or bool(self._waiting)

    @property
    def progress(self) -> tuple[int, int]:
        """Images compared, and all that will be."""
        return self._done, self._done + len(self._waiting)

    # ---- the whole folder ----

    def _on_folder(self) -> None:
        self.cancel()
        root = self._session.root
        if root is None:
            self._book.close()
        else:
            self._book.open(root)

    def cancel(self) -> None:
        """Stops and forgets all that was found."""
        self._turn += 1
        self._waiting, self._names, self._place_of = [], [], {}
        self._done, self._is_running, self._shown = 0, False, None
        self._all_count = False
        self._suspicions = {}
        self.table = DisagreementTable()
        self._tell.stop()
        self.changed.emit()

    def start(self) -> None:
        """Compares all images anew, once they, their predictions and the verdicts are known."""
        session = self._session
        if session.root is None or session.is_scanning or not self._book.is_open:
            return
        convention = self.table.convention
        self.cancel()
        # Until it can be estimated anew: the folder's own from before.
        self.table.set_convention(convention)
        self._is_running, turn = True, self._turn
        files, predictions = session.files, session.predictions
        names, all_count = list(files.all_names()), not files.any_has(Sign.LABELS)
        self._work.run(
            lambda: plan_of(names, all_count, self._is_labelled, predictions.holds),
            lambda plan: self._begin(turn, plan),
        )

    def _begin(self, turn: int, plan: Plan) -> None:
        if turn != self._turn:
            return
        self._is_running = False
        self._names, self._place_of = plan.names, plan.place_of
        self._all_count, self._waiting = plan.all_count, plan.waiting
        self.table.set_folders(plan.folder_of)
        self.take_shown()
        self._next_batch()
        if not self._is_running:
            self.changed.emit()
            self.finished.emit()

    def compare_again(self, name: str) -> None:
        """Compares one image again, as its labels or predictions have changed."""
        counts = self._all_count or self._is_labelled(name)
        if name not in self._place_of or not counts or name in self._waiting:
            return
        self._waiting.append(name)
        self._done = max(self._done - 1, 0)
        if not self._is_running:
            self._again.start()

    def forget(self, name: str) -> None:
        """Leaves an image out, as it cannot be shown."""
        if name in self._place_of:
            self._put(name, None)
            self.changed.emit()

    def _next_batch(self) -> None:
        root = self._session.root
        if self._is_running or not self._waiting or root is None:
            return
        batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        self._is_running, turn = True, self._turn
        get = self._session.predictions.get
        self._work.run(
            lambda: compare_files(root, batch, get, lambda: turn != self._turn),
            lambda found: self._take(turn, found),
        )

    def _take(self, turn: int, found: Found) -> None:
        if turn != self._turn:
            return
        self._is_running = False
        self._done += len(found)
        shown = None if self._shown is None else self._shown[0]
        for name, candidates in found:
            if name != shown:  # what is on the canvas is newer than its file
                self._put(name, candidates)
        if not self._tell.isActive():
            self._tell.start()
        if self._waiting:
            self._next_batch()
        else:
            self._after_batches()
            self.finished.emit()

    def _after_batches(self) -> None:
        self._tell.stop()
        if self.table.pairs < ENOUGH_PAIRS:
            self.table.set_convention(self.table.estimate_convention())
        if self._session.document is not None:
            self._session.document.convention = self.table.convention
        self.changed.emit()

    def _put(self, name: str, candidates: Candidates | None) -> None:
        image = self._place_of[name]
        if candidates is None:
            self.table.drop(image)
        else:
            self.table.put(image, candidates, states(self._book.of(name), candidates))
            self.table.suspect(image, self._suspicions.get(name, ()))

    # ---- the image on the canvas ----

    def take_shown(self) -> None:
        """Brings the table up to date with the canvas; cheap where nothing has changed."""
        session = self._session
        shown, document = session.shown, session.document
        if shown is None or document is None or shown.name not in self._place_of:
            self._shown = None
            return
        document.convention = self.table.convention
        comparison = document.compared() if self._counts(shown.name, document) else None
        now = (shown.name, comparison)
        if now == self._shown:
            return
        self._shown = now
        self._put(shown.name, None if comparison is None else comparison.candidates)
        self.changed.emit()

    def _counts(self, name: str, document: "Document") -> bool:
        """Whether the image on the canvas takes part: unsaved boxes make it labelled."""
        return self._all_count or self._is_labelled(name) or bool(len(document.gt_boxes))

    def _is_labelled(self, name: str) -> bool:
        return self._session.files.has_sign(name, Sign.LABELS)

    def _on_verdict(self, name: str) -> None:
        shown = self._shown
        if shown is not None and shown[0] == name and shown[1] is not None:
            self._put(name, shown[1].candidates)
            self.changed.emit()
        else:
            self.compare_again(name)

    # ---- the end ----

    @property
    def is_busy(self) -> bool:
        """Whether the thread is at work."""
        return bool(self._work.pending)

    def shut_down(self) -> bool:
        """Ends the thread; False where it is still at work."""
        self._turn += 1
        return self._work.close()
