"""What is wrong with a data set: files that cannot be read, pairs that miss a half, odd boxes."""

import hashlib
import itertools
import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tinaface import images, labelme
from tinaface.boxes import FloatArray, pairwise_iou
from tinaface.dataset import LABEL_SUFFIX, Entry, natural_key, scan
from tinaface.errors import DatasetError, DocumentError
from tinaface.faults import size_notice
from tinaface.predictions import PredictionStore, stored_models

# Kinds of findings, in the order of a report, with what they mean for people.
KINDS = {
    "unreadable label": "Label files that cannot be read",
    "unreadable image": "Images that cannot be read",
    "unreadable folder": "Folders that cannot be listed",
    "same stem": "Images that share a stem: it is not known whose the labels are",
    "orphan label": "Orphans: label files without an image",
    "unusable box": "Rectangles that cannot be used (not finite, or not two corners)",
    "empty box": "Boxes without area",
    "outside": "Boxes that reach out of the image",
    "repeated box": "Boxes that mark a face a second time (IoU above 0.7)",
    "odd shape": "Boxes whose width is below 0.4 or above 2.5 times their height",
    "size mismatch": "Label files that claim another image size",
    "label spelling": "Labels that differ only in case or spaces",
    "unusual document": "Label files with something unusual",
    "same picture": "Images with the same content",
    "turned picture": "Images that are stored turned (EXIF): other programs may show them lying",
    "alike names": "Images whose names differ only in case or Unicode form: some disks mix them up",
    "lost prediction": "Stored predictions of images that are gone",
    "superseded prediction": "Files with predictions that newer ones of the same image replace",
}
# These keep images or their labels out of training; all others are worth a look.
ERRORS = frozenset({"unreadable label", "unreadable image", "unreadable folder", "same stem"})

