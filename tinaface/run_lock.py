"""`run.lock`: which process works in a run folder, `{"host": …, "pid": …, "started": …}`."""

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from tinaface.errors import CheckpointError
from tinaface.owner import Owner, this_process

NAME = "run.lock"


def holder_of(folder: Path) -> Owner | None:
    """The process that works in a run folder, or None; one that has ended does not count."""
    owner = _read(folder / NAME)
    return owner if owner is not None and owner.may_live else None


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Holds the folder for this process. Raises CheckpointError while another one does."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / NAME
    for _ in range(2):
        try:
            descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            break
        except FileExistsError:
            _clear_stale(lock)
    else:
        raise CheckpointError(
            what=f"Cannot use the run folder {folder}",
            why="another process took it just now",
            remedy="Name another folder with --run",
        )
    with os.fdopen(descriptor, "w") as file:
        json.dump(this_process().as_dict(), file)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _read(lock: Path) -> Owner | None:
    """The process that a lock names, living or not; None without a lock."""
    try:
        fields = json.loads(lock.read_text("utf-8"))
        # Locks of earlier versions have no `started`.
        return Owner.from_dict({"started": "", **fields})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        return Owner(socket.gethostname(), 0)  # killed while it wrote the lock


def _clear_stale(lock: Path) -> None:
    """Removes the lock of a process that is gone. Raises CheckpointError if it may be alive."""
    owner = _read(lock)
    if owner is None:
        return
    if not owner.may_live:
        lock.unlink(missing_ok=True)
        return
    raise CheckpointError(
        what=f"Cannot use the run folder {lock.parent}",
        why=f"process {owner.pid} on {owner.host} is training there",
        remedy=f"Wait for it or stop it; if it is gone, delete {lock.name} in that folder",
    )
