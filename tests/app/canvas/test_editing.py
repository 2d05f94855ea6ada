import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.app.canvas.conftest import BIG, BOXES, FAR, SMALL
from tinaface.boxes import Detections

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def predictions(document):
    """One prediction on free ground."""
    document.set_predictions(Detections(np.array([[110.0, 10, 135, 40]]), np.array([0.9])))
    return document.predictions


# ---- select ----


def test_a_click_takes_the_smallest_box_under_the_cursor(mouse, document):
    mouse.click(50, 50)

    assert document.selection == {SMALL}


def test_another_click_at_the_same_place_takes_the_next(mouse, document):
    mouse.click(50, 50)
    mouse.click(50, 50, shift=(4, 0))
    second = document.selection
    mouse.click(50, 50)

    assert second == {BIG}
    assert document.selection == {SMALL}


def test_a_click_elsewhere_in_the_stack_starts_with_the_smallest_again(mouse, document):
    mouse.click(45, 45)
    mouse.click(65, 75)

    assert document.selection == {SMALL}


def test_control_click_adds_and_removes(mouse, document):
    mouse.click(50, 50)
    mouse.click(150, 100, keys=CONTROL)
    both = document.selection
    mouse.click(50, 50, keys=CONTROL)

    assert both == {SMALL, FAR}
    assert document.selection == {FAR}


def test_a_click_on_empty_ground_selects_nothing(mouse, document):
    mouse.click(50, 50)
    mouse.click(195, 5)

    assert document.selection == frozenset()


def test_a_band_selects_what_it_touches(mouse, document):
    mouse.drag((195, 145), (120, 60))

    assert document.selection == {FAR}


def test_a_prediction_can_be_selected(mouse, document, predictions):
    mouse.click(120, 20)

    assert document.selected_prediction == 0
    assert document.selection == frozenset()


def test_boxes_that_are_not_shown_cannot_be_clicked(mouse, canvas, document):
    canvas.set_overlay("prediction")

    mouse.click(50, 50)

    assert document.selection == frozenset()


def test_tab_order_is_reading_order_and_wraps(canvas, document):
    seen = []
    for _ in range(4):
        canvas.select_next()
        seen += document.selection

    assert sorted(seen[:3]) == [0, 1, 2]
    assert seen[3] == seen[0]


def test_selecting_backwards_starts_with_the_last(canvas, document):
    canvas.select_next(-1)
    last = document.selection
    canvas.select_next(1)
    canvas.select_next(-1)

    assert document.selection == last


# ---- move ----


def test_a_drag_moves_the_box_in_one_undo_step(mouse, document):
    mouse.drag((150, 100), (140, 95))

    assert document.gt_boxes[FAR].tolist() == [130, 85, 170, 125]
    assert document.undo_stack.count() == 1


def test_a_tremble_of_three_pixels_moves_nothing(mouse, canvas, document):
    start = mouse.at(150, 100)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    start.setX(start.x() + 3)
    QTest.mouseMove(canvas, start)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start)

    assert document.selection == {FAR}
    assert document.undo_stack.count() == 0


def test_the_document_does_not_change_before_the_button_is_released(mouse, document):
    mouse.press(150, 100)
    mouse.move(120, 90)

    assert document.gt_boxes.tolist() == BOXES


def test_a_moved_box_stops_at_the_border(mouse, document):
    mouse.drag((150, 100), (400, 100))

    assert document.gt_boxes[FAR].tolist() == [160, 90, 200, 130]


def test_all_selected_boxes_move_as_one(mouse, document):
    document.select([SMALL, FAR])

    mouse.drag((150, 100), (145, 95))

    assert document.gt_boxes[[SMALL, FAR]].tolist() == [[35, 35, 65, 75], [135, 85, 175, 125]]
    assert document.selection == {SMALL, FAR}


def test_escape_during_a_drag_leaves_the_box_where_it_was(mouse, canvas, document):
    mouse.press(150, 100)
    mouse.move(120, 90)

    was_cancelled = canvas.cancel()
    mouse.release(120, 90)

    assert was_cancelled
    assert document.gt_boxes.tolist() == BOXES
    assert document.undo_stack.count() == 0


def test_a_locked_document_is_not_dragged(mouse, document, qtbot):
    document.is_locked = True

    with qtbot.waitSignal(document.refused):
        mouse.drag((150, 100), (140, 95))

    assert document.gt_boxes.tolist() == BOXES


# ---- resize ----


def test_a_handle_resizes_its_edges(mouse, document):
    document.select([FAR])

    mouse.drag((180, 130), (190, 140))

    assert document.gt_boxes[FAR].tolist() == [140, 90, 190, 140]


def test_a_handle_in_the_middle_of_a_side_moves_that_side_only(mouse, document):
    document.select([FAR])

    mouse.drag((140, 110), (120, 50))

    assert document.gt_boxes[FAR].tolist() == [120, 90, 180, 130]


def test_a_press_beside_the_middle_of_a_handle_does_not_jump(mouse, document):
    document.select([FAR])

    mouse.drag((181.5, 131.5), (191.5, 141.5))

    assert document.gt_boxes[FAR].tolist() == [140, 90, 190, 140]


