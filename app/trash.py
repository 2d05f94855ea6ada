"""Moves files to the system's trash, or into the data set's own where the system has none."""

import os
from pathlib import Path

from PySide6.QtCore import QFile


def to_trash(path: Path, fallback: Path) -> Path:
    """Moves a file to the trash and gives its place there.

    Args:
        fallback: the folder that takes it where there is no trash.

    Raises OSError if the file stays where it is.
    """
    file = QFile(os.fspath(path))
    if file.moveToTrash():
        return Path(file.fileName())
    fallback.mkdir(parents=True, exist_ok=True)
    target, number = fallback / path.name, 1
    while os.path.lexists(target):
        number += 1
        target = fallback / f"{path.stem}-{number}{path.suffix}"
    os.replace(path, target)
    return target
