"""What a validation tells of a file of weights: the figures that `evaluate` gives for the same."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from tests.tinaface.training.conftest import make_faces
from tinaface import evaluation
from tinaface.boxes import Detections
from tinaface.evaluation import FaceSet, judge
from tinaface.images import read_rgb
from tinaface.metrics import height_figure
from tinaface.training import difficulty, validate
from tinaface.training.difficulty import benchmark_of
from tinaface.training.labelled import read_labelled
from tinaface.training.validate import Validation

pytestmark = pytest.mark.tf


@pytest.fixture
def pictures(tmp_path):
    """Two pictures of an event, as WIDER FACE names them, and their faces."""
    make_faces(tmp_path / "faces")
    folder = (tmp_path / "faces" / "validate").rename(tmp_path / "0--Parade")
    return read_labelled(str(folder), None, None, None)


@pytest.fixture
def found(pictures, monkeypatch):
    """What a network finds that sees the first face of each picture, and a shadow."""
    shadow = np.array([[0, 0, 9, 9]], np.float32)
    answers = [
        Detections(
            np.concatenate([truth.gt_boxes[:1], shadow]), np.array([0.9, 0.3 + row], np.float32)
        )
        for row, truth in enumerate(pictures.truths)
    ]
    by_pixels = {
        read_rgb(entry.image).tobytes(): answer
        for entry, answer in zip(pictures.entries, answers, strict=True)
    }
    predictor = SimpleNamespace(detect=lambda rgb, settings: by_pixels[rgb.tobytes()])
    monkeypatch.setattr(validate, "Predictor", lambda weights: predictor)
    header = SimpleNamespace(preset="compact")
    monkeypatch.setattr(validate, "read_header", lambda weights: header)
    return answers


def test_the_figures_are_those_of_evaluate(pictures, found):
    face_set = evaluation.labelme_set(pictures.entries[0].image.parent)
    expected = judge("voc", face_set, found)["all"].figures()

    figures = Validation(pictures)(Path("w.safetensors")).figures

    assert 0 < figures["ap50"] < 1
    assert figures["ap50"] == expected["ap50"]
    assert figures["recall"] == expected["recall_1fppi"]
    heights = {
        height_figure(name): one["ap50"]
        for name, one in expected["heights"].items()
        if one["faces"]
    }
    assert heights.keys() == {"ap50_16_to_32"}  # all faces of the set are 22 pixels high
    assert heights.items() <= figures.items()
    assert not [name for name in figures if name.startswith("ap_")]


def put_ground_truth(folder):
    folder.mkdir(exist_ok=True)
    for name in ("face", "easy", "medium", "hard"):
        (folder / f"wider_{name}_val.mat").touch()


def benchmark(pictures, counted):
    return FaceSet(
        tuple(f"0--Parade/{entry.image.stem}" for entry in pictures.entries),
        tuple(truth.gt_boxes for truth in pictures.truths),
        {name: tuple(np.array(rows) for _ in pictures.entries) for name, rows in counted.items()},
    )


def test_the_benchmarks_pictures_are_measured_by_its_own_protocol_too(pictures, found):
    truth = benchmark(pictures, {"easy": [0], "hard": [0, 1]})

    figures = Validation(pictures, truth)(Path("w.safetensors")).figures

    expected = judge("wider", truth, found)
    assert figures["ap_easy"] == expected["easy"].ap
    assert figures["ap_hard"] == expected["hard"].ap < figures["ap_easy"]


def test_the_benchmarks_truth_beside_its_pictures_is_found_and_put_in_their_order(
    pictures, monkeypatch
):
    root = pictures.entries[0].image.parents[1]
    put_ground_truth(root / "ground_truth")
    whole = benchmark(pictures, {"easy": [0]})
    turned = FaceSet(
        ("1--Other/x", *reversed(whole.names)),
        (np.zeros((0, 4)), *reversed(whole.gt_boxes)),
        {"easy": (np.array([], int), *reversed(whole.counted["easy"]))},
    )
    monkeypatch.setattr(difficulty, "benchmark_set", lambda folder: turned)

    truth = benchmark_of(pictures, root)

    assert truth.names == whole.names
    for one, other in zip(truth.gt_boxes, whole.gt_boxes, strict=True):
        np.testing.assert_array_equal(one, other)


def test_pictures_that_are_not_the_benchmarks_have_no_difficulty(pictures, monkeypatch):
    root = pictures.entries[0].image.parents[1]
    assert benchmark_of(pictures, root) is None

    put_ground_truth(root)
    monkeypatch.setattr(
        difficulty, "benchmark_set", lambda folder: FaceSet(("0--Parade/x",), (), {})
    )
    assert benchmark_of(pictures, root) is None
