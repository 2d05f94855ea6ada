"""`detect`: finds faces in photographs and writes them as JSON lines or Labelme files."""

import argparse
import contextlib
import json
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tinaface import dataset, labelme, weights
from tinaface.errors import DatasetError, DocumentError
from tinaface.images import read_size
from tinaface.inference.files import FileResult, detect_files
from tinaface.inference.loading import load_predictor
from tinaface.inference.settings import DetectSettings
from tinaface.inference.views import relative_cost
from tinaface.predictions import Record, read_jsonl
from tinaface.verbs.detect_on_ray import detect_on_ray
from tinaface.verbs.progress import ProgressBar
from tinaface.verbs.rule import add_rule, rule_options
from tinaface.verbs.sources import Source, find_sources

SUMMARY = "Find faces in photographs; write JSON lines or Labelme files."

# Where neither the user nor the weights name a threshold for Labelme files.
DEFAULT_THRESHOLD = 0.3


@dataclass
class Outcome:
    """What the run came to.

    Attributes:
        unreadable: images that were not read, or not to their end.
        unwritten: images whose Labelme file was not written.
        unlisted: folders that could not be looked into.
        faces: of all images, at the threshold for Labelme files.
        seconds: of each image, from file to boxes.
    """

    images: int = 0
    unreadable: int = 0
    unwritten: int = 0
    unlisted: int = 0
    faces: int = 0
    seconds: list[float] = field(default_factory=list)

    def count(self, result: FileResult, faces: int) -> None:
        """Adds the result of one image."""
        self.images += 1
        self.unreadable += result.error is not None
        self.faces += faces
        self.seconds.append(result.seconds)

    @property
    def is_complete(self) -> bool:
        return not (self.unreadable or self.unwritten or self.unlisted)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the verb."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="an image, or a folder of images"
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="weights file; default: those shipped"
    )
    parser.add_argument("--split-file", type=Path, metavar="FILE", help="JSON with lists of names")
    parser.add_argument(
        "--split", metavar="NAME", help="only the images of this list, or of this subfolder"
    )

    output = parser.add_argument_group("output")
    output.add_argument(
        "--jsonl",
        metavar="FILE",
        help="one JSON object an image, as soon as it is done; - is stdout",
    )
    output.add_argument(
        "--resume", action="store_true", help="skip what the --jsonl file has already, and go on"
    )
    output.add_argument(
        "--out", type=Path, metavar="DIR", help="Labelme files in a tree like that of the images"
    )
    output.add_argument(
        "--overwrite", action="store_true", help="replace Labelme files that are in DIR already"
    )
    output.add_argument(
        "--ray",
        action="store_true",
        help="detect on a Ray cluster (RAY_ADDRESS, else this machine); --jsonl is then a folder",
    )
    output.add_argument(
        "--shard",
        type=int,
        default=200,
        metavar="N",
        help="with --ray: images a file of that folder, and most that a dead process repeats "
        "(default: 200)",
    )
    output.add_argument("--json", action="store_true", help="end with one JSON object on stdout")

    add_rule(
        parser,
        "keep faces that score more; default: 0.01 for --jsonl, else the weights' threshold",
    )


def run(arguments: argparse.Namespace) -> int:
    """Detects. 0 if every image was read, 1 if some were not."""
    # Names may hold bytes that are no text; they must not end a run of hours.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(arguments)
    except BrokenPipeError:
        # Whoever read our output has left, as `head` does. Nothing more can be told there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(arguments: argparse.Namespace) -> int:
    if arguments.ray and (arguments.jsonl in (None, "-") or arguments.out is not None):
        raise DatasetError(
            what="Cannot detect on a cluster",
            why="its output is a folder of JSON lines",
            remedy="Give --jsonl DIR, and no --out",
        )
    if arguments.resume and arguments.jsonl in (None, "-"):
        raise DatasetError(
            what="Cannot resume",
            why="only a --jsonl file tells what was done",
            remedy="Give --jsonl FILE with the name of the file to go on with",
        )
    outcome = Outcome()

    def skip(error: DatasetError) -> None:
        outcome.unlisted += 1
        sys.stderr.write(f"{error}\n")

    # Before anything slow: a mistyped path is told at once.
    sources = find_sources(arguments.paths, arguments.split_file, arguments.split, skip)
    path = arguments.weights or weights.default_weights()
    header = weights.read_header(path)
    if arguments.ray:
        return detect_on_ray(arguments, sources, path, header, outcome.unlisted)
    threshold = arguments.score
    if threshold is None:
        threshold = DEFAULT_THRESHOLD if header.threshold is None else header.threshold
    with contextlib.ExitStack() as files:
        jsonl = _open_jsonl(arguments, files)
        if arguments.resume:
            done = _done(Path(arguments.jsonl))
            sources = [source for source in sources if source.name not in done]
        predictor = load_predictor(path)
        settings = DetectSettings.for_preset(predictor.preset, rule_options(arguments))
        _tell_cost(settings, sources)
        labels = None
        if arguments.out is not None:
            labels = LabelWriter(arguments.out, threshold, arguments.overwrite)
        bar = ProgressBar(len(sources), "images")
        start = time.monotonic()
        results = detect_files(
            lambda rgb: predictor.detect(rgb, settings), (source.path for source in sources)
        )
        for source, result in zip(sources, results, strict=True):
            faces = len(result.detections.above(threshold))
            outcome.count(result, faces)
            if result.error is not None:
                bar.note(f"{source.name}: {result.error}")
            if jsonl is not None:
                _write_line(jsonl, result.record(source.name), arguments.jsonl)
            if labels is not None:
                try:
                    labels.write(source, result)
                except (DocumentError, OSError) as error:
                    outcome.unwritten += 1
                    bar.note(f"{source.name}: {error}")
            if jsonl is None and labels is None and result.height is not None:
                print(f"{source.name}: {faces}", flush=True)
            bar.update(outcome.images)
        bar.close()
    _summarise(arguments, outcome, path, settings, time.monotonic() - start)
    return 0 if outcome.is_complete else 1


