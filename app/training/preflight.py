"""The checks before a training, made by `python -m tinaface train --check` in its own process."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from app.error_texts import told
from app.training.pace import Pace
from app.training.plan import SPLIT_FILE, Plan
from app.workers.verb import VerbProcess
from tinaface import runs
from tinaface.errors import TinaFaceError
from tinaface.training.selection import Division

SETTLED_MS = 600
WARNING, FAILED = "warning", "failed"


@dataclass(frozen=True)
class Check:
    """One line of the list, in the words of `tinaface/training/preflight.py`."""

    id: str
    level: str
    text: str
    remedy: str = ""


class Preflight(QObject):
    """Checks the plan that stands, anew whenever it changes.

    Signals:
        changed: checks, or whether they are running.
    """

    changed = Signal()

    def __init__(
        self,
        folder: Path,
        verb: VerbProcess | None = None,
        parent: QObject | None = None,
        *,
        pace: Pace | None = None,
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._pace = pace or Pace(parent=self)
        self._words: list[str] = []
        self._verb = verb or VerbProcess(self)
        self._verb.answered.connect(self._on_answered)
        self._verb.failed.connect(self._on_failed)
        self._disk = Background("preflight", parent=self)
        self._place: tempfile.TemporaryDirectory[str] | None = None
        self._wanted: tuple[Plan, Division] | None = None
        self._checks: tuple[Check, ...] = ()
        self._fault = ""
        self._has_ended = False
        # A process that loads TensorFlow is not started for each press of a key.
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self._run)

    @property
    def checks(self) -> tuple[Check, ...]:
        """What the last look found; none before it."""
        return self._checks

    @property
    def is_running(self) -> bool:
        """Whether checks are still to come."""
        return self._settled.isActive() or self._verb.is_running or bool(self._disk.pending)

    @property
    def fault(self) -> str:
        """What forbids a start; "" where nothing does, or nothing is known yet."""
        return self._fault

    @property
    def pace(self) -> Pace:
        """How long a pass over the pictures takes here."""
        return self._pace

    def check(self, plan: Plan, division: Division) -> None:
        """Checks a plan soon; one that is under way is of no use any more."""
        if (plan, division) == self._wanted or self._has_ended:
            return
        self._verb.stop()
        self._wanted = plan, division
        self._fault = ""
        self._pace.forget()
        self._settled.start()
        self.changed.emit()

    def forget(self) -> None:
        """There is nothing to check."""
        if self._wanted is None:
            return
        self._wanted, self._checks, self._fault = None, (), ""
        self._settled.stop()
        self._verb.stop()
        self.changed.emit()

    def shut_down(self) -> None:
        """Ends the process; no other one begins."""
        self._has_ended = True
        self._pace.shut_down()
        self._settled.stop()
        self._verb.stop()
        self._disk.close()
        if self._place is not None:
            self._place.cleanup()

    def _run(self) -> None:
        wanted = self._wanted
        if wanted is None:
            return
        plan, division = wanted
        if self._place is None:
            self._place = tempfile.TemporaryDirectory(prefix="tinaface-")
        place = Path(self._place.name)

        def go(_: None) -> None:
            if self._wanted == wanted and not self._has_ended:
                options = plan.options(self._folder / "check", division)
                options["split-file"] = place / SPLIT_FILE
                command = runs.train_command(self._folder / "check", options)
                self._words = [*command[3:], "--check", "--json"]
                self._verb.start(self._words)
                self.changed.emit()

        self._disk.run(lambda: division.write(place / SPLIT_FILE), go, self._on_failed)

    def _on_answered(self, answer: dict[str, Any], _code: int) -> None:
        found = answer.get("checks", [])
        self._checks = tuple(
            Check(
                str(one.get("id", "")),
                str(one.get("level", "")),
                told(str(one.get("text", ""))),
                told(str(one.get("remedy", ""))),
            )
            for one in found
            if isinstance(one, dict)
        )
        failed = next((one for one in self._checks if one.level == FAILED), None)
        self._fault = "" if failed is None else f"{failed.text}. {failed.remedy}".rstrip(". ")
        self.changed.emit()
        self._pace.take(answer, self._words)

    def _on_failed(self, error: Exception) -> None:
        # A check that fails itself is no reason not to train: the training tells its own faults.
        text = (
            told(f"{error.what}: {error.why}") if isinstance(error, TinaFaceError) else str(error)
        )
        self._checks = (Check("worker", WARNING, text),)
        self.changed.emit()
