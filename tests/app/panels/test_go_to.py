"""Ctrl+G leads to an image by number or name, Alt+Left and Alt+Right back and forward."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.panels.go_to import GoTo
from tests.app.studio import Studio, make_folder

NAMES = ("beach.jpg", "city 2.jpg", "city.jpg", "night.jpg")
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    made.open(make_folder(tmp_path / "photographs", NAMES))
    yield made
    made.close()


def go_to(studio: Studio, wanted: str) -> str | None:
    """Types into the dialog and presses Enter; gives the image that is then shown."""
    studio.key(Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    dialog = studio.window.findChild(GoTo)
    assert dialog is not None
    QTest.keyClicks(dialog.search, wanted)
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    studio.settle()
    for left in studio.window.findChildren(GoTo):
        left.reject()  # it stays where nothing fits
    return studio.session.name


@pytest.mark.parametrize(
    ("wanted", "image"),
    [("4", "night.jpg"), ("2", "city 2.jpg"), ("NIGH", "night.jpg"), ("nowhere", "beach.jpg")],
)
def test_a_number_or_a_part_of_a_name_leads_to_the_image(studio: Studio, wanted: str, image: str):
    assert go_to(studio, wanted) == image


@pytest.mark.parametrize(("wanted", "image"), [("1", "city 2.jpg"), ("night", "beach.jpg")])
def test_only_what_the_filter_lists_is_counted_and_found(studio: Studio, wanted: str, image: str):
    studio.session.files.set_filter("city")

    assert go_to(studio, wanted) == image


def test_alt_and_arrows_go_back_and_forward_among_what_was_looked_at(studio: Studio):
    for name in ("night.jpg", "city.jpg"):
        studio.session.go_to(name)
        studio.settle()
    seen = []

    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right):
        studio.key(key, ALT)
        studio.settle()
        seen.append(studio.session.name)

    assert seen == ["night.jpg", "beach.jpg", "beach.jpg", "night.jpg"]


def test_another_image_after_going_back_ends_the_way_forward(studio: Studio):
    studio.session.go_to("night.jpg")
    studio.session.visited.go(-1)
    studio.session.go_to("city.jpg")

    assert not studio.session.visited.can_go(1)
    studio.session.visited.go(-1)
    assert studio.session.name == "beach.jpg"
