"""The whole loop with real processes: detect, correct, train a few steps, compare, keep.

What it is worth in AP is measured by `python -m tests.benchmarks loop`.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from tests.benchmarks.loop_scenario import Person
from tinaface.dataset import ground_truth, labelled_images
from tinaface.weights import file_hash, read_header

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
PICTURES = 8
SECONDS = 3

pytestmark = [
    pytest.mark.tf,
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    # Looked for, not loaded: it has no place in the window's process.
    pytest.mark.skipif(find_spec("tensorflow") is None, reason="TensorFlow is not installed"),
]


def test_corrected_pictures_become_a_model_that_is_kept(qtbot: QtBot, tmp_path: Path):
    folder = tmp_path / "photographs"
    folder.mkdir()
    entries = labelled_images(SAMPLE)[:PICTURES]
    for entry in entries:
        shutil.copy(entry.image, folder)
    person = Person(tmp_path / "own")
    shipped = person.detection.weights

    person.open(folder)
    person.detect()
    for entry in entries:
        person.correct(entry.name, ground_truth(entry))
    person.train(minutes=SECONDS / 60)
    model = person.keep("drawn people")
    person.detect()
    run, notes = person.trainer.job.run, person.trainer.job.notes
    result = person.trainer.comparison.result
    stored = sorted(path.name for path in (folder / ".review" / "pred").iterdir())
    person.leave()

    corrected = {entry.name: entry for entry in labelled_images(folder)}
    for entry in entries:
        wanted, written = ground_truth(entry), ground_truth(corrected[entry.name])
        order = np.lexsort(wanted.gt_boxes.T), np.lexsort(written.gt_boxes.T)
        np.testing.assert_allclose(written.gt_boxes[order[1]], wanted.gt_boxes[order[0]], atol=0.01)
    assert run is not None
    assert notes is not None
    assert result is not None
    assert notes.fixed == PICTURES
    assert result["splits"]["fixed"]["pictures"] == PICTURES
    assert (model.pedigree.parent, model.pedigree.pictures) == (
        file_hash(shipped), notes.pictures
    )  # fmt: skip
    assert read_header(model.path).preset == "compact"
    assert model.hash == file_hash(run / "best.safetensors") != file_hash(shipped)
    assert stored == sorted([file_hash(shipped), model.hash])
