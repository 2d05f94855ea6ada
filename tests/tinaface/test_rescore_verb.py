"""`python -m tinaface rescore`, with a network that was never trained."""

import json

import pytest

pytest.importorskip("tensorflow")

from tests.fixtures.detectors import random_weights
from tests.tinaface.training.conftest import make_faces
from tinaface import weights
from tinaface.cli import main
from tinaface.inference.rescoring import KEY, rescoring_of
from tinaface.training import rescoring

pytestmark = pytest.mark.tf


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A folder with weights and labelled pictures."""
    folder = tmp_path_factory.mktemp("rescore")
    make_faces(folder / "faces")
    return folder, random_weights(folder)


def rescore(given, out, *more):
    folder, path = given
    words = ["rescore", "--weights", path, "--data", folder / "faces", "--out", out, *more]
    return main([str(word) for word in words])


def test_the_new_weights_are_the_old_ones_with_a_model_and_its_figures(
    given, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(rescoring, "LEAST_DETECTIONS", 0)
    out = tmp_path / "new.safetensors"

    assert rescore(given, out) == 0

    old, old_tensors = weights.read(given[1])
    new, tensors = weights.read(out)
    assert rescoring_of(out, new) is not None
    assert new.network_hash == old.network_hash
    assert all((tensors[name] == old_tensors[name]).all() for name in old_tensors)
    assert f"AP50 {new.ap:.4f} on 2 validation pictures" in capsys.readouterr().out
    assert new.threshold != old.threshold

    # Weights that have a model learn a new one as if they had none.
    again = tmp_path / "again.safetensors"
    assert rescore((given[0], out), again) == 0
    assert json.loads(weights.read_header(again).extra[KEY]) == json.loads(new.extra[KEY])


def test_too_few_pictures_are_refused_and_nothing_is_written(given, tmp_path, capsys):
    out = tmp_path / "new.safetensors"

    assert rescore(given, out) == 1

    assert "too few" in capsys.readouterr().err
    assert not out.exists()


def test_a_picture_cannot_be_learned_and_measured(given, tmp_path, capsys):
    same = given[0] / "faces" / "train"

    assert rescore(given, tmp_path / "new.safetensors", "--validate", same) == 1

    assert "share pictures" in capsys.readouterr().err
