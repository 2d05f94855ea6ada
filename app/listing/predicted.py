"""Keeps the list's column `predictions`: how many are shown of each image at the threshold.

That is known only to files of predictions, which are large. So they are read, beside the GUI
thread, when the filter first asks for it; a threshold or another filter then reads nothing again.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app.background import Background
from app.session import Session
from tinaface.boxes import FloatArray, IndexArray
from tinaface.image_columns import FloatColumn
from tinaface.predictions import Record

COLUMN = "predictions"
BATCH = 1000
THRESHOLD_MS = 100
"""After the last move of the slider."""

Scores = Mapping[str, FloatArray]


class PredictedColumn(QObject):
    """Follows filter, predictions and threshold."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._turn = 0
        self._has_begun = False
        self._scores: dict[str, FloatArray] = {}
        self._flat: tuple[FloatArray, IndexArray] | None = None
        self._work = Background("predicted", parent=self)
        self._later = QTimer(self, singleShot=True, interval=THRESHOLD_MS)
        self._later.timeout.connect(self._count_all)
        session.files.arrangement_changed.connect(self._begin_if_asked)
        session.scan_finished.connect(self._begin_if_asked)
        session.folder_changed.connect(self._forget)
        session.predictions.loaded.connect(self._on_loaded)
        session.predictions.changed.connect(self._on_detected)
        session.threshold_changed.connect(self._on_threshold)
        session.end_with(self._end)

    @property
    def _is_asked(self) -> bool:
        return COLUMN in self._session.files.asked.columns

    def _begin_if_asked(self) -> None:
        session = self._session
        if self._has_begun or session.root is None or session.is_scanning or not self._is_asked:
            return
        self._has_begun = True
        self._read(list(session.files.all_names()))

    def _read(self, names: Sequence[str]) -> None:
        """Reads a batch after the other."""
        batch, others, turn = names[:BATCH], names[BATCH:], self._turn

        def take(found: Scores) -> None:
            if turn != self._turn:
                return
            self._put(found)
            if others:
                self._read(others)

        if batch:
            predictions = self._session.predictions
            self._work.run(
                lambda: _scores_of(
                    batch, predictions.holds, predictions.get, lambda: turn != self._turn
                ),
                take,
            )

    def _put(self, found: Scores) -> None:
        self._scores |= found
        self._flat = None
        threshold = self._session.threshold
        counts = [np.count_nonzero(scores >= threshold) for scores in found.values()]
        self._note(list(found), np.array(counts, np.float64))

    def _note(self, names: Sequence[str], counts: FloatColumn) -> None:
        self._session.files.put_facts(names, {COLUMN: counts})
        if len(names) and self._is_asked:
            self._session.files.rearrange()

    # ---- following ----

    def _on_threshold(self) -> None:
        if self._has_begun:
            self._later.start()

    def _count_all(self) -> None:
        """Counts at another threshold, without a loop over all images."""
        names = list(self._scores)
        if self._flat is None:
            sizes = [len(scores) for scores in self._scores.values()]
            scores = np.concatenate([np.zeros(0, np.float32), *self._scores.values()])
            self._flat = scores, np.repeat(np.arange(len(names)), sizes)
        scores, owner = self._flat
        above = owner[scores >= self._session.threshold]
        self._note(names, np.bincount(above, minlength=len(names)).astype(np.float64))

    def _on_detected(self, name: str) -> None:
        if self._has_begun:
            turn, get = self._turn, self._session.predictions.get

            def take(found: Scores) -> None:
                if turn == self._turn:
                    self._scores |= found
                    self._flat = None
                    self._later.start()

            self._work.run(lambda: _scores_of([name], lambda _: True, get, lambda: False), take)

    def _on_loaded(self) -> None:
        self._forget()
        self._begin_if_asked()

    def _forget(self) -> None:
        self._turn += 1
        self._later.stop()
        self._has_begun, self._scores, self._flat = False, {}, None
        files = self._session.files
        if files.total:
            files.columns.put_from(0, COLUMN, np.full(files.total, np.nan))

    def _end(self) -> bool:
        self._turn += 1
        self._later.stop()
        return self._work.close()


def _scores_of(
    names: Sequence[str],
    holds: Callable[[str], bool],
    get: Callable[[str], Record | None],
    is_cancelled: Callable[[], bool],
) -> Scores:
    """The scores of those images that a model has looked at."""
    found: dict[str, FloatArray] = {}
    for name in names:
        if is_cancelled():
            break
        record = get(name) if holds(name) else None
        if record is not None and record.error is None:
            found[name] = record.scores
        time.sleep(0)  # the GUI thread has a turn between two images
    return found
