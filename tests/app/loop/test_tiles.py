"""The laws of tiles: they cover the picture, overlap, and share the boxes out."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.loop.tiles import LEAST_FACE_PX, OVERLAP, cut

sizes = st.tuples(st.integers(20, 3000), st.integers(20, 3000))
views = st.tuples(st.integers(200, 1200), st.integers(200, 2000))
heights = st.lists(st.floats(4, 200), max_size=9).map(np.array)


@given(sizes, views, heights)
def test_the_median_face_is_large_enough(picture, view, faces):
    tiles = cut(picture, view, faces)

    zoom = min(view[0] / tiles.height, view[1] / tiles.width)
    if len(faces):
        assert zoom * np.median(faces) >= LEAST_FACE_PX - 1e-6


@given(sizes, views, heights)
def test_tiles_cover_the_picture_and_overlap(picture, view, faces):
    tiles = cut(picture, view, faces)

    for starts, side, whole in (
        (tiles.lefts, tiles.width, picture[1]),
        (tiles.tops, tiles.height, picture[0]),
    ):
        assert starts[0] == 0
        assert starts[-1] + side == pytest.approx(whole)
        for before, after in pairwise(starts):
            assert before + side - after >= OVERLAP * side - 1e-6


@given(sizes, views, heights, st.data())
def test_a_box_belongs_to_one_tile_that_holds_its_centre(picture, view, faces, data):
    tiles = cut(picture, view, faces)
    x, y = data.draw(st.floats(0, picture[1])), data.draw(st.floats(0, picture[0]))

    (tile,) = tiles.holding(np.array([[x - 5, y - 5, x + 5, y + 5]])).tolist()

    x0, y0, x1, y1 = tiles.box(tile)
    assert x0 - 1e-6 <= x <= x1 + 1e-6
    assert y0 - 1e-6 <= y <= y1 + 1e-6


def test_a_picture_of_large_faces_is_one_tile():
    assert len(cut((600, 800), (600, 800), np.array([100.0, 120.0]))) == 1


def test_a_crowd_of_small_faces_is_several():
    tiles = cut((1000, 1500), (700, 700), np.array([6.0, 8.0, 10.0]))

    assert len(tiles.lefts) > 2
    assert len(tiles.tops) > 2


@given(sizes, views, heights, st.data())
def test_tiles_cover_themselves_and_no_other(picture, view, faces, data):
    tiles = cut(picture, view, faces)
    some = data.draw(st.sets(st.integers(0, len(tiles) - 1), max_size=9))

    covered = tiles.covered_by([tiles.share(tile) for tile in sorted(some)])

    assert set(np.flatnonzero(covered)) == some


@given(sizes, views, views, heights)
def test_a_picture_that_was_seen_whole_is_seen_in_any_cut(picture, view, other, faces):
    before = cut(picture, other, faces)

    covered = cut(picture, view, faces).covered_by([before.share(at) for at in range(len(before))])

    assert covered.all()
