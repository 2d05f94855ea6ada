"""Files of the WIDER FACE benchmark: annotation text, ground truth of the evaluation, results.

Boxes are `x y w h` in these files and become `x0, y0, x1, y1` here, x1 = x + w, y1 = y + h.

Source: Yang, Luo, Loy, Tang, "WIDER FACE: A Face Detection Benchmark" (CVPR 2016), the readme of
its annotations and the files of its evaluation tool; specification, section 12.1.
"""

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from tinaface.boxes import Detections, FloatArray, IndexArray
from tinaface.dataset import IMAGE_SUFFIXES
from tinaface.errors import DatasetError

ATTRIBUTES = ("blur", "expression", "illumination", "invalid", "occlusion", "pose")
SUBSETS = ("easy", "medium", "hard")

_INVALID = ATTRIBUTES.index("invalid")


@dataclass(frozen=True, eq=False)
class Annotation:
    """The faces marked in one picture; boxes without an area, of which there are some, left out.

    Attributes:
        name: the picture's path below the image folder, as "0--Parade/0_Parade_….jpg".
        gt_boxes: `[N, 4]` x0, y0, x1, y1 in pixels.
        attributes: `[N, 6]` levels of ATTRIBUTES, all 0 where the file holds none.
    """

    name: str
    gt_boxes: FloatArray
    attributes: npt.NDArray[np.int64]

    @property
    def is_invalid(self) -> npt.NDArray[np.bool_]:
        """`[N]` boxes that shall be neither found nor missed."""
        return self.attributes[:, _INVALID] == 1


@dataclass(frozen=True, eq=False)
class BenchmarkTruth:
    """What the official evaluation reads: every box, and which of them count on each level.

    Attributes:
        names: "event/picture" without suffix, in the order of the files.
        gt_boxes: for each picture `[N, 4]` float64, boxes of no size included.
        counted: for each of SUBSETS and each picture, the rows of the boxes that count. All others
            are ignored on that level.
    """

    names: tuple[str, ...]
    gt_boxes: tuple[FloatArray, ...]
    counted: dict[str, tuple[IndexArray, ...]]


def read_annotations(path: Path) -> list[Annotation]:
    """The pictures of `wider_face_{train,val}_bbx_gt.txt`, or of a landmark list, in file order.

    A landmark list has a line `# name width height` before the boxes `x0 y0 x1 y1 …` of a picture.

    Raises:
        DatasetError: the file cannot be read, or a line is not what it should be.
    """
    lines = _read_text(path).split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and lines[0].startswith("#"):
        return list(_parse_landmarks(path, lines))
    return list(_parse_official(path, lines))


def _parse_official(path: Path, lines: list[str]) -> Iterator[Annotation]:
    at = 0
    while at < len(lines):
        name = lines[at].strip()
        if at + 1 == len(lines) or not lines[at + 1].strip().isdecimal():
            raise _broken_line(path, at + 1, "the number of boxes should stand here", lines)
        n_boxes = int(lines[at + 1])
        first = at + 2
        at = first + n_boxes
        table = _table(path, lines, first, at, 10)
        # A picture without faces is followed by one line of ten zeros nevertheless.
        if n_boxes == 0 and at < len(lines) and lines[at].split() == ["0"] * 10:
            at += 1
        table = table[(table[:, 2] > 0) & (table[:, 3] > 0)]
        yield Annotation(name, _to_corners(table[:, :4]), table[:, 4:].astype(np.int64))


def _parse_landmarks(path: Path, lines: list[str]) -> Iterator[Annotation]:
    heads = [i for i, line in enumerate(lines) if line.startswith("#")]
    for head, end in zip(heads, [*heads[1:], len(lines)], strict=True):
        # The name may hold spaces; the two sizes behind it may not.
        words = lines[head][1:].strip().rsplit(None, 2)
        if len(words) < 3:
            raise _broken_line(path, head, "a name and two sizes should stand here", lines)
        boxes = _table(path, lines, head + 1, end, 4)
        boxes = boxes[(boxes[:, 2:] > boxes[:, :2]).all(axis=1)]
        yield Annotation(words[0], boxes, np.zeros((len(boxes), len(ATTRIBUTES)), np.int64))


