import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.canvas.colours import ON_BRIGHT, ON_DARK
from app.canvas.picture_view import ZoomMode
from app.canvas.pyramid import Pyramid
from app.canvas.raster import pixels_of
from tests.app.canvas.conftest import FAR, HEIGHT, WIDTH, flat, noise
from tests.app.documents import document_of
from tinaface.boxes import Detections

NONE = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def turn(canvas, at, *, angle=(0, 0), pixels=(0, 0), keys=NONE):
    """Sends one wheel event at a widget position."""
    phase = Qt.ScrollPhase.ScrollUpdate if any(pixels) else Qt.ScrollPhase.NoScrollPhase
    position = QPointF(at)
    event = QWheelEvent(
        position,
        canvas.mapToGlobal(position),
        QPoint(*pixels),
        QPoint(*angle),
        Qt.MouseButton.NoButton,
        keys,
        phase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def shown_pixels(canvas):
    """`[H, W]` pixels of the canvas as it is shown."""
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return pixels_of(image).copy()


def argb(colour):
    red, green, blue = colour
    return 0xFF000000 | red << 16 | green << 8 | blue


def counts(canvas, colour):
    """How many pixels have exactly this colour."""
    return int((shown_pixels(canvas) == argb(colour)).sum())


# ---- zoom and pan ----


def test_the_wheel_zooms_a_quarter_at_the_cursor(canvas, mouse):
    at = mouse.at(60, 50)
    before = canvas.viewport.to_picture(at.x(), at.y())
    zoom = canvas.zoom

    turn(canvas, at, angle=(0, 120))

    assert canvas.zoom == pytest.approx(zoom * 1.25)
    assert canvas.viewport.to_view(*before) == pytest.approx((at.x(), at.y()), abs=0.5)


def test_a_touchpad_scrolls_by_pixels(canvas):
    canvas.zoom_to(8)
    before = canvas.viewport.offset

    turn(canvas, QPoint(50, 50), pixels=(-7, -11), angle=(-7, -11))

    assert canvas.viewport.offset == (before[0] - 7, before[1] - 11)


def test_control_and_wheel_zoom_where_the_wheel_scrolls(canvas):
    canvas.navigation.wheel_zooms = False
    canvas.zoom_to(8)
    offset = canvas.viewport.offset
    turn(canvas, QPoint(50, 50), angle=(0, -120))
    scrolled = (canvas.zoom, canvas.viewport.offset)

    turn(canvas, QPoint(50, 50), angle=(0, 120), keys=CONTROL)

    assert scrolled[0] == 8
    assert scrolled[1][1] < offset[1]
    assert canvas.zoom == pytest.approx(10)


def test_shift_and_wheel_scroll_sideways(canvas):
    canvas.zoom_to(8)
    before = canvas.viewport.offset

    turn(canvas, QPoint(50, 50), angle=(0, -120), keys=SHIFT)

    assert canvas.viewport.offset[0] < before[0]
    assert canvas.viewport.offset[1] == before[1]


def test_a_pinch_zooms_at_its_middle(canvas):
    zoom = canvas.zoom
    device = QPointingDevice.primaryPointingDevice()
    gesture = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        device,
        2,
        QPointF(50, 50),
        QPointF(50, 50),
        canvas.mapToGlobal(QPointF(50, 50)),
        0.5,
        QPointF(),
    )

    QApplication.sendEvent(canvas, gesture)

    assert canvas.zoom == pytest.approx(zoom * 1.5)


@pytest.mark.parametrize("button", [Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton])
def test_a_drag_with_the_middle_or_right_button_pans(canvas, button):
    canvas.zoom_to(8)
    before = canvas.viewport.offset

    QTest.mousePress(canvas, button, pos=QPoint(100, 100))
    QTest.mouseMove(canvas, QPoint(80, 110))
    QTest.mouseRelease(canvas, button, pos=QPoint(80, 110))

    assert canvas.viewport.offset == (before[0] - 20, before[1] + 10)


def test_a_right_click_asks_for_the_menu(canvas, qtbot):
    with qtbot.waitSignal(canvas.context_menu_requested):
        QTest.mouseClick(canvas, Qt.MouseButton.RightButton, pos=QPoint(100, 100))


def test_the_menu_is_about_the_box_under_the_cursor(canvas, mouse, document):
    QTest.mouseClick(canvas, Qt.MouseButton.RightButton, pos=mouse.at(150, 100))

    assert document.selection == {FAR}


def test_a_right_drag_asks_for_no_menu(canvas, qtbot):
    with qtbot.assertNotEmitted(canvas.context_menu_requested):
        QTest.mousePress(canvas, Qt.MouseButton.RightButton, pos=QPoint(100, 100))
        QTest.mouseMove(canvas, QPoint(150, 100))
        QTest.mouseRelease(canvas, Qt.MouseButton.RightButton, pos=QPoint(150, 100))


