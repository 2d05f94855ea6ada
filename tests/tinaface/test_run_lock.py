"""One process a run folder; a dead one's lock holds nobody up."""

import json
import os
import socket
import subprocess
import sys

import pytest

from tinaface.errors import CheckpointError
from tinaface.run_lock import NAME, held, holder_of

HERE = socket.gethostname()


def write_lock(folder, **content):
    (folder / NAME).write_text(json.dumps(content))


def test_a_folder_in_use_is_refused(tmp_path):
    write_lock(tmp_path, pid=os.getpid(), host=HERE)

    with pytest.raises(CheckpointError, match="is training there"), held(tmp_path):
        pass


def test_the_lock_of_another_machine_is_respected(tmp_path):
    write_lock(tmp_path, pid=1, host="elsewhere")

    with pytest.raises(CheckpointError, match="elsewhere"), held(tmp_path):
        pass


@pytest.mark.parametrize("content", ['{"pid": 0, "host": "HOST"}', '{"pid": ', "", "[]"])
def test_the_lock_of_a_process_that_is_gone_is_taken_over(tmp_path, content):
    lock = tmp_path / NAME
    lock.write_text(content.replace("HOST", HERE))

    with held(tmp_path):
        assert json.loads(lock.read_text())["pid"] == os.getpid()

    assert not lock.exists()


def test_a_holder_is_told_while_it_lives_and_no_longer(tmp_path):
    program = (
        "import pathlib, sys; from tinaface.run_lock import held\n"
        "with held(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == b"held\n"
        holder = holder_of(tmp_path)
        process.kill()
        process.wait()

    assert holder.pid == process.pid
    assert (tmp_path / NAME).exists()
    assert holder_of(tmp_path) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process started")
def test_another_process_with_the_number_of_a_dead_one_is_not_taken_for_it(tmp_path):
    write_lock(tmp_path, pid=os.getpid(), host=HERE, started="1")

    assert holder_of(tmp_path) is None
