"""Stored detections: one JSON line an image, appended as they come, the newest line counts.

The record is that of `detect --jsonl` plus what tells whether it still holds: the model, its
settings, and the time of the image file. A store lies in `.review/pred/<hash of the weights>/`.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tinaface.boxes import Detections, FloatArray
from tinaface.errors import DatasetError
from tinaface.review_folder import review_folder, review_folders

_FILE_NAME = "predictions.jsonl"
# Ours begin with the image's name, which then is found without parsing a thousand boxes.
_START = b'{"image": '


@dataclass(frozen=True, eq=False)
class Record:
    """What a model found in one image.

    Attributes:
        image: its path relative to the data set, with `/`; may hold surrogates for bytes that are
            no UTF-8.
        width, height: of the upright picture; None if it could not be read.
        boxes: `[N, 4]` corners in pixels of the upright picture.
        scores: `[N]`, all that the model's settings kept.
        error: "what", "why" and "remedy" of an image that could not be read; None if it was.
        model: hash of the weights; None if not known, as the next two.
        settings: of the detection, plain JSON values.
        mtime_ns: change time of the image file then.
        seconds: from file to boxes.
    """

    image: str
    width: int | None
    height: int | None
    boxes: FloatArray = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    scores: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    error: Mapping[str, str] | None = None
    model: str | None = None
    settings: Mapping[str, Any] | None = None
    mtime_ns: int | None = None
    seconds: float | None = None

    @property
    def detections(self) -> Detections:
        """The boxes with their scores."""
        return Detections(self.boxes, self.scores)

    def to_line(self) -> str:
        """One line of JSON without its end: ASCII, so that any name survives.

        Boxes are rounded to thousandths of a pixel, scores to six digits.
        """
        known = {
            "model": self.model,
            "settings": self.settings,
            "mtime_ns": self.mtime_ns,
            "seconds": self.seconds,
        }
        fields = {
            "image": self.image,
            "width": self.width,
            "height": self.height,
            **{name: value for name, value in known.items() if value is not None},
            "boxes": np.round(self.boxes.astype(np.float64), 3).tolist(),
            "scores": np.round(self.scores.astype(np.float64), 6).tolist(),
            "error": self.error,
        }
        return json.dumps(fields, allow_nan=False)

    @staticmethod
    def from_line(line: str | bytes) -> "Record":
        """The record in a line. Raises ValueError, saying what is wrong, where there is none."""
        fields = json.loads(line)
        if not isinstance(fields, dict):
            raise ValueError(f"a record must be an object, got {type(fields).__name__}")
        try:
            boxes = np.asarray(fields.get("boxes", []), np.float32).reshape(-1, 4)
            scores = np.asarray(fields.get("scores", []), np.float32)
        except TypeError as error:
            raise ValueError(f"boxes and scores must be lists of numbers: {error}") from error
        if len(boxes) != len(scores):
            raise ValueError(f"{len(boxes)} boxes have {len(scores)} scores")
        if not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
            raise ValueError("boxes and scores must be finite numbers")
        settings = fields.get("settings")
        return Record(
            image=_of_type(fields, "image", str),
            width=_optional(fields, "width", int),
            height=_optional(fields, "height", int),
            boxes=boxes,
            scores=scores,
            error=_optional(fields, "error", dict),
            model=_optional(fields, "model", str),
            settings=settings if isinstance(settings, dict) else None,
            mtime_ns=_optional(fields, "mtime_ns", int),
            seconds=_optional(fields, "seconds", (int, float)),
        )

    def is_stale(
        self,
        mtime_ns: int,
        model: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> bool:
        """Whether the image file, the model or the settings are others now.

        What is not known, here or there, is not compared.
        """
        now = ((self.mtime_ns, mtime_ns), (self.model, model), (self.settings, settings))
        return any(
            was is not None and current is not None and was != current for was, current in now
        )


class PredictionFiles:
    """The newest record of each image in some files, found without reading the others.

    Lines that are no record, such as the last one of a file whose writer was killed, are skipped.

    Attributes:
        paths: oldest first: of two records of an image the later file's counts.
        superseded: records that a newer one replaced.
        damaged: lines that are no record; one with a name is found out when it is asked for.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths = list(paths)
        self.superseded = 0
        self.damaged = 0
        self._place_of: dict[str, tuple[int, int]] = {}
        self._ends = [0] * len(self.paths)
        self.refresh()

    def refresh(self) -> list[str]:
        """Takes in what was appended since the last look, and gives the images it is about.

        Raises DatasetError for a file that is there but cannot be read.
        """
        found: list[str] = []
        for number, path in enumerate(self.paths):
            for place, line in self._new_lines(number, path):
                try:
                    image = image_of_line(line)
                except ValueError:
                    self.damaged += 1
                    continue
                self.superseded += image in self._place_of
                self._place_of[image] = (number, place)
                found.append(image)
        return list(dict.fromkeys(found))

    def read_again(self) -> None:
        """Forgets all and reads the files anew, which somebody has changed. Raises as `refresh`."""
        for number in range(len(self.paths)):
            self._forget(number)
        self.superseded, self.damaged = 0, 0
        self.refresh()

    def _new_lines(self, number: int, path: Path) -> Iterator[tuple[int, bytes]]:
        try:
            with path.open("rb") as file:
                if file.seek(0, os.SEEK_END) < self._ends[number]:
                    self._forget(number)
                file.seek(self._ends[number])
                for line in file:
                    # Without its end it is still being written, or cut: the next look tells. A
                    # whole record counts already, as the last line of a file may lack its end.
                    if not line.endswith(b"\n") and not _is_record(line):
                        return
                    if line.strip():
                        yield self._ends[number], line
                    self._ends[number] += len(line)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unreadable(path, error.strerror or str(error)) from error

    def _forget(self, number: int) -> None:
        """Begins a file anew that somebody replaced by a shorter one."""
        self._ends[number] = 0
        self._place_of = {
            image: place for image, place in self._place_of.items() if place[0] != number
        }

    def __len__(self) -> int:
        return len(self._place_of)

    def __contains__(self, image: str) -> bool:
        return image in self._place_of

    def images(self) -> list[str]:
        """The images there is a record of, as the records name them."""
        return list(self._place_of)

    def get(self, image: str) -> Record | None:
        """The newest record of an image; None if there is none, or its line is damaged or gone.

        A line is looked at in full only here; a damaged one is counted and forgotten.
        """
        place = self._place_of.get(image)
        if place is None:
            return None
        number, start = place
        try:
            with self.paths[number].open("rb") as file:
                file.seek(start)
                line = file.readline()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(self.paths[number], error.strerror or str(error)) from error
        try:
            record = Record.from_line(line)
            # Where somebody has shortened the file, another image's record may stand there now.
            return record if record.image == image else None
        except ValueError:
            # No byte is left where somebody cut the file; the next refresh forgets its lines.
            if line and self._place_of.pop(image, None) is not None:
                self.damaged += 1
            return None

    def is_newest(self, image: str, number: int, start: int) -> bool:
        """Whether the record at a byte of the file of this number is the one of its image."""
        return self._place_of.get(image) == (number, start)

    def records(self) -> Iterator[Record]:
        """The newest record of each image, in the order of the files."""
        order = sorted(self._place_of.items(), key=lambda item: item[1])
        for image, _ in order:
            record = self.get(image)
            if record is not None:
                yield record


