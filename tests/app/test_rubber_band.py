"""A rubber band tells which cells it touches, beside what, and gives back what it took."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractScrollArea
from pytestqt.qtbot import QtBot

from app.rubber_band import Cells, RubberBand, cells_in

THREE_ROWS = Cells(QRect(10, 10, 40, 40), QPoint(50, 50), columns=4, count=10)
LEFT = Qt.MouseButton.LeftButton


class View(QAbstractScrollArea):
    """Cells, and what a band over them took."""

    def __init__(self) -> None:
        super().__init__()
        self.resize(300, 200)
        self.taken: list[tuple[object, object]] = []
        self.band = RubberBand(self, lambda: THREE_ROWS)
        self.band.taken.connect(lambda beside, cells: self.taken.append((beside, cells)))

    def point(self, x: int, y: int) -> None:
        at = QPoint(x, y)
        kind, held = QEvent.Type.MouseMove, Qt.KeyboardModifier.NoModifier
        self.band.move(QMouseEvent(kind, at, at, Qt.MouseButton.NoButton, LEFT, held))


@pytest.fixture
def view(qtbot: QtBot) -> View:
    made = View()
    qtbot.addWidget(made)
    return made


def test_it_touches_cells_of_all_rows_it_spans_and_none_in_the_gaps():
    assert list(cells_in(QRect(QPoint(60, 60), QPoint(110, 110)), THREE_ROWS)) == [5, 6, 9]
    assert list(cells_in(QRect(QPoint(51, 10), QPoint(58, 160)), THREE_ROWS)) == []


def test_it_tells_other_cells_only_and_what_stays_beside_them(view: View):
    view.band.press(QPoint(5, 5), {"a", "b"}, {"b"})
    for x in (30, 32, 70):
        view.point(x, 30)

    assert view.taken == [({"b"}, (0,)), ({"b"}, (0, 1))]
    assert view.band.touched == (0, 1)


def test_one_that_is_given_up_leaves_what_was_picked_before(view: View):
    view.band.press(QPoint(5, 5), {"a", "b"}, set())
    view.point(30, 30)

    assert view.band.give_up()
    assert view.taken[-1] == ({"a", "b"}, ())
    assert not view.band.is_active
    assert not view.band.give_up()


def test_one_that_ends_keeps_what_it_took(view: View):
    view.band.press(QPoint(5, 5), set(), set())
    view.point(30, 30)

    assert view.band.end()
    assert view.taken == [(set(), (0,))]
    assert view.band.touched == (0,)
