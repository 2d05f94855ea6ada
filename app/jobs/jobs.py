"""All heavy jobs in one order: detections, the training, and before and after."""

from dataclasses import dataclass, replace

from PySide6.QtCore import QLocale, QObject, Signal

from app.detection import Detection
from app.jobs.detection_queue import DetectionJob
from app.training.trainer import Trainer
from app.wording import percent

TRAINING, COMPARISON = -1, -2
"""Numbers of what is no detection."""


@dataclass(frozen=True)
class Job:
    """One job as the list shows it.

    Attributes:
        number: stays the same while the job is there.
        is_at_work: it has begun; only what has not can change its place.
        details: with the model; empty where there is no more to say.
        can_rise, can_sink: whether it may go before, or behind, its neighbour.
    """

    number: int
    text: str
    is_at_work: bool
    details: str = ""
    can_rise: bool = False
    can_sink: bool = False
    can_be_removed: bool = False


class Jobs(QObject):
    """What works and what waits, first things first.

    A training that waits can go before detections that wait; they are held until it ends. One that
    is at work keeps its place: what is moved before it begins at once, and the training makes room.

    Signals:
        changed: other jobs, another order, or one has come further.
    """

    changed = Signal()

    def __init__(
        self, detection: Detection, trainer: Trainer, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._detection = detection
        self._trainer = trainer
        for signal in (
            detection.changed,
            trainer.training_changed,
            trainer.waiting_changed,
        ):
            signal.connect(self.changed)

    @property
    def listed(self) -> list[Job]:
        """All jobs, those at work first."""
        queue, order = self._detection.queue, self._order()
        detections = {job.number: job for job in (*queue.waiting, *queue.held)}
        jobs = [self._of_detection(job, is_at_work=True) for job in queue.at_work]
        for place, number in enumerate(order):
            is_training = number == TRAINING
            job = self._of_training() if is_training else self._of_detection(detections[number])
            can_rise, can_sink = place > 0, place < len(order) - 1
            if not job.is_at_work:
                job = replace(job, can_rise=can_rise, can_sink=can_sink)
            jobs.append(job)
        if self._trainer.is_comparing:
            jobs.append(Job(COMPARISON, self.tr("Before and after"), not self._detection.is_busy))
        return jobs

    @property
    def has_waiting(self) -> bool:
        """Whether a job waits whose place could be another."""
        return self._trainer.is_waiting or bool(
            self._detection.queue.waiting or self._detection.queue.held
        )

    def move(self, number: int, step: int) -> bool:
        """Moves a job that waits by one place: -1 before its neighbour, 1 behind it.

        False where it cannot be moved: it is at work, or the first or last one.
        """
        order = self._order()
        is_fixed = number not in order or (number == TRAINING and not self._trainer.is_waiting)
        place = -1 if is_fixed else order.index(number) + step
        if not 0 <= place < len(order):
            return False
        order.remove(number)
        order.insert(place, number)
        parted = order.index(TRAINING) if TRAINING in order else len(order)
        self._detection.arrange(order[:parted], order[parted + 1 :])
        self.changed.emit()
        return True

    def remove(self, number: int) -> None:
        """Takes a job back; a detection at work ends at its next image."""
        if number != TRAINING:
            self._detection.remove(number)
        elif self._trainer.is_waiting:
            self._trainer.cancel_waiting()

    def _order(self) -> list[int]:
        """What comes after the detections at work; a training at work stands among it."""
        queue, trainer = self._detection.queue, self._trainer
        training = [TRAINING] if trainer.is_waiting or trainer.is_training else []
        return [
            *(job.number for job in queue.waiting),
            *training,
            *(job.number for job in queue.held),
        ]

    # ---- words ----

    def _of_detection(self, job: DetectionJob, *, is_at_work: bool = False) -> Job:
        text = self.tr("Detection in {folder}, images: {count}").format(
            folder=job.root.name, count=QLocale().toString(job.total)
        )
        if job.done:
            text = f"{percent(job.done / job.total)} · {text}"
        details = f"{text}\n{job.weights.stem}"
        return Job(job.number, text, is_at_work, details, can_be_removed=True)

    def _of_training(self) -> Job:
        trainer = self._trainer
        if trainer.is_waiting:
            count = QLocale().toString(trainer.waiting_pictures)
            text = self.tr("Training, pictures: {count}").format(count=count)
            return Job(TRAINING, text, False, can_be_removed=True)
        status = trainer.job.status
        text = self.tr("Training")
        if trainer.is_pausing:
            text = self.tr("Training paused")
        if status is not None and status.step:
            text = f"{percent(status.share)} · {text}"
        return Job(TRAINING, text, True)
