"""Whose a label file is where several images of a folder have its stem: what people chose.

`.review/owners.json` of the data set lists the chosen images, relative to the data set. It is
looked for in all folders above an image, so that a part of a data set, opened by itself, knows too.
"""

import json
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tinaface.atomic import replace_file
from tinaface.errors import DatasetError
from tinaface.review_folder import NAME as REVIEW

NAME = "owners.json"

# A pass over a folder asks for each image, and all folders above are far away on a network disk:
# what one image learned counts for the next ones, and a choice of another program a bit later.
_REMEMBERED_S = 2.0
# When the choices for a folder were read, by the monotonic clock, and which they were.
_remembered: dict[str, tuple[float, dict[str, str]]] = {}

log = logging.getLogger(__name__)


def chosen_in(folder: Path | str) -> dict[str, str]:
    """By stem the names of a folder's images that were chosen, whether they are still there or not.

    Of two choices for one stem the later counts, and that of the nearest folder above.
    """
    folder = Path(os.path.abspath(folder))
    found: dict[str, str] = {}
    for above in (folder, *folder.parents):
        within = folder.relative_to(above).as_posix()
        for image in reversed(list(_read(above / REVIEW / NAME))):
            place, _, name = image.rpartition("/")
            if (place or ".") == within:
                found.setdefault(os.path.splitext(name)[0], name)
    return found


def owner_of(image: Path) -> str | None:
    """The name of the image of the same folder and stem whose the labels are; None where that was
    not chosen, or the chosen one is gone.

    What another program chose may be missed for two seconds.
    """
    name = _chosen_lately(os.fspath(image.parent)).get(os.path.splitext(image.name)[0])
    return name if name is not None and (image.parent / name).is_file() else None


def _chosen_lately(folder: str) -> dict[str, str]:
    """As `chosen_in`, or as it was a moment ago."""
    memory, now = _remembered, time.monotonic()  # a choice meanwhile begins a new memory
    read_at, chosen = memory.get(folder, (-_REMEMBERED_S, {}))
    if now - read_at >= _REMEMBERED_S:
        chosen = chosen_in(folder)
        memory[folder] = now, chosen
    return chosen


def choose(root: Path, image: str) -> None:
    """Notes that the label file with this image's stem is its own; `image` is relative to `root`.

    A damaged list is renamed `.broken`. Raises DatasetError where the disk refuses.
    """
    global _remembered
    path = root / REVIEW / NAME
    stem = os.path.splitext(image)[0]
    others = [one for one in _read(path, sets_aside=True) if os.path.splitext(one)[0] != stem]
    # ASCII, as half a surrogate pair in a name has no other form in a file.
    text = json.dumps({"owners": [*others, image]}, indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode("ascii"))
    except OSError as error:
        raise DatasetError(
            what=f"Cannot note whose the labels of {image} are",
            why=error.strerror or str(error),
            remedy="Make the folder writable, or rename one of the images",
        ) from error
    _remembered = {}


def _read(path: Path, *, sets_aside: bool = False) -> Iterator[str]:
    """The chosen images in a file, oldest first; none where there is no file, or a damaged one."""
    try:
        listed = json.loads(path.read_bytes())["owners"]
        yield from (one for one in listed if isinstance(one, str))
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s cannot be used: %s", path, error)
        if sets_aside and path.is_file():
            os.replace(path, path.with_name(path.name + ".broken"))
