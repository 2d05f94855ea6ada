"""The queue can begin with the labels that are probably wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.loop.dataset import LEFT, RIGHT, one_of_each
from tests.app.studio import Studio, write_label
from tinaface.disagreements import Kind
from tinaface.queue_order import Order, Queue

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    made.session.settings.reduce_motion = True
    yield made
    made.close()


def first_of(studio: Studio) -> tuple[str, Kind]:
    studio.key(Qt.Key.Key_F)
    studio.settle()
    studio.settle()
    target = studio.session.loop.queue.target()
    return studio.session.name, target.kind


def choose(studio: Studio, order: str) -> None:
    """As the user does, by the menu of the counts."""
    menu = studio.window.top_bar.counts.menu()
    next(one for one in menu.actions() if one.objectName() == order).trigger()
    studio.settle()
    studio.settle()


def test_probable_label_errors_come_first_in_that_order(studio: Studio, tmp_path: Path) -> None:
    # Much too little to learn from; that a face is labelled twice is seen all the same.
    studio.open(one_of_each(tmp_path / "set"))
    assert studio.session.loop.queue.queue.order is Order.WORST

    choose(studio, "suspicion")
    studio.session.loop.queue.set_order(Queue())
    studio.session.loop.queue.set_order(Queue(Order.SUSPICION))

    assert first_of(studio) == ("d.jpg", Kind.DUP)


def test_another_folder_is_weighed_anew(studio: Studio, tmp_path: Path) -> None:
    studio.open(one_of_each(tmp_path / "set"))
    choose(studio, "suspicion")
    other = one_of_each(tmp_path / "other")
    write_label(other / "d.json", [LEFT])
    write_label(other / "a.json", [LEFT, RIGHT, [51.0, 10, 71, 30]])

    studio.open(other)
    studio.settle()

    assert first_of(studio) == ("a.jpg", Kind.DUP)
