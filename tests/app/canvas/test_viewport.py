from hypothesis import assume, given
from hypothesis import strategies as st

from app.canvas.viewport import MAX_ZOOM, MIN_ZOOM, ZOOM_STEP, Place, Viewport

sides = st.integers(1, 20_000)
views = st.integers(50, 4000)
fractions = st.floats(0, 1)


def viewport_of(height, width, view_height, view_width):
    viewport = Viewport()
    viewport.set_picture(height, width)
    viewport.resize(view_height, view_width)
    return viewport


@given(sides, sides, views, views, fractions, fractions, st.lists(st.integers(-8, 8), max_size=12))
def test_zooming_keeps_the_point_under_the_cursor(height, width, view_h, view_w, fx, fy, steps):
    viewport = viewport_of(height, width, view_h, view_w)
    cursor = viewport.to_view(fx * width, fy * height)

    for step in steps:
        viewport.zoom_at(*cursor, viewport.zoom * ZOOM_STEP**step)

    x, y = viewport.to_view(fx * width, fy * height)
    assert abs(x - cursor[0]) < 0.5
    assert abs(y - cursor[1]) < 0.5


@given(sides, sides, views, views, st.floats(1e-4, 1e4))
def test_zoom_stays_between_2_and_6400_percent(height, width, view_h, view_w, wanted):
    viewport = viewport_of(height, width, view_h, view_w)

    viewport.zoom_at(10, 10, wanted)

    assert MIN_ZOOM <= viewport.zoom <= MAX_ZOOM


@given(sides, sides, views, views)
def test_fit_shows_the_whole_picture_in_the_middle(height, width, view_h, view_w):
    assume(height * MIN_ZOOM <= view_h and width * MIN_ZOOM <= view_w)
    viewport = viewport_of(height, width, view_h, view_w)

    viewport.fit()

    left, top = viewport.to_view(0, 0)
    right, bottom = viewport.to_view(width, height)
    assert left >= -1e-6
    assert top >= -1e-6
    assert abs(left - (view_w - right)) < 1e-6
    assert abs(top - (view_h - bottom)) < 1e-6
    assert viewport.zoom <= 4.0


def test_fit_does_not_enlarge_a_small_picture_beyond_400_percent():
    viewport = viewport_of(10, 10, 800, 1280)

    assert viewport.zoom == 4.0


def test_f35_a_picture_of_1_by_20000_fits():
    viewport = viewport_of(1, 20_000, 800, 1280)

    assert viewport.zoom == 1280 / 20_000


@given(
    sides,
    sides,
    views,
    views,
    st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5)), min_size=1, max_size=6),
)
def test_panning_never_takes_the_picture_beyond_the_middle(height, width, view_h, view_w, pans):
    viewport = viewport_of(height, width, view_h, view_w)

    for pan in pans:
        viewport.pan(*pan)

    left, top = viewport.to_view(0, 0)
    right, bottom = viewport.to_view(width, height)
    assert left <= view_w / 2 + 1e-6
    assert top <= view_h / 2 + 1e-6
    assert right >= view_w / 2 - 1e-6
    assert bottom >= view_h / 2 - 1e-6


def test_a_resize_keeps_the_fit_if_it_was_fit():
    viewport = viewport_of(100, 200, 400, 400)

    viewport.resize(800, 800)

    assert viewport.is_fit
    assert viewport.zoom == 4.0


def test_a_resize_keeps_the_middle_if_it_was_not_fit():
    viewport = viewport_of(1000, 1000, 400, 400)
    viewport.show(Place(2.0, (300.0, 200.0)))

    viewport.resize(600, 900)

    assert viewport.zoom == 2.0
    assert viewport.place.centre == (300.0, 200.0)


def test_panning_ends_the_fit_only_if_the_picture_moved():
    viewport = viewport_of(100, 100, 400, 400)

    viewport.pan(0, 0)

    assert viewport.is_fit


def test_f35_without_a_picture_nothing_divides_by_zero():
    viewport = Viewport()

    viewport.resize(0, 0)
    viewport.fit()
    viewport.fit_width()
    viewport.pan(3, 4)

    assert viewport.zoom > 0


def edges(viewport):
    """The view points of the picture's corners: left, top, right, bottom."""
    height, width = viewport.picture_size
    return *viewport.to_view(0, 0), *viewport.to_view(width, height)


def test_a_box_at_the_edge_is_shown_with_the_picture_filling_the_view():
    viewport = viewport_of(600, 900, 500, 800)

    viewport.show_box(5, 40, 45, 80)

    left, top, right, bottom = edges(viewport)
    x0, y0 = viewport.to_view(5, 40)
    assert 0 <= left <= 12
    assert top <= 0
    assert right >= 800
    assert bottom >= 500
    assert x0 >= 12
    assert y0 >= 12


def test_a_box_far_from_the_edges_is_shown_in_the_middle():
    viewport = viewport_of(600, 900, 500, 800)

    viewport.show_box(430, 290, 470, 310)

    assert viewport.place.centre == (450, 300)


def test_a_box_that_reaches_out_of_the_picture_is_seen_whole():
    viewport = viewport_of(600, 900, 500, 800)

    viewport.show_box(880, 580, 920, 620)

    x1, y1 = viewport.to_view(920, 620)
    assert x1 <= 800 - 12 + 1e-6
    assert y1 <= 500 - 12 + 1e-6


def test_a_picture_smaller_than_the_view_stands_in_the_middle_when_a_box_is_shown():
    viewport = viewport_of(100, 1000, 500, 800)

    viewport.show_box(10, 10, 110, 90)

    _, top, _, bottom = edges(viewport)
    assert abs(top - (500 - bottom)) < 1e-6


@given(sides, sides, views, views, fractions, fractions, fractions, fractions)
def test_a_box_that_is_shown_lies_within_the_view(height, width, view_h, view_w, fx, fy, gx, gy):
    x0, x1 = sorted((fx * width, gx * width))
    y0, y1 = sorted((fy * height, gy * height))
    assume(max(x1 - x0, y1 - y0) * MIN_ZOOM <= 0.4 * min(view_h, view_w))
    viewport = viewport_of(height, width, view_h, view_w)

    viewport.show_box(x0, y0, x1, y1)

    left, top = viewport.to_view(x0, y0)
    right, bottom = viewport.to_view(x1, y1)
    assert left >= -1e-3
    assert top >= -1e-3
    assert right <= view_w + 1e-3
    assert bottom <= view_h + 1e-3
