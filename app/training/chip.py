"""The chip that says how far a training is, and leads to its page."""

from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from app.pages.table import TRAIN
from app.session import Session
from app.training.trainer import Trainer
from app.wording import duration, percent

LEAST_WIDTH = 90


class TrainingChip(QToolButton):
    """Shown while a training is at work, paused, or waits for its turn."""

    def __init__(self, session: Session, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trainer = trainer
        self.setObjectName("Chip")
        self.setToolTip(self.tr("Show the training"))
        # Of what stands beside it, the time that is left can be spared first.
        self.setSizePolicy(QSizePolicy.Policy.Maximum, self.sizePolicy().verticalPolicy())
        self.setMinimumWidth(LEAST_WIDTH)
        self.clicked.connect(lambda: session.page.show(TRAIN))
        trainer.training_changed.connect(self._show)
        trainer.waiting_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        trainer = self._trainer
        self.setVisible(trainer.is_training or trainer.is_waiting)
        self.setText(self._describe())

    def _describe(self) -> str:
        trainer = self._trainer
        if trainer.is_waiting:
            return self.tr("Training waits")
        if not trainer.is_training:
            return ""
        status = trainer.job.status
        if trainer.is_pausing:
            return self.tr("Training paused")
        if status is None or not status.step:
            return self.tr("Training starts…")
        text = self.tr("Training {part}").format(part=percent(status.share))
        if status.remaining_s is not None:
            text = self.tr("{job} · {time} left").format(
                job=text, time=duration(status.remaining_s)
            )
        return text
