"""One window edits a data set at a time, and no dead one holds it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tinaface import folder_lock
from tinaface.owner import Owner, this_process


def hold(folder: Path, owner: Owner) -> None:
    folder.mkdir(exist_ok=True)
    record = {"owner": owner.as_dict(), "user": "ann", "since": "2026-01-01T08:00:00+00:00"}
    (folder / "lock").write_text(json.dumps(record))


@pytest.fixture
def living() -> Owner:
    """A process on this machine that is alive: the one that started the tests' process."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        yield Owner(this_process().host, other.pid)
        other.kill()


def dead() -> Owner:
    with subprocess.Popen([sys.executable, "-c", ""]) as other:
        other.wait()
    return Owner(this_process().host, other.pid)


def test_a_free_folder_is_taken_and_given_back_without_a_trace(tmp_path: Path):
    folder = tmp_path / ".review"

    assert folder_lock.take(folder) is None
    assert folder_lock.take(folder) is None  # it is ours already
    folder_lock.release(folder)

    assert not folder.exists()


def test_f23_a_living_holder_is_named(tmp_path: Path, living: Owner):
    hold(tmp_path, living)

    holder = folder_lock.take(tmp_path)

    assert holder is not None
    assert holder.name == f"ann@{living.host}"
    folder_lock.release(tmp_path)
    assert (tmp_path / "lock").exists()


def test_f23_a_dead_holders_lock_is_taken_over(tmp_path: Path):
    hold(tmp_path, dead())

    assert folder_lock.take(tmp_path) is None


def test_f23_a_lock_of_another_machine_is_taken_by_force_only(tmp_path: Path):
    hold(tmp_path, Owner("elsewhere", 1))

    assert folder_lock.take(tmp_path) is not None
    assert folder_lock.take(tmp_path, force=True) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"owner": 3, "user": "a", "since": "b"}'])
def test_f53_a_damaged_lock_is_nobodys(tmp_path: Path, content: str):
    (tmp_path / "lock").write_text(content)

    assert folder_lock.take(tmp_path) is None
