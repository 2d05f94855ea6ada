"""The list learns what each image has: from the process that reads, later from the index."""

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app import indexing
from app.loop import comparing
from app.models.files import Sign
from tests.app.studio import Studio, make_folder, write_label
from tinaface.disagreements import Kind
from tinaface.image_index import ImageIndex, index_path
from tinaface.indexing import refresh
from tinaface.predictions import PredictionStore, Record
from tinaface.verdicts import Judgement, Status, Verdict

NAMES = tuple(f"{number}.jpg" for number in range(5))


def folder(tmp_path: Path) -> Path:
    """Five images: 0 to 3 boxes, and one with a broken label file."""
    root = make_folder(tmp_path / "p", NAMES)
    for number in range(1, 4):
        write_label(root / f"{number}.json", [[1, 2, 20, 30]] * number)
    (root / "4.json").write_text("{")
    return root


def complete(studio: Studio) -> None:
    indexing = studio.window.indexing
    assert indexing is not None
    # The process gives way to every other program, of which a busy machine has many.
    studio.until(lambda: indexing.is_complete, timeout_ms=60_000)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "BEGIN_MS", 0)


@pytest.mark.usefixtures("at_once")
def test_images_are_read_in_the_background_and_kept_for_the_next_start(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    root = folder(tmp_path)
    studio = Studio(qtbot, tmp_path)
    studio.session.files.set_filter("boxes>1")
    studio.open(root)
    assert studio.session.files.rowCount() == 0

    complete(studio)

    studio.until(lambda: studio.session.files.names() == ["2.jpg", "3.jpg"])
    studio.session.files.set_filter("error:json")
    assert studio.session.files.names() == ["4.jpg"]
    assert studio.session.files.has_sign("4.jpg", Sign.FAULT)
    studio.close()

    monkeypatch.setattr(indexing, "BEGIN_MS", 600_000)  # this time nothing is read
    studio = Studio(qtbot, tmp_path)
    studio.open(root)
    studio.session.files.set_filter("boxes>1")
    studio.until(lambda: studio.session.files.columns["boxes"][3] == 3)
    studio.session.files.rearrange()
    assert studio.session.files.names() == ["2.jpg", "3.jpg"]
    studio.close()


def test_a_saved_edit_is_known_at_once(qtbot: QtBot, tmp_path: Path):
    root = folder(tmp_path)
    index = ImageIndex(index_path(root))
    list(refresh(root, index))
    index.close()
    studio = Studio(qtbot, tmp_path)
    studio.open(root)
    studio.until(lambda: studio.session.files.columns["boxes"][3] == 3)

    studio.drag((5, 5), (40, 40))
    studio.window.canvas.set_tool("draw")
    studio.drag((5, 5), (40, 40))
    studio.session.save_now()

    studio.until(lambda: studio.session.files.columns["boxes"][0] == 1)
    studio.close()


def test_f53_a_damaged_index_is_told_once_and_loses_nothing(qtbot: QtBot, tmp_path: Path):
    root = folder(tmp_path)
    path = index_path(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"rubbish" * 1000)
    studio = Studio(qtbot, tmp_path)

    studio.open(root)

    studio.until(lambda: bool(studio.session.messages.posted))
    (posted,) = studio.session.messages.posted
    assert posted.message.topic == "index"
    assert path.with_name(path.name + ".broken").exists()
    studio.close()


def test_disagreements_can_be_filtered_by_and_follow_the_threshold(qtbot: QtBot, tmp_path: Path):
    root = folder(tmp_path)
    store = PredictionStore(root, "0123456789ab")
    for name, score in (("1.jpg", 0.9), ("2.jpg", 0.45), ("3.jpg", 0.2)):
        boxes = np.array([[50, 30, 70, 50]], np.float32)
        store.append(Record(name, 80, 60, boxes, np.array([score], np.float32)))
    studio = Studio(qtbot, tmp_path)
    studio.session.set_threshold(0.5)
    studio.open(root)
    studio.session.files.set_filter("fp>0")
    studio.until(lambda: studio.session.files.names() == ["1.jpg"])

    studio.session.set_threshold(0.4)
    studio.until(lambda: studio.session.files.names() == ["1.jpg", "2.jpg"])

    studio.session.files.set_filter("score>0.15 -fp>0")
    assert studio.session.files.names() == ["3.jpg"]
    studio.session.files.set_filter("fn=3")
    assert studio.session.files.names() == ["3.jpg"]
    studio.session.loop.book.set_status("2.jpg", Status.REVIEWED)
    studio.session.files.set_filter("status:done")
    assert studio.session.files.names() == ["2.jpg"]
    studio.close()


@pytest.fixture
def compared(qtbot: QtBot, tmp_path: Path, at_once: None) -> Path:
    """A folder whose images were compared at 0.5 in an earlier session; one label was settled."""
    root = folder(tmp_path)
    store = PredictionStore(root, "0123456789ab")
    for name in ("1.jpg", "2.jpg"):
        boxes = np.array([[50, 30, 70, 50]], np.float32)
        store.append(Record(name, 80, 60, boxes, np.array([0.9], np.float32)))
    studio = Studio(qtbot, tmp_path)
    studio.session.set_threshold(0.5)
    studio.open(root)
    complete(studio)
    studio.until(lambda: studio.session.files.columns["fp"][2] == 1)
    verdict = Verdict("2.jpg", Kind.FP, Judgement.REJECT, (50.0, 30.0, 70.0, 50.0))
    studio.session.loop.book.put(verdict)
    studio.until(lambda: studio.session.files.columns["fp"][2] == 0)
    studio.close()
    return root


def reopened(qtbot: QtBot, tmp_path: Path, root: Path, threshold: float) -> Studio:
    studio = Studio(qtbot, tmp_path)
    studio.session.set_threshold(threshold)
    studio.open(root)
    studio.until(lambda: studio.session.files.columns["boxes"][3] == 3)
    studio.settle()
    studio.session.files.rearrange()
    return studio


def test_disagreements_of_the_last_session_are_known_before_they_are_compared_again(
    qtbot: QtBot, tmp_path: Path, compared: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(comparing, "compare_files", lambda *_: [])  # as if it took forever
    studio = reopened(qtbot, tmp_path, compared, 0.5)

    studio.session.files.set_filter("fp>0")
    assert studio.session.files.names() == ["1.jpg"], "2.jpg was settled at last"
    studio.session.files.set_filter("fn=2")
    assert studio.session.files.names() == ["2.jpg"]
    studio.close()


def test_disagreements_at_another_threshold_are_not_taken_from_the_index(
    qtbot: QtBot, tmp_path: Path, compared: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(comparing, "compare_files", lambda *_: [])
    studio = reopened(qtbot, tmp_path, compared, 0.6)

    assert np.isnan(studio.session.files.columns["fp"]).all()
    studio.close()


def test_what_this_session_has_compared_is_newer_than_the_index(
    qtbot: QtBot, tmp_path: Path, compared: Path, monkeypatch: pytest.MonkeyPatch
):
    write_label(compared / "1.json", [[50, 30, 70, 50]])
    real = comparing.compare_files
    monkeypatch.setattr(
        comparing,
        "compare_files",
        lambda root, names, *rest: real(root, [one for one in names if one == "1.jpg"], *rest),
    )
    studio = reopened(qtbot, tmp_path, compared, 0.5)

    studio.until(lambda: studio.session.files.columns["fp"][1] == 0)
    assert studio.session.files.columns["fn"][1] == 0
    studio.close()
