"""The undoable edits of a document, one class an edit. They know the document and no widget.

Undo puts the very shapes back that were there, so a box that is moved and moved back by undo
is written byte by byte as it was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QUndoCommand

from app.placement import BoxArray
from tinaface.boxes import IndexArray
from tinaface.labelme import Shape

if TYPE_CHECKING:
    from app.document import Document


@dataclass(frozen=True)
class Tally:
    """How many boxes an edit adds, removes, moves, or changes otherwise."""

    added: int = 0
    removed: int = 0
    moved: int = 0
    changed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.added + other.added,
            self.removed + other.removed,
            self.moved + other.moved,
            self.changed + other.changed,
        )

    @property
    def total(self) -> int:
        """All of them."""
        return self.added + self.removed + self.moved + self.changed


class Edit(QUndoCommand):
    """What all edits have in common: each can be counted."""

    @property
    def tally(self) -> Tally:
        """What it does to how many boxes."""
        raise NotImplementedError


MERGING = 1
"""`QUndoCommand.id` of commands that may merge; whether they do, `merge_id` decides."""


class AddBoxes(Edit):
    """Adds boxes: drawn, pasted or accepted ones.

    Args:
        flags: names of the flags that each box carries; none where left out.
    """

    def __init__(
        self,
        document: Document,
        xyxy: BoxArray,
        labels: Sequence[str],
        text: str,
        flags: Sequence[frozenset[str]] = (),
    ) -> None:
        super().__init__(text)
        self._document, self._xyxy, self._labels = document, xyxy.copy(), list(labels)
        # By flag, so that ten thousand boxes need a handful of edits.
        self._flagged = {
            name: np.array([at for at, own in enumerate(flags) if name in own], np.intp)
            for name in sorted(frozenset().union(*flags))
        }
        self._selection = document.selected_rows()
        self._rows = np.zeros(0, np.intp)

    @property
    def tally(self) -> Tally:
        return Tally(added=len(self._xyxy))

    def redo(self) -> None:
        self._rows = self._document.append_boxes(self._xyxy, self._labels)
        for name, places in self._flagged.items():
            self._document.flag_shapes(self._rows[places], name, True)
        if self._flagged:
            self._document.select(self._rows.tolist())

    def undo(self) -> None:
        self._document.take_shapes(self._rows)
        self._document.select(self._selection.tolist())


class DuplicateBoxes(Edit):
    """Adds copies of boxes, with their labels and flags."""

    def __init__(self, document: Document, rows: IndexArray, xyxy: BoxArray, text: str) -> None:
        super().__init__(text)
        self._document, self._originals, self._xyxy = document, rows, xyxy.copy()
        self._rows = np.zeros(0, np.intp)

    @property
    def tally(self) -> Tally:
        return Tally(added=len(self._xyxy))

    def redo(self) -> None:
        self._rows = self._document.copy_boxes(self._originals, self._xyxy)

    def undo(self) -> None:
        self._document.take_shapes(self._rows)
        self._document.select(self._originals.tolist())


class RemoveBoxes(Edit):
    """Removes boxes; undo puts them back at their places in the file."""

    def __init__(self, document: Document, rows: IndexArray, text: str) -> None:
        super().__init__(text)
        self._document, self._rows = document, rows
        self._indices = document.shape_indices(rows)
        self._shapes: list[Shape] = []

    @property
    def tally(self) -> Tally:
        return Tally(removed=len(self._indices))

    def redo(self) -> None:
        self._shapes = self._document.take_shapes(self._rows)

    def undo(self) -> None:
        self._document.put_shapes(self._indices, self._shapes)


class MoveBoxes(Edit):
    """Gives boxes new places. One drag, or one held key, is one command."""

    def __init__(
        self,
        document: Document,
        rows: IndexArray,
        xyxy: BoxArray,
        merge_id: int | None,
        text: str,
    ) -> None:
        super().__init__(text)
        self._document, self._rows, self._after = document, rows, xyxy.copy()
        self._merge_id = merge_id
        self._before = [document.shape(row) for row in rows.tolist()]

    @property
    def tally(self) -> Tally:
        return Tally(moved=len(self._before))

    def redo(self) -> None:
        self._document.place_boxes(self._rows, self._after)

    def undo(self) -> None:
        self._document.restore_shapes(self._rows, self._before)

    def id(self) -> int:
        return MERGING if self._merge_id is not None else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, MoveBoxes) or other._merge_id != self._merge_id:
            return False
        if not np.array_equal(other._rows, self._rows):
            return False
        self._after = other._after
        return True


class SetFlag(Edit):
    """Sets one Labelme flag of boxes."""

    def __init__(
        self, document: Document, rows: IndexArray, name: str, value: bool, text: str
    ) -> None:
        super().__init__(text)
        self._document, self._rows, self._name, self._value = document, rows, name, value
        self._before = [document.shape(row) for row in rows.tolist()]

    @property
    def tally(self) -> Tally:
        return Tally(changed=len(self._before))

    def redo(self) -> None:
        self._document.flag_shapes(self._rows, self._name, self._value)

    def undo(self) -> None:
        self._document.restore_shapes(self._rows, self._before)


class SetLabel(Edit):
    """Gives boxes another label text."""

    def __init__(self, document: Document, rows: IndexArray, label: str, text: str) -> None:
        super().__init__(text)
        self._document, self._rows, self._label = document, rows, label
        self._before = [document.shape(row) for row in rows.tolist()]

    @property
    def tally(self) -> Tally:
        return Tally(changed=len(self._before))

    def redo(self) -> None:
        self._document.label_shapes(self._rows, self._label)

    def undo(self) -> None:
        self._document.restore_shapes(self._rows, self._before)


class ReplaceShapes(Edit):
    """Takes another version of all labels: an earlier one, or what another program wrote."""

    def __init__(self, document: Document, shapes: Sequence[Shape], text: str) -> None:
        super().__init__(text)
        self._document, self._after = document, list(shapes)
        self._before = list(document.labelme.shapes)

    @property
    def tally(self) -> Tally:
        before, after = set(map(id, self._before)), set(map(id, self._after))
        return Tally(added=len(after - before), removed=len(before - after))

    def redo(self) -> None:
        self._document.replace_shapes(self._after)

    def undo(self) -> None:
        self._document.replace_shapes(self._before)


class DiscardLabels(QUndoCommand):
    """Takes all shapes away, so that no label file is needed; undo wants the file again."""

    def __init__(self, document: Document, text: str) -> None:
        super().__init__(text)
        self._document = document
        self._before = list(document.labelme.shapes)

    def redo(self) -> None:
        self._document.set_discarded(True)
        self._document.replace_shapes([])

    def undo(self) -> None:
        self._document.set_discarded(False)
        self._document.replace_shapes(self._before)
