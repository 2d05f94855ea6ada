"""The client with the worker that users have: TensorFlow, weights and pictures included."""

import os
import signal

import pytest

from app.workers.client import WorkerClient
from tests.fixtures import pictures
from tests.fixtures.detectors import random_weights

pytestmark = [pytest.mark.tf, pytest.mark.slow]

# TensorFlow takes some seconds to load, more on a busy machine.
PATIENCE_MS = 120_000


@pytest.fixture
def client(qtbot):
    client = WorkerClient()
    yield client
    client.shutdown()


def test_f43_a_worker_killed_in_the_middle_says_so_and_a_second_detection_works(
    qtbot, client, tmp_path
):
    weights = random_weights(tmp_path)
    picture = pictures.bmp(tmp_path).path
    with qtbot.waitSignal(client.ready, timeout=PATIENCE_MS) as ready:
        client.detect([picture] * 1000, tmp_path, weights)
    with qtbot.waitSignal(client.found, timeout=PATIENCE_MS):
        pass

    with qtbot.waitSignal(client.failed, timeout=PATIENCE_MS) as failed:
        os.kill(ready.args[0], signal.SIGKILL)

    assert failed.args[0].reason == "killed"
    found = []
    client.found.connect(found.append)
    with qtbot.waitSignal(client.finished, timeout=PATIENCE_MS) as finished:
        job = client.detect([picture], tmp_path, weights)
    assert finished.args == [job, False]
    assert [one.image for one in found] == [picture.name]
    assert found[0].boxes
