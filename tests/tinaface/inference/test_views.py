import dataclasses

import numpy as np
import pytest

from tinaface.inference.settings import DetectSettings
from tinaface.inference.views import plan, relative_cost
from tinaface.presets import Resize

SETTINGS = DetectSettings(Resize(None, 1280), looks_twice_above=640)


def test_a_picture_is_shown_once_and_padded():
    (one,) = plan(SETTINGS, 300, 500)

    assert one.resized == (300, 500)
    assert one.padded == (320, 512)
    assert (one.view.scale_x, one.view.scale_y, one.view.is_flipped) == (1, 1, False)


def test_a_large_picture_is_looked_at_again_at_a_quarter_of_its_size_for_its_large_faces():
    whole, smaller = plan(dataclasses.replace(SETTINGS, tile=0), 2000, 2560)

    assert whole.resized == (1000, 1280)
    assert smaller.resized == (250, 320)
    assert smaller.view.scale_y == 0.125
    assert whole.view.least_height == 0
    assert smaller.view.least_height == 320  # 160 in the whole input, which is half the original
    assert relative_cost(SETTINGS, 2000, 2560) == pytest.approx(1 + 1 / 16, abs=0.02)


@pytest.mark.parametrize(
    ("changes", "size"),
    [
        ({"looks_twice_above": None}, (1000, 1280)),
        ({}, (640, 640)),
        ({"tile": 512}, (640, 1000)),
        ({"tta": "paper"}, (1000, 1280)),
    ],
)
def test_no_second_look_where_none_is_asked_for_or_another_is_made(changes, size):
    views = plan(dataclasses.replace(SETTINGS, **{"tile": 0, **changes}), *size)

    assert all(one.view.least_height == 0 for one in views)


def test_flip_shows_the_picture_and_its_mirror():
    views = plan(dataclasses.replace(SETTINGS, tta="flip"), 300, 500)

    assert [one.view.is_flipped for one in views] == [False, True]
    assert relative_cost(dataclasses.replace(SETTINGS, tta="flip"), 300, 500) == 2


def test_the_paper_shows_five_sizes_mirrored_and_shifted():
    views = plan(dataclasses.replace(SETTINGS, tta="paper", tile=0), 800, 1000)

    assert sorted({min(one.resized) for one in views}) == [500, 800, 1100, 1400, 1700]
    assert len(views) == 5 * 2 * 4
    assert {(one.view.left, one.view.top) for one in views} == {(0, 0), (0, 1), (1, 0), (1, 1)}


@pytest.mark.parametrize("size", [(3000, 4000), (700, 5000), (1025, 1025)])
def test_tiles_cover_the_picture_and_overlap_by_a_quarter(size):
    settings = dataclasses.replace(SETTINGS, resize=Resize(None, 5000), tile=1024)

    *tiles, whole = plan(settings, *size)

    shown = np.zeros(size, np.int32)
    for tile in tiles:
        view = tile.view
        assert max(tile.padded) <= 1024
        shown[view.tile_y : view.tile_y + view.height, view.tile_x : view.tile_x + view.width] += 1
        assert view.cuts[0] == (view.tile_x > 0)
        assert view.cuts[3] == (view.tile_y + view.height < size[0])
    assert shown.min() == 1
    starts = sorted({tile.view.tile_x for tile in tiles})
    assert all(np.diff(starts) <= 768)
    assert max(whole.resized) == 1024
    assert whole.view.cuts == (False, False, False, False)
