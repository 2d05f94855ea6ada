"""Starts the process of a training so that it outlives the window."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from app.training.notes import LOG
from app.workers.client import worker_environment

ExitCode = Callable[[], int | None]
"""The exit code of a process; None while it runs."""
Start = Callable[[list[str], Path], ExitCode]


def start_detached(command: list[str], run: Path) -> ExitCode:
    """Starts a process that survives this one, its output at the end of the run's log."""
    environment = worker_environment()
    with (run / LOG).open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=run,
            env={name: environment.value(name) for name in environment.keys()},  # noqa: SIM118
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    return process.poll
