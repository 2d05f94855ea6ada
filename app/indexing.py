"""Feeds the list with what is known of each image: from the index at once, then kept up to date.

Headers and labels are read by a process of their own (`python -m tinaface index`): reading 32,000
of them in a thread would hold Python up for the window. The process gives way to everything else.
"""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from app.listing.compared import ComparedColumns
from app.listing.predicted import PredictedColumn
from app.messages import Level, Message, of_error
from app.session import Session
from app.workers.verb_process import VerbProcess, fields_of
from tinaface.dataset import find_entry
from tinaface.errors import TinaFaceError
from tinaface.image_columns import FloatColumn
from tinaface.image_facts import read_facts
from tinaface.image_index import COMPARED, ImageIndex, Known, index_path

BEGIN_MS = 400
"""After the list is complete, so that the first images come without a rival for the processor."""
REARRANGE_MS = 700
PAUSE_S = 0.003
"""Between two batches, in which the GUI thread gets at Python."""

log = logging.getLogger(__name__)


class Indexing(QObject):
    """Keeps `session.files.columns` and the signs of faults up to date.

    Signals:
        progressed: images that are up to date, and images in all.
        finished: all of them are, or no more can be known.
    """

    progressed = Signal(int, int)
    finished = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._index: ImageIndex | None = None
        self._root: Path | None = None
        self._revision = 0
        self._is_complete = False
        self._process: VerbProcess | None = None
        self._disk = Background("index", parent=self)
        self._begin = QTimer(self, singleShot=True, interval=BEGIN_MS)
        self._begin.timeout.connect(self._start_process)
        self._arrange = QTimer(self, singleShot=True, interval=REARRANGE_MS)
        self._arrange.timeout.connect(self._rearrange)
        session.folder_changed.connect(self._on_folder)
        session.scan_finished.connect(self._on_listed)
        session.labels.saver.saved.connect(self._on_saved)
        self._basis = ""
        self._compared = ComparedColumns(session, self._keep_compared, self)
        PredictedColumn(session, self)
        session.end_with(self._end)

    @property
    def is_complete(self) -> bool:
        """Whether all images of the open folder are up to date."""
        return self._is_complete

    # ---- the folder ----

    def _on_folder(self) -> None:
        self._stop()
        self._compared.forget()
        self._root, self._revision, self._is_complete = self._session.root, 0, False

    def _on_listed(self) -> None:
        root = self._root
        if root is None:
            return
        self._disk.run(
            lambda: self._open(root), lambda known: self._take_all(root, *known), self._tell
        )

    def _open(self, root: Path) -> tuple[str, list[Known]]:
        """Beside the GUI thread: what the index knows already, and from which comparison."""
        if self._index is not None:
            self._index.close()
            self._index = None
        self._index = index = ImageIndex(index_path(root))
        known = []
        for batch in index.known():
            known.append(batch)
            time.sleep(PAUSE_S)
        return index.compared_basis(), known

    def _take_all(self, root: Path, basis: str, known: list[Known]) -> None:
        if root != self._root:
            return
        self._basis = basis
        self._tell_set_aside(None if self._index is None else self._index.set_aside)
        self._take(root, known)
        self._begin.start()

    def _take(self, root: Path, known: list[Known]) -> None:
        """Hands batches to the list one by one, so that it can paint and obey in between."""
        if root != self._root or not known:
            return
        batch, *others = known
        files, values = self._session.files, dict(batch.values)
        compared = {name: values.pop(name) for name in COMPARED}
        files.put_facts(batch.names, values)
        self._compared.take(batch.names, compared, self._basis)
        files.set_faults(batch.names, batch.reasons)
        self._revision = max(self._revision, batch.revision)
        if (files.asked.columns or not files.is_in_order) and not self._arrange.isActive():
            self._arrange.start()
        if others:
            QTimer.singleShot(0, lambda: self._take(root, others))

    def _rearrange(self) -> None:
        self._session.files.rearrange()

    # ---- the process ----

    def _start_process(self) -> None:
        if self._root is None:
            return
        arguments = ["index", "--gently", "--json", str(self._root)]
        self._process = process = VerbProcess(arguments, self)
        process.said.connect(self._on_said)
        process.ended.connect(self._on_ended)
        process.start()

    def _on_said(self, line: bytes) -> None:
        step = fields_of(line)
        done, total, revision = (step.get(key) for key in ("done", "total", "revision"))
        if isinstance(done, int) and isinstance(total, int):
            self.progressed.emit(done, total)
        if isinstance(broken := step.get("set_aside"), str):
            self._tell_set_aside(Path(broken))
        if isinstance(revision, int) and revision > self._revision:
            self._read_news()

    def _read_news(self) -> None:
        root, since = self._root, self._revision
        if root is not None:
            self._disk.run(
                lambda: self._news(root, since), lambda known: self._take(root, known), self._tell
            )

    def _news(self, root: Path, since: int) -> list[Known]:
        if self._index is None or self._index.path != index_path(root):
            return []
        return list(self._index.known(since))

    def _on_ended(self) -> None:
        self._drop_process()
        root = self._root
        # Behind the news that are still being read.
        self._disk.run(lambda: None, lambda _: self._complete(root))

    def _complete(self, root: Path | None) -> None:
        if root == self._root:
            self._is_complete = True
            self._compared.keep_again()  # the first time there were no rows to note it in
            self.finished.emit()

    def _stop(self) -> None:
        self._begin.stop()
        self._arrange.stop()
        self._drop_process()

    def _drop_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.drop()  # the index takes no harm

    # ---- one image ----

    def _on_saved(self, name: str) -> None:
        root = self._root
        if root is not None:
            self._disk.run(lambda: self._reread(root, name), lambda known: self._take(root, known))

    def _reread(self, root: Path, name: str) -> list[Known]:
        if self._index is None:
            return []
        facts = read_facts(find_entry(root / name), name)
        revision = self._index.write([facts])
        return [one for one in self._index.known(revision - 1) if name in one.names]

    # ---- what comparing gave ----

    def _keep_compared(
        self, names: Sequence[str], values: dict[str, FloatColumn], basis: str
    ) -> None:
        root, self._basis = self._root, basis
        if root is None:
            return

        def write() -> None:
            if self._index is not None and self._index.path == index_path(root):
                self._index.write_compared(names, values, basis)

        self._disk.run(write, _done, self._tell)

    # ---- telling ----

    def _tell_set_aside(self, broken: Path | None) -> None:
        if broken is None:
            return
        self._session.messages.post(
            Message(
                Level.INFO,
                self.tr("The index of this folder could not be read"),
                self.tr("The file is kept as {name}").format(name=broken.name),
                self.tr("Sizes and labels are read again; nothing is lost"),
                topic="index",
            )
        )

    def _tell(self, error: Exception) -> None:
        if isinstance(error, TinaFaceError):
            self._session.messages.post(of_error(error, level=Level.WARNING, topic="index"))
        else:
            log.error("the index failed", exc_info=error)

    def _end(self) -> bool:
        changes = None if self._root is None else self._compared.changes()
        self._stop()
        self._root = None
        ended = self._disk.close()
        if ended and self._index is not None:
            if changes is not None:
                self._index.write_compared(*changes)
            self._index.close()
            self._index = None
        return ended


def _done(_result: object) -> None:
    """For work that nobody waits for."""
