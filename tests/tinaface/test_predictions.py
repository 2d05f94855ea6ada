"""Stored predictions: the newest line of an image counts, and a killed writer harms nothing."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinaface.errors import DatasetError
from tinaface.predictions import (
    PredictionFiles,
    PredictionStore,
    Record,
    open_predictions,
    read_jsonl,
    relative_name,
    stored_models,
)

CUT = {"what": "Cannot read a.jpg", "why": "it is cut", "remedy": "Copy it again"}


def record(image: str = "a.jpg", scores: tuple[float, ...] = (0.9, 0.25)) -> Record:
    boxes = np.arange(4 * len(scores), dtype=np.float32).reshape(-1, 4)
    return Record(
        image=image,
        width=640,
        height=480,
        boxes=boxes,
        scores=np.asarray(scores, np.float32),
        model="abc",
        settings={"score_floor": 0.01, "resize": {"long_side": 1280}},
        mtime_ns=12,
    )


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    (tmp_path / "faces").mkdir()
    return tmp_path / "faces"


@given(st.text(st.characters(), min_size=1, max_size=20), st.lists(st.floats(0, 1, width=32)))
def test_a_record_survives_its_line(image: str, scores: list[float]) -> None:
    before = record(image, tuple(scores))

    line = before.to_line()
    after = Record.from_line(line)

    assert line.isascii()
    assert "\n" not in line
    assert (after.image, after.width, after.height) == (image, 640, 480)
    assert (after.model, after.settings, after.mtime_ns) == ("abc", before.settings, 12)
    np.testing.assert_array_equal(after.detections.xyxy, before.boxes)
    np.testing.assert_allclose(after.detections.scores, scores, atol=1e-6)


def test_a_record_holds_the_fields_of_detect_jsonl() -> None:
    line = Record("a.jpg", None, None, error=CUT).to_line()

    assert json.loads(line) == {
        "image": "a.jpg",
        "width": None,
        "height": None,
        "boxes": [],
        "scores": [],
        "error": CUT,
    }


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "{}",
        '{"image": 3}',
        '{"image": "a", "boxes": [[1, 2]], "scores": [1]}',
        '{"image": "a", "boxes": [[1, 2, 3, 4]], "scores": []}',
        '{"image": "a", "boxes": [[1, 2, 3, NaN]], "scores": [1]}',
        '{"image": "a", "boxes": {}, "scores": []}',
        '{"image": "a", "boxes": ["x"], "scores": [1]}',
        '{"image": "a", "width": "x"}',
    ],
)
def test_a_line_that_is_no_record_is_refused(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any reason will do
        Record.from_line(line)


def test_a_record_is_stale_when_image_model_or_settings_changed() -> None:
    stored = record()

    assert not stored.is_stale(12)
    assert not stored.is_stale(12, "abc", stored.settings)
    assert stored.is_stale(13)
    assert stored.is_stale(12, "other")
    assert stored.is_stale(12, "abc", {"score_floor": 0.5})
    assert not Record("a.jpg", 1, 1).is_stale(12, "abc", {})


def test_the_newest_record_of_an_image_counts(root: Path) -> None:
    store = PredictionStore(root, "abc")
    store.append(record("a.jpg", (0.1,)))
    store.append(record("b.jpg"))
    store.append(record("a.jpg", (0.2, 0.3, 0.4)))

    again = PredictionStore(root, "abc")

    for files in (store, again):
        assert files.images() == ["a.jpg", "b.jpg"]
        assert files.superseded == 1
        found = files.get("a.jpg")
        assert found is not None
        assert len(found.detections) == 3
        assert files.get("c.jpg") is None
    assert store.path.relative_to(root).as_posix() == ".review/pred/abc/predictions.jsonl"


def test_f53_every_cut_of_the_last_line_keeps_the_others_and_can_be_continued(root: Path) -> None:
    store = PredictionStore(root, "abc")
    store.append(record("a.jpg"))
    store.append(record("b.jpg"))
    whole = store.path.read_bytes()
    first = whole.index(b"\n") + 1
    for length in range(first, len(whole) - 1):
        store.path.write_bytes(whole[:length])
        cut = PredictionStore(root, "abc")
        assert cut.images() == (["a.jpg", "b.jpg"] if length == len(whole) - 1 else ["a.jpg"])

        cut.append(record("c.jpg"))

        for files in (cut, PredictionStore(root, "abc")):
            assert [found.image for found in files.records()] == ["a.jpg", "c.jpg"]


def test_what_another_program_appends_is_found_by_a_refresh(root: Path) -> None:
    store = PredictionStore(root, "abc")
    other = PredictionStore(root, "abc")
    store.append(record("a.jpg"))
    store.append(record("b.jpg"))

    assert other.refresh() == ["a.jpg", "b.jpg"]
    assert other.refresh() == []
    assert "b.jpg" in other


def test_a_file_that_was_replaced_is_read_anew(root: Path) -> None:
    store = PredictionStore(root, "abc")
    store.append(record("a.jpg"))
    store.append(record("b.jpg"))

    store.path.write_text(record("c.jpg").to_line() + "\n")

    assert store.refresh() == ["c.jpg"]
    assert store.images() == ["c.jpg"]
    store.path.unlink()
    assert store.get("c.jpg") is None


def test_f37_names_that_are_no_unicode_are_stored(root: Path) -> None:
    name = relative_name(root / os.fsdecode(b'\xff {\xe4, "x": 3}.jpg'), root)

    PredictionStore(root, "abc").append(record(name))

    assert PredictionStore(root, "abc").images() == [name]


def test_f20_a_read_only_dataset_keeps_its_store_in_the_users_folder(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    PredictionStore(root, "abc").append(record("a.jpg", (0.5,)))
    PredictionStore(root, "abc").append(record("b.jpg"))
    # The superuser, who runs tests in containers, may write everywhere.
    monkeypatch.setattr(os, "access", lambda *_: False)

    store = PredictionStore(root, "abc")
    store.append(record("a.jpg"))

    assert store.path.is_relative_to(root.parent / "user")
    again = PredictionStore(root, "abc")
    assert again.images() == ["a.jpg", "b.jpg"]
    newest = again.get("a.jpg")
    assert newest is not None
    assert len(newest.detections) == 2


def test_the_models_of_a_dataset_come_last_written_first(root: Path) -> None:
    for number, model in enumerate(["old", "new", "middle"]):
        store = PredictionStore(root, model)
        store.append(record())
        os.utime(store.path, ns=(0, [1, 9, 5][number]))

    assert stored_models(root) == ["new", "middle", "old"]
    assert stored_models(root / "other") == []


def test_predictions_that_a_dataset_came_with_are_found_and_detection_adds_to_them(
    root: Path,
) -> None:
    (root / "predictions.jsonl").write_text(record("a.jpg").to_line() + "\n")
    PredictionStore(root, "new").append(record("b.jpg"))

    assert stored_models(root) == ["new", "abc"]
    assert PredictionStore(root, "new").images() == ["b.jpg"]
    PredictionStore(root, "abc").append(record("c.jpg"))
    assert PredictionStore(root, "abc").images() == ["a.jpg", "c.jpg"]
    assert (root / "predictions.jsonl").read_text() == record("a.jpg").to_line() + "\n"


def test_a_file_or_a_folder_of_files_can_be_opened(tmp_path: Path) -> None:
    for name, image in (("x.jsonl", "a.jpg"), ("deep/y.jsonl", "b.jpg")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(record(image).to_line())

    assert open_predictions(tmp_path / "x.jsonl").images() == ["a.jpg"]
    assert sorted(open_predictions(tmp_path).images()) == ["a.jpg", "b.jpg"]
    assert [found.image for found in read_jsonl(tmp_path / "x.jsonl")] == ["a.jpg"]


def test_lines_of_other_writers_are_read_and_damaged_ones_counted(tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(
        '{"scores":[0.5],"boxes":[[1,2,3,4]],"image":"a.jpg"}\n\nnot a record\n[1]\n{"x": 1}\n'
    )

    files = PredictionFiles([path])

    assert files.images() == ["a.jpg"]
    assert files.damaged == 3


def test_a_line_with_a_name_and_a_damaged_body_is_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(
        '{"image": "a.jpg", "boxes": [[1, 2]], "error": null}\n' + record("b.jpg").to_line()
    )
    files = PredictionFiles([path])

    for _ in range(2):
        assert [found.image for found in files.records()] == ["b.jpg"]

    assert files.damaged == 1
    assert files.images() == ["b.jpg"]


@pytest.mark.parametrize("text", [None, "nonsense\n"])
def test_what_holds_no_predictions_is_an_error(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "x.jsonl"
    if text is not None:
        path.write_text(text)

    with pytest.raises(DatasetError, match="Cannot read predictions"):
        open_predictions(path)
