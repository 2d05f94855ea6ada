"""What people decided about disagreements, images and tiles, as JSON lines; the newest counts.

`.review/verdicts.jsonl` in the data set, or in the user's folder where that is read-only. A
verdict belongs to an image and a box, never to a model, so it survives a new one: a label is
known by its coordinates, and a prediction that was judged by any other that overlaps it.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tinaface.boxes import FloatArray, pairwise_iou
from tinaface.disagreement_table import State, StateArray
from tinaface.disagreements import Candidates, Kind
from tinaface.errors import DatasetError
from tinaface.review_folder import review_folder, review_folders

FILE_NAME = "verdicts.jsonl"
Corners = tuple[float, float, float, float]
SAME_FACE_IOU = 0.5
"""A prediction that overlaps a judged one by as much is of the same face."""


class Judgement(Enum):
    """What a person said of one disagreement."""

    ACCEPT = "accept"
    REJECT = "reject"
    SWAP = "swap"
    IGNORE = "ignore"
    DOUBT = "doubt"


class Status(Enum):
    """How far a person is with one image."""

    TODO = "todo"
    REVIEWED = "reviewed"
    DOUBT = "doubt"


def box_key(xyxy: FloatArray) -> str:
    """A name of a box by its coordinates: equal for equal float32 corners."""
    corners = np.asarray(xyxy, "<f4")
    return hashlib.blake2b(corners.tobytes(), digest_size=8).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Verdict:
    """One decision about one disagreement.

    Attributes:
        image: path relative to the data set, with `/`.
        xyxy: the box it is about: of an FP the prediction, else the label, in pixels.
        at: when, in ISO 8601.
    """

    image: str
    kind: Kind
    judgement: Judgement
    xyxy: Corners
    at: str = field(default_factory=_now, compare=False)

    @property
    def key(self) -> tuple[Kind, str]:
        """What a later verdict on the same thing has in common with this one."""
        return self.kind, box_key(np.array(self.xyxy))

    def to_fields(self) -> dict[str, object]:
        """The verdict as a JSON object."""
        return {
            "image": self.image,
            "box": self.key[1],
            "kind": self.kind.name,
            "verdict": self.judgement.value,
            "xyxy": list(self.xyxy),
            "at": self.at,
        }

    @staticmethod
    def from_fields(fields: Mapping[str, Any]) -> "Verdict":
        """The verdict in a JSON object. Raises ValueError, KeyError or TypeError without one."""
        return Verdict(
            image=_text(fields["image"]),
            kind=Kind[fields["kind"]],
            judgement=Judgement(fields["verdict"]),
            xyxy=_corners(fields["xyxy"]),
            at=_text(fields.get("at", "")),
        )


class Verdicts:
    """All verdicts and statuses of a data set. What changes is appended by `write`.

    Attributes:
        damaged: lines of the files that say nothing; they are skipped, and stay in the file.
    """

    def __init__(self, dataset_root: Path) -> None:
        self.path = review_folder(dataset_root) / FILE_NAME
        self.damaged = 0
        self._verdicts: dict[str, dict[tuple[Kind, str], Verdict]] = {}
        self._status: dict[str, Status] = {}
        self._tiles: dict[str, list[Corners]] = {}
        elsewhere = [folder / FILE_NAME for folder in review_folders(dataset_root)]
        # What is written now is newer than what lies in the other place.
        for path in [*(one for one in elsewhere if one != self.path), self.path]:
            self._read(path)

    def _read(self, path: Path) -> None:
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:
            return
        except OSError as error:
            raise DatasetError(
                what=f"Cannot read verdicts from {path}",
                why=error.strerror or str(error),
                remedy="Make the file readable, or move it away to begin anew",
            ) from error
        for line in lines:
            if not line.strip():
                continue
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError, RecursionError):
                self.damaged += 1

    def _take(self, fields: Mapping[str, Any]) -> None:
        if "status" in fields:
            self._put_status(_text(fields["image"]), Status(fields["status"]))
        elif "tile" in fields:
            self._tiles.setdefault(_text(fields["image"]), []).append(_corners(fields["tile"]))
        elif fields["verdict"] is None:
            key = (Kind[fields["kind"]], _text(fields["box"]))
            self._verdicts.get(_text(fields["image"]), {}).pop(key, None)
        else:
            verdict = Verdict.from_fields(fields)
            self._verdicts.setdefault(verdict.image, {})[verdict.key] = verdict

    # ---- asking ----

    def of(self, image: str) -> list[Verdict]:
        """The verdicts that stand in one image."""
        return list(self._verdicts.get(image, {}).values())

    def standing(self, verdict: Verdict) -> Verdict | None:
        """The verdict that stands on what this one is about; None where nothing was said."""
        return self._verdicts.get(verdict.image, {}).get(verdict.key)

    def __iter__(self) -> Iterator[Verdict]:
        for known in self._verdicts.values():
            yield from known.values()

    def status(self, image: str) -> Status:
        """How far the image is: what was said of it, else doubtful where a verdict is."""
        said = self._status.get(image)
        if said is not None:
            return said
        verdicts = self._verdicts.get(image, {}).values()
        is_doubtful = any(one.judgement is Judgement.DOUBT for one in verdicts)
        return Status.DOUBT if is_doubtful else Status.TODO

    def tiles(self, image: str) -> list[Corners]:
        """The parts of an image, corners in pixels, that were looked at by themselves."""
        return list(self._tiles.get(image, ()))

    def images(self) -> set[str]:
        """All images with a verdict or a status."""
        return {*self._verdicts, *self._status}

    # ---- changing: each returns the line to append ----

    def put(self, verdict: Verdict) -> str:
        """Notes a verdict, in place of an earlier one on the same thing."""
        self._verdicts.setdefault(verdict.image, {})[verdict.key] = verdict
        return json.dumps(verdict.to_fields())

    def withdraw(self, verdict: Verdict) -> str:
        """Takes a verdict back."""
        self._verdicts.get(verdict.image, {}).pop(verdict.key, None)
        return json.dumps({**verdict.to_fields(), "verdict": None, "at": _now()})

    def set_status(self, image: str, status: Status) -> str:
        """Notes how far an image is."""
        self._put_status(image, status)
        return json.dumps({"image": image, "status": status.value, "at": _now()})

    def check_tile(self, image: str, tile: Corners) -> str:
        """Notes that a part of an image was looked at; until its status is TODO again."""
        self._tiles.setdefault(image, []).append(tile)
        return json.dumps({"image": image, "tile": list(tile), "at": _now()})

    def _put_status(self, image: str, status: Status) -> None:
        if status is Status.TODO:
            self._status.pop(image, None)
            self._tiles.pop(image, None)
        else:
            self._status[image] = status


def append_line(path: Path, line: str) -> None:
    """Adds one line to a file in one call, after whatever a killed writer left. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        is_cut = bool(end) and (file.seek(end - 1), file.read(1))[1] != b"\n"
        file.write(b"\n" * is_cut + line.encode("ascii") + b"\n")


