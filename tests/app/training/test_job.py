import itertools
import json
import os
import sys

import pytest

import tinaface
from app.training import notes
from app.training.detached import start_detached
from app.training.job import Training
from app.training.plan import Advanced, Extent, Length, Plan, minutes_of
from tests.app.training.pretended import NO_PROCESS, PretendedTraining
from tinaface import runs
from tinaface.runs import State
from tinaface.training.selection import Division

DIVISION = Division(train=("a.jpg", "b.jpg"), validate=("c.jpg",), fixed=("a.jpg",))


@pytest.fixture
def pretended():
    return PretendedTraining()


@pytest.fixture
def training(qtbot, tmp_path, pretended):
    made = Training(tmp_path / "runs", pretended)
    made.failures = []
    made.failed.connect(made.failures.append)
    yield made
    made.shut_down()


def looked(qtbot, training, holds):
    """Looks until something holds that must come true."""

    def seen():
        training.look()
        return bool(holds())

    qtbot.waitUntil(seen, timeout=10_000)


@pytest.fixture
def started(qtbot, tmp_path, training):
    training.start(Plan(tmp_path / "data"), DIVISION)
    looked(qtbot, training, lambda: training.status is not None)
    return training


def test_a_training_starts_with_its_choice_written_into_its_run_folder(
    started, pretended, tmp_path
):
    (command,) = pretended.commands
    given = dict(itertools.pairwise(command))

    assert command[1:4] == ["-m", "tinaface", "train"]
    assert given["--run"] == str(pretended.run)
    assert given["--data"] == str(tmp_path / "data")
    assert (given["--split"], given["--validate-split"]) == ("train", "validate")
    assert given["--minutes"] == "10"
    split = json.loads((pretended.run / "split.json").read_text())
    assert split == {"train": ["a.jpg", "b.jpg"], "validate": ["c.jpg"], "fixed": ["a.jpg"]}
    assert started.notes.pictures == 2


def test_only_one_training_is_started(started, pretended, tmp_path):
    started.start(Plan(tmp_path / "data"), DIVISION)

    assert len(pretended.commands) == 1


def test_status_and_records_are_followed(qtbot, started, pretended):
    pretended.say(State.TRAINING, step=7, share=0.25)
    pretended.record(step=7, loss=1.5)

    looked(qtbot, started, lambda: started.records)

    assert started.status.step == 7
    assert started.records == [{"step": 7, "loss": 1.5}]
    assert started.is_alive


def test_a_resumed_run_gives_its_records_anew(qtbot, started, pretended):
    pretended.record(step=1, loss=2.0)
    pretended.record(step=2, loss=1.5)
    looked(qtbot, started, lambda: len(started.records) == 2)
    (pretended.run / runs.METRICS).unlink()
    pretended.record(step=1, loss=2.0)

    looked(qtbot, started, lambda: len(started.records) == 1)

    assert started.records == [{"step": 1, "loss": 2.0}]


def test_stop_pause_and_evaluate_are_asked_through_files(qtbot, started, pretended):
    pretended.say(State.TRAINING)
    started.pause()
    started.validate()
    looked(qtbot, started, lambda: pretended.asked() == {"pause", "validate"})

    started.go_on()
    started.stop()
    looked(qtbot, started, lambda: pretended.asked() == {"stop", "validate"})

    assert started.is_asked(runs.Request.STOP)
    assert not started.is_asked(runs.Request.PAUSE)


def test_the_end_is_told_once(qtbot, started, pretended):
    ends = []
    started.ended.connect(lambda: ends.append(started.status.state))
    pretended.end(State.FINISHED)

    looked(qtbot, started, lambda: ends)
    started.look()

    assert ends == [State.FINISHED]
    assert not started.is_alive


def test_a_killed_training_is_noticed_and_can_go_on(qtbot, started, pretended):
    pretended.say(State.TRAINING, step=9)
    pretended.live(NO_PROCESS)
    looked(qtbot, started, lambda: started.status.state is State.KILLED)

    started.resume()
    looked(qtbot, started, lambda: started.status is not None)

    assert pretended.commands[1][-1] == "--resume"
    assert started.is_alive


