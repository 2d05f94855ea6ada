import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document import HELD_KEY_S
from app.placement import Edges
from app.rows import BoxRows
from tests.app.documents import document_from, document_of, rectangle
from tinaface.boxes import Detections

POLYGON = {
    "label": "banner",
    "points": [[1, 1], [5, 1], [5, 5]],
    "shape_type": "polygon",
    "group_id": 3,
    "flags": {},
}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def document(clock):
    """Three boxes with a polygon between the first and the second."""
    shapes = [
        rectangle([10, 10, 30, 40]),
        POLYGON,
        rectangle([50, 20, 80, 60], "Face"),
        rectangle([100, 50, 120, 70], blur=True),
    ]
    return document_from(shapes, clock=clock)


def predictions(*boxes, scores=None):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(boxes, np.array(scores or [0.9] * len(boxes), np.float32))


def saved(document):
    return json.loads(document.labelme.to_text())


# ---- arrays and file stay in step ----


def edit_steps():
    rows = st.lists(st.integers(0, 4), max_size=3)
    near = st.integers(-40, 40)
    return st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers(0, 150), st.integers(0, 60)),
            st.tuples(st.just("delete"), rows),
            st.tuples(st.just("nudge"), rows, near, near),
            st.tuples(st.just("ignore"), rows),
            st.tuples(st.just("duplicate"), rows),
            st.tuples(st.just("hide"), rows),
            st.tuples(st.just("undo")),
            st.tuples(st.just("redo")),
        ),
        max_size=20,
    )


def apply(document, step):
    name, *arguments = step
    if name in ("undo", "redo"):
        getattr(document.undo_stack, name)()
        return
    if name == "add":
        x, y = arguments
        document.add_box(np.array([x, y, x + 12.3456, y + 9.87]))
        return
    n = len(document.gt_boxes)
    rows = sorted({row for row in arguments[0] if row < n})
    document.select(rows)
    if name == "delete":
        document.delete_selected()
    elif name == "nudge":
        document.nudge(*arguments[1:])
    elif name == "ignore":
        document.set_ignored(rows, not document.is_ignored[rows].all())
    elif name == "duplicate":
        document.duplicate()
    else:
        document.set_hidden(rows, True)


def three_boxes():
    shapes = [rectangle([10, 10, 30, 40]), POLYGON, rectangle([50, 20, 80, 60])]
    return document_from([*shapes, rectangle([100, 50, 120, 70], ignore=True)])


@settings(deadline=None)
@given(edit_steps())
def test_after_any_edits_the_arrays_are_those_of_the_file(steps):
    document = three_boxes()

    for step in steps:
        apply(document, step)

    fresh = BoxRows(document.labelme)
    np.testing.assert_array_equal(document.gt_boxes, fresh.boxes)
    np.testing.assert_array_equal(document.is_ignored, fresh.is_ignored)
    assert document.labels == fresh.labels
    assert len(document.is_hidden) == len(document.is_edited) == len(document.gt_boxes)
    assert all(row < len(document.gt_boxes) for row in document.selection)


@settings(deadline=None)
@given(edit_steps())
def test_undoing_everything_gives_the_file_back_byte_for_byte(steps):
    document = three_boxes()
    text = document.labelme.to_text()

    for step in steps:
        apply(document, step)
    while document.undo_stack.canUndo():
        document.undo_stack.undo()

    assert document.labelme.to_text() == text
    assert not document.is_modified
    assert not document.is_edited.any()


@settings(deadline=None)
@given(edit_steps())
def test_redoing_everything_gives_the_same_edits_again(steps):
    document = three_boxes()
    for step in steps:
        apply(document, step)
    while document.undo_stack.canRedo():
        document.undo_stack.redo()
    text = document.labelme.to_text()

    while document.undo_stack.canUndo():
        document.undo_stack.undo()
    while document.undo_stack.canRedo():
        document.undo_stack.redo()

    assert document.labelme.to_text() == text


