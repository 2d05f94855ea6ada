"""The sets of predictions that can be shown for a folder: one for each model, and named files.

Nothing here knows Qt; all of it reads files, so it is called beside the GUI thread.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tinaface.models import ModelFolder
from tinaface.predictions import (
    PredictionFiles,
    PredictionStore,
    Record,
    open_predictions,
    stored_models,
)

SHORT_HASH = 8


@dataclass(frozen=True)
class Source:
    """One set of predictions of a folder.

    Attributes:
        key: hash of the model, or the path of what the user named; tells sources apart.
        title: for people: the model's name, or the file's.
        path: file or folder that the user named; None for the folder's own store of a model.
    """

    key: str
    title: str
    path: Path | None = None

    def read(self, root: Path) -> PredictionFiles:
        """The index of its records. Raises DatasetError."""
        return PredictionStore(root, self.key) if self.path is None else open_predictions(self.path)


@dataclass(frozen=True, eq=False)
class OpenSource:
    """A source whose index has been read.

    Attributes:
        by_last_part: names of records by the file's own name; None where two share it.
    """

    source: Source
    files: PredictionFiles
    by_last_part: Mapping[str, str | None]

    @staticmethod
    def of(source: Source, root: Path) -> "OpenSource":
        """Reads the index. Raises DatasetError."""
        files = source.read(root)
        # A file made from another folder upwards or downwards names the same picture otherwise;
        # the folder's own store does not.
        return OpenSource(
            source, files, {} if source.path is None else _by_last_part(files.images())
        )

    def named(self, image: str) -> str | None:
        """How the records call an image; None where there is none of it."""
        if image in self.files:
            return image
        return self.by_last_part.get(image.rpartition("/")[2])

    def get(self, image: str) -> Record | None:
        """The newest record of an image. Raises DatasetError."""
        named = self.named(image)
        return None if named is None else self.files.get(named)


def source_of_file(path: Path) -> Source:
    """The source that a file, or a folder of files, is."""
    return Source(str(path), path.name, path)


def find_sources(root: Path, named: Iterable[Path]) -> tuple[Source, ...]:
    """Those that the user named, then the stored models, the last written first.

    Models are called by the names under which they were kept, others by the start of their hash.
    """
    name_of = {model.hash: model.name for model in ModelFolder.of_user().list_models()}
    stored = (
        Source(model, name_of.get(model, model[:SHORT_HASH])) for model in stored_models(root)
    )
    return (*map(source_of_file, named), *stored)


def preferred_source(sources: Iterable[Source], weights: Path | None) -> Source | None:
    """What is shown when a folder is opened: a named file, else the chosen weights' predictions,
    else those written last."""
    known = list(sources)
    if not known or known[0].path is not None or weights is None or not weights.is_file():
        return next(iter(known), None)
    from tinaface.weights import file_hash

    own = file_hash(weights)
    return next((source for source in known if source.key == own), known[0])


def _by_last_part(images: Iterable[str]) -> dict[str, str | None]:
    """Record names by the file's own name; None where two records share it."""
    found: dict[str, str | None] = {}
    for image in images:
        last = image.replace(os.sep, "/").rpartition("/")[2]
        found[last] = None if last in found else image
    return found
