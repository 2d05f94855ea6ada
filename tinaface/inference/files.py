"""From image files to detections, one after another, whatever state the files are in.

Light: the network comes in as a function.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tinaface.boxes import Detections
from tinaface.errors import DatasetError
from tinaface.images import Picture, RgbArray, read_picture, truncation
from tinaface.predictions import Record


@dataclass(frozen=True, eq=False)
class FileResult:
    """What came of one image file.

    Attributes:
        height: of the upright picture; None if it could not be decoded.
        width: the same.
        error: why it was not read, or not to its end; a truncated picture has detections too.
        mtime_ns: the file's time of change before it was read; 0 if it is not there.
        seconds: from file to boxes.
    """

    path: Path
    height: int | None
    width: int | None
    detections: Detections
    error: DatasetError | None
    mtime_ns: int
    seconds: float

    def record(self, name: str) -> Record:
        """The record of `detect --jsonl` under a name."""
        return Record(
            image=name,
            width=self.width,
            height=self.height,
            boxes=self.detections.xyxy,
            scores=self.detections.scores,
            error=None if self.error is None else self.error.as_dict(),
            seconds=round(self.seconds, 4),
        )


@dataclass(frozen=True, eq=False)
class _Decoded:
    picture: Picture | None
    error: DatasetError | None
    mtime_ns: int
    seconds: float


def detect_files(
    detect: Callable[[RgbArray], Detections], paths: Iterable[Path]
) -> Iterator[FileResult]:
    """The result of each file in turn. The next file is decoded while the network computes.

    Args:
        detect: from `[H, W, 3]` uint8 to the faces in it.
        paths: image files; taken one ahead of the result.
    """
    with ThreadPoolExecutor(max_workers=1) as decoder:
        ahead: tuple[Path, Future[_Decoded]] | None = None
        for path in paths:
            coming = path, decoder.submit(_decode, path)
            if ahead is not None:
                yield _finish(detect, *ahead)
            ahead = coming
        if ahead is not None:
            yield _finish(detect, *ahead)


def _decode(path: Path) -> _Decoded:
    start = time.perf_counter()
    try:
        mtime_ns = os.stat(path).st_mtime_ns
    except (OSError, ValueError):
        mtime_ns = 0  # reading it says why
    picture, error = None, None
    try:
        picture = read_picture(path)
        if picture.is_truncated:
            error = truncation(path)
    except DatasetError as unreadable:
        error = unreadable
    except MemoryError:
        error = DatasetError(
            what=f"{path.name!r} does not fit into memory",
            why="decoding it needs more memory than is free",
            remedy="Close other programs, or make a smaller copy of the picture",
        )
    return _Decoded(picture, error, mtime_ns, time.perf_counter() - start)


def _finish(
    detect: Callable[[RgbArray], Detections], path: Path, decoding: Future[_Decoded]
) -> FileResult:
    decoded = decoding.result()
    start = time.perf_counter()
    if decoded.picture is None:
        found, height, width = Detections.none(), None, None
    else:
        height, width = decoded.picture.rgb.shape[:2]
        found = detect(decoded.picture.rgb)
    seconds = decoded.seconds + time.perf_counter() - start
    return FileResult(path, height, width, found, decoded.error, decoded.mtime_ns, seconds)
