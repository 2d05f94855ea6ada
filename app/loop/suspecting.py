"""Finds out beside the GUI thread which labels of the data set are probably wrong.

Only for those who want the queue in that order: it reads all labels and predictions once more.
"""

import logging
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.loop.comparing import DatasetComparison
from app.loop.queue import ReviewQueue
from tinaface.dataset import find_entry, ground_truth
from tinaface.errors import TinaFaceError
from tinaface.predictions import Record
from tinaface.queue_order import Order
from tinaface.suspicion.evidence import LabelledPicture
from tinaface.suspicion.learning import learn
from tinaface.suspicion.suspecter import Suspecter, Suspicion

if TYPE_CHECKING:
    from app.session import Session

LEARNED_FROM = 800
"""Images; what is usual in a folder is known by then."""
BATCH = 32

log = logging.getLogger(__name__)


class Suspecting(QObject):
    """Lays suspicions beside the disagreements once the queue's order asks for them.

    Signals:
        finished: the order is complete.
    """

    finished = Signal()

    def __init__(
        self,
        session: "Session",
        comparison: DatasetComparison,
        queue: ReviewQueue,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._comparison, self._queue = session, comparison, queue
        self._turn = 0
        self._known_of: object = None
        self._work = Background("suspicion", threads=1, parent=self)
        comparison.finished.connect(self._start)
        queue.order_changed.connect(self._start)
        session.folder_changed.connect(self._cancel)

    @property
    def is_busy(self) -> bool:
        """Whether the thread is at work."""
        return bool(self._work.pending)

    def shut_down(self) -> bool:
        """Ends the thread; False where it is still at work."""
        self._turn += 1
        return self._work.close()

    def _cancel(self) -> None:
        self._turn += 1

    def _start(self) -> None:
        """Begins, if the order wants it and these disagreements were not weighed yet."""
        comparison, root = self._comparison, self._session.root
        wanted = self._queue.queue.order is Order.SUSPICION and not comparison.is_running
        if not wanted or root is None or self._known_of is comparison.table:
            return
        self._turn += 1
        self._known_of = comparison.table
        turn, names = self._turn, comparison.compared()
        read = _Reading(root, self._session.predictions.get, lambda: turn != self._turn)
        # Any of them, so that every folder has its share.
        sample = random.Random(0).sample(names, min(len(names), LEARNED_FROM))
        self._work.run(
            lambda: learn(read.pictures(sample)),
            lambda suspecter: self._go_on(turn, read, suspecter, names),
        )

    def _go_on(
        self, turn: int, read: "_Reading", suspecter: Suspecter, names: Sequence[str]
    ) -> None:
        if turn != self._turn:
            return
        if not names:
            self._comparison.changed.emit()
            self.finished.emit()
            return
        batch, rest = names[:BATCH], names[BATCH:]

        def take(found: dict[str, list[Suspicion]]) -> None:
            if turn == self._turn:
                self._comparison.suspect(found)
                self._go_on(turn, read, suspecter, rest)

        self._work.run(lambda: read.suspicions(suspecter, batch), take)


class _Reading:
    """Reads labels and predictions of images, in the thread."""

    def __init__(
        self,
        root: Path,
        get: Callable[[str], Record | None],
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._root, self._get, self._is_cancelled = root, get, is_cancelled

    def pictures(self, names: Sequence[str]) -> list[LabelledPicture]:
        """Those that have both."""
        found = (self._picture(name) for name in names if not self._is_cancelled())
        return [picture for picture in found if picture is not None]

    def suspicions(self, suspecter: Suspecter, names: Sequence[str]) -> dict[str, list[Suspicion]]:
        """What may be wrong in each of them."""
        found = {}
        for picture in self.pictures(names):
            found[picture.name] = suspecter.suspect(picture)
            time.sleep(0)  # the GUI thread has a turn between two images
        return found

    def _picture(self, name: str) -> LabelledPicture | None:
        record = self._get(name)
        if record is None or record.error is not None:
            return None
        try:
            truth = ground_truth(find_entry(self._root / name))
        except TinaFaceError as error:
            log.info("not weighed: %s", error)
            return None
        height, width = record.height, record.width
        size = None if height is None or width is None else (height, width)
        return LabelledPicture(
            name, truth.gt_boxes, truth.is_ignored, record.detections, size, truth.labels
        )
