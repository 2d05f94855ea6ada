"""How far the training is, and what can be asked of it."""

from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.error_texts import told
from app.theme import named
from app.training.trainer import Trainer
from app.wording import duration, percent, rate
from tinaface.runs import Request, State, Status


class ProgressHeader(QWidget):
    """State, bar and buttons; a banner where the training failed."""

    def __init__(self, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trainer = trainer
        self._job = job = trainer.job
        self.title = named(QLabel(), "RunTitle")
        self.detail = named(QLabel(), "Muted")
        self.bar = QProgressBar(textVisible=False, maximum=1000)
        self.bar.setAccessibleName(self.tr("Progress of the training"))
        self.stop = QPushButton(self.tr("Stop"))
        self.stop.setToolTip(self.tr("End after this step, with a checkpoint to go on from"))
        self.stop.clicked.connect(job.stop)
        self.pause = QPushButton(self.tr("Pause"))
        self.pause.clicked.connect(trainer.toggle_pause)
        self.evaluate = QPushButton(self.tr("Evaluate now"))
        self.evaluate.setToolTip(self.tr("Measure on the held-out pictures, before it is due"))
        self.evaluate.clicked.connect(job.validate)
        self.try_out = QPushButton(self.tr("Try on current image"))
        self.try_out.setToolTip(self.tr("Detect in the current image with the best weights so far"))
        self.try_out.clicked.connect(trainer.try_out)
        self.resume = QPushButton(self.tr("Go on"))
        self.resume.setToolTip(self.tr("Continue from the last checkpoint"))
        self.resume.clicked.connect(job.resume)
        self.cancel = QPushButton(self.tr("Do not start"))
        self.cancel.clicked.connect(trainer.cancel_waiting)
        self.banner = named(QLabel(), "Banner")
        self.banner.setWordWrap(True)
        self.banner.setAccessibleName(self.tr("Why the training ended"))
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in (
            self.stop, self.pause, self.resume, self.cancel, self.evaluate, self.try_out
        ):  # fmt: skip
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self.banner, self.title, self.bar, self.detail):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        job.changed.connect(self._show)
        trainer.waiting_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        job, status = self._job, self._job.status
        is_alive = job.is_alive
        is_waiting = self._trainer.is_waiting
        self.title.setText(self._name_state())
        self.detail.setText("" if status is None else self._describe(status))
        self.detail.setVisible(bool(self.detail.text()))
        self.bar.setVisible(is_alive)
        # A range of 0 to 0 is Qt's "busy, but nobody knows how far".
        is_known = status is not None and status.state is not State.PREPARING
        self.bar.setRange(0, 1000 if is_known else 0)
        self.bar.setValue(round(1000 * status.share) if status is not None else 0)
        self.stop.setVisible(is_alive)
        self.stop.setEnabled(not job.is_asked(Request.STOP))
        self.pause.setVisible(is_alive)
        self.pause.setEnabled(not self._trainer.is_making_room)
        self.pause.setText(self.tr("Go on") if self._trainer.is_pausing else self.tr("Pause"))
        self.evaluate.setVisible(is_alive)
        self.evaluate.setEnabled(
            bool(job.notes and job.notes.validated) and not job.is_asked(Request.VALIDATE)
        )
        self.try_out.setVisible(is_alive)
        self.try_out.setEnabled(self._trainer.can_try_out)
        self.resume.setVisible(job.can_resume and not is_waiting)
        self.cancel.setVisible(is_waiting)
        error = None if status is None else status.error
        self.banner.setVisible(error is not None)
        if error is not None:
            what, why, remedy = (told(error[part]) for part in ("what", "why", "remedy"))
            self.banner.setText(f"{what}: {why}. {remedy}.")

    def _name_state(self) -> str:
        job, status = self._job, self._job.status
        if self._trainer.is_waiting:
            return self.tr("Waits for the detector")
        if job.is_starting:
            return self.tr("Starting…")
        if status is None:
            return self.tr("No training yet")
        if job.is_asked(Request.STOP) and status.state.is_alive:
            return self.tr("Stopping after this step…")
        if self._trainer.is_making_room:
            return self.tr("Paused while faces are detected; it goes on by itself")
        return {
            State.PREPARING: self.tr("Reading pictures…"),
            State.TRAINING: self.tr("Training"),
            State.VALIDATING: self.tr("Measuring on the held-out pictures"),
            State.PAUSED: self.tr("Paused"),
            State.FINISHED: self.tr("Finished"),
            State.STOPPED: self.tr("Stopped, with a checkpoint to go on from"),
            State.FAILED: self.tr("Ended by an error"),
            State.KILLED: self.tr("Ended by the system; it can go on from its last checkpoint"),
        }[status.state]

    def _describe(self, status: Status) -> str:
        locale = self.locale()
        words = []
        if self._job.run is not None:
            words.append(self._job.run.name)
        if status.step:
            words.append(percent(status.share))
            words.append(self.tr("step {number}").format(number=locale.toString(status.step)))
        if status.state.is_alive and status.pictures_per_s:
            words.append(rate(status.pictures_per_s))
        if status.state.is_alive and status.remaining_s is not None:
            words.append(self.tr("{time} left").format(time=duration(status.remaining_s)))
        if status.best_ap50 is not None and status.best_ap50 >= 0:
            words.append(
                self.tr("best AP {ap}").format(ap=locale.toString(status.best_ap50, "f", 3))
            )
        return " · ".join(words)
