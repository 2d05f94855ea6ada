"""`python -m tinaface compare`, with detectors that find what the test says."""

import json

import numpy as np
import pytest

from tests.tinaface.test_evaluation import write_picture
from tests.tinaface.test_models import write_weights
from tinaface.boxes import Detections
from tinaface.cli import main
from tinaface.presets import PRESETS
from tinaface.verbs import compare
from tinaface.weights import file_hash


class PretendedPredictor:
    """Finds the first `known` of the boxes in every picture."""

    preset = PRESETS["compact"]

    def __init__(self, known):
        boxes = np.array([[0, 0, 40, 40], [50, 0, 90, 40]], np.float32)[:known]
        self._found = Detections(boxes, np.full(known, 0.9, np.float32))

    def detect(self, _rgb, _settings):
        return self._found


@pytest.fixture
def two_models(tmp_path, monkeypatch):
    paths = [write_weights(tmp_path / f"{n}.safetensors", n) for n in (1, 2)]
    monkeypatch.setattr(compare, "load_predictor", lambda path: PretendedPredictor(int(path.stem)))
    return paths


@pytest.fixture
def faces(tmp_path):
    folder = tmp_path / "faces"
    for name in "abc":
        write_picture(folder, name, [[0, 0, 40, 40], [50, 0, 90, 40]])
    return folder


def words(two_models, faces, *more):
    before, after = map(str, two_models)
    return ["compare", "--before", before, "--after", after, "--data", str(faces), *more]


def test_the_answer_says_what_was_gained_on_each_split(capsys, tmp_path, two_models, faces):
    split = tmp_path / "split.json"
    split.write_text('{"validate": ["a"], "fixed": ["b", "c"]}')

    code = main(
        words(
            two_models, faces, "--split-file", str(split),
            "--split", "validate", "--split", "fixed", "--json",
        )
    )  # fmt: skip

    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert answer["after"] == file_hash(two_models[1])
    assert {name: one["pictures"] for name, one in answer["splits"].items()} == {
        "validate": 1,
        "fixed": 2,
    }
    assert answer["splits"]["fixed"]["difference"] == pytest.approx(0.5)
    gained = [one["image"] for one in answer["splits"]["fixed"]["changes"]]
    assert sorted(gained) == ["images/b.png", "images/c.png"]


def test_people_read_one_line(capsys, two_models, faces):
    main(words(two_models, faces))

    out = capsys.readouterr().out
    assert out.startswith("all: 3 pictures, AP50 0.500 before, 1.000 after, +0.500 (95 %:")


def test_an_unreadable_picture_counts_as_empty_and_is_told(capsys, two_models, faces):
    (faces / "images" / "a.png").write_bytes(b"rubbish")

    code = main(words(two_models, faces, "--json"))

    out, err = capsys.readouterr()
    assert code == 0
    assert json.loads(out)["splits"]["all"]["after"]["found"] == 4
    assert "a.png" in err


def test_a_list_needs_the_name_of_a_split(capsys, two_models, faces):
    assert main(words(two_models, faces, "--split-file", "split.json")) == 2
