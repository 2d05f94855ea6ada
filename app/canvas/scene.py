"""What is to be painted of a document, as arrays: one row a box or prediction.

Built anew when the document or the way of showing it changes; pan and zoom only read it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLocale

from app import wording
from app.canvas.colours import BoxColours, Rgb
from app.canvas.raster import DASH, DOT, SOLID
from app.comparison import IGNORED_MARK, MARKS, Agreement, AgreementArray
from app.document import DEFAULT_LABEL, Document
from app.placement import BoxArray, is_large_enough
from tinaface.boxes import IndexArray

BoolArray = npt.NDArray[np.bool_]

STALE_MARK = "⟳"
WARNING_MARK = "⚠"
"""At a loaded box that is smaller than any that may be drawn."""

DASHES = (SOLID, DASH, DOT)
_SOLID, _DASH, _DOT = range(3)
_IGNORED_GREY = 128


class Overlay(Enum):
    """Which boxes are shown."""

    BOTH = "both"
    GT = "gt"
    PREDICTION = "prediction"
    NONE = "none"

    @property
    def shows_gt(self) -> bool:
        return self in (Overlay.BOTH, Overlay.GT)

    @property
    def shows_predictions(self) -> bool:
        return self in (Overlay.BOTH, Overlay.PREDICTION)


class Texts(Enum):
    """What is written at boxes."""

    NONE = "none"
    SCORE = "score"
    ALL = "all"


@dataclass(frozen=True, eq=False)
class Scene:
    """K boxes and predictions with the way each is painted.

    Attributes:
        xyxy: `[K, 4]` corners in image pixels.
        index: `[K]` row in `gt_boxes`, or place in `predictions`.
        is_prediction: `[K]`.
        colour: `[K]` 0xAARRGGBB.
        dash: `[K]` number in DASHES.
        agreement: `[K]` Agreement.
        score: `[K]`, NaN at ground truth.
        is_ignored, is_stale, is_edited, is_selected: `[K]`.
        label: the texts of all rows of `gt_boxes`.
        flags_of: the flags of a row of `gt_boxes`; asked for few, as most have no text.
        links: `[L, 2]` pairs of rows of this scene whose centres are linked.
        others: polylines, each `[P, 2]`, of shapes that are no box.
    """

    xyxy: BoxArray
    index: IndexArray
    is_prediction: BoolArray
    colour: npt.NDArray[np.uint32]
    dash: npt.NDArray[np.int8]
    agreement: AgreementArray
    score: npt.NDArray[np.float64]
    is_ignored: BoolArray
    is_stale: BoolArray
    is_edited: BoolArray
    is_selected: BoolArray
    label: list[str] = field(default_factory=list)
    flags_of: Callable[[int], frozenset[str]] = lambda _row: frozenset()
    links: IndexArray = field(default_factory=lambda: np.zeros((0, 2), np.intp))
    others: list[BoxArray] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.xyxy)

    def take(self, rows: IndexArray) -> "Scene":
        """The scene of these rows only; links are left out, as they lead to other rows."""
        return Scene(
            xyxy=self.xyxy[rows],
            index=self.index[rows],
            is_prediction=self.is_prediction[rows],
            colour=self.colour[rows],
            dash=self.dash[rows],
            agreement=self.agreement[rows],
            score=self.score[rows],
            is_ignored=self.is_ignored[rows],
            is_stale=self.is_stale[rows],
            is_edited=self.is_edited[rows],
            is_selected=self.is_selected[rows],
            label=self.label,
            flags_of=self.flags_of,
            others=self.others,
        )

    def row_of(self, index: int, is_prediction: bool) -> int | None:
        """The row of this scene that shows a box or a prediction."""
        rows = np.flatnonzero((self.index == index) & (self.is_prediction == is_prediction))
        return int(rows[0]) if len(rows) else None

    def with_boxes(self, indices: IndexArray, xyxy: BoxArray) -> "Scene":
        """The scene with other places for these rows of `gt_boxes`."""
        place = np.full(int(self.index.max(initial=0)) + 1, -1, np.intp)
        place[self.index[~self.is_prediction]] = np.flatnonzero(~self.is_prediction)
        rows = place[indices]
        moved = self.xyxy.copy()
        moved[rows[rows >= 0]] = xyxy[rows >= 0]
        return replace(self, xyxy=moved)

    def mark(self, row: int) -> str:
        """The sign that tells the agreement, the ignore flag or the age without colour."""
        if self.is_ignored[row]:
            return IGNORED_MARK
        if self.is_stale[row]:
            return STALE_MARK
        if not self.is_prediction[row] and not is_large_enough(self.xyxy[row]):
            return WARNING_MARK
        agreement = Agreement(int(self.agreement[row]))
        if self.is_prediction[row] and agreement is not Agreement.FP:
            return ""
        return MARKS.get(agreement, "")

    def text(self, row: int, texts: Texts, *, with_size: bool = False) -> str:
        """What is written at a row."""
        words = []
        if self.is_prediction[row]:
            words.append(QLocale().toString(float(self.score[row]), "f", 2))
        else:
            label = self.label[self.index[row]]
            if texts is Texts.ALL or with_size or label != DEFAULT_LABEL:
                words.append(label)
            if texts is Texts.ALL or with_size:
                # An ignore region has a mark of its own.
                flags = self.flags_of(int(self.index[row])) - {"ignore"}
                words += [f"({', '.join(map(wording.flag, sorted(flags)))})"] if flags else []
        if with_size:
            x0, y0, x1, y1 = self.xyxy[row]
            words.append(f"{x1 - x0:.0f}×{y1 - y0:.0f}")  # noqa: RUF001 - a multiplication sign
        return " ".join([*words, self.mark(row)]).strip()


def build_scene(document: Document, colours: BoxColours, overlay: Overlay) -> Scene:
    """The scene of a document; predictions first, so that ground truth lies over them."""
    rows = np.flatnonzero(~document.is_hidden) if overlay.shows_gt else np.zeros(0, np.intp)
    places = document.visible_places() if overlay.shows_predictions else np.zeros(0, np.intp)
    comparison = document.comparison() if overlay is Overlay.BOTH else None
    n, m = len(places), len(rows)

    agreement = np.zeros(n + m, np.int8)
    links = np.zeros((0, 2), np.intp)
    if comparison is not None:
        agreement[:n] = comparison.of_predictions()[places]
        agreement[n:] = comparison.of_boxes(document.threshold)[rows]
        matched = comparison.matching.matched_gt[places]
        loose = np.flatnonzero((agreement[:n] == Agreement.LOOSE) & np.isin(matched, rows))
        links = np.stack([loose, n + np.searchsorted(rows, matched[loose])], axis=1)

    is_prediction = np.arange(n + m) < n
    is_ignored = np.concatenate([np.zeros(n, bool), document.is_ignored[rows]])
    plain = np.where(is_prediction, _argb(colours.prediction), _argb(colours.gt))
    of_agreement = np.zeros(len(Agreement), np.uint32)
    of_agreement[[Agreement.TP, Agreement.LOOSE]] = _argb(colours.tp)
    of_agreement[Agreement.FP] = _argb(colours.fp)
    of_agreement[Agreement.FN] = _argb(colours.fn)
    colour = np.where(agreement == Agreement.NONE, plain, of_agreement[agreement])
    colour[is_ignored] = _argb((_IGNORED_GREY, _IGNORED_GREY, _IGNORED_GREY))

    is_matched = (agreement == Agreement.TP) | (agreement == Agreement.LOOSE)
    dash = np.where(is_prediction, np.where(is_matched, _DOT, _DASH), _SOLID)
    dash[is_ignored] = _DOT

    is_selected = np.zeros(n + m, bool)
    is_selected[:n] = places == _or(document.selected_prediction, -1)
    is_selected[n:] = np.isin(rows, document.selected_rows())
    return Scene(
        xyxy=np.concatenate([document.predictions.xyxy[places], document.gt_boxes[rows]]),
        index=np.concatenate([places, rows]),
        is_prediction=is_prediction,
        colour=colour.astype(np.uint32),
        dash=dash.astype(np.int8),
        agreement=agreement,
        score=np.concatenate([document.predictions.scores[places], np.full(m, np.nan)]),
        is_ignored=is_ignored,
        is_stale=is_prediction & document.predictions_are_stale,
        is_edited=np.concatenate([np.zeros(n, bool), document.is_edited[rows]]),
        is_selected=is_selected,
        label=document.labels,
        flags_of=document.flags,
        links=links,
        others=_polylines(document) if overlay.shows_gt else [],
    )


def _polylines(document: Document) -> list[BoxArray]:
    lines = []
    for shape in document.other_shapes:
        try:
            points = np.array(shape.points, np.float64).reshape(-1, 2)
        except (TypeError, ValueError):
            continue  # points are kept in the file as found, but nothing can be drawn of them
        if not len(points) or not np.isfinite(points).all():
            continue
        if shape.shape_type == "circle" and len(points) == 2:
            points = _circle(points)
        elif shape.shape_type == "polygon" and len(points) > 2:
            points = np.concatenate([points, points[:1]])
        lines.append(points)
    return lines


def _circle(points: BoxArray) -> BoxArray:
    """Labelme's circle: its centre, then a point on it."""
    radius = float(np.hypot(*(points[1] - points[0])))
    angles = np.linspace(0, 2 * np.pi, 49)
    return points[0] + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _argb(colour: Rgb) -> np.uint32:
    red, green, blue = colour
    return np.uint32(0xFF << 24 | red << 16 | green << 8 | blue)


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