class PredictionStore(PredictionFiles):
    """The predictions of one model for one data set; the place that detection writes to.

    Those that the data set came with, in `predictions.jsonl`, are among them if the model is the
    same.
    """

    def __init__(self, dataset_root: Path, model_hash: str) -> None:
        self.model_hash = model_hash
        self.path = _store_path(review_folder(dataset_root), model_hash)
        elsewhere = [_store_path(folder, model_hash) for folder in review_folders(dataset_root)]
        came_with = [dataset_root / _FILE_NAME] if _came_with(dataset_root) == model_hash else []
        # What is written now is newer than what the data set came with.
        older = [*came_with, *(path for path in elsewhere if path != self.path)]
        super().__init__([*older, self.path])

    def append(self, record: Record) -> None:
        """Adds a record, which from now on is the one of its image. Raises DatasetError."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b", buffering=0) as file:
                end = file.seek(0, os.SEEK_END)
                if end and (file.seek(end - 1), file.read(1))[1] != b"\n":
                    # The last writer was killed in the middle of a line.
                    file.write(b"\n")
                # One call, so that two programs' lines cannot mix.
                file.write(record.to_line().encode() + b"\n")
        except OSError as error:
            raise DatasetError(
                what=f"Cannot store predictions in {self.path}",
                why=error.strerror or str(error),
                remedy="Make the folder writable or free space on the disk",
            ) from error
        self.refresh()


def stored_models(dataset_root: Path) -> list[str]:
    """Hashes of the models whose predictions are stored, the last written first.

    The model of the predictions that the data set came with, if any, is the last.
    """
    time_of: dict[str, int] = {}
    for folder in review_folders(dataset_root):
        for path in folder.glob(f"pred/*/{_FILE_NAME}"):
            model = path.parent.name
            time_of[model] = max(path.stat().st_mtime_ns, time_of.get(model, 0))
    models = sorted(time_of, key=lambda model: -time_of[model])
    came_with = _came_with(dataset_root)
    return models if came_with is None or came_with in models else [*models, came_with]


def _came_with(dataset_root: Path) -> str | None:
    """The model of the predictions in the data set's own file; None without such a file."""
    try:
        with (dataset_root / _FILE_NAME).open("rb") as file:
            return Record.from_line(file.readline()).model
    except (OSError, ValueError):
        return None


