from pathlib import Path

import numpy as np
import pytest

from tinaface import pruning
from tinaface.errors import DatasetError
from tinaface.predictions import PredictionStore, Record
from tinaface.pruning import prune_lost, prune_superseded

MODEL = "0123456789ab"


def record(image: str, score: float = 0.5) -> Record:
    return Record(image, 64, 48, np.array([[1, 2, 3, 4.0]]), np.array([score]), model=MODEL)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data set of two images."""
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).touch()
    return tmp_path


def written(root: Path, *lines: bytes, model: str = MODEL) -> Path:
    """A file of predictions with these bytes."""
    path = PredictionStore(root, model).path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(lines))
    return path


def line(image: str, score: float = 0.5) -> bytes:
    return record(image, score).to_line().encode() + b"\n"


def test_f56_predictions_of_images_that_are_gone_go_and_every_other_byte_stays(root: Path):
    odd = b'{ "boxes": [], "image" : "b.jpg", "scores": [ ], "mine": 1.0}\n'
    other = b"\n", b'{"image": "gone.jpg", cut\n', odd, line("a.jpg")
    path = written(root, line("gone.jpg"), other[0], other[1], line("gone.jpg", 0.7), *other[2:])
    before = path.read_bytes()

    (pruned,) = prune_lost(root)

    assert path.read_bytes() == b"".join(other)
    assert len(pruned.removed) == 2
    assert pruned.take_back()
    assert path.read_bytes() == before


def test_f56_of_several_predictions_of_an_image_the_newest_stays(root: Path):
    path = written(root, line("a.jpg", 0.1), line("b.jpg"), line("a.jpg", 0.2), line("a.jpg", 0.3))

    (pruned,) = prune_superseded(root)

    assert path.read_bytes() == line("b.jpg") + line("a.jpg", 0.3)
    assert pruned.take_back()
    assert PredictionStore(root, MODEL).superseded == 2


def test_what_was_appended_since_stays_behind_what_comes_back(root: Path):
    path = written(root, line("gone.jpg"), line("a.jpg"))
    (pruned,) = prune_lost(root)
    PredictionStore(root, MODEL).append(record("b.jpg"))

    assert pruned.take_back()

    assert path.read_bytes() == line("gone.jpg") + line("a.jpg") + line("b.jpg")


def test_a_file_that_was_changed_otherwise_is_left(root: Path):
    path = written(root, line("gone.jpg"), line("a.jpg"))
    (pruned,) = prune_lost(root)
    path.write_bytes(line("b.jpg") * 2)

    assert not pruned.take_back()

    assert path.read_bytes() == line("b.jpg") * 2


def test_a_folder_that_is_unplugged_loses_nothing(root: Path, tmp_path: Path):
    with pytest.raises(DatasetError, match="not there any more"):
        prune_lost(tmp_path / "unplugged")


def test_where_one_file_cannot_be_written_none_is_changed(
    root: Path, monkeypatch: pytest.MonkeyPatch
):
    paths = [written(root, line("gone.jpg"), line("a.jpg"), model=model) for model in ("1", "2")]
    before = [path.read_bytes() for path in paths]
    real, calls = pruning.replace_file, []

    def full(path: Path, data: bytes) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(path, data)

    monkeypatch.setattr(pruning, "replace_file", full)
    with pytest.raises(DatasetError, match="No space left"):
        prune_lost(root)

    assert [path.read_bytes() for path in paths] == before


def test_an_open_index_reads_no_other_images_record_after_a_file_was_shortened(root: Path):
    written(root, line("gone.jpg"), line("a.jpg", 0.1), line("b.jpg", 0.2))
    store = PredictionStore(root, MODEL)
    assert len(line("gone.jpg")) != len(line("a.jpg"))
    path = store.path
    path.write_bytes(line("b.jpg", 0.2) * 9)

    assert store.get("gone.jpg") is None
    store.read_again()

    assert store.images() == ["b.jpg"]
