"""What the comparing thread does: it plans a folder, and compares the files of some images."""

import logging
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tinaface.dataset import find_entry, ground_truth
from tinaface.disagreements import Candidates, find
from tinaface.errors import TinaFaceError
from tinaface.matching import match
from tinaface.predictions import Record

log = logging.getLogger(__name__)

Found = list[tuple[str, Candidates | None]]


@dataclass(frozen=True, eq=False)
class Plan:
    """What is to be compared in a folder.

    Attributes:
        names, place_of: all images, and the number of each.
        folder_of: number of each image's folder.
        all_count: whether images without labels count, as no image has any.
        waiting: the images to compare.
    """

    names: list[str]
    place_of: dict[str, int]
    folder_of: list[int]
    all_count: bool
    waiting: list[str]


def plan_of(
    names: list[str],
    all_count: bool,
    is_labelled: Callable[[str], bool],
    is_predicted: Callable[[str], bool],
) -> Plan:
    """Made beside the GUI thread: asking 32,000 images takes a while."""
    waiting = [name for name in names if is_predicted(name) and (all_count or is_labelled(name))]
    # In any order but the folders', so that the first pairs tell the habit of all of them.
    random.Random(0).shuffle(waiting)
    place_of = {name: place for place, name in enumerate(names)}
    return Plan(names, place_of, _numbers_of_folders(names), all_count, waiting)


def compare_files(
    root: Path,
    names: Iterable[str],
    get: Callable[[str], Record | None],
    is_cancelled: Callable[[], bool],
) -> Found:
    found: Found = []
    for name in names:
        if is_cancelled():
            break
        found.append((name, _compare_file(root, name, get)))
        time.sleep(0)  # the GUI thread has a turn between two images
    return found


def _compare_file(root: Path, name: str, get: Callable[[str], Record | None]) -> Candidates | None:
    """What disagrees in one image as it is on disk; None where something is missing."""
    record = get(name)
    if record is None or record.error is not None:
        return None
    try:
        truth = ground_truth(find_entry(root / name))
    except TinaFaceError as error:
        log.info("not compared: %s", error)
        return None
    matching = match(record.boxes, record.scores, truth.gt_boxes, truth.is_ignored)
    return find(matching, truth.gt_boxes, record.boxes)


def _numbers_of_folders(names: Iterable[str]) -> list[int]:
    """The number of each image's folder, in the order in which folders come."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(name.rpartition("/")[0], len(numbers)) for name in names]
