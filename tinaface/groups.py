"""One run's result by kinds of pictures and of faces: event folder, height, flag."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

import numpy as np

from tinaface.boxes import IndexArray
from tinaface.evaluation import FaceSet, VocJudgement
from tinaface.matching import BoolArray, Matching
from tinaface.metrics import (
    HEIGHT_BINS,
    Counts,
    Ranking,
    average_precision,
    of_heights,
    rank_faces,
    rank_heights,
)

# Folders that every data set has say nothing about its pictures.
_LAYOUT_FOLDERS = ("images",)


class Kind(StrEnum):
    """By what a group is set apart."""

    FOLDER = "folder"
    HEIGHT = "height"
    FLAG = "flag"


@dataclass(frozen=True, eq=False)
class Group:
    """Some pictures, or some faces of all pictures, judged for themselves.

    Attributes:
        name: the folder, the range of heights as HEIGHT_BINS names it, or the flag.
        pictures: rows of the pictures with a face of the group, or in its folder.
        has_precision: whether false alarms can be told to belong to it.
    """

    kind: Kind
    name: str
    ranking: Ranking
    pictures: IndexArray
    has_precision: bool = True

    @property
    def n_faces(self) -> int:
        """How many faces count."""
        return int(self.ranking.n_faces.sum())

    @property
    def ap(self) -> float | None:
        """AP at IoU 0.5; None without faces, or where precision has no meaning."""
        return average_precision(self.ranking) if self.has_precision else None

    def at(self, threshold: float) -> Counts:
        """Hits, false alarms and missed faces at a threshold."""
        return self.ranking.at(threshold)


def groups(face_set: FaceSet, judgement: VocJudgement) -> list[Group]:
    """All groups that have a picture: folders in natural order, heights rising, flags."""
    return [
        *_by_folder(face_set, judgement),
        *_by_height(judgement),
        *_by_flag(face_set, judgement),
    ]


def missed_faces(
    face_set: FaceSet, judgement: VocJudgement, group: Group, threshold: float
) -> tuple[IndexArray, IndexArray]:
    """The faces of a group that are missed at a threshold: rows of pictures, rows within them."""
    pictures, faces = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)]
    for picture in group.pictures.tolist():
        matching, is_wanted = _matching_for(face_set, judgement, group, picture)
        missed = matching.missed(threshold)
        missed = missed[is_wanted[missed]]
        pictures.append(np.full(len(missed), picture, np.intp))
        faces.append(missed)
    return np.concatenate(pictures), np.concatenate(faces)


def _matching_for(
    face_set: FaceSet, judgement: VocJudgement, group: Group, picture: int
) -> tuple[Matching, BoolArray]:
    """The matching that the group's ranking counts, and which of the picture's faces are its."""
    matching = judgement.matchings[picture]
    if group.kind is Kind.FOLDER:
        return matching, np.ones(len(matching.is_target), bool)
    if group.kind is Kind.FLAG:
        return matching, face_set.flags[group.name][picture]
    overlaps = judgement.pictures[picture]
    low, high = next((low, high) for name, low, high in HEIGHT_BINS if name == group.name)
    is_wanted = of_heights(overlaps, low, high)
    return overlaps.match(preferred=is_wanted), is_wanted


def folder_of(name: str) -> str:
    """The event folder of a picture, without the folders of the layout; "" at the top."""
    parts = PurePosixPath(name).parent.parts
    return "/".join(part for part in parts if part not in _LAYOUT_FOLDERS)


def _by_folder(face_set: FaceSet, judgement: VocJudgement) -> Iterator[Group]:
    folders = np.array([folder_of(name) for name in face_set.names], object)
    # Pictures come in natural order of their folders.
    for folder in dict.fromkeys(folders.tolist()):
        is_inside = folders == folder
        ranking = judgement.ranking.of_pictures(is_inside)
        yield Group(Kind.FOLDER, folder, ranking, np.flatnonzero(is_inside))


def _by_height(judgement: VocJudgement) -> Iterator[Group]:
    for name, low, high in HEIGHT_BINS:
        ranking = rank_heights(judgement.pictures, low, high)
        yield Group(Kind.HEIGHT, name, ranking, np.flatnonzero(ranking.n_faces))


def _by_flag(face_set: FaceSet, judgement: VocJudgement) -> Iterator[Group]:
    for flag, carried in face_set.flags.items():
        ranking = rank_faces(judgement.matchings, carried)
        if ranking.n_faces.any():
            pictures = np.flatnonzero(ranking.n_faces)
            yield Group(Kind.FLAG, flag, ranking, pictures, has_precision=False)
