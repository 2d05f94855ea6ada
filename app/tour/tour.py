"""Where the tour is: it goes on when the user does what a step asks for."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.tour.steps import STEPS, Step

CANCEL = "edit.cancel"


class Tour(QObject):
    """One step after the other; each waits for its command.

    Signals:
        changed: another step, or none.
        finished: the last step is done.
    """

    changed = Signal()
    finished = Signal()

    def __init__(self, steps: Sequence[Step] = STEPS, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._steps = steps
        self._at: int | None = None

    @property
    def step(self) -> Step | None:
        """The step that waits; None where no tour is on."""
        return None if self._at is None else self._steps[self._at]

    @property
    def place(self) -> tuple[int, int]:
        """The number of the step, from 1, and how many there are."""
        return (0 if self._at is None else self._at + 1), len(self._steps)

    def start(self) -> None:
        """Begins with the first step."""
        self._at = 0
        self.changed.emit()

    def hear(self, command_id: str) -> None:
        """Goes on if this command is what the step waits for; Esc ends the tour."""
        step = self.step
        if step is None:
            return
        if command_id in step.command_ids:
            self.skip()
        elif command_id == CANCEL:
            self.end()

    def skip(self) -> None:
        """Goes to the next step; after the last one the tour is finished."""
        if self._at is None:
            return
        if self._at + 1 < len(self._steps):
            self._at += 1
            self.changed.emit()
        else:
            self.end()
            self.finished.emit()

    def end(self) -> None:
        """Leaves the tour."""
        if self._at is not None:
            self._at = None
            self.changed.emit()
