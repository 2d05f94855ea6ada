"""Work in threads: results come back to the GUI thread, in order where one thread works."""

import threading

import pytest
from pytestqt.qtbot import QtBot

from app.background import Background


@pytest.fixture
def background(qapp):
    made = Background("test")
    yield made
    made.close()


def test_work_runs_beside_the_gui_thread_and_its_result_comes_back_to_it(
    qtbot: QtBot, background: Background
):
    threads = []

    background.run(threading.current_thread, threads.append)
    background.run(lambda: None, lambda _: threads.append(threading.current_thread()))
    qtbot.waitUntil(lambda: len(threads) == 2)

    assert threads[0] is not threading.main_thread()
    assert threads[1] is threading.main_thread()


def test_one_thread_keeps_the_order(qtbot: QtBot, background: Background):
    found: list[int] = []

    for number in range(50):
        background.run(lambda number=number: number, found.append)
    assert background.drain(5.0)

    assert found == list(range(50))


def test_a_fault_is_told_to_its_owner_and_the_thread_goes_on(qtbot: QtBot, background: Background):
    faults: list[Exception] = []
    found: list[str] = []

    background.run(lambda: 1 / 0, lambda _: None, faults.append)
    background.run(lambda: "next", found.append)
    assert background.drain(5.0)

    assert isinstance(faults[0], ZeroDivisionError)
    assert found == ["next"]


def test_the_newest_job_goes_first_where_that_was_asked_for(qtbot: QtBot, qapp):
    background = Background("test", newest_first=True)
    gate, started = threading.Event(), threading.Event()
    found: list[int] = []

    background.run(lambda: (started.set(), gate.wait()), lambda _: None)
    started.wait(5)
    for number in range(3):
        background.run(lambda number=number: number, found.append)
    gate.set()
    assert background.drain(5.0)

    assert found == [2, 1, 0]
    background.close()


def test_drain_says_when_time_ran_out(qtbot: QtBot, background: Background):
    gate = threading.Event()
    background.run(gate.wait, lambda _: None)

    assert not background.drain(0.05)

    gate.set()
    assert background.drain(5.0)
