import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import placement
from app.placement import Edges

SIZE = (100, 200)  # height, width
numbers = st.floats(-500, 500)


@st.composite
def inside(draw):
    """A `[4]` box of at least 2x2 inside SIZE."""
    x0 = draw(st.floats(0, 190))
    y0 = draw(st.floats(0, 90))
    return np.array([x0, y0, draw(st.floats(x0 + 2, 200)), draw(st.floats(y0 + 2, 100))])


all_edges = st.sampled_from([Edges(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y])


def is_inside(box):
    return (box[:2] >= -1e-9).all() and (box[2:] <= np.array([200, 100]) + 1e-9).all()


@given(st.lists(inside(), min_size=1, max_size=5), numbers, numbers)
def test_moving_keeps_every_size_and_stays_inside(boxes, dx, dy):
    before = np.stack(boxes)

    after = placement.move(before, dx, dy, SIZE)

    np.testing.assert_allclose(after[:, 2:] - after[:, :2], before[:, 2:] - before[:, :2])
    assert all(is_inside(box) for box in after)


@given(st.lists(inside(), min_size=1, max_size=5), numbers, numbers)
def test_boxes_move_as_one(boxes, dx, dy):
    before = np.stack(boxes)

    step = placement.move(before, dx, dy, SIZE) - before

    np.testing.assert_allclose(step, np.broadcast_to(step[0], step.shape), atol=1e-9)


def test_a_box_outside_is_not_pulled_in_and_not_moved_further_out():
    box = np.array([[-10.0, 20, 30, 40]])

    further = placement.move(box, -5, 0, SIZE)
    along = placement.move(box, 0, 7, SIZE)
    back = placement.move(box, 4, 0, SIZE)

    assert further[0, 0] == -10
    assert along[0].tolist() == [-10, 27, 30, 47]
    assert back[0, 0] == -6


@given(inside(), all_edges, numbers, numbers, st.booleans(), st.booleans())
def test_resizing_gives_an_ordered_box_inside(box, edges, x, y, from_centre, keep_aspect):
    resized = placement.resize(
        box, edges, (x, y), SIZE, from_centre=from_centre, keep_aspect=keep_aspect
    )

    assert (resized[:2] <= resized[2:]).all()
    assert is_inside(resized)


@given(inside(), all_edges, numbers, numbers)
def test_resizing_leaves_the_opposite_edges_where_they_are(box, edges, x, y):
    resized = placement.resize(box, edges, (x, y), SIZE)

    for axis, sign in enumerate((edges.x, edges.y)):
        fixed = {-1: [2], 0: [0, 2], 1: [0]}[sign]
        for side in fixed:
            assert np.isclose(resized[[axis, axis + 2]], box[side + axis]).any()


@given(inside(), all_edges, numbers, numbers, st.booleans())
def test_keeping_the_aspect_keeps_the_ratio_of_the_sides(box, edges, x, y, from_centre):
    resized = placement.resize(box, edges, (x, y), SIZE, from_centre=from_centre, keep_aspect=True)

    width, height = resized[2:] - resized[:2]
    before_width, before_height = box[2:] - box[:2]
    assert width * before_height == pytest.approx(height * before_width, abs=1e-4)


@given(inside(), numbers, numbers)
def test_resizing_from_the_centre_keeps_the_centre_where_there_is_room(box, x, y):
    box = box / 4 + np.array([75, 37, 75, 37])  # room around

    resized = placement.resize(
        box, Edges(1, 1), (x / 10 + 100, y / 20 + 50), SIZE, from_centre=True
    )

    if resized[0] > 0 and resized[1] > 0 and resized[2] < 200 and resized[3] < 100:
        np.testing.assert_allclose(resized[:2] + resized[2:], box[:2] + box[2:])


def test_dragging_an_edge_over_its_opposite_flips_the_box():
    box = np.array([50.0, 20, 80, 40])

    resized = placement.resize(box, Edges(1, 0), (30, 0), SIZE)

    assert resized.tolist() == [30, 20, 50, 40]


@given(inside(), st.sampled_from([-1, 1]), st.floats(-300, 300))
def test_keys_stop_an_edge_at_the_border_and_before_2_pixels(box, side, step):
    moved = placement.move_edges(box[None], Edges(side, 0), step, 0, SIZE)[0]

    assert moved[2] - moved[0] >= 2 - 1e-9
    assert is_inside(moved)
    assert moved[2 if side < 0 else 0] == box[2 if side < 0 else 0]


def test_an_edge_nudge_does_not_enlarge_a_box_that_was_smaller_than_allowed():
    tiny = np.array([[10.0, 10, 11, 11]])

    moved = placement.move_edges(tiny, Edges(1, 0), -1, 0, SIZE)

    assert moved.tolist() == tiny.tolist()


@given(numbers, numbers, numbers, numbers, st.booleans(), st.booleans())
def test_a_drawn_box_lies_inside(x0, y0, x1, y1, from_centre, keep_aspect):
    box = placement.drawn(
        (x0, y0), (x1, y1), SIZE, from_centre=from_centre, keep_aspect=keep_aspect
    )

    assert (box[:2] <= box[2:]).all()
    assert is_inside(box)


def test_shift_draws_a_square():
    box = placement.drawn((10, 10), (50, 30), SIZE, keep_aspect=True)

    assert box.tolist() == [10, 10, 50, 50]


def test_alt_draws_from_the_centre():
    box = placement.drawn((50, 50), (60, 70), SIZE, from_centre=True)

    assert box.tolist() == [40, 30, 60, 70]


def test_a_duplicate_steps_to_the_other_side_at_the_border():
    box = np.array([[150.0, 10, 198, 50]])

    copy = placement.duplicated(box, SIZE)

    assert copy.tolist() == [[142.0, 18, 190, 58]]


def test_pasting_keeps_pixels_where_all_boxes_are_inside():
    boxes = np.array([[10.0, 10, 20, 20]])

    pasted, is_scaled = placement.pasted(boxes, (1000, 1000), SIZE)

    assert pasted.tolist() == boxes.tolist()
    assert not is_scaled


def test_pasting_scales_with_the_picture_where_a_box_would_lie_outside():
    boxes = np.array([[500.0, 500, 1000, 1000]])

    pasted, is_scaled = placement.pasted(boxes, (1000, 1000), SIZE)

    assert pasted.tolist() == [[100.0, 50, 200, 100]]
    assert is_scaled


def test_copying_leaves_out_what_is_known():
    known = np.array([[0.0, 0, 10, 10]])
    boxes = np.array([[0.0, 0, 10, 11], [50, 50, 60, 60]])

    assert placement.unknown_rows(boxes, known).tolist() == [1]


def test_boxes_are_cut_to_the_picture_unless_nothing_would_be_left():
    boxes = np.array([[-5.0, 10, 20, 120], [30, 30, 40, 40], [250, 10, 270, 30]])

    cut = placement.clipped(boxes, (100, 200))

    assert cut.tolist() == [[0, 10, 20, 100], [30, 30, 40, 40], [250, 10, 270, 30]]


def test_boxes_are_read_line_by_line_from_the_left():
    boxes = np.array([[50.0, 0, 60, 20], [10, 2, 20, 22], [5, 60, 15, 80]])

    assert placement.reading_order(boxes).tolist() == [1, 0, 2]
