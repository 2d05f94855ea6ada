import os
import signal
import sys
import time
from pathlib import Path

import pytest

from app.workers.client import JobFailure, Patience, WorkerClient
from tinaface import protocol

FAKE = Path(__file__).with_name("fake_worker.py")
HASTY = Patience(terminate_s=0.2, kill_s=0.2, silence_s=0.3, tick_s=0.05)


@pytest.fixture
def make_client(qtbot):
    clients = []

    def make(version=protocol.VERSION, command=None):
        command = command or (sys.executable, str(FAKE), str(version))
        clients.append(WorkerClient(command=command, patience=HASTY))
        return clients[-1]

    yield make
    for client in clients:
        client.shutdown()


@pytest.fixture
def client(make_client):
    return make_client()


def detect(client, *names):
    return client.detect([Path(name) for name in names], root=None, weights=None)


def test_each_image_is_signalled_before_the_job_finishes(qtbot, client):
    found = []
    client.found.connect(found.append)

    with qtbot.waitSignal(client.finished) as finished:
        job = detect(client, "a", "b")

    assert [one.image for one in found] == ["a", "b"]
    assert finished.args == [job, False]
    assert client.jobs == ()


def test_states_follow_the_life_of_a_job(qtbot, client):
    states = []
    client.state_changed.connect(states.append)

    with qtbot.waitSignal(client.finished):
        detect(client, "a")

    assert states == ["starting", "running", "idle"]


def test_f43_a_worker_killed_by_the_system_is_said_to_be_out_of_memory(qtbot, client):
    with qtbot.waitSignal(client.failed) as failed:
        job = detect(client, "die")

    failure: JobFailure = failed.args[0]
    assert (failure.job, failure.reason) == (job, "killed")
    assert "out of memory" in failure.why
    assert failure.log_tail[-1] == "last words"
    assert client.state == "dead"


def test_after_a_death_the_next_job_gets_a_fresh_worker(qtbot, client):
    with qtbot.waitSignal(client.failed):
        detect(client, "die")

    with qtbot.waitSignal(client.finished) as finished:
        job = detect(client, "a")

    assert finished.args == [job, False]


def test_f43_a_worker_killed_from_outside_while_idle_is_reported_once(qtbot, client):
    with qtbot.waitSignal(client.ready) as ready:
        client.start()

    with qtbot.waitSignal(client.failed) as failed:
        os.kill(ready.args[0], signal.SIGKILL)

    assert failed.args[0].job == 0


def test_f43_an_exit_code_is_told_with_the_last_lines(qtbot, client):
    with qtbot.waitSignal(client.failed) as failed:
        detect(client, "leave")

    assert "exit code 7" in failed.args[0].why
    assert failed.args[0].log_tail == ("cannot go on",)


def test_every_waiting_job_fails_when_the_worker_dies(qtbot, client):
    failures = []
    client.failed.connect(failures.append)

    jobs = [detect(client, "die"), detect(client, "a")]
    qtbot.waitUntil(lambda: len(failures) == 2)

    assert [failure.job for failure in failures] == jobs


def test_f47_garbage_is_logged_and_skipped(qtbot, client):
    noted = []
    client.log.connect(lambda level, text: noted.append(text))

    with qtbot.waitSignal(client.finished):
        detect(client, "garbage")

    assert any("this is no message" in text for text in noted)


def test_f47_a_worker_of_another_version_is_refused(qtbot, make_client):
    client = make_client(version=protocol.VERSION + 1)

    with qtbot.waitSignal(client.failed) as failed:
        detect(client, "a")

    assert failed.args[0].reason == "protocol"
    assert client.state == "dead"


def test_f45_a_program_that_is_not_there_is_a_failure_to_start(qtbot, make_client, tmp_path):
    client = make_client(command=[str(tmp_path / "no-such-program")])

    with qtbot.waitSignal(client.failed) as failed:
        detect(client, "a")

    assert failed.args[0].reason == "start"


def test_stop_ends_a_job_that_listens_by_message(qtbot, client):
    with qtbot.waitSignal(client.progress):
        job = detect(client, "until-cancelled")

    with qtbot.waitSignal(client.finished) as finished:
        client.stop()

    assert finished.args == [job, True]
    assert client.state == "idle"


@pytest.mark.parametrize("kind", ["deaf", "stubborn"])
def test_stop_ends_a_job_that_does_not_listen_by_force(qtbot, client, kind):
    with qtbot.waitSignal(client.progress):
        job = detect(client, kind)

    with qtbot.waitSignal(client.finished) as finished:
        client.stop()

    assert client.state in ("stopping", "idle")
    assert finished.args == [job, True]


def test_a_job_behind_one_that_was_ended_by_force_still_runs(qtbot, client):
    with qtbot.waitSignal(client.progress):
        deaf = detect(client, "deaf")
    waiting = detect(client, "a")
    ends = []
    client.finished.connect(lambda job, stopped: ends.append((job, stopped)))

    client.stop(deaf)
    qtbot.waitUntil(lambda: len(ends) == 2)

    assert ends == [(deaf, True), (waiting, False)]


def test_f47_a_silent_worker_is_said_not_to_answer(qtbot, client):
    with qtbot.waitSignal(client.answering_changed) as answering:
        detect(client, "deaf")

    assert answering.args == [False]


def test_f58_an_hour_of_sleep_is_no_silence_of_the_worker(qtbot, make_client, monkeypatch):
    client = make_client()
    with qtbot.waitSignal(client.log, raising=False, timeout=1):
        detect(client, "until-cancelled")
    now = time.monotonic()
    monkeypatch.setattr("app.workers.client.time.monotonic", lambda: now + 3600)

    with qtbot.assertNotEmitted(client.answering_changed):
        client._tick()


def test_a_failure_that_the_worker_tells_ends_the_job_and_not_the_worker(qtbot, client):
    with qtbot.waitSignal(client.failed) as failed:
        job = detect(client, "fails")

    assert failed.args[0] == JobFailure(job, "a", "b", "c", "oom")
    with qtbot.waitSignal(client.finished):
        detect(client, "a")
