import dataclasses

import numpy as np
import pytest

from tinaface.boxes import Detections
from tinaface.inference.crowds import CLOSER, closer_looks
from tinaface.inference.settings import DetectSettings
from tinaface.presets import Resize

SETTINGS = DetectSettings(Resize(None, 1024, pad_multiple=64), looks_closer_from=4)


def faces(*corners, height=10, score=0.5):
    """Squares at left and top corners."""
    xy = np.array(corners, np.float32).reshape(-1, 2)
    return Detections(np.hstack([xy, xy + height]), np.full(len(xy), score, np.float32))


CROWD = faces((100, 100), (140, 100), (180, 100), (220, 130))


@pytest.mark.parametrize(
    "found",
    [
        faces(),
        faces((100, 100), (140, 100), (180, 100)),
        faces((100, 100), (140, 100), (180, 100), (181, 100)),  # the last two are one face
        faces((100, 100), (140, 100), (180, 100), (220, 130), height=16),
        faces((100, 100), (140, 100), (180, 100), (220, 130), score=0.19),
    ],
    ids=["nothing", "three", "one of them twice", "not small", "faint"],
)
def test_what_is_no_crowd_is_not_looked_at_again(found):
    assert closer_looks(SETTINGS, 700, 1000, found) == []


def test_nothing_is_looked_at_again_where_nobody_asks():
    assert (
        closer_looks(dataclasses.replace(SETTINGS, looks_closer_from=None), 700, 1000, CROWD) == []
    )


def test_a_picture_that_was_looked_at_closely_is_not_enlarged_further():
    settings = dataclasses.replace(SETTINGS, resize=Resize(None, 4096))

    assert len(closer_looks(settings, 1500, 2048, CROWD)) == 1
    assert closer_looks(settings, 1500, 2049, CROWD) == []


def test_a_crowd_is_looked_at_in_a_larger_picture():
    (one,) = closer_looks(SETTINGS, 700, 1000, CROWD)

    assert one.resized == (700 * CLOSER, 1000 * CLOSER)
    view = one.view
    assert (view.scale_x, view.scale_y) == (CLOSER, CLOSER)
    assert max(view.tile_x, view.tile_y) < 100 * CLOSER
    assert view.tile_x + view.width > 230 * CLOSER
    assert view.tile_y + view.height > 140 * CLOSER
    assert one.pixels < 500 * 300  # not the whole picture


def test_sizes_count_in_the_plain_look():
    """A photograph of 4,000 pixels is shrunk to 1,000: small faces there have 60 pixels."""
    settings = dataclasses.replace(SETTINGS, resize=Resize(None, 1000))
    found = faces((400, 400), (600, 400), (800, 400), (1000, 500), height=60)

    (one,) = closer_looks(settings, 2800, 4000, found)

    assert one.resized == (700 * CLOSER, 1000 * CLOSER)
    assert one.view.scale_x == CLOSER / 4


def test_tiles_hold_every_face_and_are_no_larger_than_needed():
    rng = np.random.default_rng(5)
    found = faces(*rng.uniform((1, 1), (989, 689), (300, 2)))

    looks = closer_looks(SETTINGS, 700, 1000, found)

    tiles = [one.view for one in looks]
    assert len({(tile.width, tile.height) for tile in tiles}) == 1
    assert max(tiles[0].width, tiles[0].height) <= 640
    low = np.array([(tile.tile_x, tile.tile_y) for tile in tiles])[None]
    high = low + np.array([tiles[0].width, tiles[0].height])
    xyxy = found.xyxy[:, None] * CLOSER
    is_whole = (xyxy[..., :2] > low).all(axis=2) & (xyxy[..., 2:] < high).all(axis=2)
    assert is_whole.any(axis=1).all()


def test_what_lies_between_two_crowds_is_left_out():
    """Each in its corner of a picture that four tiles a side would cover."""
    left = [(20 * i, 20) for i in range(1, 5)]
    right = [(900 + 20 * i, 650) for i in range(1, 4)]

    looks = closer_looks(SETTINGS, 700, 1000, faces(*left, *right))

    first, last = (one.view for one in looks)
    assert first.cuts == (False, False, True, True)
    assert last.cuts == (True, True, False, False)
