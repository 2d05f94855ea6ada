"""What a file held before a session changed it can be had back for a month."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tinaface import backups
from tinaface.backups import Backups, Pruned, prune, versions

NOW = datetime(2026, 3, 29, 12, 0)


def session(root: Path, began: datetime = NOW) -> Backups:
    return Backups(root, root / ".review", began)


def test_only_the_first_content_of_a_session_is_kept(tmp_path: Path):
    kept = session(tmp_path)
    path = tmp_path / "labels" / "a.json"

    kept.keep(path, b"first")
    kept.keep(path, b"second")

    (version,) = versions([tmp_path / ".review"], tmp_path, path)
    assert version.path.read_bytes() == b"first"
    assert version.when == NOW


def test_the_first_content_of_the_session_is_the_original(tmp_path: Path):
    session(tmp_path).keep(tmp_path / "a.json", b"of an earlier session")
    kept = session(tmp_path)
    kept.keep(tmp_path / "a.json", b"first")
    kept.keep(tmp_path / "a.json", b"theirs", always=True)

    assert kept.original(tmp_path / "a.json") == b"first"
    assert kept.original(tmp_path / "b.json") is None


def test_a_file_that_the_session_made_has_no_original(tmp_path: Path):
    kept = session(tmp_path)
    kept.begins(tmp_path / "a.json")
    kept.keep(tmp_path / "a.json", b"its own")

    assert kept.original(tmp_path / "a.json") is None


def test_another_programs_content_is_kept_besides(tmp_path: Path):
    kept = session(tmp_path)
    path = tmp_path / "a.json"
    kept.keep(path, b"first")

    kept.keep(path, b"theirs", always=True)
    kept.keep(path, b"theirs", always=True)

    found = versions([tmp_path / ".review"], tmp_path, path)
    assert [version.path.read_bytes() for version in found] == [b"theirs", b"first"]


def test_labels_beside_the_open_folder_have_a_place_too(tmp_path: Path):
    root = tmp_path / "images"
    path = tmp_path / "labels" / "a.json"

    session(root).keep(path, b"old")

    (version,) = versions([root / ".review"], root, path)
    assert root in version.path.parents


def test_sessions_older_than_30_days_go(tmp_path: Path):
    for days in (45, 31, 29):
        session(tmp_path, NOW - timedelta(days=days)).keep(tmp_path / "a.json", b"12345")

    assert prune(tmp_path / ".review", NOW) == Pruned(2, 10)
    assert len(versions([tmp_path / ".review"], tmp_path, tmp_path / "a.json")) == 1


def test_the_oldest_go_while_there_is_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backups, "KEPT_BYTES", 10)
    for days in (3, 2, 1):
        session(tmp_path, NOW - timedelta(days=days)).keep(tmp_path / "a.json", b"12345")

    assert prune(tmp_path / ".review", NOW) == Pruned(1, 5)
    left = versions([tmp_path / ".review"], tmp_path, tmp_path / "a.json")
    assert [version.when for version in left] == [NOW - timedelta(days=d) for d in (1, 2)]


def test_a_folder_that_is_no_session_is_left_alone(tmp_path: Path):
    mine = tmp_path / ".review" / "backup" / "mine"
    mine.mkdir(parents=True)

    assert prune(tmp_path / ".review", NOW) == Pruned(0, 0)
    assert mine.is_dir()