def test_alt_resizes_from_the_centre(mouse, document):
    document.select([FAR])

    mouse.press(180, 130, keys=ALT)
    mouse.release(185, 135, keys=ALT)

    assert document.gt_boxes[FAR].tolist() == [135, 85, 185, 135]


def test_shift_keeps_the_aspect(mouse, document):
    document.select([FAR])

    mouse.press(180, 130, keys=SHIFT)
    mouse.release(190, 131, keys=SHIFT)

    assert document.gt_boxes[FAR].tolist() == [140, 90, 190, 140]


def test_a_resize_to_less_than_two_pixels_is_dropped_with_a_hint(mouse, canvas, document, qtbot):
    document.select([FAR])
    mouse.press(180, 130)
    hints = []
    canvas.hint.connect(hints.append)

    mouse.release(141, 91)

    assert document.gt_boxes[FAR].tolist() == BOXES[FAR]
    assert any("Too small" in hint for hint in hints)


def test_the_inside_of_a_small_selected_box_still_moves_it(mouse, canvas, document):
    document.add_box(np.array([150.0, 20, 156, 26]))

    mouse.drag((153, 23), (163, 33))

    assert document.gt_boxes[-1].tolist() == [160, 30, 166, 36]


# ---- draw ----


def test_a_drag_with_the_draw_tool_adds_a_box_even_inside_others(mouse, canvas, document):
    canvas.set_tool("draw")

    mouse.drag((45, 45), (60, 70))

    assert document.gt_boxes[-1].tolist() == [45, 45, 60, 70]
    assert canvas.tool == "select"


def test_two_clicks_draw_a_box(mouse, canvas, document):
    canvas.set_tool("draw")

    mouse.click(110, 10)
    mouse.move(120, 20)
    mouse.click(130, 35)

    assert document.gt_boxes[-1].tolist() == [110, 10, 130, 35]


def test_the_size_is_told_while_drawing_and_no_longer(mouse, canvas):
    hints = []
    canvas.hint.connect(hints.append)
    canvas.set_tool("draw")

    mouse.drag((110, 10), (130, 35))

    assert "x 110.0, y 10.0, 20.0 wide, 25.0 high" in hints
    assert hints[-1] == ""


def test_the_smallest_box_that_is_drawn_can_be_set(mouse, canvas, document):
    canvas.least_side = 16
    canvas.set_tool("draw", many=True)

    mouse.drag((110, 10), (125, 40))
    mouse.drag((110, 10), (127, 40))

    assert document.gt_boxes[3:].tolist() == [[110, 10, 127, 40]]


def test_drawing_many_goes_on_until_escape(mouse, canvas, document):
    canvas.set_tool("draw", many=True)
    mouse.drag((110, 10), (120, 25))
    mouse.drag((125, 10), (135, 25))
    tool = canvas.tool

    canvas.cancel()

    assert tool == "draw"
    assert canvas.tool == "select"
    assert len(document.gt_boxes) == 5


def test_a_box_of_less_than_two_pixels_is_dropped_with_a_hint(mouse, canvas, document, qtbot):
    canvas.set_tool("draw")
    canvas.zoom_to(20)
    canvas.centre_on(120, 20)

    with qtbot.waitSignal(canvas.hint):
        mouse.drag((120, 20), (121.5, 30))

    assert len(document.gt_boxes) == 3


def test_escape_forgets_the_first_corner_then_the_tool_then_the_selection(mouse, canvas, document):
    document.select([0])
    canvas.set_tool("draw")
    mouse.click(110, 10)

    states = []
    for _ in range(4):
        was_cancelled = canvas.cancel()
        states.append((was_cancelled, canvas.tool, len(document.selection)))

    assert states == [
        (True, "draw", 1),
        (True, "select", 1),
        (True, "select", 0),
        (False, "select", 0),
    ]


def test_an_unknown_tool_is_the_callers_mistake(canvas):
    with pytest.raises(ValueError, match="no tool 'lasso'"):
        canvas.set_tool("lasso")


# ---- keys ----


def test_arrows_pan_where_nothing_is_selected(canvas):
    canvas.zoom_to(4)
    before = canvas.viewport.offset

    canvas.nudge(1, 0)

    assert canvas.viewport.offset[0] < before[0]


def test_arrows_move_what_is_selected(canvas, document):
    document.select([FAR])

    canvas.nudge(1, -2)

    assert document.gt_boxes[FAR].tolist() == [141, 88, 181, 128]


def test_holding_b_hides_all_boxes(canvas):
    QTest.keyPress(canvas, Qt.Key.Key_B)
    during = canvas.shows_boxes
    QTest.keyRelease(canvas, Qt.Key.Key_B)

    assert not during
    assert canvas.shows_boxes


def test_losing_the_focus_shows_the_boxes_again(canvas, qtbot):
    QTest.keyPress(canvas, Qt.Key.Key_B)

    canvas.clearFocus()

    assert canvas.shows_boxes
