"""A run folder survives crashes."""

import json

import numpy as np
import pytest

from tinaface.errors import CheckpointError
from tinaface.runs import Request, ask
from tinaface.training.run_folder import Place, RunFolder
from tinaface.training.samples import SampleRound


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

    folder.forget_after(2)

    lines = folder.metrics.read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]


def test_sample_pictures_of_steps_that_are_made_again_are_dropped(folder):
    for step in (1, 2, 3):
        folder.append_samples(SampleRound(step, threshold=0.5, ap50=0.1, samples=()))

    folder.forget_after(2)

    assert [json.loads(line)["step"] for line in folder.samples.read_text().splitlines()] == [1, 2]


def test_what_a_killed_process_left_is_tidied_away(folder):
    (folder.path / ".tinaface-0123.tmp").write_bytes(b"half")
    ask(folder.path, Request.STOP)

    folder.tidy()

    assert list(folder.path.iterdir()) == []