def test_a_double_click_zooms_to_the_box(canvas, mouse):
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=mouse.at(150, 100))

    # Not in the middle: the picture's corner is in that of the view, and nothing grey is seen.
    assert canvas.viewport.to_view(200, 150) == pytest.approx((400, 300))
    assert canvas.zoom > canvas.viewport.fit_zoom


def test_zooming_to_the_selection_a_second_time_leads_back(canvas, document):
    document.select([FAR])
    canvas.toggle_zoom_to_box()
    near = canvas.zoom

    canvas.toggle_zoom_to_box()

    assert near > canvas.zoom
    assert canvas.viewport.is_fit


def test_the_next_box_is_brought_into_view(canvas, document):
    canvas.zoom_to(20)
    canvas.centre_on(10, 10)
    document.select([1])

    canvas.select_next()

    (row,) = document.selection
    x0, y0, x1, y1 = canvas.box_in_view(document.gt_boxes[row])
    assert x1 > 0
    assert y1 > 0
    assert x0 < 400
    assert y0 < 300


def test_the_zoom_is_told(canvas, qtbot):
    with qtbot.waitSignal(canvas.zoom_changed) as told:
        canvas.zoom_to(4)

    assert told.args == [4.0]


# ---- another picture ----


def test_another_picture_is_fitted_by_default(canvas):
    canvas.zoom_to(10)

    canvas.set_image(noise())

    assert canvas.viewport.is_fit


def test_same_zoom_same_place_holds_for_a_picture_of_the_same_size(canvas):
    canvas.zoom_mode = ZoomMode.SAME
    canvas.zoom_to(10)
    place = canvas.viewport.place

    canvas.set_image(noise())
    same = canvas.viewport.place
    canvas.set_image(noise(HEIGHT + 1, WIDTH))

    assert same == place
    assert canvas.viewport.is_fit


def test_each_picture_remembers_its_own_zoom(canvas):
    canvas.zoom_mode = ZoomMode.REMEMBER
    canvas.set_image(noise(), "a.jpg")
    canvas.zoom_to(10)
    place = canvas.viewport.place

    canvas.set_image(noise(), "b.jpg")
    fitted = canvas.viewport.is_fit
    canvas.set_image(noise(), "a.jpg")

    assert fitted
    assert canvas.viewport.place == place


# ---- painting ----


def test_at_100_percent_every_pixel_is_shown_as_it_is(canvas):
    picture = noise()
    canvas.set_document(None)
    canvas.set_image(picture)
    canvas.clearFocus()

    canvas.zoom_to(1)

    x, y = (round(value) for value in canvas.viewport.offset)
    shown = shown_pixels(canvas)[y : y + HEIGHT, x : x + WIDTH]
    np.testing.assert_array_equal(shown, pixels_of(picture))


def test_above_300_percent_pixels_are_squares(canvas):
    picture = noise()
    canvas.set_document(None)
    canvas.set_image(picture)
    canvas.clearFocus()

    canvas.zoom_to(5)

    colours = np.unique(shown_pixels(canvas))
    assert np.isin(colours, pixels_of(picture)).mean() > 0.99


def test_a_pixel_grid_is_shown_above_1200_percent(canvas):
    canvas.set_document(None)
    canvas.set_image(flat(0))
    canvas.clearFocus()
    canvas.zoom_to(11)
    without = len(np.unique(shown_pixels(canvas)))

    canvas.zoom_to(16)

    assert without == 1
    assert len(np.unique(shown_pixels(canvas))) > 1


def test_strong_reduction_averages_instead_of_skipping_pixels(canvas):
    board = (np.indices((2000, 2000)).sum(axis=0) % 2).astype(np.uint32) * 0xFFFFFF | 0xFF000000
    image = QImage(board.tobytes(), 2000, 2000, 8000, QImage.Format.Format_RGB32).copy()
    canvas.set_document(None)

    canvas.set_image(image)

    middle = shown_pixels(canvas)[100:200, 150:250] & 0xFF
    assert abs(middle.mean() - 127.5) < 3
    assert middle.std() < 3


@pytest.mark.parametrize(("grey", "colours"), [(230, ON_BRIGHT), (20, ON_DARK)])
def test_the_brightness_of_the_picture_chooses_the_colours(canvas, grey, colours):
    canvas.set_image(flat(grey))

    assert counts(canvas, colours.gt) > 100
    assert counts(canvas, colours.halo) > 100


def test_lines_have_no_rim_where_the_user_wants_none(canvas):
    canvas.set_image(flat(230))
    canvas.set_texts("none")
    with_rim = counts(canvas, ON_BRIGHT.halo)

    canvas.set_look(is_checkered=False, has_halo=False)

    assert with_rim > 100
    assert counts(canvas, ON_BRIGHT.halo) == 0
    assert counts(canvas, ON_BRIGHT.gt) > 100


