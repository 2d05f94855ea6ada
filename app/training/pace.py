"""How long a pass over the data takes on this computer, measured when nobody has yet."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.workers.verb import VerbProcess
from tinaface.errors import TinaFaceError


class Pace(QObject):
    """What a check tells of the time, or a few steps taken beside the window.

    Signals:
        changed: the time, or whether it is being measured.
    """

    changed = Signal()

    def __init__(self, verb: VerbProcess | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._verb = verb or VerbProcess(self)
        self._verb.answered.connect(self._on_answered)
        self._verb.failed.connect(self._on_failed)
        self._words: list[str] | None = None
        self._may_work = True
        self._pass_s: float | None = None

    @property
    def pass_s(self) -> float | None:
        """Seconds of one pass over the pictures that were checked last; None if unknown."""
        return self._pass_s

    @property
    def is_measuring(self) -> bool:
        """Whether steps are being taken, or wait for the detector or the training."""
        return self._words is not None

    def take(self, answer: dict[str, Any], words: Sequence[str]) -> None:
        """Reads a check's answer, and measures with the check's own words what it left out."""
        told = answer.get("pace")
        self._pass_s = _pass_s(told)
        if isinstance(told, dict) and self._pass_s is None:
            self._words = [*words, "--measure"]
            if self._may_work:
                self.go_on()
        self.changed.emit()

    def forget(self) -> None:
        """Another plan stands; how long that one takes is not known yet."""
        self._words, self._pass_s = None, None
        self._verb.stop()
        self.changed.emit()

    def wait(self) -> None:
        """Makes room for the detector or a training; what was measured so far is measured again."""
        self._may_work = False
        self._verb.stop()

    def go_on(self) -> None:
        """The computer is free."""
        self._may_work = True
        if self._words is not None and not self._verb.is_running:
            self._verb.start(self._words)

    def shut_down(self) -> None:
        """Ends the process."""
        self._words = None
        self._verb.stop()

    def _on_answered(self, answer: dict[str, Any], _code: int) -> None:
        self._words, self._pass_s = None, _pass_s(answer.get("pace"))
        self.changed.emit()

    def _on_failed(self, _error: TinaFaceError) -> None:
        # Nothing depends on it: the training itself tells what is wrong.
        self._words = None
        self.changed.emit()


def _pass_s(told: object) -> float | None:
    if not isinstance(told, dict):
        return None
    batches, seconds = told.get("batches"), told.get("seconds_per_batch")
    return batches * seconds if isinstance(batches, int) and isinstance(seconds, float) else None
