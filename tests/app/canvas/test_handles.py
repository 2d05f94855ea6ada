import pytest

from app.canvas.handles import handle_at, handles_of
from app.placement import Edges

ROOMY = (100.0, 100.0, 200.0, 180.0)
SMALL = (100.0, 100.0, 110.0, 110.0)


def test_a_roomy_box_has_eight_handles_on_its_outline():
    handles = handles_of(ROOMY, 1)

    assert len(handles) == 8
    assert all(x in (100, 150, 200) and y in (100, 140, 180) for _, x, y in handles)


def test_on_a_small_box_only_the_corners_have_handles_and_they_stand_outside():
    handles = handles_of(SMALL, 1)

    assert {(edges.x, edges.y) for edges, _, _ in handles} == {(-1, -1), (1, -1), (-1, 1), (1, 1)}
    assert all(not (100 <= x <= 110 and 100 <= y <= 110) for _, x, y in handles)


def test_the_middle_of_a_small_box_is_no_handle():
    assert handle_at(SMALL, 105, 105, 1) is None


@pytest.mark.parametrize(
    ("x", "y", "edges"),
    [(200, 180, Edges(1, 1)), (100, 140, Edges(-1, 0)), (150, 104, Edges(0, -1))],
)
def test_a_press_near_a_handle_takes_its_edges(x, y, edges):
    assert handle_at(ROOMY, x, y, 1) == edges


def test_handles_grow_with_the_screens_scale_factor():
    assert handle_at(ROOMY, 211, 191, 1) is None
    assert handle_at(ROOMY, 211, 191, 2) == Edges(1, 1)