def open_predictions(path: Path) -> PredictionFiles:
    """Predictions that the user names: one file of JSON lines, or a folder of such files.

    Raises DatasetError if there is none, or none that holds a record.
    """
    if path.is_dir():
        paths = sorted(path.rglob("*.jsonl"), key=lambda file: file.stat().st_mtime_ns)
    else:
        paths = [path]
    files = PredictionFiles(paths)
    if not path.exists() or not paths:
        raise _unreadable(path, "there is no such file" if not path.exists() else "it is empty")
    if not len(files) and files.damaged:
        raise _unreadable(path, "none of its lines is a record of predictions")
    return files


def read_jsonl(path: Path) -> list[Record]:
    """The newest record of each image in one file. Raises DatasetError."""
    return list(open_predictions(path).records())


def relative_name(image: Path, root: Path) -> str:
    """How records of a data set name an image: relative with `/`, in full if it is outside."""
    try:
        return image.relative_to(root).as_posix()
    except ValueError:
        return image.as_posix()


def _store_path(folder: Path, model_hash: str) -> Path:
    return folder / "pred" / model_hash / _FILE_NAME


def _is_record(line: bytes) -> bool:
    try:
        Record.from_line(line)
    except ValueError:
        return False
    return True


def image_of_line(line: bytes) -> str:
    """The image's name in a record's line. Raises ValueError for one that is cut or no record."""
    if line.startswith(_START):
        # Decoding all boxes of all lines only to find the names would take a hundred times longer.
        if b'"error": ' not in line or not line.rstrip().endswith(b"}"):
            raise ValueError("the line is cut")
        name, _ = json.JSONDecoder().raw_decode(line[len(_START) : line.index(b', "')].decode())
    else:
        fields = json.loads(line)
        name = fields.get("image") if isinstance(fields, dict) else None
    if not isinstance(name, str):
        raise ValueError("a record needs the name of its image")
    return name


def _of_type(fields: Mapping[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    if not isinstance(fields.get(name), kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        wanted = " or ".join(one.__name__ for one in kinds)
        raise ValueError(f"{name} must be {wanted}, got {fields.get(name)!r}")
    return fields[name]


def _optional(fields: Mapping[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    return None if fields.get(name) is None else _of_type(fields, name, kind)


def _unreadable(path: Path, why: str) -> DatasetError:
    return DatasetError(
        what=f"Cannot read predictions from {path}",
        why=why,
        remedy="Give a file that `python -m tinaface detect --jsonl` made, or a folder of them",
    )
