"""One entry of a Labelme document, and which rectangles can be drawn as boxes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinaface.boxes import FloatArray
from tinaface.json_text import Style, with_member

FACE = "face"
# Steps of indentation before a shape: it stands in the list, and that in the document.
_LEVEL = 2
# Coordinates beyond this are no pixels; arithmetic on them would only spread the damage.
LARGEST_COORDINATE = 1e7

# What is wrong with a rectangle, by the ids of the design's table of faults.
SHAPE_FAULTS = {
    "F12": "a rectangle whose points are not two corners, nor four along the axes",
    "F13": "a coordinate that is no finite number within ±1e7",
    "F15": "a box without area",
}


class Shape:
    """One entry of `shapes`. Never changed: an edit puts another in its place.

    Its text is made when it is asked for, which is when the document is written: a thousand boxes
    that follow the mouse need none.

    Attributes:
        fields: its JSON, parsed.
        lead, trail: the white space around it in the file; `lead` is None if it is from none.
        box: `[4]` float64, x0 <= x1 and y0 <= y1, if it is a rectangle that can be drawn.
        fault: key of SHAPE_FAULTS for a rectangle with something wrong; None for a good one.
    """

    __slots__ = ("_edits", "_origin", "_style", "_text", "box", "fault", "fields", "lead", "trail")

    def __init__(
        self,
        fields: Mapping[str, Any],
        text: str | None = None,
        *,
        style: Style,
        lead: str | None = None,
        trail: str = "",
    ) -> None:
        """A shape of a file, or, without `text`, a new one that will be written in `style`."""
        self.fields = fields
        self.lead, self.trail = lead, trail
        self.box, self.fault = (
            _rectangle(fields["points"]) if self.shape_type == "rectangle" else (None, None)
        )
        self._style = style
        self._text = text
        # The text of the file, and what of it was replaced since: key or keys, and value.
        self._origin = text
        self._edits: dict[tuple[str, ...], Any] = {}

    @property
    def text(self) -> str:
        """Its JSON: as it stands in the file, with the edits spliced in."""
        # Two threads may both make it; they make the same.
        if self._text is None:
            if self._origin is None:
                self._text = self._style.text(self.fields, _LEVEL)
            else:
                text = self._origin
                for keys, value in self._edits.items():
                    text = with_member(text, keys, value, self._style, _LEVEL + 1)
                self._text = text
        return self._text

    def with_field(self, key: str, value: Any) -> "Shape":
        """The shape with another value of `key`."""
        return self._edited({**self.fields, key: value}, (key,), value)

    def with_flag(self, name: str, value: bool) -> "Shape":
        """The shape with a flag set; the text of its other flags stays."""
        fields = {**self.fields, "flags": {**self.flags, name: value}}
        return self._edited(fields, ("flags", name), value)

    def boxed(self) -> "Shape | None":
        """A rectangle around a shape that is none, with its label, flags and all else.

        None for a rectangle, and for a shape whose points are no places or span no area.
        """
        if self.box is not None or not all(map(_is_place, self.points)) or not self.points:
            return None
        places = np.asarray(self.points, np.float64)
        if self.shape_type == "circle" and len(places) == 2:
            # Labelme's circle: its centre, then a point on it.
            radius = float(np.hypot(*(places[1] - places[0])))
            places = places[0] + np.array([[-radius, -radius], [radius, radius]])
        low, high = places.min(axis=0), places.max(axis=0)
        if (low >= high).any():
            return None
        points = corners(np.concatenate([low, high]))
        box = self.with_field("shape_type", "rectangle").with_field("points", points)
        # Labelme's own reader takes a shape with a bitmap for a mask, whatever its type.
        return box if self.fields.get("mask") is None else box.with_field("mask", None)

    def _edited(self, fields: Mapping[str, Any], keys: tuple[str, ...], value: Any) -> "Shape":
        shape = Shape(fields, style=self._style, lead=self.lead, trail=self.trail)
        shape._origin = self._origin
        if self._origin is not None:
            shape._edits = {**self._edits, keys: value}
        return shape

    @property
    def label(self) -> str:
        label: str = self.fields["label"]
        return label

    @property
    def shape_type(self) -> str:
        # Documents of version 3 may lack it; the polygon was their only shape.
        return self.fields.get("shape_type") or "polygon"

    @property
    def points(self) -> Sequence[Any]:
        """As found, so not always pairs of numbers; `box` is."""
        points: list[Any] = self.fields["points"]
        return points

    @property
    def flags(self) -> Mapping[str, Any]:
        return self.fields.get("flags") or {}

    @property
    def is_face(self) -> bool:
        """Whether it is labelled `face`, in any case and with any spaces around."""
        return self.label.strip().casefold() == FACE

    @property
    def is_ignored(self) -> bool:
        """Whether it counts neither way in training, matching and evaluation.

        The flags `ignore` and `invalid` say so by `true`, as labelme writes them; other values,
        such as 1 or "yes", are another tool's and mean nothing here. A shape *labelled* `ignore`
        is a shape of that class: no face, and so never asked.
        """
        return self.flags.get("ignore") is True or self.flags.get("invalid") is True


def corners(xyxy: FloatArray) -> list[list[float]]:
    """The two points of a rectangle: thousandths of a pixel are the finest that is written."""
    x0, y0, x1, y1 = (round(float(value), 3) for value in xyxy.tolist())
    if not all(map(math.isfinite, (x0, y0, x1, y1))):
        raise ValueError(f"a box needs finite corners, got {xyxy}")
    return [[min(x0, x1), min(y0, y1)], [max(x0, x1), max(y0, y1)]]


def _rectangle(points: Sequence[Any]) -> tuple[FloatArray | None, str | None]:
    """The box of a rectangle's points and what is wrong with it.

    Two opposite corners in any order, as labelme draws them, or the four (a fifth closing the
    ring) of a rectangle along the axes, as some converters write.
    """
    if not all(map(_is_place, points)):
        return None, "F13"
    if len(points) not in (2, 4, 5):
        return None, "F12"
    if len(points) > 2 and not _is_along_axes(points):
        return None, "F12"
    # Plain numbers: numpy takes five times as long for so few.
    xs, ys = zip(*points, strict=True)
    x0, y0, x1, y1 = min(xs), min(ys), max(xs), max(ys)
    box = np.array((x0, y0, x1, y1), np.float64)
    box.setflags(write=False)
    return box, "F15" if x0 == x1 or y0 == y1 else None


def _is_along_axes(points: Sequence[Any]) -> bool:
    """Whether four points, or five of a closed ring, are the corners of a rectangle in turn."""
    places = np.asarray(points, np.float64)
    low, high = places.min(axis=0), places.max(axis=0)
    ring = places[:4]
    at_corners = np.all((ring == low) | (ring == high))
    # Each side of a ring along the axes moves in one direction only.
    along_axes = np.all((ring != np.roll(ring, 1, axis=0)).sum(axis=1) <= 1)
    is_closed = len(points) == 4 or np.array_equal(places[4], places[0])
    return bool(at_corners and along_axes and is_closed)


def _is_place(point: Any) -> bool:
    if not isinstance(point, list) or len(point) != 2:
        return False
    x, y = point
    # By exact type, as True is an int too.
    return (
        (type(x) is float or type(x) is int)
        and (type(y) is float or type(y) is int)
        and -LARGEST_COORDINATE <= x <= LARGEST_COORDINATE
        and -LARGEST_COORDINATE <= y <= LARGEST_COORDINATE
    )
