"""C cuts a crowd into tiles; Space checks one and goes on, until the image is reviewed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.canvas.minimap import Minimap
from tests.app.studio import Studio, make_folder, write_label
from tinaface.verdicts import Status, Verdicts

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    folder = make_folder(tmp_path / "set")
    write_label(folder / "a.json", [[x, y, x + 1.5, y + 2] for x in (5, 40, 70) for y in (5, 50)])
    made = Studio(qtbot, tmp_path)
    made.session.settings.reduce_motion = True
    made.open(folder)
    yield made
    made.close()


def test_space_goes_from_tile_to_tile_and_then_to_the_next_image(studio: Studio):
    crowd = studio.session.loop.crowd
    studio.key(Qt.Key.Key_C)
    assert crowd.is_on
    count = len(crowd.tiles)
    assert count > 1

    seen = []
    for _ in range(count):
        assert studio.session.name == "a.jpg"
        seen.append(crowd.tile)
        studio.key(Qt.Key.Key_Space)
        studio.settle()

    assert seen == list(range(count))
    assert studio.session.loop.book.status("a.jpg") is Status.REVIEWED
    assert studio.session.name == "b.jpg"
    assert crowd.is_on


def test_every_box_is_counted_in_one_tile(studio: Studio):
    crowd = studio.session.loop.crowd
    studio.key(Qt.Key.Key_C)

    boxes = []
    for tile in range(len(crowd.tiles)):
        crowd.look_at(tile)
        boxes.append(crowd.boxes_in_tile())

    assert sum(boxes) == 6


def test_the_canvas_shows_the_tile_and_the_map_its_place(studio: Studio):
    crowd, canvas = studio.session.loop.crowd, studio.window.canvas
    (minimap,) = canvas.findChildren(Minimap)
    assert not minimap.isVisible()

    studio.key(Qt.Key.Key_C)
    studio.key(Qt.Key.Key_Space)

    assert minimap.isVisible()
    assert "Tile 2 of" in minimap.accessibleDescription()
    x0, y0, x1, y1 = crowd.tiles.box(crowd.tile)
    assert canvas.viewport.place.centre == pytest.approx(((x0 + x1) / 2, (y0 + y1) / 2), abs=1)
    assert canvas.zoom * np.median([2.0]) >= 24 - 1e-6


def test_a_click_on_the_map_looks_at_that_tile(studio: Studio):
    crowd = studio.session.loop.crowd
    (minimap,) = studio.window.canvas.findChildren(Minimap)
    studio.key(Qt.Key.Key_C)

    last = len(crowd.tiles) - 1
    at = minimap._cell(last).center().toPoint()
    QTest.mouseClick(minimap, Qt.MouseButton.LeftButton, pos=at)

    assert crowd.tile == last


def test_c_again_shows_the_picture_whole(studio: Studio):
    studio.key(Qt.Key.Key_C)

    studio.key(Qt.Key.Key_C)

    assert not studio.session.loop.crowd.is_on
    assert studio.window.canvas.viewport.is_fit


def test_checked_tiles_are_remembered_until_the_image_is_not_done_again(
    studio: Studio, tmp_path: Path
):
    crowd, book = studio.session.loop.crowd, studio.session.loop.book
    studio.key(Qt.Key.Key_C)
    for _ in range(2):
        studio.key(Qt.Key.Key_Space)
    assert book.finish(10)

    studio.open(make_folder(tmp_path / "other"))
    studio.open(tmp_path / "set")
    studio.key(Qt.Key.Key_C)

    assert crowd.checked == {0, 1}
    assert crowd.tile == 2, "it goes on where it was left"

    studio.key(Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    assert crowd.checked == set()
    assert book.finish(10)
    assert Verdicts(tmp_path / "set").tiles("a.jpg") == []


def test_what_was_checked_counts_in_another_window_size_as_far_as_it_was_seen(studio: Studio):
    crowd = studio.session.loop.crowd
    studio.key(Qt.Key.Key_C)
    count = len(crowd.tiles)
    for _ in range(count - 1):
        studio.key(Qt.Key.Key_Space)
    studio.key(Qt.Key.Key_C)

    crowd.enter((40, 60), 1.0)

    assert len(crowd.tiles) > count
    assert 0 < len(crowd.checked) < len(crowd.tiles)
    assert crowd.tile not in crowd.checked
