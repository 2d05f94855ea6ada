"""The strip below the canvas, and thumbnails in place of the list's rows."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.thumbnails.filmstrip import BEFORE, Filmstrip
from tests.app.studio import Studio, make_folder, write_label
from tinaface.predictions import PredictionStore, Record

NAMES = tuple(f"{number:02}.jpg" for number in range(12))


def strip_of(studio: Studio) -> Filmstrip:
    found = studio.window.review_page.filmstrip
    assert found is not None
    return found


def test_it_shows_the_neighbours_in_the_list_as_filtered(studio: Studio, tmp_path: Path):
    studio.open(make_folder(tmp_path / "p", NAMES) / "04.jpg")
    strip = strip_of(studio)
    studio.until(lambda: strip.names == [*NAMES[1:4], "04.jpg", *NAMES[5:10]])

    studio.session.files.set_filter("0")
    studio.session.go_to("09.jpg")

    studio.until(lambda: strip.names == ["06.jpg", "07.jpg", "08.jpg", "09.jpg", "10.jpg"])


def test_a_click_goes_there(studio: Studio, tmp_path: Path):
    studio.open(make_folder(tmp_path / "p", NAMES) / "04.jpg")
    strip = strip_of(studio)
    studio.until(lambda: len(strip.names) == 9)

    at = strip._cell(BEFORE + 2).center()
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=at)
    studio.settle()

    assert studio.session.name == "06.jpg"


def test_it_follows_the_queue_where_that_is_followed(studio: Studio, tmp_path: Path):
    root = make_folder(tmp_path / "p", NAMES)
    store = PredictionStore(root, "0123456789ab")
    for name, score in (("08.jpg", 0.9), ("02.jpg", 0.8), ("05.jpg", 0.7)):
        write_label(root / name.replace("jpg", "json"), [])
        boxes = np.array([[10, 10, 30, 40]], np.float32)
        store.append(Record(name, 80, 60, boxes, np.array([score], np.float32)))
    studio.open(root)
    strip = strip_of(studio)

    studio.key(Qt.Key.Key_F)
    studio.until(lambda: studio.session.name == "08.jpg")
    studio.key(Qt.Key.Key_F)

    # The second key came before the first image was read, and was not lost.
    studio.until(lambda: studio.session.loop.queue.target() is not None)
    studio.until(lambda: strip.names == [None, None, "08.jpg", "02.jpg", "05.jpg"])


def test_it_can_be_put_away(studio: Studio, tmp_path: Path):
    studio.open(make_folder(tmp_path / "p", NAMES))
    assert strip_of(studio).isVisible()

    studio.window.actions_.action("view.filmstrip").trigger()

    assert not strip_of(studio).isVisible()


def test_the_list_shows_thumbnails_and_goes_where_keys_lead(studio: Studio, tmp_path: Path):
    studio.open(make_folder(tmp_path / "p", NAMES))
    files = studio.window.files

    assert files._as_grid.isVisible()
    QTest.mouseClick(files._as_grid, Qt.MouseButton.LeftButton)
    grid = files.thumbnails
    assert grid is not None
    assert grid.isVisible()
    assert studio.session.settings.list_thumbnails
    assert grid.current == "00.jpg"

    grid.setFocus()
    QTest.keyClick(grid, Qt.Key.Key_Right)
    studio.settle()
    assert studio.session.name == "01.jpg"

    QTest.keyClick(grid, Qt.Key.Key_D)
    QApplication.processEvents()
    assert grid.current == "02.jpg"
