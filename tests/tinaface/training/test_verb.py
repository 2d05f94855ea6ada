"""`python -m tinaface train`: options, stopping, and what it prints."""

import json
import os
import signal

import pytest

from tinaface.cli import main

RESULT = {"run": "r", "stopped": False, "steps": 3, "best_ap50": 0.5, "weights": "r/best"}


@pytest.fixture
def job(monkeypatch):
    """The heavy room's entry points, replaced; what they were called with."""
    module = pytest.importorskip("tinaface.training.job")
    calls = []

    def start(options, folder, say, report, is_stopped):
        calls.append(options)
        if options.get("seed") == 99:
            os.kill(os.getpid(), signal.SIGTERM)
        say("training")
        return {**RESULT, "stopped": is_stopped()}

    def resume(folder, say, report, is_stopped):
        calls.append(folder)
        return RESULT

    monkeypatch.setattr(module, "start_run", start)
    monkeypatch.setattr(module, "continue_run", resume)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield calls
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--data is required"),
        (["--data", "faces"], "give --epochs or --minutes"),
        (["--resume"], "--resume needs --run"),
        (["--resume", "--run", "r", "--epochs", "2"], "takes its options from the run"),
    ],
)
def test_options_that_contradict_each_other_are_a_usage_error(options, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["train", *options])

    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.tf
def test_only_options_that_were_given_reach_the_run(job):
    code = main(["train", "--data", "faces", "--epochs", "2", "--from", "w.safetensors"])

    assert code == 0
    assert job == [{"data": "faces", "epochs": 2, "weights": "w.safetensors"}]


@pytest.mark.tf
def test_changes_of_the_schedule_reach_the_run_as_values(job):
    changes = ["--schedule", "zoom=[0.8, 1.7]", "--schedule", "optimiser=sgd"]
    main(["train", "--data", "faces", "--epochs", "2", *changes])

    assert job[0]["schedule"] == {"zoom": [0.8, 1.7], "optimiser": "sgd"}


def test_a_change_of_the_schedule_needs_a_value(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--data", "faces", "--epochs", "2", "--schedule", "zoom"])
    assert "NAME=VALUE" in capsys.readouterr().err


@pytest.mark.tf
def test_the_last_line_under_json_is_one_object_and_the_rest_goes_to_stderr(job, capsys):
    main(["train", "--data", "faces", "--minutes", "1", "--json"])

    out, err = capsys.readouterr()
    assert json.loads(out) == RESULT
    assert "training" in err


@pytest.mark.tf
def test_a_termination_signal_asks_the_run_to_stop_and_ends_with_130(job):
    assert main(["train", "--data", "faces", "--epochs", "2", "--seed", "99"]) == 130


@pytest.mark.tf
def test_resuming_hands_over_the_folder_alone(job):
    assert main(["train", "--resume", "--run", "r"]) == 0
    assert [str(call) for call in job] == ["r"]