# Upper ends of the classes of box heights in pixels; the anchors of the paper begin at 16.
HEIGHT_EDGES = (8, 16, 32, 64, 128, 256, 512)
ASPECT_EDGES = (0.4, 0.6, 0.8, 1.0, 1.25, 1.6, 2.5)
FACES_EDGES = (1, 2, 5, 10, 20, 50, 100)
_SHAPE_KINDS = {"F12": "unusable box", "F13": "unusable box", "F15": "empty box"}
# Half a pixel of overhang is rounding, not a mistake.
OVERHANG = 0.5


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: a key of KINDS.
        path: of the file it is about, relative to the data set.
        image: the image it is about, the same way; empty for what is about no single image.
    """

    kind: str
    path: str
    text: str
    image: str = ""

    @property
    def is_error(self) -> bool:
        return self.kind in ERRORS


@dataclass
class Health:
    """What a look through a data set came to.

    Attributes:
        labels: how many shapes carry each label text.
        heights: of all boxes labelled as faces, in pixels.
        aspects: their widths over their heights.
        faces_of: faces in each readable label file.
        usual_spelling: of each label that is spelled in an unusual way.
    """

    images: int = 0
    labelled: int = 0
    ignored: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    heights: list[float] = field(default_factory=list)
    aspects: list[float] = field(default_factory=list)
    faces_of: list[int] = field(default_factory=list)
    usual_spelling: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> int:
        return sum(finding.is_error for finding in self.findings)

    def counts(self) -> dict[str, int]:
        """How many findings there are of each kind that has any, in the order of KINDS."""
        found = Counter(finding.kind for finding in self.findings)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    def height_histogram(self) -> dict[str, int]:
        """How many faces fall in each class of heights."""
        return _histogram(self.heights, HEIGHT_EDGES)

    def aspect_histogram(self) -> dict[str, int]:
        """How many faces fall in each class of widths over heights."""
        return _histogram(self.aspects, ASPECT_EDGES)

    def faces_histogram(self) -> dict[str, int]:
        """How many label files hold so many faces."""
        counts = _histogram(self.faces_of, FACES_EDGES).values()
        lows = (0, *FACES_EDGES)
        # Whole numbers: "2-5" would leave open to which class a file of five belongs.
        names = [
            f"{low}" if low + 1 == high else f"{low}-{high - 1}"
            for low, high in itertools.pairwise(lows)
        ]
        return dict(zip((*names, f"{lows[-1]}+"), counts, strict=True))


def _histogram(values: Sequence[float], edges: Sequence[float]) -> dict[str, int]:
    ends = (0, *edges, np.inf)
    counts, _ = np.histogram(values, ends)
    names = [
        f"{low:g}-{high:g}" if np.isfinite(high) else f"{low:g}+"
        for low, high in itertools.pairwise(ends)
    ]
    return dict(zip(names, map(int, counts), strict=True))


def examine(root: Path, progress: Callable[[int, int], None] | None = None) -> Health:
    """Looks through a data set: every label file and every image's header is read.

    Args:
        root: folder of the data set.
        progress: called with the images done and all images.

    Raises:
        DatasetError: `root` cannot be listed.
    """
    health = Health()
    report = _Reporter(root, health)
    entries = [
        entry
        for batch in scan(root, on_error=lambda error: report.folder(error))
        for entry in batch
    ]
    for done, entry in enumerate(entries, start=1):
        _examine_image(entry, health, report)
        if progress is not None:
            progress(done, len(entries))
    _find_orphans(root, entries, report)
    _find_spellings(health, report)
    _find_copies(entries, report)
    _find_alike_names(entries, report)
    _find_idle_predictions(root, entries, report)
    return health


class _Reporter:
    """Adds findings with paths relative to the data set."""

    def __init__(self, root: Path, health: Health) -> None:
        self._root, self._findings = root, health.findings
        self.entries_of: defaultdict[str, list[Entry]] = defaultdict(list)

    def add(self, kind: str, path: Path, text: str, image: Path | None = None) -> None:
        named = "" if image is None else self.name(image)
        self._findings.append(Finding(kind, self.name(path), text, named))

    def folder(self, error: DatasetError) -> None:
        self._findings.append(Finding("unreadable folder", error.what, error.why))

    def name(self, path: Path) -> str:
        return (
            path.relative_to(self._root).as_posix()
            if path.is_relative_to(self._root)
            else str(path)
        )


def _examine_image(entry: Entry, health: Health, report: _Reporter) -> None:
    health.images += 1
    if entry.shares_stem:
        text = "another image of this folder has the same stem"
        report.add("same stem", entry.image, text, entry.image)
    size = None
    try:
        header = images.read_header(entry.image)
        size = header.height, header.width
        if header.orientation > 1:
            text = f"EXIF orientation {header.orientation}"
            report.add("turned picture", entry.image, text, entry.image)
    except DatasetError as error:
        report.add("unreadable image", entry.image, error.why, entry.image)
    if entry.label is None:
        return
    try:
        document = labelme.read(entry.label)
    except DocumentError as error:
        report.add("unreadable label", entry.label, error.why, entry.image)
        return
    health.labelled += 1
    notices = list(document.notices)
    if size is not None and (mismatch := size_notice(document.image_size, *size)) is not None:
        notices.append(mismatch)
    for notice in notices:
        kind = "size mismatch" if notice.fault == "F08" else _SHAPE_KINDS.get(notice.fault)
        where = "" if notice.shape is None else f"shape {notice.shape}: "
        report.add(kind or "unusual document", entry.label, where + notice.text, entry.image)
    _examine_boxes(document, size, entry, health, report)


def _examine_boxes(
    document: labelme.LabelmeDocument,
    size: tuple[int, int] | None,
    entry: Entry,
    health: Health,
    report: _Reporter,
) -> None:
    label, image = entry.label, entry.image
    assert label is not None
    health.labels.update(shape.label for shape in document.shapes)
    for text in {shape.label for shape in document.shapes}:
        report.entries_of[text].append(entry)
    faces = [
        (place, shape, shape.box)
        for place, shape in enumerate(document.shapes)
        if shape.is_face and shape.box is not None and shape.fault is None
    ]
    health.faces_of.append(len(faces))
    health.ignored += sum(shape.is_ignored for _, shape, _ in faces)
    places = [place for place, _, _ in faces]
    boxes: FloatArray = np.asarray([box for _, _, box in faces], np.float64).reshape(-1, 4)
    sides = boxes[:, 2:] - boxes[:, :2]
    health.heights += sides[:, 1].tolist()
    aspect = sides[:, 0] / sides[:, 1]
    health.aspects += aspect.tolist()
    for row in np.flatnonzero((aspect < 0.4) | (aspect > 2.5)):
        text = f"shape {places[row]}: {sides[row, 0]:g} x {sides[row, 1]:g} pixels"
        report.add("odd shape", label, text, image)
    if size is not None:
        limits = np.asarray([size[1], size[0]])
        over = np.maximum(-boxes[:, :2], boxes[:, 2:] - limits).max(axis=1, initial=0)
        for row in np.flatnonzero(over > OVERHANG):
            report.add("outside", label, f"shape {places[row]}: by {over[row]:g} pixels", image)
    overlap = np.triu(pairwise_iou(boxes, boxes), 1)
    for first, second in zip(*np.nonzero(overlap > 0.7), strict=True):
        text = f"shapes {places[first]} and {places[second]}: IoU {overlap[first, second]:.2f}"
        report.add("repeated box", label, text, image)


def _find_orphans(root: Path, entries: list[Entry], report: _Reporter) -> None:
    """Documents that no image leads to. Lists and settings beside the data set are none."""
    known = {os.fspath(entry.label) for entry in entries if entry.label is not None}
    for path in _label_files(root):
        if os.fspath(path) in known:
            continue
        try:
            document = labelme.read(path)
        except DocumentError as error:
            if "labels" in path.relative_to(root).parts:
                report.add("unreadable label", path, error.why)
            continue
        report.add("orphan label", path, f"{len(document.shapes)} shapes")


def _label_files(root: Path) -> Iterator[Path]:
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted((n for n in subfolders if not n.startswith(".")), key=natural_key)
        for name in sorted(names, key=natural_key):
            if name.endswith(LABEL_SUFFIX) and not name.startswith("."):
                yield Path(folder, name)


def _find_spellings(health: Health, report: _Reporter) -> None:
    spellings: defaultdict[str, list[str]] = defaultdict(list)
    for label in health.labels:
        spellings[label.strip().casefold()].append(label)
    for plain, same in spellings.items():
        # Without case and spaces if anybody writes it so, else as most do.
        usual = plain if plain in same else max(same, key=lambda label: health.labels[label])
        for label in sorted(set(same) - {usual}):
            health.usual_spelling[label] = usual
            for entry in report.entries_of[label]:
                assert entry.label is not None
                text = f"{label!r}, elsewhere {usual!r}"
                report.add("label spelling", entry.label, text, entry.image)


def _find_alike_names(entries: list[Entry], report: _Reporter) -> None:
    """Names that a disk blind to case, or one that decomposes accents, takes for the same."""
    first_of: dict[str, Path] = {}
    for entry in entries:
        plain = unicodedata.normalize("NFC", report.name(entry.image)).casefold()
        first = first_of.setdefault(plain, entry.image)
        if first != entry.image:
            report.add(
                "alike names",
                entry.image,
                f"some disks mix it up with {report.name(first)}",
                entry.image,
            )


def _find_idle_predictions(root: Path, entries: list[Entry], report: _Reporter) -> None:
    there = {report.name(entry.image) for entry in entries}
    for model in stored_models(root):
        store = PredictionStore(root, model)
        for name in sorted(set(store.images()) - there, key=natural_key):
            report.add("lost prediction", store.path, f"{name}, found by {model}")
        if store.superseded:
            report.add("superseded prediction", store.path, f"{store.superseded} records")


def _find_copies(entries: list[Entry], report: _Reporter) -> None:
    """Images with the same bytes; a copy across splits makes a figure too good."""
    by_size: defaultdict[int, list[Path]] = defaultdict(list)
    for entry in entries:
        try:
            size = entry.image.stat().st_size
        except OSError:
            continue  # reported as unreadable
        if size:
            by_size[size].append(entry.image)
    for paths in by_size.values():
        first_of: dict[bytes, Path] = {}
        for path in paths if len(paths) > 1 else ():
            try:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "blake2b").digest()
            except OSError:
                continue  # reported as unreadable
            first = first_of.setdefault(digest, path)
            if first != path:
                report.add("same picture", path, f"the same bytes as {report.name(first)}", path)
