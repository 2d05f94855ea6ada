"""Brings training, models and detection together: who may work now, and what follows an end.

One heavy job at a time: a training makes room while faces are detected and goes on by itself; a
training that is started meanwhile, and the comparison after a training, wait for the detector. What
somebody has put behind a training waits for its end.

Everything that needs numpy is made at first use, as the window opens without.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.detection import Detection
from app.messages import Level, Message, Offer, of_error
from app.pages.table import REVIEW, TRAIN
from app.session import Session
from tinaface.errors import TinaFaceError

if TYPE_CHECKING:
    from app.training.comparison import Comparison
    from app.training.job import Training
    from app.training.plan import Plan
    from app.training.preflight import Preflight
    from app.training.registry import ModelRegistry
    from tinaface.models import Model
    from tinaface.training.selection import Division


class Trainer(QObject):
    """What the Train page, the detection panel and the end of the program need.

    Signals:
        training_changed: the training that is followed, or its status.
        waiting_changed: whether a training, or its comparison, waits for the detector.
        fixed_changed: labels were saved, so that others may be changed.
        train_on_fixed: the person wants to train on what was fixed.
        closing: the program ends, and with it all threads.
    """

    training_changed = Signal()
    waiting_changed = Signal()
    fixed_changed = Signal()
    train_on_fixed = Signal()
    closing = Signal()

    def __init__(
        self,
        session: Session,
        detection: Detection,
        parent: QObject | None = None,
        *,
        job: "Training | None" = None,
        models: "ModelRegistry | None" = None,
        comparison: "Comparison | None" = None,
        preflight: "Preflight | None" = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._detection = detection
        self._job = job
        self._models = models
        self._comparison = comparison
        self._preflight = preflight
        self._waiting: tuple[Plan, Division] | None = None
        self._is_making_room = False
        self._fixed: set[str] = set()
        self._fixed_root: Path | None = None
        self._is_prepared = False
        self.wants_fixed = False

    # ---- parts ----

    @property
    def job(self) -> "Training":
        """The training that runs, or ran last."""
        if self._job is None:
            from app.training.job import Training

            self._job = Training(parent=self)
        return self._job

    @property
    def models(self) -> "ModelRegistry":
        """The models to choose from."""
        if self._models is None:
            from app.training.registry import ModelRegistry

            self._models = ModelRegistry(parent=self)
        return self._models

    @property
    def comparison(self) -> "Comparison":
        """Before and after of the followed run."""
        if self._comparison is None:
            from app.training.comparison import Comparison

            self._comparison = Comparison(parent=self)
        return self._comparison

    @property
    def preflight(self) -> "Preflight":
        """The checks before a training."""
        if self._preflight is None:
            from app.training.preflight import Preflight

            self._preflight = Preflight(self.job.folder, parent=self)
        return self._preflight

    def prepare(self) -> None:
        """Lists the models and looks for a training at work. Called when the window is shown."""
        if self._is_prepared:
            return
        self._is_prepared = True
        self._detection.changed.connect(self._share)
        self._session.folder_changed.connect(self._on_folder)
        self._session.training_wanted.connect(self.train_on_what_was_fixed)
        self._on_folder()
        self._session.labels.saver.saved.connect(self._on_saved)
        self.job.changed.connect(self._share)
        self.job.changed.connect(self.training_changed)
        self.job.ended.connect(self.compare)
        self.job.failed.connect(self._tell)
        self.models.kept.connect(self._take_model)
        self.models.renamed.connect(self._on_renamed)
        self.models.removed.connect(self._on_removed)
        self.models.failed.connect(self._tell)
        self.models.read()
        self.job.find()

    def shut_down(self, *, stops: bool = False) -> None:
        """Stops looking. A training goes on, also one that made room, unless it `stops`."""
        self.closing.emit()
        if self._job is not None:
            self._job.shut_down(goes_on=self._is_making_room, stops=stops)
        if self._models is not None:
            self._models.shut_down()
        for part in (self._comparison, self._preflight):
            if part is not None:
                part.shut_down()

    @property
    def is_training(self) -> bool:
        """Whether a training is at work, paused, or on its way."""
        return self._job is not None and self._job.is_alive

    # ---- what was fixed ----

    @property
    def fixed(self) -> frozenset[str]:
        """Pictures of the open folder whose labels were saved since it was opened; some may hold
        again what they held before (`data.py`)."""
        return frozenset(self._fixed)

    def _on_saved(self, name: str) -> None:
        self._fixed.add(name)
        self.fixed_changed.emit()  # also of one that is known: an undone edit is saved, too

    def _on_folder(self) -> None:
        root = self._session.root
        # A folder that is read again is closed first, and is still the same.
        if root is None or root == self._fixed_root:
            return
        self._fixed_root = root
        if self._fixed:
            self._fixed.clear()
            self.fixed_changed.emit()

    # ---- one heavy job at a time ----

    @property
    def is_pausing(self) -> bool:
        """Whether the training is paused, or was asked to."""
        from tinaface.runs import Request

        return self.job.is_paused or self.job.is_asked(Request.PAUSE)

    @property
    def is_waiting(self) -> bool:
        """Whether a training was asked for that waits until the detector is done."""
        return self._waiting is not None

    @property
    def is_making_room(self) -> bool:
        """Whether the training is paused for the detector, and goes on by itself."""
        return self._is_making_room

    @property
    def is_comparing(self) -> bool:
        """Whether before and after are measured, or wait for the detector."""
        comparison = self._comparison
        return comparison is not None and (comparison.is_running or comparison.is_waiting)

    @property
    def waiting_pictures(self) -> int:
        """How many the training that waits will learn; 0 where none waits."""
        return 0 if self._waiting is None else len(self._waiting[1].train)

    def start(self, plan: "Plan", division: "Division") -> None:
        """Starts a training, or lets it wait for the detector."""
        self._session.save_now()
        self._waiting = (plan, division)
        self._share()
        self.waiting_changed.emit()

    def toggle_pause(self) -> None:
        """Pauses the training, or ends a pause."""
        if self.is_pausing:
            self.job.go_on()
        else:
            self.job.pause()

    def cancel_waiting(self) -> None:
        """Takes back a training that waits."""
        self._waiting = None
        self._share()
        self.waiting_changed.emit()

    def _share(self) -> None:
        """Whose turn it is, whenever detector or training has changed."""
        is_detecting = self._detection.is_busy
        if not is_detecting and self._waiting is not None:
            (plan, division), self._waiting = self._waiting, None
            self.job.start(plan, division)
            self.waiting_changed.emit()
        if is_detecting:
            if self.job.is_alive and not self.job.is_paused and not self._is_making_room:
                self._is_making_room = True
                self.job.pause()
                self.waiting_changed.emit()
            if self._comparison is not None:
                self._comparison.wait()
        else:
            if self._is_making_room:
                self._is_making_room = False
                self.job.go_on()
                self.waiting_changed.emit()
            if self._comparison is not None:
                self._comparison.go_on()
        if self._waiting is None and not self.job.is_alive and self._detection.queue.held:
            self._detection.release()
        if self._preflight is not None:
            pace = self._preflight.pace
            pace.wait() if is_detecting or self.job.is_alive else pace.go_on()

    # ---- what follows an end ----

    def compare(self) -> None:
        """Measures before and after, if the run came to an end with weights."""
        job = self.job
        if job.run is not None and job.notes is not None and not job.is_alive and job.best:
            self.comparison.of_run(job.run, job.notes)
            self._share()

    def keep(self, name: str) -> None:
        """Keeps the new weights as a model, which becomes the chosen one."""
        from app.training.keeping import pedigree_of

        job = self.job
        if job.run is not None and job.best is not None:
            pedigree = pedigree_of(job.run, job.notes, self.comparison.result)
            self.models.keep(job.best, name, pedigree)

    def drop(self) -> None:
        """Leaves the new weights in their run folder, and keeps the old model."""
        self.job.decide("dropped")

    def _take_model(self, model: "Model") -> None:
        self.job.decide("kept")
        self._detection.choose_weights(model.path)

    def _on_renamed(self, before: "Model", now: "Model") -> None:
        if self._detection.weights == before.path:
            self._detection.choose_weights(now.path)

    def _on_removed(self, model: "Model", place: Path) -> None:
        if self._detection.weights == model.path:
            self._detection.choose_weights(self.models.models[0].path)
        self._session.messages.post(
            Message(
                Level.INFO,
                self.tr("{name} was removed").format(name=model.name),
                self.tr("It lies in the trash of the folder of models"),
                offers=(Offer(self.tr("Bring it back"), lambda: self.models.restore(place)),),
                topic="model-removed",
            )
        )

    def _tell(self, error: TinaFaceError) -> None:
        self._session.messages.post(of_error(error, topic="training"))

    # ---- while it runs ----

    @property
    def can_try_out(self) -> bool:
        """Whether there are weights, and an image to try them on."""
        return self._job is not None and self._job.best is not None and bool(self._session.name)

    def try_out(self) -> None:
        """Detects in the current image with the best weights so far, and shows it."""
        best = self.job.best
        if best is not None and self._session.name is not None:
            self._detection.detect_image(with_weights=best)
            self._session.page.show(REVIEW)

    def train_on_what_was_fixed(self) -> None:
        """Shows the Train page with the fixed pictures chosen."""
        self.wants_fixed = True
        self._session.page.show(TRAIN)
        self.train_on_fixed.emit()
