"""Work in turns is done in order, lets events through, and can be called off."""

import time

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.in_turns import TURN_S, InTurns


def test_it_is_done_in_order_and_then_told(qtbot: QtBot) -> None:
    turns, done = InTurns(), []

    turns.run([lambda n=n: done.append(n) for n in range(50)], lambda: done.append("end"))
    qtbot.waitUntil(lambda: not turns.is_busy)

    assert done == [*range(50), "end"]


def test_events_come_through_between_long_pieces(qtbot: QtBot) -> None:
    turns, done = InTurns(), []

    def work() -> None:
        end = time.monotonic() + TURN_S
        while time.monotonic() < end:
            pass
        done.append("work")

    QTimer.singleShot(0, lambda: done.append("event"))
    turns.run([work] * 4, lambda: None)
    qtbot.waitUntil(lambda: not turns.is_busy)

    assert "event" in done[:-1]


def test_what_is_called_off_is_left_undone(qtbot: QtBot) -> None:
    turns, done = InTurns(), []

    turns.run([lambda: time.sleep(TURN_S), lambda: done.append(1)], lambda: done.append("end"))
    turns.cancel()
    qtbot.wait(20)

    assert (done, turns.is_busy) == ([], False)


def test_two_works_at_once_are_a_mistake(qtbot: QtBot) -> None:
    turns = InTurns()
    turns.run([lambda: time.sleep(TURN_S), lambda: None], lambda: None)

    with pytest.raises(ValueError, match="not done"):
        turns.run([], lambda: None)
