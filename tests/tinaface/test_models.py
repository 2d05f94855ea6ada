import json

import numpy as np
import pytest

from tinaface import weights
from tinaface.errors import CheckpointError
from tinaface.models import ModelFolder, Pedigree
from tinaface.presets import PRESETS
from tinaface.weights import WeightsHeader, file_hash


def write_weights(path, value=0.0, **details):
    """A file of weights with a number of its own; no network fits it."""
    header = WeightsHeader.of(PRESETS["compact"], **details)
    weights.write(path, header, {"a/kernel": np.array([value], np.float32)})
    return path


@pytest.fixture
def folder(tmp_path):
    shipped = write_weights(tmp_path / "box" / "compact.safetensors", ap=0.5)
    return ModelFolder(tmp_path / "models", shipped)


@pytest.fixture
def trained(tmp_path):
    return write_weights(tmp_path / "run" / "best.safetensors", 1.0, ap=0.6, date="2026-11-02")


def test_the_shipped_model_is_listed_before_any_is_kept(folder):
    (only,) = folder.list_models()

    assert (only.name, only.ap, only.is_shipped) == ("compact", 0.5, True)


def test_a_kept_model_has_the_hash_of_the_weights_that_were_trained(folder, trained):
    kept = folder.keep(trained, "beach", Pedigree(parent="abc", data="d1", pictures=50))

    assert kept.hash == file_hash(trained)
    assert (kept.ap, kept.pedigree.parent, kept.pedigree.pictures) == (0.6, "abc", 50)
    assert folder.list_models()[1] == kept
    assert folder.find(kept.hash) == kept


def test_the_newest_kept_model_comes_first_behind_the_shipped_one(folder, trained):
    for name, moment in (("old", "2026-01-01T00:00:00"), ("new", "2026-02-01T00:00:00")):
        folder.keep(trained, name, Pedigree(kept=moment))

    assert [model.name for model in folder.list_models()] == ["compact", "new", "old"]


def test_another_name_changes_neither_hash_nor_pedigree(folder, trained):
    kept = folder.keep(trained, "beach", Pedigree(data="d1"))

    renamed = folder.rename(kept, "sea")

    assert renamed.name == "sea"
    assert (renamed.hash, renamed.pedigree) == (kept.hash, kept.pedigree)
    assert [model.name for model in folder.list_models()] == ["compact", "sea"]


def test_a_removed_model_can_be_brought_back(folder, trained):
    kept = folder.keep(trained, "beach", Pedigree(data="d1"))

    place = folder.remove(kept)

    assert [model.name for model in folder.list_models()] == ["compact"]
    assert folder.restore(place) == kept


def test_a_restored_model_does_not_overwrite_one_that_took_its_name(folder, trained):
    place = folder.remove(folder.keep(trained, "beach", Pedigree()))
    folder.keep(trained, "beach", Pedigree())

    assert folder.restore(place).name == "beach 2"


def test_two_removed_models_of_one_name_are_both_in_the_trash(folder, trained):
    places = [folder.remove(folder.keep(trained, "beach", Pedigree())) for _ in range(2)]

    assert all(place.is_file() for place in places)
    assert places[0] != places[1]


def test_the_shipped_model_can_be_neither_renamed_nor_removed(folder):
    (shipped,) = folder.list_models()

    with pytest.raises(CheckpointError, match="comes with the program"):
        folder.rename(shipped, "mine")
    with pytest.raises(CheckpointError, match="comes with the program"):
        folder.remove(shipped)


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", ".hidden", "Compact", "x" * 81, "a\0b"])
def test_a_name_that_no_file_or_a_taken_one_is_refused(folder, trained, name):
    assert folder.problem_with(name)
    with pytest.raises(CheckpointError, match="name"):
        folder.keep(trained, name, Pedigree())


def test_a_free_name_is_one_that_can_be_kept(folder, trained):
    folder.keep(trained, "beach- faces", Pedigree())

    assert folder.free_name("beach? faces") == "beach- faces 2"
    assert folder.problem_with(folder.free_name("..")) == ""
    assert folder.free_name("Compact") == "Compact 2"


def test_a_file_that_is_no_model_is_reported_and_the_others_are_listed(folder, trained):
    folder.keep(trained, "beach", Pedigree())
    (folder.path / "broken.safetensors").write_bytes(b"rubbish")
    errors = []

    models = folder.list_models(errors.append)

    assert [model.name for model in models] == ["compact", "beach"]
    assert "broken.safetensors" in errors[0].what


def test_what_is_no_model_is_not_kept(folder, tmp_path):
    rubbish = tmp_path / "best.safetensors"
    rubbish.write_bytes(b"rubbish")

    with pytest.raises(CheckpointError):
        folder.keep(rubbish, "beach", Pedigree())
    assert len(folder.list_models()) == 1


@pytest.mark.parametrize("content", ["", "[]", json.dumps({"parent": 7, "kept": None, "x": 1})])
def test_a_damaged_pedigree_says_nothing_and_hides_no_model(folder, trained, content):
    kept = folder.keep(trained, "beach", Pedigree(parent="abc"))
    kept.path.with_suffix(".json").write_text(content)

    assert folder.list_models()[1].pedigree == Pedigree()
