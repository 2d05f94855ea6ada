"""Detection as the window sees it: which weights, what runs, how far, what went wrong.

The work is done by another process (`app/workers/client.py`); here its signals become the numbers
that panels show and the predictions that the session keeps.
"""

import shlex
import statistics
import sys
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app import named_threshold
from app.error_texts import told
from app.jobs.detection_queue import DetectionJob, DetectionQueue
from app.messages import Level, Message, Offer
from app.session import Session
from app.wording import precision
from app.workers.client import JobFailure, WorkerClient
from tinaface.errors import TinaFaceError
from tinaface.protocol import Found

MIN_IMAGES_FOR_ETA = 5
RECENT_IMAGES = 20

USUAL_LONG_SIDE, SMALLEST_LONG_SIDE = 1280, 320
# Another worker would most probably fail by the same.
_WORKER_IS_GONE = ("killed", "exit", "start", "library", "protocol")


class Stage(Enum):
    """What the detector is doing."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """How far the job has come.

    Attributes:
        images_per_s: over the last 20 images; None until it is known.
        left_s: seconds until the end; None until five images are done.
    """

    done: int = 0
    total: int = 0
    images_per_s: float | None = None
    left_s: float | None = None


class Pace:
    """Images per second and time left, from the median of the last intervals."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=RECENT_IMAGES + 1)

    def restart(self) -> None:
        """Forgets the last job."""
        self._times.clear()

    def tick(self, now_s: float) -> None:
        """One more image is done; `now_s` is of a monotonic clock."""
        self._times.append(now_s)

    def progress(self, done: int, total: int) -> Progress:
        """The numbers for `done` of `total` images."""
        times = list(self._times)
        if len(times) < 2:
            return Progress(done, total)
        steps = [after - before for before, after in pairwise(times)]
        typical = statistics.median(steps)
        if typical <= 0:
            return Progress(done, total)
        left = typical * (total - done) if done >= MIN_IMAGES_FOR_ETA else None
        return Progress(done, total, 1 / typical, left)


@dataclass(frozen=True)
class Model:
    """The chosen weights file as the panel describes it.

    Attributes:
        threshold: score that the model card names for the slider; None where it names none.
    """

    path: Path
    title: str
    description: str
    threshold: float | None = None


