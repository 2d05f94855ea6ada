import sys

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QProcess

from app.closing import closing
from app.workers.ending import wait_for_dying
from app.workers.verb import VerbProcess

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


class Heard:
    """What a verb said, of a process that runs this script."""

    def __init__(self, script):
        self.verb = VerbProcess(command=(sys.executable, "-c", script))
        self.answers, self.failures, self.lines = [], [], []
        self.verb.answered.connect(lambda answer, code: self.answers.append((answer, code)))
        self.verb.failed.connect(self.failures.append)
        self.verb.said.connect(self.lines.append)

    def start(self, qtbot):
        self.verb.start(["word"])
        qtbot.waitUntil(lambda: not self.verb.is_running, timeout=10_000)
        return self


def test_the_last_line_is_the_answer_with_the_exit_code(qtbot):
    script = """
import sys
print("for people"); print("half way", file=sys.stderr)
print('{"b": 1, "a": [2], "word": "' + sys.argv[1] + '"}'); sys.exit(3)
"""
    heard = Heard(script).start(qtbot)

    assert heard.answers == [({"b": 1, "a": [2], "word": "word"}, 3)]
    assert list(heard.answers[0][0]) == ["b", "a", "word"]
    assert heard.lines == ["half way"]
    assert heard.failures == []


def test_an_error_of_the_verb_keeps_its_three_sentences(qtbot):
    script = r"""
import sys
sys.stderr.write("error: Cannot read x\n  why: it is gone\n  do:  Look for it\n"); sys.exit(1)
"""
    heard = Heard(script).start(qtbot)

    (error,) = heard.failures
    assert (error.what, error.why, error.remedy) == (
        "Cannot read x", "it is gone", "Look for it"
    )  # fmt: skip


def test_an_end_without_a_word_tells_the_last_line(qtbot):
    heard = Heard("raise SystemExit('no such thing')").start(qtbot)

    assert heard.failures[0].why == "no such thing"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_killed_process_is_explained(qtbot):
    heard = Heard("import os; os.kill(os.getpid(), 9)").start(qtbot)

    assert "out of memory" in heard.failures[0].why


def test_a_program_that_is_not_there_is_told(qtbot):
    verb = VerbProcess(command=("/no/such/program",))
    failures = []
    verb.failed.connect(failures.append)
    verb.start([])
    qtbot.waitUntil(lambda: bool(failures))

    assert "/no/such/program" in failures[0].why
    assert not verb.is_running


def test_nothing_is_heard_of_a_process_that_was_stopped(qtbot):
    heard = Heard("import time; print('{}', flush=True); time.sleep(60)")
    heard.verb.start([])
    qtbot.waitUntil(lambda: heard.verb.is_running)
    heard.verb.stop()

    assert not heard.verb.is_running
    assert heard.answers == heard.failures == []


def test_one_that_takes_its_time_to_die_is_kept_until_it_is_gone(qtbot, monkeypatch):
    heard = Heard("import time; time.sleep(60)")
    heard.verb.start([])
    process = heard.verb.findChild(QProcess)
    qtbot.waitUntil(lambda: process.state() is QProcess.ProcessState.Running)
    with monkeypatch.context() as hanging:
        hanging.setattr(QProcess, "kill", lambda _process: None)
        heard.verb.stop()

    # Taken down here, it would complain of being destroyed while it runs.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    with closing(0):
        assert not wait_for_dying()
    process.kill()
    assert wait_for_dying()