# ---- single edits ----


def test_shapes_that_are_no_box_are_listed_apart(document):
    assert len(document.gt_boxes) == 3
    assert [shape.label for shape in document.other_shapes] == ["banner"]


def test_a_new_box_is_a_rectangle_named_face_and_selected(document):
    document.add_box(np.array([1.0, 2, 30, 40]))

    shape = saved(document)["shapes"][-1]
    assert (shape["label"], shape["shape_type"]) == ("face", "rectangle")
    assert document.selection == {3}


def test_coordinates_are_kept_with_three_decimals_as_in_the_file(document):
    document.add_box(np.array([1.23456, 2, 30, 40]))

    assert document.gt_boxes[-1, 0] == 1.235
    assert saved(document)["shapes"][-1]["points"][0][0] == 1.235


def test_a_deleted_box_comes_back_at_its_place_in_the_file(document):
    before = saved(document)
    document.select([0, 1])
    document.delete_selected()
    left = [shape["label"] for shape in saved(document)["shapes"]]

    document.undo_stack.undo()

    assert left == ["banner", "face"]
    assert saved(document) == before
    assert document.selection == {0, 1}


def test_a_held_key_is_one_undo_step(document, clock):
    document.select([0])
    for _ in range(5):
        document.nudge(1, 0)
        clock.now += 0.05
    moved = document.gt_boxes[0].tolist()

    document.undo_stack.undo()

    assert moved == [15, 10, 35, 40]
    assert document.gt_boxes[0].tolist() == [10, 10, 30, 40]


def test_a_key_pressed_again_later_is_another_step(document, clock):
    document.select([0])
    document.nudge(1, 0)
    clock.now += HELD_KEY_S + 0.1
    document.nudge(1, 0)

    document.undo_stack.undo()

    assert document.gt_boxes[0, 0] == 11


def test_nudges_of_other_boxes_are_another_step(document):
    document.select([0])
    document.nudge(1, 0)
    document.select([1])
    document.nudge(1, 0)

    document.undo_stack.undo()

    assert document.gt_boxes[:2, 0].tolist() == [11, 50]


def test_an_edge_nudge_moves_that_edge_only(document):
    document.select([0])

    document.nudge_edges(Edges(-1, 0), -3, 0)

    assert document.gt_boxes[0].tolist() == [7, 10, 30, 40]


def test_an_edit_that_changes_nothing_leaves_no_undo_step(document):
    document.set_boxes([0], document.gt_boxes[[0]])

    assert not document.undo_stack.canUndo()


def test_a_flag_that_is_not_quite_true_can_be_set():
    document = document_from([rectangle([10, 10, 50, 60], ignore=1)])

    document.set_ignored([0], True)

    assert saved(document)["shapes"][0]["flags"]["ignore"] is True


def test_the_ignore_mark_is_a_flag_in_the_file(document):
    document.set_ignored([2], True)

    assert saved(document)["shapes"][3]["flags"] == {"blur": True, "ignore": True}
    assert document.is_ignored.tolist() == [False, False, True]


def test_a_duplicate_has_the_flags_of_its_original(document):
    document.select([2])

    document.duplicate()

    assert saved(document)["shapes"][-1]["flags"] == {"blur": True}
    assert document.gt_boxes[-1].tolist() == [108, 58, 128, 78]
    assert document.selection == {3}


def test_a_locked_document_refuses_edits(document, qtbot):
    document.is_locked = True

    with qtbot.waitSignal(document.refused):
        document.add_box(np.array([1.0, 2, 30, 40]))

    assert len(document.gt_boxes) == 3


def test_copying_from_the_previous_picture_adds_only_what_is_new(document):
    previous = document_from(
        [rectangle([10, 10, 30, 40]), rectangle([150, 50, 170, 80], "head", ignore=True)]
    )

    added = document.copy_from_previous(previous)

    assert added == 1
    assert document.selection == {3}
    assert (document.labels[3], document.is_ignored[3]) == ("head", True)
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert len(document.gt_boxes) == 3