def read_ground_truth(folder: Path) -> BenchmarkTruth:
    """The ground truth of the official tool: `wider_face_val.mat`, `wider_{easy,…}_val.mat`.

    Raises:
        DatasetError: a file is missing or is not what it should be.
    """
    faces = _read_mat(folder / "wider_face_val.mat")
    try:
        names = _names(faces)
        gt_boxes = tuple(
            _to_corners(boxes.astype(np.float64).reshape(-1, 4))
            for event in faces["face_bbx_list"][:, 0]
            for boxes in event[:, 0]
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise _broken_mat(folder / "wider_face_val.mat", error) from error
    counted = {}
    for subset in SUBSETS:
        path = folder / f"wider_{subset}_val.mat"
        content = _read_mat(path)
        try:
            if _names(content) != names:
                raise ValueError("its pictures are not those of wider_face_val.mat")
            rows = tuple(
                # Matlab counts from 1.
                indices.astype(np.intp).reshape(-1) - 1
                for event in content["gt_list"][:, 0]
                for indices in event[:, 0]
            )
            for name, boxes, row in zip(names, gt_boxes, rows, strict=True):
                if row.size and not 0 <= row.min() <= row.max() < len(boxes):
                    raise ValueError(f"{name} has {len(boxes)} boxes, but counts row {row.max()}")
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise _broken_mat(path, error) from error
        counted[subset] = rows
    return BenchmarkTruth(names, gt_boxes, counted)


def find_ground_truth(root: Path) -> Path | None:
    """The folder with WIDER FACE's ground truth at its usual places beside pictures; else None.

    Its annotations come as a `wider_face_val.mat`, too, in a folder without the other three files.
    """
    for folder in (root, root.parent):
        for inside in (".", "ground_truth", "eval_tools/ground_truth"):
            files = ("face", *SUBSETS)
            if all((folder / inside / f"wider_{one}_val.mat").is_file() for one in files):
                return folder / inside
    return None


def _names(content: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{event.item()}/{name.item()}"
        for event, names in zip(
            content["event_list"][:, 0], content["file_list"][:, 0], strict=True
        )
        for name in names[:, 0]
    )


def _read_mat(path: Path) -> dict[str, Any]:
    # scipy costs 0.3 s to import, and only these files need it.
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content: dict[str, Any] = loadmat(path)
    except (OSError, ValueError, TypeError, NotImplementedError, zlib.error, MatReadError) as error:
        raise _broken_mat(path, error) from error
    return content


def _broken_mat(path: Path, error: Exception) -> DatasetError:
    return DatasetError(
        what=f"Cannot read {path} as ground truth of WIDER FACE",
        why=f"{type(error).__name__}: {error}",
        remedy="Give the folder with wider_face_val.mat and wider_{easy,medium,hard}_val.mat",
    )


def write_result(
    folder: Path, name: str, detections: Detections, *, is_truncated: bool = False
) -> Path:
    """Writes one picture's official result file below `folder` and returns its path.

    Line 1 is the picture's name, line 2 the number of boxes, then `x y w h score` by descending
    score.

    Args:
        name: "event/picture", with or without a suffix that an image has.
        is_truncated: cut corners to whole pixels and scores to float32, as the reference does;
            otherwise all digits are written.

    Raises:
        DatasetError: the name leads out of the folder, or the file cannot be written.
    """
    relative = PurePosixPath(without_image_suffix(name) + ".txt")
    if relative.is_absolute() or ".." in relative.parts:
        raise DatasetError(
            what=f"Cannot write a result file for {name}",
            why="Its path leads out of the folder of results",
            remedy="Evaluate one folder, so that images are named below it",
        )
    order = np.argsort(-detections.scores, kind="stable")
    xyxy: FloatArray = detections.xyxy[order].astype(np.float64)
    scores = detections.scores[order]
    if is_truncated:
        xyxy, scores = truncate(xyxy), scores.astype(np.float32)
    xywh = np.hstack([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]])
    places = xywh.astype(np.int64).tolist() if is_truncated else xywh.tolist()
    rows = [
        f"{x} {y} {w} {h} {score!s}" for (x, y, w, h), score in zip(places, scores, strict=True)
    ]
    path = folder / relative
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([relative.stem, str(len(rows)), *rows]) + "\n", encoding="utf-8")
    except OSError as error:
        raise DatasetError(
            what=f"Cannot write {path}",
            why=f"{type(error).__name__}: {error}",
            remedy="Choose a folder that can be written to",
        ) from error
    return path


