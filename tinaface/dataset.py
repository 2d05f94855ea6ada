"""Finds the images of a folder, the label file of each, and the ground truth inside.

Two layouts are known, also mixed: labels beside the images (`a.jpg`, `a.json`), and an `images`
folder with a `labels` folder beside it, the same subfolders in both. A data set in six folders is
the second one three times: `train`, `validate`, `test`, each with `images` and `labels`.
"""

import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tinaface import labelme
from tinaface.boxes import FloatArray
from tinaface.errors import DatasetError
from tinaface.owners import chosen_in, owner_of

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"}
    | {".ppm", ".pgm", ".avif", ".heic", ".heif"}
)
LABEL_SUFFIX = ".json"
FACE_FLAGS = ("blur", "occlusion", "pose")
"""Labelme flags of a face that say how hard it is to find."""

# The window shows its first image from the first batch, so that one is small.
_FIRST_BATCH = 64
_LONGEST_NUMBER = 18
_DIGITS = re.compile(rf"\d{{1,{_LONGEST_NUMBER}}}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One image and its label file, if it has one; about 200 bytes, so that 100,000 fit.

    Attributes:
        folder: where the image lies; the text is shared by all entries of the folder.
        name: the file's name. Not always valid Unicode: surrogates stand for undecodable bytes.
        label_folder: where its label file lies; None without one.
        shares_stem: another image of the folder has the same stem, and nobody has chosen whose the
            label file is (`tinaface/owners.py`).
        owner: name of that image where it was chosen and is another: this one has no labels then.
    """

    folder: str
    name: str
    label_folder: str | None = None
    shares_stem: bool = False
    owner: str | None = None

    @staticmethod
    def of(image: Path, label: Path | None) -> "Entry":
        """The entry of an image whose label file, with the same stem, is known."""
        if label is not None and label.name != image.stem + LABEL_SUFFIX:
            raise ValueError(f"{label.name} is not the label file of {image.name}")
        return Entry(str(image.parent), image.name, None if label is None else str(label.parent))

    @property
    def image(self) -> Path:
        return Path(self.folder, self.name)

    @property
    def label(self) -> Path | None:
        if self.label_folder is None:
            return None
        return Path(self.label_folder, _stem(self.name) + LABEL_SUFFIX)


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """The faces people marked in one image, as training, matching and evaluation use them.

    Attributes:
        gt_boxes: `[N, 4]` float32 corners in pixels of the upright picture, x0 < x1, y0 < y1.
        is_ignored: `[N]`, True for a face that counts neither way.
        flags: for each of FACE_FLAGS `[N]`, the faces that carry it.
        labels: the N texts as they are in the file.
    """

    gt_boxes: FloatArray
    is_ignored: npt.NDArray[np.bool_]
    flags: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    labels: tuple[str, ...] = ()


def natural_key(text: str) -> tuple[str, str]:
    """A key that sorts names as people do: `a2` before `a10`, upper and lower case together."""
    return _natural_text(text), text


def _natural_text(text: str) -> str:
    # One text a name, not a list of pieces: texts compare several times as fast, and lists in
    # their thousands would set the collector of garbage to work.
    return _DIGITS.sub(_as_wide_as_any, text.casefold())


def _as_wide_as_any(number: re.Match[str]) -> str:
    """A number as text that sorts by its value, and before whatever is not one."""
    digits = number[0]
    return "\0" + (digits if digits.isascii() else str(int(digits))).zfill(_LONGEST_NUMBER)


def scan(
    root: Path,
    batch: int = 1000,
    on_error: Callable[[DatasetError], None] | None = None,
) -> Iterator[list[Entry]]:
    """The images under a folder in batches, the first one small.

    Each folder's images come in natural order, then its subfolders. Hidden names are skipped
    (among them `.review`); a folder that links lead to twice is visited once. Nothing but names
    is read, so a pipe or a broken file named `x.jpg` is listed too, for the reader to refuse.

    Raises DatasetError if `root` cannot be listed; a subfolder that cannot is reported to
    `on_error` and skipped.
    """
    entries = _entries(root, on_error)
    limit = min(_FIRST_BATCH, batch)
    while found := list(itertools.islice(entries, limit)):
        yield found
        limit = batch


def _entries(root: Path, on_error: Callable[[DatasetError], None] | None) -> Iterator[Entry]:
    visited: set[tuple[int, int]] = set()
    stack = [os.fspath(root)]
    while stack:
        folder = stack.pop()
        try:
            place = os.stat(folder)
            if (place.st_dev, place.st_ino) in visited:
                continue
            visited.add((place.st_dev, place.st_ino))
            images, labels, subfolders = _listing(folder)
        except OSError as error:
            problem = DatasetError(
                what=f"Cannot list {folder}",
                why=error.strerror or str(error),
                remedy="Check that the folder is there and may be read",
            )
            if folder == os.fspath(root):
                raise problem from error
            if on_error is not None:
                on_error(problem)
            continue
        images.sort()  # first, as the natural order leaves equals where they are
        images.sort(key=_natural_text)
        subfolders.sort(key=natural_key, reverse=True)
        stack += [os.path.join(folder, name) for name in subfolders]
        if images:
            yield from _pair(folder, images, labels)


def _listing(folder: str) -> tuple[list[str], set[str], list[str]]:
    """Names of images, label files and subfolders."""
    images: list[str] = []
    labels: set[str] = set()
    subfolders: list[str] = []
    with os.scandir(folder) as found:
        for item in found:
            name = item.name
            if name.startswith("."):
                continue
            suffix = name[len(_stem(name)) :]
            if item.is_dir():
                subfolders.append(name)
            elif suffix == LABEL_SUFFIX:
                labels.add(name)
            elif suffix.lower() in IMAGE_SUFFIXES:
                images.append(name)
    return images, labels, subfolders


def _pair(folder: str, images: list[str], labels: set[str]) -> Iterator[Entry]:
    mirrored = _mirrored_folder(folder)
    elsewhere: set[str] = set()
    if mirrored is not None:
        # A folder without labels beside it is the common case, not a fault.
        try:
            elsewhere = {name for name in os.listdir(mirrored) if name.endswith(LABEL_SUFFIX)}
        except OSError:
            mirrored = None
    stems = [_stem(name) for name in images]
    count_of = Counter(stems)
    # Asked only where it matters: the choices are looked for in all folders above.
    chosen = chosen_in(folder) if len(count_of) < len(stems) else {}
    present = frozenset(images) if chosen else frozenset()
    for name, stem in zip(images, stems, strict=True):
        label = stem + LABEL_SUFFIX
        label_folder = folder if label in labels else mirrored if label in elsewhere else None
        owner = chosen.get(stem) if count_of[stem] > 1 else None
        if owner in present and owner != name:
            yield Entry(folder, name, owner=owner)
        else:
            yield Entry(folder, name, label_folder, count_of[stem] > 1 and owner not in present)


def _stem(name: str) -> str:
    # As os.path.splitext, but five times as fast: it is asked for every file of a data set.
    return name[:dot] if (dot := name.rfind(".")) > 0 else name


def _mirrored_folder(folder: str) -> str | None:
    """The folder with the last `images` of its path replaced by `labels`."""
    parts = folder.split(os.sep)
    for place in reversed(range(len(parts))):
        if parts[place] == "images":
            return os.sep.join([*parts[:place], "labels", *parts[place + 1 :]])
    return None


def label_path_for(image: Path) -> Path:
    """Where the labels of an image are, or where a new label file belongs.

    Beside the image, unless a `labels` folder stands beside its `images` folder.
    """
    beside = image.with_name(_stem(image.name) + LABEL_SUFFIX)
    mirrored = _mirrored_folder(os.fspath(image.parent))
    if mirrored is None or beside.exists():
        return beside
    parts = image.parent.parts
    depth = len(parts) - 1 - parts[::-1].index("images")
    has_labels = Path(*parts[:depth], "labels").is_dir()
    return Path(mirrored, beside.name) if has_labels else beside


def find_entry(image: Path) -> Entry:
    """The entry of one image file, without a scan: nothing is said about images of its stem."""
    label = label_path_for(image)
    if not label.is_file():
        return Entry.of(image, None)
    owner = owner_of(image)
    if owner is not None and owner != image.name:
        return Entry(str(image.parent), image.name, owner=owner)
    return Entry.of(image, label)


def image_of(label: Path) -> Path | None:
    """The image that a label file belongs to: the one of the same stem, the one that was chosen if
    there are several; None if there is none.

    Its `imagePath` is not asked: it is often absolute, of another machine, or of a renamed file.
    """
    folders = [label.parent]
    parts = label.parent.parts
    if "labels" in parts:
        place = len(parts) - 1 - parts[::-1].index("labels")
        folders.append(Path(*parts[:place], "images", *parts[place + 1 :]))
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        matching = [
            name
            for name in names
            if _stem(name) == _stem(label.name)
            and os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES
        ]
        if matching:
            chosen = chosen_in(folder).get(_stem(label.name)) if len(matching) > 1 else None
            return folder / (chosen if chosen in matching else min(matching, key=natural_key))
    return None


def read_split(split_file: Path, name: str) -> list[str]:
    """The images that a list file names for one split, as it names them: stems, names or paths.

    The file is a JSON object, `{"train": ["stem", ...], ...}`. Raises DatasetError.
    """
    try:
        splits = json.loads(split_file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(
            what=f"Cannot read the list of splits {split_file}",
            why=str(error),
            remedy='Give a JSON file such as {"train": ["name", ...], "validate": [...]}',
        ) from error
    names = splits.get(name) if isinstance(splits, dict) else None
    if not isinstance(names, list) or not all(isinstance(item, str) for item in names):
        known = ", ".join(map(str, splits)) if isinstance(splits, dict) else "none"
        raise DatasetError(
            what=f"{split_file} has no split {name!r}",
            why=f"its splits are: {known}",
            remedy="Choose one of them, or add a list of names under that key",
        )
    return names


def labelled_images(
    root: Path, split_file: Path | None = None, split: str | None = None
) -> list[Entry]:
    """All images of a data set, or of one split of it, that have a label file.

    With `split_file` a split is what that file lists; without it, the folder `root/split`.
    Raises DatasetError if the folder, the split, or an image that the split lists is not there,
    since a figure over fewer images than were asked for would go unnoticed.
    """
    if (split is None) != (split_file is None) and split is None:
        raise ValueError("a split file needs the name of a split")
    folder = root / split if split is not None and split_file is None else root
    labelled = [
        entry for entries in scan(folder) for entry in entries if entry.label_folder is not None
    ]
    if split_file is None or split is None:
        return labelled
    wanted = set(read_split(split_file, split))
    relatives = [entry.image.relative_to(root).as_posix() for entry in labelled]
    # A path that is there means that picture, and no other of the same name in another folder.
    paths = wanted.intersection(relatives)
    kept, found = [], set()
    for entry, relative in zip(labelled, relatives, strict=True):
        others = {_stem(entry.name), entry.name, _stem(relative)} - paths
        hits = wanted & {relative, *others}
        if hits:
            kept.append(entry)
            found |= hits
    missing = sorted(wanted - found)
    if missing:
        raise DatasetError(
            what=f"{len(missing)} of {len(wanted)} images of split {split!r} are not in {root}",
            why=f"no labelled image is named {missing[0]!r}",
            remedy="Check the folder and the list, or take the names out of the list",
        )
    return kept


def ground_truth(entry: Entry) -> GroundTruth:
    """The faces of one image; none for an image without a label file.

    Faces are the rectangles labelled `face`, in any case and with spaces around. Not used are
    those without area or with corners that are no finite numbers. The labelme flags `ignore` and
    `invalid` mark a face as counting neither way. Raises DocumentError for an unreadable file.
    """
    label = entry.label
    shapes = [] if label is None else labelme.read(label).shapes
    boxes: list[FloatArray] = []
    is_ignored: list[bool] = []
    flags: dict[str, list[bool]] = {name: [] for name in FACE_FLAGS}
    labels: list[str] = []
    for shape in shapes:
        box = shape.box
        if shape.is_face and box is not None and box[0] < box[2] and box[1] < box[3]:
            boxes.append(box)
            is_ignored.append(shape.is_ignored)
            labels.append(shape.label)
            for name, carried in flags.items():
                carried.append(shape.flags.get(name) is True)
    return GroundTruth(
        gt_boxes=np.asarray(boxes, np.float32).reshape(-1, 4),
        is_ignored=np.asarray(is_ignored, np.bool_),
        flags={name: np.asarray(carried, np.bool_) for name, carried in flags.items()},
        labels=tuple(labels),
    )