# ---- predictions ----


def test_the_threshold_decides_what_is_visible(document):
    document.set_predictions(predictions([0, 0, 9, 9], [20, 20, 30, 30], scores=[0.4, 0.8]))
    document.threshold = 0.6

    assert document.visible_places().tolist() == [1]


def test_accepting_adds_a_face_that_undo_takes_away(document):
    document.set_predictions(predictions([150, 50, 170, 80]))

    document.accept_prediction(0)

    assert document.gt_boxes[-1].tolist() == [150, 50, 170, 80]
    assert saved(document)["shapes"][-1]["label"] == "face"
    document.undo_stack.undo()
    assert len(document.gt_boxes) == 3


def test_an_accepted_box_is_cut_to_the_picture(document):
    document.set_predictions(predictions([190, 90, 230, 130]))

    document.accept_prediction(0)

    assert document.gt_boxes[-1].tolist() == [190, 90, 200, 100]


def test_accepting_what_has_its_box_selects_that_box(document):
    document.set_predictions(predictions([51, 20, 80, 60]))

    document.accept_prediction(0)

    assert document.selection == {1}
    assert len(document.gt_boxes) == 3


def test_accepting_all_adds_the_visible_ones_without_a_box_in_one_step(document):
    boxes = [[51, 20, 80, 60], [150, 50, 170, 80], [150, 10, 170, 30], [5, 70, 20, 90]]
    document.set_predictions(predictions(*boxes, scores=[0.9, 0.9, 0.8, 0.2]))
    document.threshold = 0.5

    document.accept_visible()

    assert document.gt_boxes[3:].tolist() == [[150, 50, 170, 80], [150, 10, 170, 30]]
    document.undo_stack.undo()
    assert len(document.gt_boxes) == 3


def test_a_prediction_below_the_threshold_loses_its_selection(document):
    document.set_predictions(predictions([150, 50, 170, 80], scores=[0.6]))
    document.select_prediction(0)

    document.threshold = 0.7

    assert document.selected_prediction is None


def test_selecting_a_prediction_that_is_not_there_is_the_callers_mistake(document):
    with pytest.raises(ValueError, match="no prediction 3"):
        document.select_prediction(3)


# ---- modified or saved ----


def test_undo_back_to_the_saved_state_is_not_modified(document, qtbot):
    document.add_box(np.array([1.0, 2, 30, 40]))
    document.mark_saved()
    document.select([0])
    document.delete_selected()

    with qtbot.waitSignal(document.modified_changed) as modified:
        document.undo_stack.undo()

    assert modified.args == [False]
    assert not document.is_modified


def test_saving_keeps_undo(document):
    document.add_box(np.array([1.0, 2, 30, 40]))

    document.mark_saved()

    assert document.undo_stack.canUndo()
    assert not document.is_edited.any()


def test_a_write_of_an_older_revision_is_not_the_newest_saved(document):
    document.add_box(np.array([1.0, 2, 30, 40]))
    revision = document.revision
    document.select([0])
    document.nudge(1, 0)

    document.mark_saved(revision)

    assert document.is_modified


def test_a_merged_nudge_is_a_new_revision(document):
    document.select([0])
    document.nudge(1, 0)
    revision = document.revision
    document.nudge(1, 0)

    document.mark_saved(revision)

    assert document.is_modified


def test_only_boxes_that_differ_from_the_saved_ones_are_edited(document):
    document.select([1])
    document.nudge(1, 0)

    assert document.is_edited.tolist() == [False, True, False]


def test_hiding_a_box_does_not_modify_the_document():
    document = document_of([[1, 1, 9, 9]])

    document.set_hidden([0], True)

    assert document.is_hidden.tolist() == [True]
    assert not document.is_modified