def test_a_training_at_work_is_found_again_at_the_next_start(qtbot, started, pretended, tmp_path):
    pretended.say(State.TRAINING, step=3)
    pretended.record(step=3, loss=1.0)
    started.shut_down()

    later = Training(tmp_path / "runs", pretended)
    later.find()
    looked(qtbot, later, lambda: later.records)

    assert (later.run, later.status.step) == (pretended.run, 3)
    assert later.notes.root == str(tmp_path / "data")
    later.shut_down()


def test_one_at_work_is_found_before_a_newer_one_that_has_ended(qtbot, tmp_path, training):
    for name, is_over in (("20260101-a", False), ("20260102-b", True)):
        pretended = PretendedTraining()
        pretended.run = training.folder / name
        pretended.live()
        pretended.say(State.TRAINING)
        if is_over:
            pretended.end(State.FINISHED)

    training.find()
    looked(qtbot, training, lambda: training.status is not None)

    assert training.run.name == "20260101-a"


def test_a_training_that_cannot_be_started_says_why(qtbot, training, pretended, tmp_path):
    pretended.starts = False

    training.start(Plan(tmp_path / "data"), DIVISION)
    qtbot.waitUntil(lambda: bool(training.failures))

    assert "could not be started" in training.failures[0].what
    assert training.status.state is State.FAILED
    assert not training.is_alive


def test_a_disk_without_room_is_told_and_nothing_runs(qtbot, pretended, tmp_path):
    (tmp_path / "runs").write_text("a file where the folder should be")
    training = Training(tmp_path / "runs", pretended)
    failures = []
    training.failed.connect(failures.append)

    training.start(Plan(tmp_path / "data"), DIVISION)
    qtbot.waitUntil(lambda: bool(failures))

    assert pretended.commands == []
    training.shut_down()


def test_a_process_that_ends_without_a_word_is_a_failure_with_its_last_lines(qtbot, tmp_path):
    def dies(_, run):
        (run / notes.LOG).write_text("ImportError: no tensorflow\n")
        return lambda: 1

    training = Training(tmp_path / "runs", dies)
    training.start(Plan(tmp_path / "data"), DIVISION)

    looked(qtbot, training, lambda: training.status is not None)

    assert training.status.state is State.FAILED
    assert "no tensorflow" in training.status.error["why"]
    training.shut_down()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no sessions of processes")
def test_a_started_process_is_of_no_session_of_its_starter_and_writes_into_the_log(qtbot, tmp_path):
    program = "import os, tinaface; print(os.getsid(0), tinaface.__path__[0])"

    exit_code = start_detached([sys.executable, "-c", program], tmp_path)
    qtbot.waitUntil(lambda: exit_code() is not None, timeout=10_000)

    session, place = notes.last_lines(tmp_path)[0].split(maxsplit=1)
    assert int(session) != os.getsid(0)
    assert place == tinaface.__path__[0]
    assert exit_code() == 0


def test_the_decision_about_the_new_model_is_remembered(qtbot, started, pretended):
    started.decide("kept")

    qtbot.waitUntil(lambda: notes.read_notes(pretended.run).decided == "kept")


def test_quick_training_is_gentle_only_with_weights_to_begin_with(tmp_path):
    assert Plan(tmp_path, start=tmp_path / "w.safetensors").is_gentle
    assert not Plan(tmp_path).is_gentle
    assert not Plan(tmp_path, start=tmp_path / "w", length=Length.NORMAL).is_gentle


def test_own_minutes_go_before_the_presets():
    plan = Plan("data", length=Length.FULL, advanced=Advanced(minutes=3))

    assert plan.extent == Extent(minutes=3)


def test_minutes_are_known_only_where_they_were_measured():
    assert minutes_of(Extent(minutes=10), None) == 10
    assert minutes_of(Extent(epochs=10), 54.0) == pytest.approx(10)
    assert minutes_of(Extent(epochs=10), None) is None
