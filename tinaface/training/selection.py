"""Which labelled pictures a training learns, and which ones choose and judge its weights.

What a person ticks on the Train page is a `Choice`; `divide` makes it a `Division`, which is
written as a split file and handed to `python -m tinaface train --split-file`.

A picture is held out for validation by a hash of its content: whatever is added, renamed, labelled
or chosen later, a picture that once judged a model is never learned by the next, and two copies of
one picture fall on the same side. Only a data set that has its own folders `train` and `validate`
is divided by those. Light: no TensorFlow.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from tinaface.atomic import replace_file
from tinaface.dataset import Entry, natural_key
from tinaface.errors import DatasetError

HELD_OUT_SHARE = 0.15
TRAIN, VALIDATE, FIXED = "train", "validate", "fixed"


class Which(StrEnum):
    """Which pictures of the open folder are learned."""

    ALL = "all"
    REVIEWED = "reviewed"
    FIXED = "fixed"


@dataclass(frozen=True)
class Choice:
    """What a person chose to train on.

    Attributes:
        others: with FIXED, how many other labelled pictures come along, drawn at random, so that
            what the model knew is not forgotten.
        folders: only pictures below these, relative to the data set; empty for all.
        most_validated: bound of the pictures that judge, so that judging takes no more time than
            training; pictures that were fixed and are held out come first.
        seed: of the drawn others.
    """

    which: Which = Which.ALL
    others: int = 0
    folders: tuple[str, ...] = ()
    most_validated: int = 200
    seed: int = 0


@dataclass(frozen=True)
class Division:
    """Names of pictures, relative to the data set, `/` between parts, in natural order.

    Attributes:
        train, validate: no content is in both.
        fixed: those that were fixed, on whichever side they are.
    """

    train: tuple[str, ...]
    validate: tuple[str, ...]
    fixed: tuple[str, ...]

    def write(self, path: Path) -> None:
        """As a split file (`dataset.read_split`). Raises OSError."""
        replace_file(path, json.dumps(asdict(self), indent=1).encode() + b"\n")


def divide(
    root: Path,
    entries: Iterable[Entry],
    choice: Choice,
    *,
    reviewed: Collection[str] = (),
    fixed: Collection[str] = (),
    digest: Callable[[Path], str] | None = None,
) -> Division:
    """The division of a data set's labelled pictures by a choice.

    Pictures are read as far as needed to know on which side they are: with FIXED not all of them.

    Args:
        reviewed: names of the pictures that a person has looked through.
        fixed: names of those whose labels were changed.
        digest: hash of a file's content, hexadecimal; reads it if None.

    Raises DatasetError for a picture that cannot be read.
    """
    labelled = {
        name: entry
        for entry in entries
        if entry.label_folder is not None
        and _is_below(name := entry.image.relative_to(root).as_posix(), choice.folders)
    }
    side = _sides(root, labelled, digest or digest_of)
    chosen = [name for name in labelled if name in fixed]
    learned = [name for name in chosen if side(name) == TRAIN]
    judged = [name for name in chosen if side(name) == VALIDATE]
    others = [name for name in labelled if name not in set(chosen)]
    if choice.which is Which.REVIEWED:
        others = [name for name in others if name in reviewed]
        learned = [name for name in learned if name in reviewed]
    # By a hash of seed and name, so that a picture more does not change which others are drawn.
    others.sort(key=lambda name: hashlib.sha256(f"{choice.seed}/{name}".encode(*_ANY)).digest())
    wanted = choice.others if choice.which is Which.FIXED else len(others)
    free = max(choice.most_validated - len(judged), 0)
    for name in others:
        if not wanted and not free:
            break
        where = side(name)
        if where == TRAIN and wanted:
            learned.append(name)
            wanted -= 1
        elif where == VALIDATE and free:
            judged.append(name)
            free -= 1
    return Division(*(tuple(sorted(names, key=natural_key)) for names in (learned, judged, chosen)))


def top_folders(names: Iterable[str]) -> dict[str, int]:
    """The folders right below the data set, with the number of pictures below each."""
    counts: dict[str, int] = {}
    for name in names:
        folder, parted, _ = name.partition("/")
        if parted:
            counts[folder] = counts.get(folder, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: natural_key(item[0])))


_ANY = ("utf-8", "surrogateescape")


def _is_below(name: str, folders: tuple[str, ...]) -> bool:
    return not folders or any(name.startswith(folder + "/") for folder in folders)


def _sides(
    root: Path, labelled: Collection[str], digest: Callable[[Path], str]
) -> Callable[[str], str]:
    """Says of a name on which side its picture is; "" for neither."""
    tops = {name.partition("/")[0] for name in labelled if "/" in name}
    if {TRAIN, VALIDATE} <= tops:
        return lambda name: top if (top := name.partition("/")[0]) in (TRAIN, VALIDATE) else ""
    known: dict[str, str] = {}

    def side(name: str) -> str:
        if name not in known:
            share = int(digest(root / name)[:8], 16) / 16**8
            known[name] = VALIDATE if share < HELD_OUT_SHARE else TRAIN
        return known[name]

    return side


def digest_of(path: Path) -> str:
    """The hash of a file's content. Raises DatasetError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DatasetError(
            what=f"Cannot read {path}",
            why=error.strerror or str(error),
            remedy="Check the file, or take it out of the data set",
        ) from error
