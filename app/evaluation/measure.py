"""One evaluation from request to figures, by the code of the command line; knows nothing of Qt."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from app.prediction_sources import Source
from tinaface import wider
from tinaface.boxes import FloatArray, IndexArray
from tinaface.changes import ChangedBox, changed_boxes
from tinaface.curves import Curve, curve_of, wider_curve_of
from tinaface.evaluation import (
    RESAMPLES,
    FaceSet,
    Judgement,
    ProtocolName,
    VocJudgement,
    WiderJudgement,
    benchmark_set,
    compare,
    figures,
    judge,
    labelme_set,
)
from tinaface.groups import Group, Kind, groups
from tinaface.metrics import Ranking, bootstrap
from tinaface.submission import Submission, submission_of

WHOLE = "all"


@dataclass(frozen=True)
class Request:
    """What is to be evaluated.

    Attributes:
        root: the open folder.
        other: the predictions that are compared with it.
        truth: folder of WIDER FACE's own ground truth; None to judge by the folder's labels.
    """

    root: Path
    protocol: ProtocolName
    source: Source
    other: Source | None = None
    truth: Path | None = None


@dataclass(frozen=True, eq=False)
class Line:
    """A curve with the detections behind it."""

    name: str
    curve: Curve
    ranking: Ranking


@dataclass(frozen=True, eq=False)
class Judged:
    """One set of predictions, judged.

    Attributes:
        judged: by the wanted protocol, for each subset.
        voc: by the matching of the review, which counts at the threshold; of the widest subset.
        figures: as `evaluate --json` prints them; None until they are computed.
    """

    source: Source
    submission: Submission
    judged: dict[str, Judgement]
    voc: VocJudgement
    lines: tuple[Line, ...]
    figures: dict[str, dict[str, Any]] | None = None

    def boxes(self, pictures: IndexArray, detections: IndexArray) -> FloatArray:
        """`[K, 4]` of detections, named by the picture and the row within it."""
        return self._all_boxes[self._first_box[pictures] + detections]

    @cached_property
    def _all_boxes(self) -> FloatArray:
        parts = [overlaps.xyxy for overlaps in self.voc.pictures]
        return np.concatenate([np.zeros((0, 4)), *parts])

    @cached_property
    def _first_box(self) -> IndexArray:
        """`[I]` where each picture's detections begin among all."""
        counts = [len(overlaps.xyxy) for overlaps in self.voc.pictures]
        return np.cumsum([0, *counts])[:-1]


@dataclass(frozen=True, eq=False)
class Measured:
    """What an evaluation found.

    Attributes:
        images: the pictures as the open folder names them; None for one that it does not have.
        differences: of the first and the second run on each subset, as `evaluate --json` prints
            them; None without a second run, or until they are computed.
    """

    request: Request
    face_set: FaceSet
    images: tuple[str | None, ...]
    first: Judged
    second: Judged | None
    groups: tuple[Group, ...]
    differences: dict[str, dict[str, object]] | None = None

    @property
    def has_figures(self) -> bool:
        """Whether the slower half, figures and intervals, is there, too."""
        return self.first.figures is not None

    @cached_property
    def subset(self) -> str:
        """The subset that the counts are of: all faces, or the widest of WIDER FACE's three."""
        return widest(self.face_set)

    def changes(self, thresholds: tuple[float, float]) -> list[ChangedBox]:
        """Where the second run differs from the first; nothing without one."""
        if self.second is None:
            return []
        return changed_boxes(self.first.voc, self.second.voc, thresholds)


def widest(face_set: FaceSet) -> str:
    """All faces, or the widest of WIDER FACE's three subsets."""
    return WHOLE if WHOLE in face_set.counted else list(face_set.counted)[-1]


class GivenUpError(Exception):
    """Nobody waits for the result any more."""


def always() -> bool:
    """For evaluations that nobody gives up."""
    return True


def measure(
    request: Request, listed: Iterable[str], is_wanted: Callable[[], bool] = always
) -> Measured:
    """Judges the stored predictions; quick. `with_figures` adds what takes longer.

    Args:
        listed: the images of the open folder.
        is_wanted: asked again and again whether anybody still waits.

    Raises TinaFaceError where labels or predictions are missing or cannot be read, and
    GivenUpError.
    """

    def go_on() -> None:
        if not is_wanted():
            raise GivenUpError

    if request.truth is None:
        face_set = labelme_set(request.root, on_file=go_on)
        images: tuple[str | None, ...] = face_set.names
    else:
        face_set = benchmark_set(request.truth)
        images = _as_listed(face_set.names, listed)
    first = _judge(request, face_set, request.source, go_on)
    parts = tuple(groups(face_set, first.voc))
    if list(first.judged.values()) == [first.voc]:
        # Without subsets of its own the run is told apart by the faces' heights.
        first = replace(first, lines=(*first.lines, *_height_lines(parts)))
    second = None
    if request.other is not None:
        second = _judge(request, face_set, request.other, go_on)
    return Measured(request, face_set, images, first, second, parts)


def with_figures(measured: Measured, is_wanted: Callable[[], bool] = always) -> Measured:
    """The same with all figures, and intervals from draws of the pictures."""
    draws = bootstrap(len(measured.face_set.names), RESAMPLES)
    first = replace(measured.first, figures=figures(measured.first.judged, draws))
    if measured.second is None:
        return replace(measured, first=first)
    _go_on(is_wanted)
    second = replace(measured.second, figures=figures(measured.second.judged, draws))
    _go_on(is_wanted)
    return replace(
        measured, first=first, second=second, differences=_differences(first, second, draws)
    )


def _go_on(is_wanted: Callable[[], bool]) -> None:
    if not is_wanted():
        raise GivenUpError


def _differences(first: Judged, second: Judged, draws: FloatArray) -> dict[str, dict[str, object]]:
    return {
        name: compare(judgement, second.judged[name], draws)
        for name, judgement in first.judged.items()
    }


def _judge(
    request: Request, face_set: FaceSet, source: Source, go_on: Callable[[], None]
) -> Judged:
    files = source.read(request.root)
    submission = submission_of(files, face_set, source.title, go_on)
    detections = submission.pairing.detections
    judged = judge(request.protocol, face_set, detections)
    go_on()
    whole = judged[widest(face_set)]
    voc = (
        whole
        if isinstance(whole, VocJudgement)
        else VocJudgement.of(face_set, widest(face_set), detections)
    )
    lines = tuple(_lines(judged, voc, submission))
    return Judged(source, submission, judged, voc, lines)


def _lines(
    judged: dict[str, Judgement], voc: VocJudgement, submission: Submission
) -> Iterator[Line]:
    """A curve for each subset."""
    for name, judgement in judged.items():
        if isinstance(judgement, WiderJudgement):
            curve = wider_curve_of(judgement.curve, submission.pairing.detections)
            yield Line(name, curve, voc.ranking)
        elif isinstance(judgement, VocJudgement):
            yield Line(name, curve_of(judgement.ranking), judgement.ranking)


def _height_lines(parts: Iterable[Group]) -> Iterator[Line]:
    for group in parts:
        if group.kind is Kind.HEIGHT and group.n_faces:
            yield Line(group.name, curve_of(group.ranking), group.ranking)


def _as_listed(names: Iterable[str], listed: Iterable[str]) -> tuple[str | None, ...]:
    """WIDER FACE's names, event and picture without suffix, as the open folder names them."""
    by_end = {_end(wider.without_image_suffix(image)): image for image in listed}
    return tuple(by_end.get(_end(name)) for name in names)


def _end(name: str) -> str:
    return "/".join(name.split("/")[-2:])
