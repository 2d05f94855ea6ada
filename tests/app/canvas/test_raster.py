import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.canvas.raster import DASH, LineMask

RED, BLUE, WHITE = 0xFFFF0000, 0xFF0000FF, 0xFFFFFFFF


def painted(boxes, width=40, height=30, unit=1, halo=None, **arguments):
    """Pixels of a black view with these outlines."""
    mask = LineMask(0, 0, width, height, unit)
    mask.outline(np.array(boxes, np.int64).reshape(-1, 4), RED, **arguments)
    pixels = np.zeros((height, width), np.uint32)
    mask.paint(pixels, halo)
    return pixels


def test_an_outline_lies_just_outside_the_pixels_of_its_box():
    pixels = painted([10, 10, 14, 13])

    rows, columns = np.nonzero(pixels)
    assert (rows.min(), rows.max()) == (9, 13)
    assert (columns.min(), columns.max()) == (9, 14)
    assert not pixels[10:13, 10:14].any()


def test_a_line_is_as_thick_as_a_screen_pixel():
    pixels = painted([10, 10, 20, 20], unit=2)

    assert np.flatnonzero(pixels[15]).tolist() == [8, 9, 20, 21]


def test_a_dash_is_4_on_and_3_off():
    pixels = painted([1, 1, 29, 20], dash=DASH)

    assert (pixels[0, :14] > 0).tolist() == ([True] * 4 + [False] * 3) * 2


def test_the_halo_is_one_pixel_around_every_line():
    pixels = painted([10, 10, 20, 20], halo=WHITE)

    assert pixels[15, 7:12].tolist() == [0, WHITE, RED, WHITE, 0]


def test_later_lines_cover_earlier_ones():
    mask = LineMask(0, 0, 20, 20, 1)
    box = np.array([[5, 5, 10, 10]])
    mask.outline(box, RED)
    mask.outline(box, BLUE)
    pixels = np.zeros((20, 20), np.uint32)

    mask.paint(pixels, None)

    assert set(np.unique(pixels).tolist()) == {0, BLUE}


def test_what_is_not_painted_keeps_its_pixels():
    mask = LineMask(0, 0, 20, 20, 1)
    mask.outline(np.array([[5, 5, 10, 10]]), RED)
    pixels = np.full((20, 20), 0xFF123456, np.uint32)

    mask.paint(pixels, WHITE)

    assert pixels[0, 0] == 0xFF123456
    assert pixels[7, 7] == 0xFF123456


@given(
    st.lists(
        st.tuples(*[st.integers(-60, 90)] * 4).map(
            lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
        ),
        max_size=6,
    ),
    st.integers(1, 3),
    st.integers(0, 30),
    st.integers(0, 20),
)
def test_a_part_of_the_view_looks_like_that_part_of_the_whole(boxes, unit, x, y):
    boxes = np.array(boxes, np.int64).reshape(-1, 4)
    shown = []
    for region in ((0, 0, 40, 30), (x, y, 40 - x, 30 - y)):
        mask = LineMask(*region, unit)
        mask.outline(boxes, RED, DASH)
        mask.corners(boxes, BLUE)
        mask.segments(boxes, RED)
        pixels = np.zeros((region[3], region[2]), np.uint32)
        mask.paint(pixels, WHITE)
        shown.append(pixels)

    np.testing.assert_array_equal(shown[0][y:, x:], shown[1])
