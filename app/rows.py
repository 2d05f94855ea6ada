"""The boxes of a Labelme document as arrays, kept in step with it edit by edit.

A *row* is one drawable rectangle; rows stand in the order of the file. Reading 5,000 shapes anew
at every step of a held key would take longer than painting them, so an edit changes its rows only.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.placement import BoxArray
from tinaface.boxes import IndexArray
from tinaface.labelme import LabelmeDocument, Shape

BoolArray = npt.NDArray[np.bool_]

DECIMALS = 3
"""Of coordinates in the file, and so in the arrays."""


class BoxRows:
    """N boxes of one Labelme document; every change goes to the document too.

    Attributes:
        boxes: `[N, 4]` float64, normalised; read-only.
        labels: N texts.
        is_ignored: `[N]` whether a box counts neither way.
        is_hidden: `[N]` whether the user hid a box; never written to a file.
        others: the shapes that are no drawable rectangle.
    """

    def __init__(self, labelme: LabelmeDocument) -> None:
        self.labelme = labelme
        self.is_hidden: BoolArray = np.zeros(0, bool)
        self._read()
        self.is_hidden = np.zeros(len(self.boxes), bool)
        self.remember_saved()

    def _read(self) -> None:
        shapes = self.labelme.shapes
        drawable = [index for index, shape in enumerate(shapes) if shape.box is not None]
        self._indices = np.array(drawable, np.intp)
        boxes = np.array([shapes[index].box for index in drawable], np.float64)
        self.boxes: BoxArray = _frozen(boxes.reshape(-1, 4))
        self.labels = [shapes[index].label for index in drawable]
        self.is_ignored: BoolArray = np.array([shapes[i].is_ignored for i in drawable], bool)
        self.others = [shape for shape in shapes if shape.box is None]

    def shape(self, row: int) -> Shape:
        """The Labelme shape behind a row."""
        return self.labelme.shapes[self._indices[row]]

    def indices(self, rows: IndexArray) -> IndexArray:
        """Where the rows' shapes stand in the Labelme list."""
        return self._indices[rows]

    # ---- saved or not ----

    def remember_saved(self, shapes: Sequence[Shape] | None = None) -> None:
        """Takes these shapes (default: those there are now) for what is on disk."""
        # Shapes never change, an edit puts another in their place: so identity tells. The dict
        # keeps them alive, so that no id is given again.
        written = self.labelme.shapes if shapes is None else shapes
        self._saved = {id(shape): shape for shape in written}
        self._is_edited: BoolArray | None = None

    @property
    def is_modified(self) -> bool:
        """Whether any shape of the document differs from what was saved last."""
        shapes = self.labelme.shapes
        return len(shapes) != len(self._saved) or any(
            id(shape) != saved for shape, saved in zip(shapes, self._saved, strict=True)
        )

    @property
    def is_edited(self) -> BoolArray:
        """`[N]` whether a box differs from what was saved last."""
        if self._is_edited is None:
            shapes, saved = self.labelme.shapes, self._saved
            differs = [id(shapes[index]) not in saved for index in self._indices.tolist()]
            self._is_edited = np.array(differs, bool)
        return self._is_edited

    # ---- edits ----

    def append(self, xyxy: BoxArray, labels: Sequence[str]) -> IndexArray:
        """Adds boxes at the end and returns their rows."""
        first = len(self.boxes)
        written = as_written(xyxy)
        added = [
            self.labelme.add_box(box, label) for box, label in zip(written, labels, strict=True)
        ]
        self._indices = np.append(self._indices, np.array(added, np.intp))
        self.boxes = _frozen(np.concatenate([self.boxes, written]))
        self.labels = [*self.labels, *labels]
        self.is_ignored = np.append(self.is_ignored, np.zeros(len(added), bool))
        self.is_hidden = np.append(self.is_hidden, np.zeros(len(added), bool))
        self._is_edited = None
        return np.arange(first, len(self.boxes))

    def append_copies(self, rows: IndexArray, xyxy: BoxArray) -> IndexArray:
        """Adds copies of rows, flags and all, at other places and returns their rows."""
        for row, box in zip(rows.tolist(), as_written(xyxy), strict=True):
            self.labelme.insert_shape(len(self.labelme.shapes), self.shape(row))
            self.labelme.set_box(len(self.labelme.shapes) - 1, box)
        is_hidden = np.append(self.is_hidden, np.zeros(len(rows), bool))
        first = len(self.boxes)
        self._read()
        self.is_hidden = is_hidden
        self._is_edited = None
        return np.arange(first, len(self.boxes))

    def take(self, rows: IndexArray) -> list[Shape]:
        """Removes rows (ascending) and returns their shapes."""
        indices = self._indices[rows]
        shapes = [self.labelme.shapes[index] for index in indices]
        for index in indices[::-1].tolist():
            self.labelme.remove_shape(index)
        kept = np.ones(len(self.boxes), bool)
        kept[rows] = False
        left = self._indices[kept]
        self._indices = left - np.searchsorted(indices, left)
        self.boxes = _frozen(self.boxes[kept])
        self.labels = [text for text, keep in zip(self.labels, kept, strict=True) if keep]
        self.is_ignored, self.is_hidden = self.is_ignored[kept], self.is_hidden[kept]
        self._is_edited = None
        return shapes

    def put(self, indices: IndexArray, shapes: Sequence[Shape]) -> IndexArray:
        """Puts taken shapes back where they stood in the Labelme list; returns their rows."""
        for index, shape in zip(indices.tolist(), shapes, strict=True):
            self.labelme.insert_shape(index, shape)
        is_old = np.ones(len(self.labelme.shapes), bool)
        is_old[indices] = False
        was_hidden = np.zeros(len(is_old), bool)
        was_hidden[np.flatnonzero(is_old)[self._indices]] = self.is_hidden
        self._read()
        self.is_hidden = was_hidden[self._indices]
        self._is_edited = None
        return np.searchsorted(self._indices, indices)

    def replace(self, shapes: Sequence[Shape]) -> None:
        """Puts another list of shapes in the place of all."""
        self.labelme.shapes[:] = shapes
        self._read()
        self.is_hidden = np.zeros(len(self.boxes), bool)
        self._is_edited = None

    def place(self, rows: IndexArray, xyxy: BoxArray) -> None:
        """Gives rows new places."""
        written = as_written(xyxy)
        for index, box in zip(self._indices[rows].tolist(), written, strict=True):
            self.labelme.set_box(index, box)
        self._set_boxes(rows, written)

    def set_flag(self, rows: IndexArray, name: str, value: bool) -> None:
        """Sets one flag of the rows' shapes."""
        for index in self._indices[rows].tolist():
            self.labelme.set_flag(index, name, value)
        self._reread(rows)

    def set_label(self, rows: IndexArray, label: str) -> None:
        """Gives the rows' shapes another label text."""
        for index in self._indices[rows].tolist():
            self.labelme.set_label(index, label)
        self._reread(rows)

    def restore(self, rows: IndexArray, shapes: Sequence[Shape]) -> None:
        """Puts earlier shapes in the rows' places, exactly as they were."""
        for index, shape in zip(self._indices[rows].tolist(), shapes, strict=True):
            self.labelme.replace_shape(index, shape)
        self._set_boxes(rows, np.array([shape.box for shape in shapes], np.float64))
        self._reread(rows)

    def _set_boxes(self, rows: IndexArray, xyxy: BoxArray) -> None:
        boxes = self.boxes.copy()
        boxes[rows] = xyxy
        self.boxes = _frozen(boxes)
        self._is_edited = None

    def _reread(self, rows: IndexArray) -> None:
        self.labels, self.is_ignored = list(self.labels), self.is_ignored.copy()
        for row in rows.tolist():
            shape = self.shape(row)
            self.labels[row], self.is_ignored[row] = shape.label, shape.is_ignored
        self._is_edited = None


def as_written(xyxy: BoxArray) -> BoxArray:
    """Coordinates as the file holds them."""
    return np.asarray(xyxy, np.float64).round(DECIMALS)


def _frozen(array: BoxArray) -> BoxArray:
    array.setflags(write=False)
    return array