def states(verdicts: list[Verdict], found: Candidates) -> StateArray:
    """`[K]` State of an image's candidates under its verdicts."""
    made = np.full(len(found), State.OPEN, np.int8)
    if not verdicts:
        return made
    of_label = {one.key: _state(one) for one in verdicts if one.kind is not Kind.FP}
    for row in np.flatnonzero(found.kind != Kind.FP).tolist() if of_label else ():
        key = (Kind(int(found.kind[row])), box_key(found.xyxy[row]))
        made[row] = of_label.get(key, State.OPEN)
    on_predictions = [one for one in verdicts if one.kind is Kind.FP]
    rows = np.flatnonzero(found.kind == Kind.FP)
    if on_predictions and len(rows):
        judged = np.array([one.xyxy for one in on_predictions])
        made[rows] = _closest(found.xyxy[rows], judged, on_predictions)
    return made


def _closest(xyxy: FloatArray, judged: FloatArray, verdicts: list[Verdict]) -> npt.NDArray[np.int8]:
    """The state of each prediction by the verdict that overlaps it most."""
    iou = pairwise_iou(xyxy.astype(np.float64), judged)
    best = iou.argmax(axis=1)
    of_verdict = np.array([_state(one) for one in verdicts], np.int8)
    is_same = iou[np.arange(len(xyxy)), best] >= SAME_FACE_IOU
    return np.where(is_same, of_verdict[best], State.OPEN).astype(np.int8)


def _state(verdict: Verdict) -> State:
    if verdict.judgement is Judgement.DOUBT:
        return State.DOUBTFUL
    # An accepted prediction is a label now. If that label goes, the question is open again.
    if verdict.kind is Kind.FP and verdict.judgement is not Judgement.REJECT:
        return State.OPEN
    return State.SETTLED


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, got {value!r}")
    return value


def _corners(value: Any) -> Corners:
    x0, y0, x1, y1 = (float(side) for side in value)
    if not np.isfinite([x0, y0, x1, y1]).all():
        raise ValueError("a box must have finite corners")
    return x0, y0, x1, y1