class LabelWriter:
    """Writes detections as Labelme files, in a tree like that of the images.

    Attributes:
        folder: top of the tree.
        threshold: least score of a face that is written.
        overwrites: whether documents that are there are replaced.
    """

    def __init__(self, folder: Path, threshold: float, overwrites: bool) -> None:
        self.folder = folder
        self.threshold = threshold
        self.overwrites = overwrites
        self._written: set[Path] = set()

    def write(self, source: Source, result: FileResult) -> None:
        """The document of one image; none where it was not decoded. Raises DocumentError."""
        if result.height is None or result.width is None:
            return
        # A name given in full, as of colliding arguments, goes below the folder all the same.
        inside = Path(*(part for part in Path(source.name).parts if part not in ("/", "..")))
        target = self.folder / inside.with_suffix(dataset.LABEL_SUFFIX)
        if target in self._written:  # a.jpg and a.png
            target = target.with_name(inside.name + dataset.LABEL_SUFFIX)
        if target.exists() and not self.overwrites:
            raise DocumentError(
                what=f"Did not write {target}",
                why="there is a file of this name already, which people may have worked on",
                remedy="Choose another --out, or give --overwrite",
            )
        document = labelme.new(
            labelme.relative_image_path(source.path, target), result.height, result.width
        )
        for xyxy in result.detections.above(self.threshold).xyxy:
            document.add_box(xyxy)
        target.parent.mkdir(parents=True, exist_ok=True)
        labelme.write(document, target, overwrite=self.overwrites)
        self._written.add(target)


def _open_jsonl(arguments: argparse.Namespace, files: contextlib.ExitStack) -> TextIO | None:
    if arguments.jsonl is None:
        return None
    if arguments.jsonl == "-":
        return sys.stdout
    path = Path(arguments.jsonl)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if arguments.resume and path.exists():
            _cut_partial_line(path)
        if arguments.resume:
            return files.enter_context(path.open("a", encoding="ascii", newline="\n"))
        return files.enter_context(path.open("w", encoding="ascii", newline="\n"))
    except OSError as error:
        raise DatasetError(
            what=f"Cannot write {path}",
            why=error.strerror or str(error),
            remedy="Choose another place for --jsonl",
        ) from error


def _cut_partial_line(path: Path) -> None:
    """Takes away what a killed run left of its last line."""
    with path.open("rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)


def _done(path: Path) -> set[str]:
    """Names of the images that the file holds a result of."""
    return {record.image for record in read_jsonl(path) if record.error is None}


def _tell_cost(settings: DetectSettings, sources: list[Source]) -> None:
    """Says how much more work the settings ask for, on the first image that has a size."""
    if settings.tta == "none":
        return
    for source in sources:
        try:
            size = read_size(source.path)
        except DatasetError:
            continue
        times = relative_cost(settings, *size)
        sys.stderr.write(f"--tta {settings.tta}: about {times:.0f} times the work of one look\n")
        return


def _write_line(jsonl: TextIO, record: Record, name: str) -> None:
    try:
        jsonl.write(record.to_line() + "\n")
        jsonl.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        with contextlib.suppress(OSError):
            jsonl.close()  # here, as it tries to write once more
        raise DatasetError(
            what=f"Cannot go on writing {name}",
            why=error.strerror or str(error),
            remedy="Make room on the disk, then go on with --resume",
        ) from error


def _summarise(
    arguments: argparse.Namespace,
    outcome: Outcome,
    path: Path,
    settings: DetectSettings,
    seconds: float,
) -> None:
    median = statistics.median(outcome.seconds) if outcome.seconds else 0.0
    if arguments.json:
        print(
            json.dumps(
                {
                    "images": outcome.images,
                    "unreadable": outcome.unreadable,
                    "unwritten": outcome.unwritten,
                    "unlisted_folders": outcome.unlisted,
                    "faces": outcome.faces,
                    "seconds": round(seconds, 3),
                    "median_seconds": round(median, 4),
                    "model": weights.file_hash(path),
                    "settings": settings.as_dict(),
                }
            ),
            flush=True,
        )
        return
    parts = [f"{outcome.faces:,} faces in {outcome.images:,} images"]
    if outcome.unreadable:
        parts.append(f"{outcome.unreadable:,} could not be read")
    if outcome.unwritten:
        parts.append(f"{outcome.unwritten:,} not written")
    sys.stderr.write(", ".join(parts) + f" ({median:.2f} s an image)\n")
