"""What is remembered of how fast this computer trains."""

import dataclasses
import json

import pytest

from tinaface.cli import main
from tinaface.presets import PRESETS
from tinaface.training import pace
from tinaface.training.config import TrainConfig
from tinaface.training.pace import Workload, median_seconds, remember, remembered


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    path = tmp_path / "cache" / "pace.json"
    monkeypatch.setattr(pace, "_path", lambda: path)
    return path


WORKLOAD = Workload.of(TrainConfig(data="d", epochs=1))


def test_seconds_are_remembered_for_one_kind_of_work_alone():
    remember(WORKLOAD, 1.25)

    assert remembered(WORKLOAD) == 1.25
    assert remembered(dataclasses.replace(WORKLOAD, crop=64)) is None


def test_a_training_of_part_of_the_network_is_another_work():
    whole = TrainConfig(data="d", epochs=1, weights="w", learn_all=True)
    partial = dataclasses.replace(whole, learn_all=False)

    remember(Workload.of(whole), 2.0)
    remember(Workload.of(partial), 1.25)

    assert remembered(Workload.of(whole)) == 2.0
    assert remembered(Workload.of(partial)) == 1.25
    assert remembered(WORKLOAD) == 2.0, "from scratch, all of it is learned"


def test_a_damaged_memory_is_none_and_is_replaced(cache):
    cache.parent.mkdir()
    cache.write_text("{")
    assert remembered(WORKLOAD) is None

    remember(WORKLOAD, 2.0)

    assert remembered(WORKLOAD) == 2.0


def test_the_first_report_which_pays_for_the_start_is_left_out():
    assert median_seconds(8, [1, 4, 8, 16]) == 1.0
    assert median_seconds(8, [1]) is None


@pytest.fixture
def tiny(monkeypatch):
    """A small network that is measured by one step."""
    pytest.importorskip("tensorflow")
    from tests.tinaface.training.tiny import TINY, without_graphs
    from tinaface.training import calibration

    monkeypatch.setitem(PRESETS, "tiny", TINY)
    monkeypatch.setattr(calibration, "_MOST_STEPS", 1)
    with without_graphs():
        yield


@pytest.mark.tf
def test_a_check_measures_once_what_a_batch_takes(faces, tmp_path, capsys, tiny):
    words = ["train", "--data", str(faces), "--split", "train", "--epochs", "1"]
    words += ["--validate-split", "validate", "--run", str(tmp_path / "run")]
    words += ["--preset", "tiny", "--crop", "64", "--batch", "2", "--check", "--json"]

    def told(*more):
        assert main([*words, *more]) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])["pace"]

    assert told()["seconds_per_batch"] is None
    measured = told("--measure")
    assert measured["seconds_per_batch"] > 0
    assert told() == {
        **measured,
        "seconds_per_batch": pytest.approx(measured["seconds_per_batch"], abs=1e-4),
    }
