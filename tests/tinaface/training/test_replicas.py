"""Two devices, in one process or two, train as one does with the whole batch."""

import contextlib
import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from tests.tinaface.training.conftest import make_faces
from tinaface.runs import State, read_status
from tinaface.training.run_folder import RunFolder

pytestmark = [pytest.mark.tf, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_faces(tmp_path_factory.mktemp("faces")) / "train"


def start(run, *words, **environment):
    """A training in a process of its own."""
    command = [sys.executable, "-m", "tests.tinaface.training.tiny", "train", "--run", str(run)]
    return subprocess.Popen(
        [*command, *map(str, words)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def options(data, batch, preset="tiny-paper"):
    return [
        *("--data", data, "--preset", preset, "--epochs", 4, "--crop", 64),
        *("--batch", batch, "--checkpoint-minutes", 1e-9),
    ]


def finish(*processes):
    """Waits for all, and fails with what they said."""
    for process in processes:
        _, told = process.communicate()
        assert process.returncode == 0, told


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


@pytest.fixture(scope="module")
def one_device(data, tmp_path_factory):
    """The run of one process that takes whole batches of four."""
    folder = RunFolder(tmp_path_factory.mktemp("runs") / "one")
    finish(start(folder.path, *options(data, batch=4)))
    return folder


def assert_same_training(one, other, slot="velocity/0"):
    (place, expected), (other_place, found) = one.read_state(), other.read_state()
    assert place.step == other_place.step == 2 * 4
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, atol=1e-4, err_msg=name)
    moved = np.abs(expected[slot]).max()
    assert moved > 1e-3  # else everything would agree with everything


def test_two_devices_of_one_process_train_as_one(data, one_device, tmp_path):
    words = options(data, batch=2)

    finish(start(tmp_path / "run", *words, "--distribute", "mirrored", TINY_DEVICES="2"))

    assert_same_training(one_device, RunFolder(tmp_path / "run"))


def test_two_processes_train_as_one(data, one_device, tmp_path):
    words = [*options(data, batch=2), "--distribute", "workers"]

    finish(*(start(tmp_path / "run", *words, TF_CONFIG=config) for config in two_machines()))

    assert_same_training(one_device, RunFolder(tmp_path / "run"))


def test_batch_norm_is_per_device_wherever_the_devices_are(data, tmp_path):
    words = [*options(data, batch=2, preset="tiny"), "--distribute"]

    finish(start(tmp_path / "one", *words, "mirrored", TINY_DEVICES="2"))
    finish(
        *(start(tmp_path / "two", *words, "workers", TF_CONFIG=config) for config in two_machines())
    )

    one, two = RunFolder(tmp_path / "one"), RunFolder(tmp_path / "two")
    assert_same_training(one, two, slot="first/0")


def test_when_one_process_dies_the_others_end_and_all_go_on_from_the_checkpoint(
    data, one_device, tmp_path
):
    run = tmp_path / "run"
    words = [*options(data, batch=2), "--distribute", "workers"]
    chief, other = (start(run, *words, TF_CONFIG=config) for config in two_machines())
    while (status := read_status(run)) is None or status.step < 3:
        with contextlib.suppress(subprocess.TimeoutExpired):
            chief.wait(0.02)
        assert chief.poll() is None, chief.communicate()[1]
    other.kill()
    other.communicate()

    _, told = chief.communicate(timeout=120)

    assert chief.returncode == 1
    assert "Another machine of this training is gone" in told
    assert read_status(run).state is State.FAILED
    finish(*(start(run, "--resume", TF_CONFIG=config) for config in two_machines()))
    assert_same_training(one_device, RunFolder(run))


def test_several_machines_without_their_names_are_refused(data, tmp_path):
    words = [*options(data, batch=2), "--distribute", "workers"]

    _, told = start(tmp_path / "run", *words, TF_CONFIG="{}").communicate()

    assert "Set TF_CONFIG on each" in told
