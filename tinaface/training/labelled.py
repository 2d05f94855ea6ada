"""The pictures of one side of a training with their faces: from Labelme folders or WIDER's lists.

Light: no TensorFlow.
"""

import functools
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinaface import dataset, wider
from tinaface.dataset import Entry, GroundTruth
from tinaface.errors import DatasetError, TinaFaceError
from tinaface.training.selection import digest_of


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """Pictures and their faces, one for one, in natural order.

    Attributes:
        faults: label files that could not be read; their pictures are left out.
    """

    entries: Sequence[Entry] = ()
    truths: Sequence[GroundTruth] = ()
    faults: Sequence[TinaFaceError] = ()

    def __len__(self) -> int:
        return len(self.entries)

    @functools.cached_property
    def digests(self) -> list[str]:
        """Hash of each picture's bytes. Raises DatasetError for one that cannot be read."""
        return [digest_of(entry.image) for entry in self.entries]

    def fingerprint(self) -> dict[str, object]:
        """Number of pictures, and one hash over names, pictures and labels in order."""
        total = hashlib.sha256()
        for entry, truth, digest in zip(self.entries, self.truths, self.digests, strict=True):
            total.update(entry.name.encode("utf-8", "surrogateescape"))
            total.update(digest.encode())
            if entry.label is not None:
                total.update(digest_of(entry.label).encode())
            else:
                total.update(truth.gt_boxes.tobytes() + truth.is_ignored.tobytes())
        return {"pictures": len(self), "hash": total.hexdigest()[:12]}


@dataclass(frozen=True)
class DataChoice:
    """Which labelled pictures a command names.

    Attributes:
        data: folder of labelled pictures, or an annotation text of WIDER FACE.
        validate: that of the pictures to measure by; None for `data`.
        images: folder of the pictures that annotation texts name.
        split_file, split, validate_split: as in `dataset.labelled_images`.
    """

    data: str
    validate: str | None = None
    images: str | None = None
    split_file: str | None = None
    split: str | None = None
    validate_split: str | None = None

    def training_set(self) -> LabelledSet:
        """The labelled pictures to learn. Raises DatasetError where there is none."""
        split = self.split
        if split is None and self.split_file is None and (Path(self.data) / "train").is_dir():
            split = "train"
        return read_labelled(self.data, self.split_file, split, self.images)

    def validation_set(self) -> LabelledSet:
        """The pictures to measure by; none if nothing names them."""
        if self.validate is not None or self.validate_split is not None:
            source = self.validate or self.data
            split = self.validate_split
            if split is None and (Path(source) / "validate").is_dir():
                split = "validate"
            return read_labelled(source, self.split_file, split, self.images)
        if self.split_file is None and (Path(self.data) / "validate").is_dir():
            return read_labelled(self.data, None, "validate", None)
        return LabelledSet()


def read_labelled(
    source: str, split_file: str | None, split: str | None, images: str | None
) -> LabelledSet:
    """The labelled pictures that a run's options name.

    Args:
        source: a folder with Labelme files, or an annotation text of WIDER FACE.
        split_file, split: as in `dataset.labelled_images`; for folders alone.
        images: folder of the pictures that an annotation text names; looked for beside it if None.

    Raises DatasetError where there is no labelled picture, or one that a list names is missing.
    """
    if Path(source).is_file():
        return _of_wider(Path(source), None if images is None else Path(images))
    file = Path(split_file) if split_file is not None and split is not None else None
    found = dataset.labelled_images(Path(source), file, split)
    entries, truths, faults = [], [], []
    for entry in sorted(found, key=lambda entry: dataset.natural_key(str(entry.image))):
        try:
            truths.append(dataset.ground_truth(entry))
            entries.append(entry)
        except TinaFaceError as error:
            faults.append(error)
    if not entries:
        why = "it holds no picture with a label file"
        if faults:
            why = f"none of its {len(faults)} label files can be read; the first: {faults[0]}"
        raise DatasetError(
            what=f"Cannot train on {source}",
            why=why,
            remedy="Give a folder of pictures with Labelme files beside them, or in labels/",
        )
    return LabelledSet(entries, truths, faults)


def _of_wider(annotations: Path, images: Path | None) -> LabelledSet:
    pictures = wider.read_annotations(annotations)
    if not pictures:
        raise DatasetError(
            what=f"Cannot train on {annotations}",
            why="it names no picture",
            remedy="Give a folder with Labelme files, or wider_face_train_bbx_gt.txt",
        )
    folder = _image_folder(annotations, images, pictures[0].name)
    missing = [one.name for one in pictures if not (folder / one.name).is_file()]
    if missing:
        raise DatasetError(
            what=f"{len(missing)} of {len(pictures)} pictures of {annotations.name} are missing",
            why=f"there is no {folder / missing[0]}",
            remedy="Unpack all pictures, or name their folder with --images",
        )
    pictures.sort(key=lambda one: dataset.natural_key(one.name))
    return LabelledSet(
        [Entry.of(folder / one.name, None) for one in pictures],
        [GroundTruth(one.gt_boxes.astype("float32"), one.is_invalid) for one in pictures],
    )


def _image_folder(annotations: Path, images: Path | None, name: str) -> Path:
    """Where the pictures of an annotation text are."""
    places = [images] if images is not None else list(_usual_places(annotations.parent))
    for place in places:
        if (place / name).is_file():
            return place
    raise DatasetError(
        what=f"Cannot find the pictures of {annotations}",
        why=f"{name} is not in " + ", ".join(str(place) for place in places),
        remedy="Name their folder with --images",
    )


def _usual_places(folder: Path) -> Iterator[Path]:
    """Beside the text, and as WIDER FACE's archives lie when they are unpacked side by side."""
    yield from (folder, folder / "images")
    for top in (folder, folder.parent):
        yield from (top / part / "images" for part in ("WIDER_train", "WIDER_val"))


def require_apart(training: LabelledSet, validation: LabelledSet) -> None:
    """Raises DatasetError if both hold a picture: one that was learned says nothing.

    Names are no proof, content is.
    """
    shared = _shared_picture(training, validation)
    if shared is not None:
        raise DatasetError(
            what="Training and validation share pictures",
            why=f"{shared[0]} and {shared[1]} are the same picture",
            remedy="Take it out of one of the two",
        )


def _shared_picture(one: LabelledSet, other: LabelledSet) -> tuple[Path, Path] | None:
    """Two files, one of each set, with the same bytes; None where there are none."""
    known = _by_digest(one)
    for digest, image in _by_digest(other).items():
        if digest in known:
            return known[digest], image
    return None


def _by_digest(labelled: LabelledSet) -> dict[str, Path]:
    images: Iterable[Path] = (entry.image for entry in labelled.entries)
    return dict(zip(labelled.digests, images, strict=True))
