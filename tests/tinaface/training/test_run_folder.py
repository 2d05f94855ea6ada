"""A run folder survives crashes and refuses a second process."""

import json
import os
import socket

import numpy as np
import pytest

from tinaface.errors import CheckpointError
from tinaface.training.run_folder import Place, RunFolder


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "run").mkdir()
    return RunFolder(tmp_path / "run")


def test_state_comes_back_as_it_was_written(folder):
    place = Place(step=7, seconds=12.3456789, best_ap=0.25)
    arrays = {"steps": np.array(7), "turned": np.arange(6.0).reshape(2, 3).T}

    folder.write_state(place, arrays)
    read_place, read = folder.read_state()

    assert read_place == place
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array, strict=True)


def test_a_damaged_state_says_what_to_do(folder):
    folder.state.write_bytes(b"cut off")

    with pytest.raises(CheckpointError, match="--from best"):
        folder.read_state()


def test_a_run_is_never_started_over_another(folder):
    folder.create({"options": {}})

    with pytest.raises(CheckpointError, match="--resume"):
        folder.create({"options": {}})


def test_metrics_of_steps_that_are_made_again_are_dropped(folder):
    for step in (1, 2, 3):
        folder.append_metrics({"step": step})
    with folder.metrics.open("a") as file:
        file.write('{"step": 4, "lo')  # cut off by a crash

    folder.forget_metrics_after(2)

    lines = folder.metrics.read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]


def test_a_folder_in_use_is_refused(folder):
    other = {"pid": os.getpid(), "host": socket.gethostname()}
    (folder.path / "run.lock").write_text(json.dumps(other))

    with pytest.raises(CheckpointError, match="is training there"), folder.locked():
        pass


def test_the_lock_of_another_machine_is_respected(folder):
    (folder.path / "run.lock").write_text(json.dumps({"pid": 1, "host": "elsewhere"}))

    with pytest.raises(CheckpointError, match="elsewhere"), folder.locked():
        pass


@pytest.mark.parametrize("content", ['{"pid": 0, "host": "HOST"}', '{"pid": ', ""])
def test_the_lock_of_a_process_that_is_gone_is_taken_over(folder, content):
    lock = folder.path / "run.lock"
    lock.write_text(content.replace("HOST", socket.gethostname()))

    with folder.locked():
        assert json.loads(lock.read_text())["pid"] == os.getpid()

    assert not lock.exists()
