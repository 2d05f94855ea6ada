"""Labels of a data set that cannot be written, in a folder that the user chose for them."""

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from tinaface.atomic import replace_file
from tinaface.dataset import label_path_for
from tinaface.review_folder import review_folders

NAME = "labels-folder.json"


@dataclass(frozen=True)
class Elsewhere:
    """Where the labels of one data set go instead; the folders inside are those of its images."""

    root: Path
    folder: Path

    def label_path(self, image: Path) -> Path:
        """Where the labels of an image of the data set belong."""
        relative = Path(os.path.relpath(image, self.root)).parent
        return self.folder / relative / label_path_for(image).name


def remember(elsewhere: Elsewhere) -> None:
    """Later sessions find the labels there too. Raises OSError if that cannot be noted."""
    _, outside = review_folders(elsewhere.root)
    outside.mkdir(parents=True, exist_ok=True)
    record = {"folder": os.fspath(elsewhere.folder)}
    replace_file(outside / NAME, json.dumps(record).encode())


def remembered(root: Path) -> Elsewhere | None:
    """Where the labels of a data set went in an earlier session, if that folder is still there."""
    _, outside = review_folders(root)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        folder = Path(json.loads((outside / NAME).read_bytes())["folder"])
        if folder.is_dir():
            return Elsewhere(root, folder)
    return None
