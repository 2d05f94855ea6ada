"""Looks through the open folder in a process of its own, and repairs what can be repaired."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from app.messages import Level, of_error
from app.prediction_sources import Source
from app.session import Session
from app.workers.verb_process import VerbProcess, fields_of
from tinaface.errors import TinaFaceError
from tinaface.health_report import HealthReport
from tinaface.pruning import Pruned, prune_lost, prune_superseded
from tinaface.repair import Repair, clip_boxes, take_back, unify_labels

AGAIN_MS = 3000
"""From a saved edit to the next look, so that a minute of edits costs few of them."""
DROPS = {"lost prediction": prune_lost, "superseded prediction": prune_superseded}
FIXES = ("outside", "label spelling", *DROPS)
MOST_SUSPICIOUS = 1000
"""Labels; nobody reads further in one go."""
WEIGH_AGAIN_S = 30.0
"""Where weighing labels takes longer, only the user asks for it again."""

log = logging.getLogger(__name__)


class HealthCheck(QObject):
    """One look after the other; a new folder forgets the last one.

    Attributes:
        report: of the last look; None before the first has ended.
        repairs: what the last repair changed, until it is taken back; so are `pruned` predictions.

    Signals:
        changed: it runs or has ended, or there is another report or repair.
        progressed: images looked at, and all images.
        repaired: label files changed, and those left alone because they hold unsaved edits.
        predictions_changed: stored predictions that were dropped; below 0 those that are back.
    """

    changed = Signal()
    progressed = Signal(int, int)
    repaired = Signal(int, int)
    predictions_changed = Signal(int)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.report: HealthReport | None = None
        self.repairs: list[Repair] = []
        self.pruned: list[Pruned] = []
        self.is_stale = True
        self.has_failed = False
        self._turn = 0
        self._has_reported = False
        self._weighed: Source | None = None
        self._reported_at, self._weighing_s = 0.0, 0.0
        self._has_ended = False
        self._process: VerbProcess | None = None
        self._work = Background("health", parent=self)
        self._again = QTimer(self, singleShot=True, interval=AGAIN_MS)
        self._again.timeout.connect(self._run_again)
        session.folder_changed.connect(self._on_folder)
        session.predictions.loaded.connect(self._on_predictions)
        session.labels.saver.saved.connect(self._on_saved)
        session.end_with(self._end)

    @property
    def is_running(self) -> bool:
        """Whether a look is under way."""
        return self._process is not None

    @property
    def is_weighing(self) -> bool:
        """Whether all files have been looked at, and labels are still being weighed."""
        return self.is_running and self._has_reported

    def run(self) -> None:
        """Looks at everything anew."""
        self._run(self._session.predictions.shown)

    def _run_again(self) -> None:
        """After a change: what takes long to weigh, and was, is not weighed again."""
        source = self._session.predictions.shown
        is_known = source == self._weighed and self._weighing_s > WEIGH_AGAIN_S
        self._run(None if is_known else source)

    def _run(self, weighed: Source | None) -> None:
        self.stop()
        root = self._session.root
        if root is None or self._has_ended:
            return
        self.is_stale, self.has_failed, self._has_reported = False, False, False
        arguments = ["check", "--gently", "--json", "--progress"]
        if weighed is not None:
            self._weighed = weighed
            arguments += ["--suspicious", str(MOST_SUSPICIOUS)]
            named = weighed.path is None
            arguments += ["--model", weighed.key] if named else ["--predictions", str(weighed.path)]
        self._process = process = VerbProcess([*arguments, str(root)], self)
        process.said.connect(partial(self._on_said, self._turn))
        process.ended.connect(self._on_ended)
        process.start()
        self.changed.emit()

    def stop(self) -> None:
        """Ends a look that is under way."""
        self._turn += 1
        self._again.stop()
        process, self._process = self._process, None
        if process is not None:
            process.drop()
            self.changed.emit()

    def _on_said(self, turn: int, line: bytes) -> None:
        if line.startswith(b'{"done"'):
            step = fields_of(line)
            done, total = step.get("done"), step.get("total")
            if isinstance(done, int) and isinstance(total, int):
                self.progressed.emit(done, total)
            return
        if self._has_reported:
            self._weighing_s = time.monotonic() - self._reported_at
        self._has_reported, self._reported_at = True, time.monotonic()
        # It may hold an entry for every image, so it is read beside the GUI thread.
        self._work.run(
            lambda: HealthReport.from_json(line),
            partial(self._take, turn),
            partial(self._fail, turn),
        )

    def _take(self, turn: int, report: HealthReport) -> None:
        if turn == self._turn:
            if report.suspicious is None and self.report is not None:
                # Until they are weighed again, what is known of them.
                report = replace(report, suspicious=self.report.suspicious)
            self.report = report
            self.changed.emit()

    def _fail(self, turn: int, error: Exception) -> None:
        log.error("the look through the data set failed", exc_info=error)
        if turn == self._turn:
            self.has_failed = True
            self.changed.emit()

    def _on_ended(self, code: int) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.drop()
        # Where labels cannot be weighed, what was said of the files holds all the same.
        self.has_failed = code not in (0, 1) and not self._has_reported
        self.changed.emit()

    def _on_folder(self) -> None:
        self.stop()
        self.report, self.is_stale, self.has_failed = None, True, False
        self.repairs, self.pruned = [], []
        self._weighed, self._weighing_s = None, 0.0
        self.changed.emit()

    def _on_saved(self) -> None:
        self.is_stale = True
        self.changed.emit()

    def _on_predictions(self) -> None:
        if self._session.predictions.shown != self._weighed:
            self.is_stale = True
            self.changed.emit()

    def run_soon(self) -> None:
        """Looks anew where something has changed, after a pause."""
        if self.is_stale and not self.is_running and not self._again.isActive():
            if self.report is None:
                self.run()
            else:
                self._again.start()

    # ---- repairs ----

    @property
    def may_repair(self) -> bool:
        """Whether label files of the folder may be written."""
        return not self._session.is_read_only and not self._work.pending

    def repair(self, kind: str) -> None:
        """Repairs all findings of a kind, one of FIXES; `repaired` follows, or
        `predictions_changed`."""
        root, report = self._session.root, self.report
        if root is None or report is None or not self.may_repair:
            return
        if kind in DROPS:
            self._prune(root, DROPS[kind])
            return
        fix: Callable[[str], Repair | None]
        keep, drops = self._session.keeping.keep_copy, self._session.labels.drops_image_data
        if kind == "outside":
            fix = partial(clip_boxes, root, keep=keep, drops_image_data=drops)
        else:
            spelling = dict(report.usual_spelling)
            fix = partial(unify_labels, root, spelling=spelling, keep=keep, drops_image_data=drops)
        # Labels of two images are left alone until somebody says whose they are.
        shares = self._session.files.shares_labels
        wanted = [name for name in report.images_of(kind) if not shares(name)]
        free = [name for name in wanted if not self._is_edited(name)]
        self._work.run(
            lambda: _repair_all(fix, free),
            partial(self._take_repairs, root, len(wanted) - len(free)),
            self._tell,
        )
        self.changed.emit()

    def take_back(self) -> None:
        """Undoes the last repair, but for files that were changed since; `repaired` follows."""
        root, repairs, self.repairs = self._session.root, self.repairs, []
        if self.pruned:
            self._take_back_predictions()
            return
        if root is None:
            return

        def take(left: list[Repair]) -> None:
            changed = [one for one in repairs if one not in left]
            self._announce(root, changed, len(left))

        self._work.run(lambda: take_back(repairs), take, self._tell)
        self.changed.emit()

    def _take_repairs(self, root: Path, skipped: int, repairs: list[Repair]) -> None:
        self.repairs, self.pruned = repairs, []
        self._announce(root, repairs, skipped)

    def _announce(self, root: Path, repairs: Sequence[Repair], skipped: int) -> None:
        if root == self._session.root:
            for one in repairs:
                self._session.labels.saver.saved.emit(one.image)
            self._session.look_again()
            self.repaired.emit(len(repairs), skipped)
            self.run()

    def _prune(self, root: Path, prune: Callable[[Path], list[Pruned]]) -> None:
        def take(pruned: list[Pruned]) -> None:
            if root == self._session.root:
                if pruned:  # a second press finds nothing, and the first can still be undone
                    self.repairs, self.pruned = [], pruned
                self.predictions_changed.emit(sum(len(one.removed) for one in pruned))
                self.run()

        self._session.predictions.change_files(lambda: prune(root), take, self._tell)

    def _take_back_predictions(self) -> None:
        pruned, self.pruned = self.pruned, []

        def work() -> int:
            back = [one for one in reversed(pruned) if one.take_back()]
            return sum(len(one.removed) for one in back)

        def take(count: int) -> None:
            self.predictions_changed.emit(-count)
            self.run()

        self._session.predictions.change_files(work, take, self._tell)
        self.changed.emit()

    def _is_edited(self, name: str) -> bool:
        document = self._session.labels.saver.document(name)
        return document is not None and document.is_modified

    def _tell(self, error: Exception) -> None:
        if isinstance(error, TinaFaceError):
            self._session.messages.post(of_error(error, level=Level.WARNING, topic="health"))
        else:
            log.error("a repair failed", exc_info=error)
        self.run()

    def _end(self) -> bool:
        self._has_ended = True  # a page that hears of the end would begin anew
        self.stop()
        return self._work.close()


def _repair_all(fix: Callable[[str], Repair | None], images: Sequence[str]) -> list[Repair]:
    """Repairs what it can; a file that cannot be repaired is left as it is, and found again."""
    repairs = []
    for image in images:
        try:
            repair = fix(image)
        except TinaFaceError as error:
            log.warning("%s", error)
            continue
        if repair is not None:
            repairs.append(repair)
    return repairs
