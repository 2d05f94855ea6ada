"""One open picture's labels and predictions as arrays, edited by undoable commands.

The Labelme document is the truth; the arrays beside it are what canvas and tables show, kept
in step by the few primitives that the commands call. A document never touches the disk.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app import placement
from app.commands import (
    AddBoxes,
    DuplicateBoxes,
    MoveBoxes,
    RemoveBoxes,
    ReplaceShapes,
    SetFlag,
    SetLabel,
)
from app.comparison import Comparison, compare
from app.placement import BoxArray, Edges
from app.rows import BoolArray, BoxRows, as_written
from tinaface.boxes import Detections, IndexArray
from tinaface.disagreements import Convention
from tinaface.labelme import LabelmeDocument, Shape

DEFAULT_LABEL = "face"
HELD_KEY_S = 0.7
"""Nudges this close to each other are one held key: the first repeat of a keyboard comes after
about half a second."""


class Document(QObject):
    """The boxes, predictions and selection of one picture.

    A *row* is a place in `gt_boxes`; shapes that are no drawable rectangle have none and are
    listed in `other_shapes`.

    Attributes:
        is_locked: edits are refused: the labels are damaged, or may not be written.
    """

    boxes_changed = Signal()
    selection_changed = Signal()
    predictions_changed = Signal()
    modified_changed = Signal(bool)
    refused = Signal()
    """An edit was asked for while the document is locked."""

    def __init__(
        self,
        labelme: LabelmeDocument,
        label_path: Path,
        image_size: tuple[int, int],
        *,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.labelme = labelme
        self.label_path = label_path
        self.image_size = image_size
        self.is_locked = False
        self.undo_stack = QUndoStack(self)
        self.undo_stack.indexChanged.connect(self._on_edited)
        self._clock = clock
        self._last_nudge = ("", (), -HELD_KEY_S)
        self._merge_id = 0
        self._revision = 0
        self._selection: frozenset[int] = frozenset()
        self._selected_prediction: int | None = None
        self._predictions = Detections.none()
        self._has_predictions = False
        self._predictions_are_stale = False
        self._threshold = 0.5
        self._convention = Convention()
        self._comparison: Comparison | None = None
        self._is_modified = False
        self._is_discarded, self._has_file = False, True
        self._rows = BoxRows(labelme)

    # ---- what is shown ----

    @property
    def gt_boxes(self) -> BoxArray:
        """`[N, 4]` drawable rectangles, normalised; read-only."""
        return self._rows.boxes

    @property
    def labels(self) -> list[str]:
        """The N label texts."""
        return self._rows.labels

    @property
    def is_ignored(self) -> BoolArray:
        """`[N]` whether a box counts neither way."""
        return self._rows.is_ignored

    @property
    def is_edited(self) -> BoolArray:
        """`[N]` whether a box differs from what was saved last."""
        return self._rows.is_edited

    @property
    def is_hidden(self) -> BoolArray:
        """`[N]` whether the user hid a box; never written to a file."""
        return self._rows.is_hidden

    @property
    def other_shapes(self) -> list[Shape]:
        """Polygons, circles, points and whatever else is no drawable rectangle."""
        return self._rows.others

    def shape(self, row: int) -> Shape:
        """The Labelme shape behind a row."""
        return self._rows.shape(row)

    # ---- selection ----

    @property
    def selection(self) -> frozenset[int]:
        """The selected rows."""
        return self._selection

    def select(self, rows: Iterable[int]) -> None:
        """Selects these rows, and no prediction."""
        chosen = frozenset(row for row in rows if 0 <= row < len(self.gt_boxes))
        self._set_selection(chosen, None)

    @property
    def selected_prediction(self) -> int | None:
        """The place of the selected one in `predictions`."""
        return self._selected_prediction

    def select_prediction(self, place: int | None) -> None:
        """Selects one prediction, and no box."""
        if place is not None and not 0 <= place < len(self._predictions):
            raise ValueError(f"there is no prediction {place} among {len(self._predictions)}")
        self._set_selection(frozenset(), place)

    def select_all(self) -> None:
        """Selects every box that is not hidden."""
        self.select(np.flatnonzero(~self.is_hidden).tolist())

    def _set_selection(self, rows: frozenset[int], prediction: int | None) -> None:
        if (rows, prediction) == (self._selection, self._selected_prediction):
            return
        self._selection, self._selected_prediction = rows, prediction
        self.selection_changed.emit()

    def selected_rows(self) -> IndexArray:
        """The selected rows, ascending."""
        return np.array(sorted(self._selection), np.intp)

    # ---- predictions ----

    @property
    def predictions(self) -> Detections:
        """What the model gave, all scores; never part of the label file."""
        return self._predictions

    @property
    def predictions_are_stale(self) -> bool:
        """Whether they come from an older model or another state of the picture."""
        return self._predictions_are_stale

    def set_predictions(self, predictions: Detections | None, *, are_stale: bool = False) -> None:
        """Replaces what the model gave for this picture; None where it has not looked yet."""
        self._has_predictions = predictions is not None
        self._predictions = Detections.none() if predictions is None else predictions
        self._predictions_are_stale = are_stale
        self._comparison = None
        self._set_selection(self._selection, None)
        self.predictions_changed.emit()

    @property
    def threshold(self) -> float:
        """Predictions with a lower score are not shown."""
        return self._threshold

    @threshold.setter
    def threshold(self, value: float) -> None:
        if value == self._threshold:
            return
        self._threshold = value
        place = self._selected_prediction
        if place is not None and self._predictions.scores[place] < value:
            self._set_selection(self._selection, None)
        self.predictions_changed.emit()

    def visible_places(self) -> IndexArray:
        """The places in `predictions` of those that reach the threshold."""
        # As matching compares them: in float32 a score at the very threshold may fall either way.
        return np.flatnonzero(self._predictions.scores >= np.float64(self._threshold))

    @property
    def convention(self) -> Convention:
        """The data set's habit, which makes no pair loose."""
        return self._convention

    @convention.setter
    def convention(self, value: Convention) -> None:
        if value != self._convention:
            self._convention = value
            self._comparison = None
            self.predictions_changed.emit()

    def comparison(self) -> Comparison | None:
        """What matching finds between boxes and all predictions; None where the labels or the
        predictions are missing."""
        return self.compared() if len(self.gt_boxes) else None

    def compared(self) -> Comparison | None:
        """The same where it has no box at all; None without predictions."""
        if not self._has_predictions:
            return None
        if self._comparison is None:
            rows = range(len(self.gt_boxes))
            is_face = np.array([self.shape(row).is_face for row in rows], bool)
            self._comparison = compare(
                self.gt_boxes, self.is_ignored, is_face, self._predictions, self._convention
            )
        return self._comparison

    # ---- edits: each pushes one command, and none does anything while locked ----

    def push(self, command: QUndoCommand, *, edits: bool = True) -> bool:
        """Does a command; False where it edits boxes and the document is locked."""
        if edits and self.is_locked:
            self.refused.emit()
            return False
        before = list(self.labelme.shapes)
        try:
            self.undo_stack.push(command)
        except Exception:
            self._roll_back(command, before)
            raise
        return True

    def _roll_back(self, command: QUndoCommand, before: Sequence[Shape]) -> None:
        """Leaves nothing of a command that failed half-way, neither boxes nor an undo step."""
        command.setObsolete(True)
        with contextlib.suppress(Exception):  # what it did not do, it cannot undo
            self.undo_stack.undo()
        self.replace_shapes(before)

    def add_box(self, xyxy: BoxArray, label: str = DEFAULT_LABEL) -> None:
        """Adds one box and selects it."""
        self.push(AddBoxes(self, np.reshape(xyxy, (1, 4)), [label], self.tr("Add box")))

    def set_boxes(
        self,
        rows: Sequence[int] | IndexArray,
        xyxy: BoxArray,
        merge_id: int | None = None,
        text: str | None = None,
    ) -> None:
        """Gives rows new places; edits of the same rows with one `merge_id` are one undo step."""
        place = np.asarray(rows, np.intp)
        if len(place) and not np.array_equal(as_written(xyxy), self.gt_boxes[place]):
            name = text or self.tr("Move box")
            self.push(MoveBoxes(self, place, xyxy, merge_id, name))

    def delete_selected(self) -> None:
        """Deletes the selected boxes."""
        if self._selection:
            self.push(RemoveBoxes(self, self.selected_rows(), self.tr("Delete box")))

    def nudge(self, dx: float, dy: float) -> None:
        """Moves the selection as one; a held key is one undo step."""
        rows = self.selected_rows()
        moved = placement.move(self.gt_boxes[rows], dx, dy, self.image_size)
        self.set_boxes(rows, moved, self._nudge_id("move", rows), self.tr("Nudge box"))

    def nudge_edges(
        self, edges: Edges, dx: float, dy: float, least_side: float = placement.MINIMUM_SIDE
    ) -> None:
        """Moves edges of each selected box, to no less than a side; a held key is one undo step."""
        rows = self.selected_rows()
        boxes = self.gt_boxes[rows]
        moved = placement.move_edges(boxes, edges, dx, dy, self.image_size, least_side)
        merge_id = self._nudge_id(f"edges {edges.x} {edges.y}", rows)
        self.set_boxes(rows, moved, merge_id, self.tr("Nudge edge"))

    def _nudge_id(self, kind: str, rows: IndexArray) -> int:
        now = self._clock()
        last_kind, last_rows, last_time = self._last_nudge
        if (kind, tuple(rows)) != (last_kind, last_rows) or now - last_time > HELD_KEY_S:
            self._merge_id += 1
        self._last_nudge = (kind, tuple(rows), now)
        return self._merge_id

    def duplicate(self) -> None:
        """Copies the selected boxes a little aside and selects the copies."""
        rows = self.selected_rows()
        if len(rows):
            copies = placement.duplicated(self.gt_boxes[rows], self.image_size)
            self.push(DuplicateBoxes(self, rows, copies, self.tr("Duplicate box")))

    def flags(self, row: int) -> frozenset[str]:
        """The names of the flags that a box carries."""
        return frozenset(name for name, value in self.shape(row).flags.items() if value is True)

    def paste(
        self,
        xyxy: BoxArray,
        labels: Sequence[str] | None = None,
        flags: Sequence[frozenset[str]] = (),
        text: str | None = None,
    ) -> None:
        """Adds boxes in one step, with their labels and flags if given, and selects them."""
        if len(xyxy):
            names = list(labels) if labels is not None else [DEFAULT_LABEL] * len(xyxy)
            self.push(AddBoxes(self, xyxy, names, text or self.tr("Paste boxes"), flags))

    def copy_from_previous(self, previous: "Document") -> int:
        """Adds those boxes of the previous picture that have none here yet; returns how many."""
        rows = placement.unknown_rows(previous.gt_boxes, self.gt_boxes).tolist()
        self.paste(
            previous.gt_boxes[rows],
            [previous.labels[row] for row in rows],
            [previous.flags(row) for row in rows],
            self.tr("Copy boxes from previous picture"),
        )
        return len(rows)

    def accept_prediction(self, place: int) -> None:
        """Makes a prediction a box and selects it; if it has its box already, selects that."""
        comparison = self.comparison()
        row = -1 if comparison is None else int(comparison.matching.matched_gt[place])
        if row >= 0:
            self.select([row])
        else:
            self._accept(np.array([place], np.intp), self.tr("Accept prediction"))

    def accept_visible(self) -> None:
        """Makes every visible prediction that has no box yet a box, in one step."""
        places = self.visible_places()
        comparison = self.comparison()
        if comparison is not None:
            places = comparison.matching.false_alarms(self._threshold)
        if len(places):
            self._accept(places, self.tr("Accept all predictions"))

    def _accept(self, places: IndexArray, text: str) -> None:
        height, width = self.image_size
        boxes = self._predictions.xyxy[places].astype(np.float64)
        boxes = np.clip(boxes, 0, [width, height, width, height])
        self.push(AddBoxes(self, boxes, [DEFAULT_LABEL] * len(boxes), text))

    def set_ignored(self, rows: Iterable[int], value: bool) -> None:
        """Marks boxes as counting neither way, or takes that mark off."""
        self.set_flag(rows, "ignore", value)

    def set_flag(self, rows: Iterable[int], name: str, value: bool) -> None:
        """Sets one Labelme flag of these boxes: ignore, blur, occlusion, pose, invalid."""
        # Only `true` counts (tinaface/shapes.py), so a 1 or a "yes" from elsewhere is no yes yet.
        changed = [row for row in rows if (self.shape(row).flags.get(name) is True) != value]
        if changed:
            text = self.tr("Set {flag}").format(flag=name)
            self.push(SetFlag(self, np.array(changed, np.intp), name, value, text))

    def take_version(self, shapes: Sequence[Shape], text: str) -> None:
        """Takes the shapes of another version of these labels in one step."""
        if list(shapes) != self.labelme.shapes:
            self.push(ReplaceShapes(self, shapes, text))

    def set_label(self, rows: Iterable[int], label: str) -> None:
        """Gives boxes another label text."""
        changed = [row for row in rows if self.labels[row] != label]
        if changed and label.strip():
            self.push(SetLabel(self, np.array(changed, np.intp), label, self.tr("Set label")))

    def set_hidden(self, rows: Iterable[int], value: bool) -> None:
        """Hides boxes from view, or shows them; no edit, so nothing to undo."""
        is_hidden = self._rows.is_hidden.copy()
        is_hidden[list(rows)] = value
        self._rows.is_hidden = is_hidden
        self.boxes_changed.emit()

    # ---- modified or saved ----

    @property
    def is_modified(self) -> bool:
        """Whether the labels differ from what was saved last.

        The undo stack cannot tell: a verdict on it need not change a box.
        """
        return self._is_modified

    @property
    def revision(self) -> int:
        """Counts edits, undone ones too; a writer names the one that it wrote."""
        return self._revision

    def mark_saved(
        self, revision: int | None = None, shapes: Sequence[Shape] | None = None
    ) -> None:
        """Tells that a revision (default: the present one) is on disk, which had these shapes.

        Of an older one only the shapes are news: an undo meanwhile differs from them.
        """
        if revision is None or revision == self._revision:
            self._rows.remember_saved()
            self._has_file = self.wants_file
        elif shapes is not None:
            self._rows.remember_saved(shapes)
            self._has_file = True
        else:
            return
        self.boxes_changed.emit()
        self._tell_modified()

    @property
    def wants_file(self) -> bool:
        """Whether there shall be a label file: not where the user put it into the trash."""
        return not self._is_discarded or bool(self.labelme.shapes)

    def _tell_modified(self) -> None:
        is_modified = self._rows.is_modified or self.wants_file != self._has_file
        if is_modified != self._is_modified:
            self._is_modified = is_modified
            self.modified_changed.emit(is_modified)

    def _on_edited(self) -> None:
        self._revision += 1
        self._tell_modified()

    # ---- primitives for app/commands.py, which alone may call them ----

    def append_boxes(self, xyxy: BoxArray, labels: Sequence[str]) -> IndexArray:
        """Adds boxes at the end, selects them and returns their rows."""
        rows = self._rows.append(xyxy, labels)
        self._after_edit(rows)
        return rows

    def copy_boxes(self, rows: IndexArray, xyxy: BoxArray) -> IndexArray:
        """Adds copies of rows at other places, selects them and returns their rows."""
        copies = self._rows.append_copies(rows, xyxy)
        self._after_edit(copies)
        return copies

    def replace_shapes(self, shapes: Sequence[Shape]) -> None:
        """Puts another list of shapes in the place of all."""
        self._rows.replace(shapes)
        self._after_edit(np.zeros(0, np.intp))

    def set_discarded(self, value: bool) -> None:
        """Says whether a document without shapes needs no label file."""
        self._is_discarded = value

    def take_shapes(self, rows: IndexArray) -> list[Shape]:
        """Removes rows (ascending) and returns their shapes."""
        shapes = self._rows.take(rows)
        self._after_edit(np.zeros(0, np.intp))
        return shapes

    def shape_indices(self, rows: IndexArray) -> IndexArray:
        """Where the rows' shapes stand in the Labelme list."""
        return self._rows.indices(rows)

    def put_shapes(self, indices: IndexArray, shapes: Sequence[Shape]) -> None:
        """Puts taken shapes back where they stood in the Labelme list and selects them."""
        self._after_edit(self._rows.put(indices, shapes))

    def place_boxes(self, rows: IndexArray, xyxy: BoxArray) -> None:
        """Gives rows new places."""
        self._rows.place(rows, xyxy)
        self._after_edit(rows)

    def flag_shapes(self, rows: IndexArray, name: str, value: bool) -> None:
        """Sets one flag of the rows' shapes."""
        self._rows.set_flag(rows, name, value)
        self._after_edit(rows)

    def label_shapes(self, rows: IndexArray, label: str) -> None:
        """Gives the rows' shapes another label text."""
        self._rows.set_label(rows, label)
        self._after_edit(rows)

    def restore_shapes(self, rows: IndexArray, shapes: Sequence[Shape]) -> None:
        """Puts earlier shapes in the rows' places, exactly as they were."""
        self._rows.restore(rows, shapes)
        self._after_edit(rows)

    def _after_edit(self, rows: IndexArray) -> None:
        self._comparison = None
        before = (self._selection, self._selected_prediction)
        self._selection, self._selected_prediction = frozenset(rows.tolist()), None
        self.boxes_changed.emit()
        if (self._selection, self._selected_prediction) != before:
            self.selection_changed.emit()
