"""Where the program keeps what it knows about a data set: predictions, verdicts, backups.

`.review` inside the data set, the only folder that the program adds to it, so that it travels
with the pictures. A data set that cannot be written has a folder in the user's data instead.
"""

import contextlib
import hashlib
import os
from pathlib import Path

import platformdirs

APPLICATION = "TinaFace Studio"
NAME = ".review"


def review_folder(dataset_root: Path) -> Path:
    """The folder to write to; not made yet."""
    inside, outside = review_folders(dataset_root)
    writable = inside if inside.is_dir() else dataset_root
    return inside if os.access(writable, os.W_OK | os.X_OK) else outside


def review_folders(dataset_root: Path) -> tuple[Path, Path]:
    """Both places where there may be something to read: in the data set, in the user's data."""
    root = os.path.realpath(dataset_root)
    key = hashlib.blake2b(os.fsencode(root), digest_size=8).hexdigest()
    outside = platformdirs.user_data_path(APPLICATION, appauthor=False) / "review" / key
    return dataset_root / NAME, outside


def disk_use(dataset_root: Path) -> dict[str, int]:
    """Bytes of everything kept about a data set, by the folder or file at the top."""
    found: dict[str, int] = {}
    for place in review_folders(dataset_root):
        for folder, _, names in os.walk(place):
            top = Path(folder).relative_to(place).parts
            for name in names:
                key = top[0] if top else name
                with contextlib.suppress(OSError):  # deleted meanwhile
                    found[key] = found.get(key, 0) + os.stat(os.path.join(folder, name)).st_size
    return found
