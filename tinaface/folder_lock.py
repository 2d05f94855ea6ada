"""The lock of a data set: one window edits it, any other looks only.

The file `lock` in the review folder names process, machine, user and time. A lock whose process
has ended on this machine is taken over; one of another machine only when a person says so.
"""

import contextlib
import getpass
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tinaface.owner import Owner, this_process

NAME = "lock"
ATTEMPTS = 3


@dataclass(frozen=True)
class Holder:
    """Who holds a lock, and since when."""

    owner: Owner
    user: str
    since: str

    @property
    def name(self) -> str:
        """For people: user and machine."""
        return f"{self.user}@{self.owner.host}" if self.user else self.owner.host


def take(folder: Path, *, force: bool = False) -> Holder | None:
    """Takes the lock in a review folder; None where it is ours now, else who holds it.

    Args:
        force: takes it from a holder that may be alive.

    Raises OSError if the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    for _ in range(ATTEMPTS):
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            present = holder(folder)
            if present is not None and present.owner.is_me:
                return None
            if present is not None and present.owner.may_live and not force:
                return present
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(_record(), file)
        return None
    return holder(folder)


def release(folder: Path) -> None:
    """Gives the lock back if it is ours, and removes a review folder that holds nothing else."""
    with contextlib.suppress(OSError):
        present = holder(folder)
        if present is not None and present.owner.is_me:
            (folder / NAME).unlink()
        folder.rmdir()


def holder(folder: Path) -> Holder | None:
    """Who holds the lock; None for nobody, or a lock that was cut short while it was written."""
    try:
        fields: Any = json.loads((folder / NAME).read_text(encoding="utf-8"))
        owner = Owner.from_dict(fields["owner"])
        return Holder(owner, str(fields["user"]), str(fields["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _record() -> dict[str, Any]:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        user = ""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"owner": this_process().as_dict(), "user": user, "since": since}
