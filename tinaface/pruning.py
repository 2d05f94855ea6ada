"""Takes records out of stored predictions: every other byte stays, and it can be taken back."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinaface.atomic import replace_file
from tinaface.errors import DatasetError
from tinaface.labelme import fingerprint
from tinaface.predictions import PredictionFiles, PredictionStore, image_of_line, stored_models

Drops = Callable[[str, bool], bool]
"""Whether a record goes: asked with its image's name and whether no newer one replaces it."""


@dataclass(frozen=True, eq=False)
class Pruned:
    """Records that were taken out of one file.

    Attributes:
        removed: where each line stood, in bytes, and what it was; in the file's order.
        left: fingerprint of the bytes that stayed, `size` of them.
    """

    path: Path
    removed: tuple[tuple[int, bytes], ...]
    left: str
    size: int

    def take_back(self) -> bool:
        """Puts the lines back where they stood; what was appended since stays behind them. False
        where the file was changed otherwise. Raises DatasetError."""
        try:
            present = self.path.read_bytes()
            if fingerprint(present[: self.size]) != self.left:
                return False
            pieces, at, given = [], 0, 0
            for start, line in self.removed:
                between = start - given
                pieces += [present[at : at + between], line]
                at, given = at + between, start + len(line)
            replace_file(self.path, b"".join([*pieces, present[at:]]))
        except OSError as error:
            raise _refused(self.path, error.strerror or str(error)) from error
        return True


def prune_lost(root: Path) -> list[Pruned]:
    """Drops the stored predictions of images that are gone. Raises DatasetError, with all files as
    they were."""
    if not root.is_dir():  # a disk that was unplugged would lose them all
        raise _refused(root, "the folder is not there any more")
    return _prune_all(root, lambda image, _: not os.path.lexists(root / image))


def prune_superseded(root: Path) -> list[Pruned]:
    """Drops the stored predictions that newer ones of the same image replace. Raises as above."""
    return _prune_all(root, lambda _, is_newest: not is_newest)


def _prune_all(root: Path, drops: Drops) -> list[Pruned]:
    done: list[Pruned] = []
    try:
        for model in stored_models(root):
            store = PredictionStore(root, model)
            for number, path in enumerate(store.paths):
                pruned = _prune(store, number, path, drops)
                done += [] if pruned is None else [pruned]
    except DatasetError:
        for one in reversed(done):
            one.take_back()
        raise
    return done


def _prune(files: PredictionFiles, number: int, path: Path, drops: Drops) -> Pruned | None:
    removed: list[tuple[int, bytes]] = []
    kept: list[bytes] = []
    start = 0
    try:
        with path.open("rb") as file:
            for line in file:
                if _goes(files, number, start, line, drops):
                    removed.append((start, line))
                else:
                    kept.append(line)
                start += len(line)
        if not removed:
            return None
        left = b"".join(kept)
        if path.stat().st_size != start:
            raise _refused(path, "another program is writing it")
        replace_file(path, left)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refused(path, error.strerror or str(error)) from error
    return Pruned(path, tuple(removed), fingerprint(left), len(left))


def _goes(files: PredictionFiles, number: int, start: int, line: bytes, drops: Drops) -> bool:
    try:
        image = image_of_line(line)
    except ValueError:
        return False  # blank or damaged: nobody knows whose it is
    return drops(image, files.is_newest(image, number, start))


def _refused(path: Path, why: str) -> DatasetError:
    return DatasetError(
        what=f"Cannot change the predictions in {path}",
        why=why,
        remedy="Bring the folder back, make it writable, or wait for the other program",
    )
