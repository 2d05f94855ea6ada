"""Two devices, in one process or two, train as one does with the whole batch.

Most of the time goes to tracing graphs, a thread each: what is compared trains at once, and all
processes are forked from one that has imported TensorFlow, but computed nothing.
"""

import contextlib
import json
import multiprocessing
import socket
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from tests.tinaface.training.conftest import make_faces
from tests.tinaface.training.tiny import train_apart
from tinaface.errors import DatasetError
from tinaface.runs import State, read_status
from tinaface.training.replicas import build_replicas
from tinaface.training.run_folder import RunFolder

# A process that waits for another that is gone ends by PATIENCE_S, before the test does by this.
pytestmark = [pytest.mark.tf, pytest.mark.slow, pytest.mark.timeout(900)]
PATIENCE_S = 400


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_faces(tmp_path_factory.mktemp("faces")) / "train"


class Process(NamedTuple):
    """A training in a process of its own."""

    process: multiprocessing.process.BaseProcess
    told: Path

    def wait(self):
        """Its exit code, and what it said."""
        self.process.join(PATIENCE_S)
        return self.process.exitcode, self.told.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def forks():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tinaface.verbs.train", "tinaface.training.job"])
    return context


@pytest.fixture
def start(forks, tmp_path):
    """Starts a training in a process of its own, which does not outlive the test."""
    processes = []

    def start_one(run, *words, **environment):
        told = tmp_path / f"told{len(processes)}.txt"
        words = ["train", "--run", *map(str, (run, *words))]
        environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **environment}
        process = forks.Process(target=train_apart, args=(words, environment, told))
        process.start()
        processes.append(process)
        return Process(process, told)

    yield start_one
    for process in processes:
        process.kill()
        process.join()


def options(data, batch, preset):
    return [
        *("--data", data, "--preset", preset, "--epochs", 4, "--crop", 64),
        *("--batch", batch, "--checkpoint-minutes", 1e-9),
    ]


def finish(*processes):
    """Waits for all, and fails with what they said."""
    for process in processes:
        code, told = process.wait()
        assert code == 0, told


def two_machines():
    """TF_CONFIG of each of two processes that meet on this machine."""
    with contextlib.ExitStack() as sockets:
        ports = []
        for _ in range(2):
            one = sockets.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            ports.append(one.getsockname()[1])
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    return [
        json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})
        for index in range(2)
    ]


def assert_same_training(one, other, slot):
    (place, expected), (other_place, found) = one.read_state(), other.read_state()
    assert place.step == other_place.step == 8
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, atol=1e-4, err_msg=name)
    moved = np.abs(expected[slot]).max()
    assert moved > 1e-3  # else everything would agree with everything


def test_two_devices_of_one_process_train_as_one(start, data, tmp_path):
    whole, parts = (options(data, batch, "tiny-paper") for batch in (4, 2))

    finish(
        start(tmp_path / "one", *whole),
        start(tmp_path / "two", *parts, "--distribute", "mirrored", TINY_DEVICES="2"),
    )

    one, two = RunFolder(tmp_path / "one"), RunFolder(tmp_path / "two")
    assert_same_training(one, two, slot="velocity/0")


def test_when_one_process_dies_the_other_ends_and_both_go_on_to_where_two_devices_come(
    start, data, tmp_path
):
    """With batch norm, whose statistics are per device wherever the devices are."""
    run = tmp_path / "run"
    words = [*options(data, 2, "tiniest"), "--distribute"]
    machines = [{"TF_CONFIG": config} for config in two_machines()]

    chief = start(run, *words, "workers", **machines[0])
    start(run, *words, "workers", **machines[1], TINY_DIES_AT="4")
    mirrored = start(tmp_path / "mirrored", *words, "mirrored", TINY_DEVICES="2")
    code, told = chief.wait()

    assert code == 1
    assert "Another machine of this training is gone" in told
    assert read_status(run).state is State.FAILED
    assert RunFolder(run).read_state()[0].step == 3
    finish(mirrored, *(start(run, "--resume", TF_CONFIG=config) for config in two_machines()))
    mirrored_run = RunFolder(tmp_path / "mirrored")
    assert_same_training(mirrored_run, RunFolder(run), slot="first/0")


def test_several_machines_without_their_names_are_refused(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", "{}")

    with pytest.raises(DatasetError, match="Set TF_CONFIG on each"):
        build_replicas("workers")
