"""A training that does no work: it writes the files of a run folder when the test says so."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

from tinaface import runs
from tinaface.runs import State, Status


class PretendedTraining:
    """Stands where `start_detached` does, and afterwards where the training's process does.

    Attributes:
        commands: every command that was started.
        run: the folder of the last.
        starts: False makes starting fail.
    """

    def __init__(self, starts: bool = True) -> None:
        self.commands: list[list[str]] = []
        self.run = Path()
        self.starts = starts

    def __call__(self, command: list[str], run: Path) -> Callable[[], int | None]:
        self.commands.append(command)
        self.run = run
        if not self.starts:
            raise FileNotFoundError("no such program")
        self.live()
        self.say(State.PREPARING)
        return lambda: None

    def live(self, pid: int | None = None) -> None:
        """Holds the run's lock as this process, or as another."""
        self.run.mkdir(parents=True, exist_ok=True)
        (self.run / runs.CONFIG).write_text("{}")
        holder = {"pid": pid or os.getpid(), "host": socket.gethostname()}
        (self.run / "run.lock").write_text(json.dumps(holder))

    def say(self, state: State, **details: object) -> None:
        """Writes a status."""
        runs.write_status(self.run, Status(state, **details))  # type: ignore[arg-type]

    def record(self, **figures: float) -> None:
        """Adds a line of metrics."""
        with (self.run / runs.METRICS).open("a") as file:
            file.write(json.dumps(figures) + "\n")

    def end(self, state: State, **details: object) -> None:
        """Ends in a state, giving the lock back."""
        self.say(state, **details)
        (self.run / "run.lock").unlink()

    def asked(self) -> set[str]:
        """What the window asks for."""
        return {str(one) for one in runs.Request if runs.is_asked(self.run, one)}


NO_PROCESS = 2**22 + 1
"""Above the greatest process id of Linux: nobody has it."""