@pytest.mark.parametrize(
    ("overlay", "shows_gt", "shows_prediction"),
    [
        ("both", True, True),
        ("gt", True, False),
        ("prediction", False, True),
        ("none", False, False),
    ],
)
def test_the_overlay_chooses_what_is_shown(canvas, qtbot, overlay, shows_gt, shows_prediction):
    document = document_of([[20, 20, 60, 60]], size=(HEIGHT, WIDTH))
    document.set_predictions(Detections(np.array([[100.0, 20, 150, 60]]), np.array([0.9])))
    canvas.set_image(flat(20))
    canvas.set_document(document)
    canvas.set_texts("none")

    canvas.set_overlay(overlay)

    gt = ON_DARK.fn if overlay == "both" else ON_DARK.gt
    prediction = ON_DARK.fp if overlay == "both" else ON_DARK.prediction
    assert (counts(canvas, gt) > 50) == shows_gt
    assert (counts(canvas, prediction) > 50) == shows_prediction


def test_a_matched_pair_is_shown_as_found(canvas, document):
    canvas.set_image(flat(20))
    document.set_predictions(Detections(document.gt_boxes.copy(), np.array([0.9] * 3)))

    assert counts(canvas, ON_DARK.tp) > 100
    assert counts(canvas, ON_DARK.fn) == 0


def test_a_line_is_one_pixel_thick_at_every_zoom(canvas, document):
    canvas.set_image(flat(20))
    canvas.set_texts("none")
    canvas.clearFocus()
    thickness = []

    for zoom in (1, 3, 9):
        canvas.zoom_to(zoom)
        canvas.centre_on(140, 110)  # the left edge of one box, nothing else on this line
        row = shown_pixels(canvas)[150, 190:210]
        thickness.append(int((row == argb(ON_DARK.gt)).sum()))

    assert thickness == [1, 1, 1]


def test_panning_shows_the_same_as_painting_anew(canvas, document):
    document.set_predictions(Detections(document.gt_boxes + 3.0, np.array([0.9, 0.8, 0.7])))
    document.set_ignored([0], True)
    document.select([1])
    canvas.set_texts("none")
    canvas.zoom_to(3)
    canvas.grab()

    for dx, dy in ((13, 0), (0, -9), (-31, 22), (5, 5)):
        canvas.pan(dx, dy)
        canvas.grab()
    place = canvas.viewport.place
    panned = shown_pixels(canvas).view(np.uint8).astype(int)
    canvas.set_image(Pyramid(canvas.picture.image))
    canvas.viewport.show(place)

    anew = shown_pixels(canvas).view(np.uint8).astype(int)
    # Qt's bilinear sampling may round the last bit another way where a strip begins.
    assert np.abs(panned - anew).max() <= 1


def test_boxes_written_with_texts_show_their_score(canvas, document):
    canvas.set_image(flat(20))
    document.set_predictions(Detections(np.array([[100.0, 20, 150, 60]]), np.array([0.9])))
    canvas.set_texts("none")
    without = counts(canvas, ON_DARK.fp)

    canvas.set_texts("score")

    assert counts(canvas, ON_DARK.fp) > without


def test_a_selected_box_out_of_view_is_pointed_to(canvas, document):
    canvas.set_image(flat(20))
    canvas.set_texts("none")
    canvas.zoom_to(30)
    canvas.centre_on(10, 10)
    without = counts(canvas, ON_DARK.gt)

    document.select([FAR])

    assert (without, counts(canvas, ON_DARK.gt) > 20) == (0, True)


def test_a_canvas_without_a_picture_says_so(canvas):
    canvas.set_image(None)
    canvas.set_document(None)

    assert len(np.unique(shown_pixels(canvas))) > 1


# ---- accessibility ----


def test_the_canvas_tells_what_is_on_it(canvas, document):
    document.select([0, 1])

    assert canvas.accessibleName()
    assert canvas.accessibleDescription() == "3 boxes, 2 selected, 0 predictions"


def test_the_focus_is_seen(canvas):
    with_focus = shown_pixels(canvas)
    canvas.clearFocus()

    assert (with_focus != shown_pixels(canvas))[0].any()


def test_leaving_the_canvas_is_told(canvas, qtbot):
    with qtbot.waitSignal(canvas.cursor_left):
        QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))


def test_the_cursor_is_told_in_picture_pixels(canvas, mouse, qtbot):
    with qtbot.waitSignal(canvas.cursor_moved) as told:
        mouse.move(60, 50)

    assert told.args == pytest.approx([60, 50], abs=0.5)
