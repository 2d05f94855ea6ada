"""Copies of label files as they were before a session first changed them.

Each session has a folder of its own in `backup` of the review folder, named by the time at which
it began; inside, a file has its path relative to the data set. Sessions older than 30 days go, and
the oldest ones while all together hold more than 500 MiB.
"""

import contextlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tinaface.atomic import replace_file

FOLDER = "backup"
KEPT = timedelta(days=30)
KEPT_BYTES = 500 * 2**20
_NAME = "%Y-%m-%dT%H%M%S"
# Labels may lie beside the folder that is open: `labels/` next to `images/`.
_ABOVE = "__above__"


@dataclass(frozen=True)
class Version:
    """An earlier state of one file."""

    when: datetime
    path: Path


@dataclass(frozen=True)
class Pruned:
    """What was removed."""

    sessions: int
    size: int


class Backups:
    """The copies that one session makes."""

    def __init__(self, root: Path, review_folder: Path, began: datetime) -> None:
        self._root, self._review, self._began = root, review_folder, began
        self._kept: dict[Path, Path] = {}
        self._begun: set[Path] = set()

    def keep(self, path: Path, content: bytes, *, always: bool = False) -> None:
        """Keeps the content of a file that is about to change, the first time only.

        Args:
            always: this content is another program's, so it is kept as well.

        Raises OSError if it cannot: then the file must not be changed.
        """
        if path in self._kept and not always:
            return
        place, when = _place(path, self._root), self._began
        copy = session_folder(self._review, when) / place
        while copy.exists():
            if copy.read_bytes() == content:
                break
            when += timedelta(seconds=1)
            copy = session_folder(self._review, when) / place
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            replace_file(copy, content)
        self._kept.setdefault(path, copy)

    def begins(self, path: Path) -> None:
        """Notes that this session makes a file where there was none."""
        if path not in self._kept:
            self._begun.add(path)

    def original(self, path: Path) -> bytes | None:
        """What a file held before this session first changed it; None where there was no file, or
        the session has not changed it."""
        copy = None if path in self._begun else self._kept.get(path)
        return None if copy is None else copy.read_bytes()


def session_folder(review_folder: Path, when: datetime) -> Path:
    """Where a session that began then keeps its copies."""
    return review_folder / FOLDER / when.strftime(_NAME)


def versions(review_folders: Sequence[Path], root: Path, path: Path) -> list[Version]:
    """The kept states of one file, the newest first."""
    found = []
    for review_folder in review_folders:
        for when, session in _sessions(review_folder):
            copy = session / _place(path, root)
            if copy.is_file():
                found.append(Version(when, copy))
    return sorted(found, key=lambda version: version.when, reverse=True)


def prune(review_folder: Path, now: datetime) -> Pruned:
    """Removes the copies that are too old or too many; what cannot be removed stays."""
    sessions = _sessions(review_folder)
    sizes = {session: _size(session) for _, session in sessions}
    total = sum(sizes.values())
    removed, freed = 0, 0
    for when, session in sessions:
        if now - when <= KEPT and total - freed <= KEPT_BYTES:
            break
        with contextlib.suppress(OSError):
            shutil.rmtree(session)
            removed, freed = removed + 1, freed + sizes[session]
    return Pruned(removed, freed)


def _sessions(review_folder: Path) -> list[tuple[datetime, Path]]:
    """Each session's begin and folder, the oldest first; other folders are nobody's business."""
    found = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(review_folder / FOLDER):
            with contextlib.suppress(ValueError):
                found.append((datetime.strptime(entry.name, _NAME), Path(entry.path)))
    return sorted(found)


def _place(path: Path, root: Path) -> Path:
    try:
        relative = os.path.relpath(path, root)
    except ValueError:  # another drive
        relative = path.name
    return Path(*(_ABOVE if part == os.pardir else part for part in Path(relative).parts))


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(os.path.join(parent, name)).st_size
    return total
