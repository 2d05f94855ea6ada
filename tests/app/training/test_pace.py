"""How long a pass takes: told by the check, or measured beside the window."""

import pytest
from PySide6.QtCore import QObject, Signal

from app.training.pace import Pace

KNOWN = {"pace": {"batches": 10, "seconds_per_batch": 1.5}}
UNKNOWN = {"pace": {"batches": 10, "seconds_per_batch": None}}
WORDS = ["train", "--check", "--json"]


class Verb(QObject):
    """Keeps what it is asked; answers when the test says so."""

    answered = Signal(object, int)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []
        self.is_running = False

    def start(self, words: list[str]) -> None:
        self.asked.append(words)
        self.is_running = True

    def stop(self) -> None:
        self.is_running = False


@pytest.fixture
def verb(qapp) -> Verb:
    return Verb()


@pytest.fixture
def pace(verb: Verb) -> Pace:
    return Pace(verb)  # type: ignore[arg-type]


def test_a_check_that_knows_the_time_is_believed(pace: Pace, verb: Verb):
    pace.take(KNOWN, WORDS)

    assert (pace.pass_s, pace.is_measuring, verb.asked) == (15.0, False, [])


def test_a_time_that_nobody_knows_is_measured_with_the_words_of_the_check(pace: Pace, verb: Verb):
    pace.take(UNKNOWN, WORDS)

    assert pace.is_measuring
    assert verb.asked == [[*WORDS, "--measure"]]
    verb.answered.emit(KNOWN, 0)
    assert (pace.pass_s, pace.is_measuring) == (15.0, False)


def test_a_check_that_may_not_start_is_not_measured(pace: Pace, verb: Verb):
    pace.take({"pace": None}, WORDS)

    assert (pace.pass_s, pace.is_measuring, verb.asked) == (None, False, [])


def test_measuring_waits_while_the_computer_detects_or_trains(pace: Pace, verb: Verb):
    pace.wait()
    pace.take(UNKNOWN, WORDS)
    assert pace.is_measuring
    assert not verb.asked

    pace.go_on()
    pace.wait()
    assert not verb.is_running
    pace.go_on()

    assert len(verb.asked) == 2


def test_a_measurement_that_fails_leaves_the_time_unknown(pace: Pace, verb: Verb):
    pace.take(UNKNOWN, WORDS)
    verb.failed.emit(ValueError("no memory"))

    assert (pace.pass_s, pace.is_measuring) == (None, False)


def test_another_plan_forgets_the_time_of_the_last(pace: Pace):
    pace.take(KNOWN, WORDS)
    pace.forget()

    assert pace.pass_s is None