class Detection(QObject):
    """Runs detections of the open folder with the chosen weights.

    Signals:
        changed: stage, progress or error.
        model_changed: other weights, or another opinion of them.
        explained: the `Explained` that `explain` asked for.
        log: level and text of a line for the log.
    """

    changed = Signal()
    model_changed = Signal()
    explained = Signal(object)
    log = Signal(str, str)

    def __init__(
        self, session: Session, client: WorkerClient | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._client = client or WorkerClient(self)
        self._stage = Stage.IDLE
        self._doing = ""
        self._progress = Progress()
        self._pace = Pace()
        self._queue = DetectionQueue()
        self._last_number = 0
        self._left_undone: list[str] = []
        self._failure: JobFailure | None = None
        self._weights: Path | None = None
        self._model: Model | None = None
        self._model_fault: TinaFaceError | None = None
        session.folder_changed.connect(self.changed)
        self._connect()

    def _connect(self) -> None:
        client = self._client
        client.state_changed.connect(self._on_state)
        client.loading.connect(self._on_loading)
        client.found.connect(self._on_found)
        client.explained.connect(self.explained)
        client.finished.connect(self._on_finished)
        client.failed.connect(self._on_failed)
        client.answering_changed.connect(self._on_answering)
        client.log.connect(self.log)

    # ---- weights ----

    @property
    def weights(self) -> Path | None:
        """The chosen weights file; None before one is chosen."""
        return self._weights

    @property
    def model(self) -> Model | None:
        """What the chosen file says about itself; None where it cannot be used."""
        return self._model

    @property
    def model_fault(self) -> TinaFaceError | None:
        """Why the chosen file cannot be used."""
        return self._model_fault

    def remembered_weights(self) -> Path | None:
        """The file that was chosen last, if it still is there."""
        text = self._session.settings.weights
        return Path(text) if text and Path(text).is_file() else None

    def choose_weights(self, path: Path) -> None:
        """Takes a weights file for the next detections; a file that cannot be read is told."""
        from tinaface.models import pedigree_of
        from tinaface.weights import read_header

        is_first, before = self._weights is None, self._model
        self._weights, self._model, self._model_fault = path, None, None
        try:
            header = read_header(path)
        except TinaFaceError as error:
            self._model_fault = error
        else:
            judged = pedigree_of(path).judged
            described = [header.preset]
            if header.ap is not None:
                described.append(precision(header.ap, judged))
            if header.date:
                described.append(header.date[:10])
            text = " · ".join(described)
            self._model = Model(path, path.stem, text, header.threshold)
            self._session.settings.weights = str(path)
            self._session.predictions.preferred = path
            if is_first:
                named_threshold.first(self._session, header.threshold, judged)
            elif before is None or header.threshold != before.threshold:
                named_threshold.another(self._session, path, header.threshold, judged)
        self.model_changed.emit()

    # ---- what runs ----

    @property
    def stage(self) -> Stage:
        """What the detector is doing."""
        return self._stage

    @property
    def doing(self) -> str:
        """What it is loading or working on, in words; may be empty."""
        return self._doing

    @property
    def progress(self) -> Progress:
        """How far the jobs have come, together."""
        return self._progress

    @property
    def failure(self) -> JobFailure | None:
        """Why the last job ended, if it failed."""
        return self._failure

    @property
    def is_busy(self) -> bool:
        """Whether a job runs, or waits for one that does."""
        return bool(self._queue.active)

    @property
    def queue(self) -> DetectionQueue:
        """All jobs, in order; to look at."""
        return self._queue

    @property
    def can_retry(self) -> bool:
        """Whether the failed job left images undone."""
        return bool(self._left_undone)

    @property
    def can_detect(self) -> bool:
        """Whether a detection could be started."""
        return self._model is not None and self._session.root is not None

    # ---- commands ----

    def detect_image(self, with_weights: Path | None = None) -> None:
        """Detects in the current image, before anything else that waits.

        Args:
            with_weights: to try this once instead of the chosen ones.
        """
        if self._session.name is not None:
            self._detect([self._session.name], urgent=True, weights=with_weights)

    def detect_listed(self) -> None:
        """Detects in all images that the list shows now."""
        names = self._session.files.names()
        if names:
            self._detect(names, urgent=False)

    @property
    def is_started(self) -> bool:
        """Whether the detector's process is there; starting it takes seconds."""
        return self._client.is_started

    def explain(self, box: Sequence[float]) -> None:
        """Asks why this face of the current image was missed; `explained` follows."""
        if self._session.image is not None and self._model is not None:
            self._client.explain(
                self._session.image,
                box,
                self._session.threshold,
                self._model.path,
                self.options(),
            )

    def retry(self) -> None:
        """Detects again in what the failed job left undone."""
        if self._left_undone:
            self._detect(list(self._left_undone), urgent=False)

    def retry_smaller(self) -> None:
        """Detects again with pictures of half the size, which need a quarter of the memory."""
        self._session.settings.long_side = self._smaller()
        self.retry()

    def _smaller(self) -> int:
        """Half the long side in use; 0 where that would be too small to find anything."""
        half = (self._session.settings.long_side or USUAL_LONG_SIDE) // 2
        return half if half >= SMALLEST_LONG_SIDE else 0

    def stop(self) -> None:
        """Ends all jobs at the next image, those that wait too; what was found stays."""
        self._queue.drop_all()
        self._client.stop()
        self._show_progress()

    def remove(self, number: int) -> None:
        """Takes one job back: it ends at its next image, or is never begun."""
        if not self._queue.drop(number):
            for job in self._queue.at_work:
                if job.number == number:
                    self._client.stop(job.sent_as)
        self._show_progress()

    def arrange(self, waiting: Iterable[int], held: Iterable[int] = ()) -> None:
        """Gives the jobs that wait another order, by their numbers.

        Args:
            held: those after them that wait until `release`.
        """
        self._queue.arrange(waiting, held)
        self._go_on()

    def release(self) -> None:
        """Lets the jobs that are held follow."""
        self._queue.release()
        self._go_on()

    def shut_down(self) -> None:
        """Ends the worker, for the end of the program."""
        self._client.shutdown()

    def options(self) -> dict[str, object]:
        """The user's changes of the preset's detection settings."""
        settings = self._session.settings
        chosen: dict[str, object] = {"score": settings.score_floor}
        if settings.nms_iou:
            chosen["nms_iou"] = settings.nms_iou
        if settings.long_side:
            chosen["long_side"] = settings.long_side
        return chosen

    def command_line(self) -> str:
        """The same detection as a command for a terminal."""
        words = [sys.executable, "-m", "tinaface", "detect", str(self._session.root or ".")]
        if self._weights is not None:
            words += ["--weights", str(self._weights)]
        for name, value in self.options().items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        return shlex.join([*words, "--jsonl", "predictions.jsonl"])

    def _detect(self, names: list[str], urgent: bool, weights: Path | None = None) -> None:
        root = self._session.root
        weights = weights or (None if self._model is None else self._model.path)
        if root is None or weights is None:
            return
        self._session.save_now()
        self._failure, self._left_undone = None, []
        self._session.messages.close("detection")
        if not self.is_busy:
            self._pace.restart()
            self._progress = Progress()
        self._last_number += 1
        job = DetectionJob(self._last_number, root, names, weights, self.options(), urgent)
        if urgent:
            self._send(job)
        else:
            self._queue.waiting.append(job)
        self._go_on()

    def _go_on(self) -> None:
        """Sends what comes next, if it is its turn."""
        job = self._queue.next()
        if job is not None:
            self._send(job)
        self._show_progress()

    def _send(self, job: DetectionJob) -> None:
        images = [job.root / name for name in job.names]
        sent_as = self._client.detect(
            images, job.root, job.weights, job.options, urgent=job.is_urgent
        )
        self._queue.sent(job, sent_as)

    # ---- what the worker says ----

    def _on_state(self, state: str) -> None:
        stages = {"starting": Stage.STARTING, "running": Stage.RUNNING, "stopping": Stage.STOPPING}
        if state == "dead" or (state == "idle" and self._failure is not None):
            self._stage = Stage.FAILED
        else:
            self._stage = stages.get(state, Stage.IDLE)
        self.changed.emit()

    def _on_loading(self, what: str) -> None:
        self._doing = what
        self.changed.emit()

    def _on_answering(self, is_answering: bool) -> None:
        self._doing = "" if is_answering else self.tr("not answering")
        self.changed.emit()

    def _on_found(self, found: Found) -> None:
        self._doing = ""
        job = self._queue.find(found.job)
        if job is None:
            return  # it has failed, or was never asked for by this window
        job.open.pop(found.image, None)
        self._pace.tick(time.monotonic())
        if found.error is None:
            self._session.predictions.add(found, job.options, job.root)
        else:
            text = f"{found.error['what']}: {found.error['why']}"
            if job.root == self._session.root:
                self._session.files.set_fault(found.image, text)
            self.log.emit("warning", text)
        self._show_progress()

    def _on_finished(self, job: int, was_stopped: bool) -> None:
        ended = self._queue.ended(job)
        if ended is not None:
            text = (
                self.tr("stopped after {done} of {total}")
                if was_stopped
                else (self.tr("finished {done} of {total}"))
            )
            self.log.emit("info", text.format(done=ended.done, total=ended.total))
        self._end_job()

    def _on_failed(self, failure: JobFailure) -> None:
        ended = self._queue.ended(failure.job)
        undone = [] if ended is None else [ended]
        if failure.reason in _WORKER_IS_GONE:
            undone += self._queue.drop_all()
        names = [name for job in undone if job.root == self._session.root for name in job.open]
        self._left_undone = list(dict.fromkeys([*self._left_undone, *names]))
        self._failure = failure
        self._stage = Stage.FAILED
        offers: tuple[Offer, ...] = ()
        if self._left_undone and failure.reason != "weights":
            offers = (Offer(self.tr("Try again"), self.retry),)
            if failure.reason in ("oom", "killed") and self._smaller():
                smaller = Offer(self.tr("Try again with smaller pictures"), self.retry_smaller)
                offers = (*offers, smaller)
        self._session.messages.post(
            Message(
                Level.ERROR,
                told(failure.what),
                told(failure.why),
                told(failure.remedy),
                details="\n".join(failure.log_tail),
                offers=offers,
                topic="detection",
            )
        )
        self._end_job()

    def _end_job(self) -> None:
        self._doing = ""
        self._go_on()
        if not self.is_busy:
            self._progress = Progress()
        self.changed.emit()

    def _show_progress(self) -> None:
        total = sum(job.total for job in self._queue.active)
        done = sum(job.done for job in self._queue.active)
        self._progress = self._pace.progress(done, total)
        self.changed.emit()
