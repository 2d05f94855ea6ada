"""What a window reads of a training, and asks of it."""

import json
import sys

import pytest

from tinaface.atomic import replace_file
from tinaface.run_lock import held
from tinaface.runs import (
    CONFIG,
    METRICS,
    STATUS,
    MetricsFollower,
    Request,
    State,
    Status,
    ask,
    find_runs,
    is_asked,
    read_status,
    train_command,
    withdraw,
    write_status,
)


def add_lines(run, *texts):
    with (run / METRICS).open("a") as file:
        file.writelines(texts)


def test_a_status_comes_back_as_it_was_written(tmp_path):
    status = Status(State.FAILED, 7, 1, 0.5, 12.0, 12.0, 3.5, 0.25, {"what": "w"}, updated=1.0)

    write_status(tmp_path, status)

    assert read_status(tmp_path) == status


@pytest.mark.parametrize("content", [None, "", "{", '{"state": "asleep"}', '{"stat": 1}', "3"])
def test_what_is_no_status_is_none(tmp_path, content):
    if content is not None:
        (tmp_path / STATUS).write_text(content)

    assert read_status(tmp_path) is None


def test_a_training_without_a_living_process_was_killed(tmp_path):
    write_status(tmp_path, Status(State.TRAINING, step=4))

    assert read_status(tmp_path).state is State.KILLED
    assert read_status(tmp_path).step == 4
    with held(tmp_path):
        assert read_status(tmp_path).state is State.TRAINING


def test_requests_are_files_that_stand_until_withdrawn(tmp_path):
    ask(tmp_path, Request.PAUSE)

    assert (tmp_path / "pause").exists()
    assert is_asked(tmp_path, Request.PAUSE)
    withdraw(tmp_path, Request.PAUSE)
    withdraw(tmp_path, Request.PAUSE)
    assert not is_asked(tmp_path, Request.PAUSE)


def test_a_follower_gives_each_whole_line_once(tmp_path):
    follower = MetricsFollower(tmp_path)

    assert follower.new_records() == []
    add_lines(tmp_path, '{"step": 1}\n', '{"step": 2')
    assert follower.new_records() == [{"step": 1}]
    add_lines(tmp_path, "}\n", "damaged\n", '{"step": 3}\n')
    assert follower.new_records() == [{"step": 2}, {"step": 3}]
    assert not follower.has_restarted


def test_a_follower_begins_again_when_a_resumed_run_replaces_the_file(tmp_path):
    add_lines(tmp_path, '{"step": 1}\n', '{"step": 2}\n')
    follower = MetricsFollower(tmp_path)
    follower.new_records()

    replace_file(tmp_path / METRICS, b'{"step": 1}\n')

    assert follower.new_records() == [{"step": 1}]
    assert follower.has_restarted


def test_a_command_line_holds_what_is_given():
    command = train_command("runs/a", {"data": "faces", "checkpoint_minutes": 5, "resume": True})

    assert command[:4] == [sys.executable, "-m", "tinaface", "train"]
    assert command[4:] == [
        *("--run", "runs/a", "--data", "faces", "--checkpoint-minutes", "5", "--resume")
    ]
    assert train_command("r", {"seed": None, "resume": False})[4:] == ["--run", "r"]


def test_runs_are_the_folders_with_a_config(tmp_path):
    for name in ("one", "two", "none"):
        (tmp_path / name).mkdir()
    for name in ("one", "two"):
        (tmp_path / name / CONFIG).write_text(json.dumps({}))

    assert {path.name for path in find_runs(tmp_path)} == {"one", "two"}
    assert find_runs(tmp_path / "missing") == []
