"""The inspector says of the selected box why it is here, and sets its attributes."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.panels.inspector import Inspector
from tests.app.loop.dataset import one_of_each
from tests.app.studio import Studio

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    made.session.settings.reduce_motion = True
    made.open(one_of_each(tmp_path / "set"))
    yield made
    made.close()


def select(studio: Studio, name: str, row: int | None = None, place: int | None = None):
    studio.session.go_to(name)
    studio.settle()
    if place is not None:
        studio.session.document.select_prediction(place)
    elif row is not None:
        studio.session.document.select([row])
    return inspector(studio)


def inspector(studio: Studio) -> Inspector:
    assert studio.window.inspector is not None
    return studio.window.inspector


def numbers(one: Inspector) -> dict[str, str]:
    texts = [label.text() for label in one.findChildren(QLabel)]
    return dict(pairwise(texts))


def test_f_brings_the_inspector_and_the_magnifier_to_the_box(studio: Studio):
    studio.key(Qt.Key.Key_F)
    studio.settle()

    shown = inspector(studio)
    target = studio.session.loop.queue.target()
    x0, y0, x1, y1 = target.xyxy
    assert shown.isVisible()
    assert shown.magnifier.zoom >= 8
    assert shown.magnifier.centre == pytest.approx(((x0 + x1) / 2, (y0 + y1) / 2))
    studio.until(lambda: shown.place.text() == "1 of 5 in the queue")


def test_the_place_in_the_queue_is_counted_anew_after_another_page(studio: Studio):
    studio.key(Qt.Key.Key_F)
    studio.until(lambda: inspector(studio).place.text() == "1 of 5 in the queue")
    studio.session.page.show("grid")

    studio.session.set_threshold(0.92)
    studio.session.page.show("review")

    count = studio.session.loop.queue.length
    assert count != 5
    studio.until(lambda: f"{count} in the queue" in inspector(studio).place.text())


def test_each_kind_has_a_reason(studio: Studio):
    assert "0.90 sure of a face" in select(studio, "a.jpg", place=1).reason.text()
    assert "FP" in inspector(studio).title.text()
    assert "No prediction" in select(studio, "b.jpg", row=1).reason.text()
    assert "FN" in inspector(studio).title.text()
    assert "160 % as high" in select(studio, "c.jpg", row=0).reason.text()
    assert "LOOSE" in inspector(studio).title.text()
    assert "labelled twice" in select(studio, "d.jpg", row=0).reason.text()
    assert "DUP" in inspector(studio).title.text()


def test_a_prediction_below_the_threshold_is_the_reason_of_a_miss(studio: Studio):
    studio.session.set_threshold(0.93)

    shown = select(studio, "b.jpg", row=0)

    assert "scores 0.90, below the threshold of 0.93" in shown.reason.text()


def test_the_partner_and_the_overlap_are_told(studio: Studio):
    found = numbers(select(studio, "c.jpg", row=0))

    assert found["Prediction on it"] == "0.900"
    assert found["Overlap with it"] == "0.625"


def test_a_box_that_agrees_has_no_reason(studio: Studio):
    shown = select(studio, "a.jpg", row=0)

    assert shown.title.text().startswith("✓")
    assert not shown.reason.isVisible()


def test_an_attribute_is_one_undoable_edit(studio: Studio):
    shown = select(studio, "a.jpg", row=0)
    shown.flags["occlusion"].setFocus()

    QTest.keyClick(shown.flags["occlusion"], Qt.Key.Key_Space)

    document = studio.session.document
    assert document.shape(0).flags == {"occlusion": True}
    assert shown.flags["occlusion"].isChecked()
    document.undo_stack.undo()
    assert not shown.flags["occlusion"].isChecked()
