"""Which images the arguments of a verb mean, and how each is called in its output."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinaface import dataset
from tinaface.errors import DatasetError


@dataclass(frozen=True)
class Source:
    """One image to look at.

    Attributes:
        path: the file.
        name: relative to the argument it came from, `/` between its parts.
    """

    path: Path
    name: str


def find_sources(
    paths: Sequence[Path],
    split_file: Path | None,
    split: str | None,
    on_error: Callable[[DatasetError], None],
) -> list[Source]:
    """The images that the arguments name, folder by folder.

    Args:
        paths: images and folders. An image that is not there is listed too: its reader says so.
        split_file: JSON with lists of names; None for all images.
        split: which list; without a file, which subfolder of each folder.
        on_error: told of every subfolder that cannot be listed.

    Raises:
        DatasetError: a folder, or the split, has no image.
    """
    found: list[Source] = []
    for argument in paths:
        if not os.path.isdir(argument):
            found.append(Source(argument, argument.name))
            continue
        folder = argument
        if split is not None and split_file is None:
            folder = argument / split
        images = [
            Source(entry.image, entry.image.relative_to(argument).as_posix())
            for batch in dataset.scan(folder, on_error=on_error)
            for entry in batch
        ]
        if not images:
            raise DatasetError(
                what=f"There is no image in {folder}",
                why=f"no name in it ends with {', '.join(sorted(dataset.IMAGE_SUFFIXES))}",
                remedy="Name another folder, or the image files themselves",
            )
        found += images
    if split_file is not None:
        found = _of_split(found, split_file, split)
    return _told_apart(found)


def _of_split(found: list[Source], split_file: Path, split: str | None) -> list[Source]:
    if split is None:
        raise DatasetError(
            what=f"Do not know which images of {split_file} to take",
            why="a file of splits has several lists",
            remedy="Name one of them with --split",
        )
    wanted = set(dataset.read_split(split_file, split))

    def is_wanted(source: Source) -> bool:
        name = Path(source.name)
        spellings = {name.name, name.stem, source.name, name.with_suffix("").as_posix()}
        return not wanted.isdisjoint(spellings)

    kept = [source for source in found if is_wanted(source)]
    if not kept:
        raise DatasetError(
            what=f"No image is in the split {split!r} of {split_file}",
            why=f"none of the {len(wanted)} names listed there is among {len(found)} images",
            remedy="Check the folder and the list",
        )
    return kept


def _told_apart(found: list[Source]) -> list[Source]:
    """Names that several images share, as a.jpg of two folders, become full paths."""
    counts = Counter(source.name for source in found)
    return [
        source
        if counts[source.name] == 1
        else Source(source.path, source.path.absolute().as_posix())
        for source in found
    ]
