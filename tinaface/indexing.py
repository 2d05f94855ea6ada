"""Brings the index of a data set up to date: reads what is new or has changed, batch by batch."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinaface.dataset import Entry, scan
from tinaface.image_facts import read_facts, stamps_of
from tinaface.image_index import ImageIndex

# Small at first, so that the window's first rows are known soon.
_FIRST_BATCH, _BATCH = 100, 1000


@dataclass(frozen=True)
class Step:
    """How far a refresh has come.

    Attributes:
        done: images that are known to be up to date.
        read: those of them that had to be read.
        revision: the newest of the index.
    """

    done: int
    total: int
    read: int
    revision: int


def refresh(root: Path, index: ImageIndex) -> Iterator[Step]:
    """Reads all images whose files are not as the index knows them; the last step is the end.

    Raises DatasetError if `root` cannot be listed.
    """
    was_aside = index.set_aside
    below_root = len(os.path.join(root, ""))
    entries = [entry for batch in scan(root) for entry in batch]
    known = index.stamps()
    stale: list[tuple[Entry, str]] = []
    for entry in entries:
        name = f"{entry.folder}{os.sep}"[below_root:].replace(os.sep, "/") + entry.name
        if known.pop(name, None) != stamps_of(entry):
            stale.append((entry, name))
    if known:
        index.forget(known)  # what is left is no longer there
    fresh = len(entries) - len(stale)
    yield Step(fresh, len(entries), 0, 0)
    start, batch = 0, _FIRST_BATCH
    while start < len(stale):
        some = stale[start : start + batch]
        revision = index.write(read_facts(entry, name) for entry, name in some)
        start, batch = start + len(some), _BATCH
        yield Step(fresh + start, len(entries), start, revision)
    if index.set_aside != was_aside:
        # The file was damaged or taken away meanwhile, and with it what had been read.
        yield from refresh(root, index)
