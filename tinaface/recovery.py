"""Makes again what a killed session had not saved: label files from its journal.

A file that another program wrote since is touched only where the user said so, and what it holds
is kept as a copy first.
"""

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tinaface import labelme
from tinaface.backups import Backups, session_folder
from tinaface.errors import DocumentError
from tinaface.journal import Unsaved

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recovered:
    """What came of it.

    Attributes:
        images: whose label files hold their edits now.
        faults: why others do not; their journals stay for the next start.
    """

    images: tuple[str, ...]
    faults: tuple[DocumentError, ...]


def recover(
    chosen: Sequence[Unsaved],
    journals: Iterable[Path],
    backups: Backups | None,
    drops_image_data: Callable[[str], bool] = lambda _image: False,
) -> Recovered:
    """Writes the chosen edits; works in any thread, not the GUI's.

    Args:
        drops_image_data: whether an image's label file loses the picture inside.

    Where all went well the journals are put among the old copies, with what was not chosen.
    """
    images: list[str] = []
    faults: list[DocumentError] = []
    for one in chosen:
        try:
            if drops_image_data(one.image):
                one.document.drop_doubled_image(one.label_path)
            _write(one, backups)
        except DocumentError as error:
            faults.append(error)
        else:
            images.append(one.image)
    if not faults:
        for journal in journals:
            _put_away(journal)
    return Recovered(tuple(images), tuple(faults))


def _write(one: Unsaved, backups: Backups | None) -> None:
    def keep(there: bytes | None, _data: bytes) -> None:
        if (None if there is None else labelme.fingerprint(there)) != one.there:
            raise DocumentError(
                what=f"Did not recover {one.image}",
                why=f"{one.label_path.name} was changed while you were asked",
                remedy="Open the folder again to be asked anew",
            )
        if there is not None and backups is not None:
            backups.keep(one.label_path, there, always=True)

    if one.is_changed_since and one.label_path.exists():
        try:
            labelme.read(one.label_path)
        except DocumentError:
            labelme.set_aside(one.label_path)
            one = replace(one, there=None)
    labelme.write(one.document, one.label_path, overwrite=True, before=keep)


def _put_away(journal: Path) -> None:
    """Keeps a journal as an old copy, until those of its day go."""
    try:
        when = datetime.fromtimestamp(journal.stat().st_mtime)
        folder = session_folder(journal.parent, when)
        folder.mkdir(parents=True, exist_ok=True)
        os.replace(journal, folder / journal.name)
    except OSError:
        log.warning("%s could not be put away", journal, exc_info=True)
