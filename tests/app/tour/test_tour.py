"""The tour waits for the real key of each step, can be skipped and left, and ends with a word."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.actions import COMMANDS
from app.sample import SAMPLE, practice_copy
from app.tour.steps import STEPS
from tests.app.studio import Studio

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def tour(studio: Studio) -> Studio:
    """The window with the tour on its first step."""
    QTest.mouseClick(studio.window.review_page.welcome.take_tour, Qt.MouseButton.LeftButton)
    studio.until(lambda: studio.session.document is not None)
    studio.settle()
    return studio


def place(studio: Studio) -> int:
    return studio.window.tour.place[0]


def test_every_step_names_commands_of_the_table():
    known = {command.id for command in COMMANDS}

    assert len(STEPS) == 7
    for step in STEPS:
        assert set(step.command_ids) <= known, step.title
        assert "{keys}" in step.text


def test_the_whole_tour_by_its_real_keys(tour: Studio):
    assert place(tour) == 1
    seen = []

    for key, modifiers in (
        (Qt.Key.Key_F, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_E, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Z, CTRL),
        (Qt.Key.Key_W, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_T, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Up, ALT),
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier),
    ):
        tour.key(key, modifiers)
        tour.until(lambda: not tour.session.loop.queue.is_travelling)
        tour.settle()
        seen.append(place(tour))

    assert seen == [2, 3, 4, 5, 6, 7, 0]
    assert any(one.message.topic == "tour" for one in tour.session.messages.posted)
    assert not tour.window.centre.tour.isVisible()


def test_another_key_does_not_end_a_step(tour: Studio):
    tour.key(Qt.Key.Key_D)
    tour.settle()

    assert place(tour) == 1


def test_a_step_tells_the_keys_that_the_user_chose(tour: Studio):
    tour.session.keymap.assign("review.next", ["J"])

    assert "<b>J</b>" in tour.window.centre.tour.text


def test_a_step_can_be_skipped_and_the_tour_left(tour: Studio):
    bar = tour.window.centre.tour

    QTest.mouseClick(bar.skip, Qt.MouseButton.LeftButton)
    assert place(tour) == 2
    QTest.mouseClick(bar.end, Qt.MouseButton.LeftButton)

    assert place(tour) == 0
    assert not bar.isVisible()


def test_escape_leaves_the_tour(tour: Studio):
    tour.key(Qt.Key.Key_Escape)

    assert place(tour) == 0


def test_practising_leaves_the_sample_as_it_is(tour: Studio):
    before = {path: path.stat().st_mtime_ns for path in SAMPLE.rglob("*.json")}
    assert tour.session.root != SAMPLE

    tour.key(Qt.Key.Key_Tab)
    tour.key(Qt.Key.Key_Delete)
    tour.saved()

    assert {path: path.stat().st_mtime_ns for path in SAMPLE.rglob("*.json")} == before


def test_each_tour_begins_with_a_fresh_copy():
    first = practice_copy()
    (first / "left.txt").write_text("from the last tour")

    again = practice_copy()

    assert again == first
    assert not (again / "left.txt").exists()
    assert (again / "predictions.jsonl").is_file()


def test_a_first_start_shows_the_ways_in_and_opens_nothing(studio: Studio):
    welcome = studio.window.review_page.welcome
    QApplication.processEvents()

    assert studio.session.root is None
    assert welcome.open_folder.isVisible()
    assert welcome.open_sample.isVisible()
    assert welcome.take_tour.isVisible()