def truncate(xyxy: FloatArray) -> FloatArray:
    """Corners cut to whole pixels towards 0, as the reference's result files hold them."""
    return np.trunc(xyxy)


def read_results(folder: Path) -> Iterator[tuple[str, Detections]]:
    """Every picture "event/picture" of a folder of official result files, with its detections.

    Names come from the files' places, as the official tool takes them, in sorted order.

    Raises:
        DatasetError: there is no result file, or one is not what it should be.
    """
    paths = sorted(folder.rglob("*.txt"))
    if not paths:
        raise DatasetError(
            what=f"No result file below {folder}",
            why="Official results are text files named event/picture.txt",
            remedy="Give the folder that holds the folders of events",
        )
    for path in paths:
        name = path.relative_to(folder).as_posix().removesuffix(".txt")
        yield name, read_result(path)


def read_result(path: Path) -> Detections:
    """The detections in one official result file, in its order. Raises DatasetError."""
    lines = _read_text(path).split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) < 2 or not lines[1].strip().isdecimal():
        raise _broken_line(path, 1, "the number of boxes should stand here", lines)
    n_boxes = int(lines[1])
    if len(lines) != 2 + n_boxes:
        raise _broken_line(path, 1, f"{len(lines) - 2} lines of boxes follow", lines)
    table = _table(path, lines, 2, len(lines), 5)
    return Detections(_to_corners(table[:, :4]), table[:, 4].copy())


def without_image_suffix(name: str) -> str:
    """The name less a suffix that tells an image, as ".jpg"; other dots belong to the name."""
    stem, dot, suffix = name.rpartition(".")
    return stem if dot + suffix.lower() in IMAGE_SUFFIXES else name


def _to_corners(xywh: FloatArray) -> FloatArray:
    return np.hstack([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]])


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            what=f"Cannot read {path}",
            why=f"{type(error).__name__}: {error}",
            remedy="Check that the file is there and is text",
        ) from error


def _table(path: Path, lines: Sequence[str], first: int, end: int, columns: int) -> FloatArray:
    """The first `columns` numbers of each of those lines."""
    if end > len(lines):
        raise _broken_line(path, len(lines), f"{end - len(lines)} more boxes should follow", lines)
    rows = []
    for at in range(first, end):
        try:
            row = [float(word) for word in lines[at].split(None, columns)[:columns]]
        except ValueError:
            row = []
        if len(row) < columns or not all(map(math.isfinite, row)):
            why = f"a box of {columns} finite numbers should stand here"
            raise _broken_line(path, at, why, lines)
        rows.append(row)
    return np.asarray(rows, np.float64).reshape(-1, columns)


def _broken_line(path: Path, at: int, why: str, lines: Sequence[str]) -> DatasetError:
    found = repr(lines[at][:60]) if at < len(lines) else "the end of the file"
    return DatasetError(
        what=f"Cannot read line {at + 1} of {path}",
        why=f"{why}, found {found}",
        remedy="Check that the file is whole and of the format it should be",
    )
