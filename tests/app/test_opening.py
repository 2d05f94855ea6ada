"""Drops, the sample, and the way to labelme."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication

from app import opening
from app.sample import SAMPLE, own_copy_path
from tests.app.studio import Studio, make_folder, write_label

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


def drop(studio: Studio, *paths: Path) -> None:
    """Drops files on the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(9, 9),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    studio.window.dropEvent(event)
    studio.settle()


def test_a_dropped_folder_is_opened(studio: Studio, tmp_path: Path):
    folder = make_folder(tmp_path / "p")

    drop(studio, folder)

    assert studio.session.root == folder


@pytest.mark.parametrize("name", ["b.jpg", "b.json"])
def test_a_dropped_image_or_label_file_opens_its_folder_there(
    studio: Studio, tmp_path: Path, name: str
):
    folder = make_folder(tmp_path / "p")
    write_label(folder / "b.json", [])

    drop(studio, folder / name)

    assert (studio.session.root, studio.session.name) == (folder, "b.jpg")


def test_something_unknown_is_left_alone_and_told(studio: Studio, tmp_path: Path):
    notes: list[str] = []
    studio.window.opener.note.connect(notes.append)
    (tmp_path / "notes.txt").write_text("hello")

    drop(studio, tmp_path / "notes.txt")

    assert studio.session.root is None
    assert len(notes) == 1


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the sample is not here")
def test_the_sample_has_labels_and_predictions_from_the_start(studio: Studio):
    studio.window.opener.open_sample("party.jpg")
    studio.until(lambda: (studio.session.name or "").endswith("party.jpg"))
    studio.until(lambda: len(getattr(studio.session.document, "predictions", ())) > 0)

    document = studio.session.document
    assert document is not None
    assert len(document.gt_boxes) > 0


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the sample is not here")
def test_edits_of_the_sample_are_kept_in_a_copy_and_never_reach_the_installed_one(studio: Studio):
    before = {path: path.read_bytes() for path in SAMPLE.rglob("*") if path.is_file()}
    studio.window.opener.open_sample()
    studio.until(lambda: studio.session.document is not None)
    name, count = studio.session.name, len(studio.session.document.gt_boxes)
    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Delete)
    studio.saved()

    studio.session.close_folder()
    studio.window.opener.open_sample(name)
    studio.until(lambda: studio.session.document is not None)

    assert studio.session.root == own_copy_path() != SAMPLE
    assert len(studio.session.document.gt_boxes) == count - 1
    assert {path: path.read_bytes() for path in SAMPLE.rglob("*") if path.is_file()} == before


def test_a_copy_that_cannot_be_made_is_told_and_leaves_nothing_behind(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("app.sample.shutil.copytree", fail)

    studio.window.opener.open_sample()
    studio.until(lambda: bool(studio.session.messages.posted))

    assert "no space left" in studio.session.messages.posted[-1].message.why
    assert list(own_copy_path().parent.glob("*sample*")) == []


def test_labelme_is_started_as_another_process_on_the_label_file(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = make_folder(tmp_path / "p")
    label = write_label(folder / "a.json", [[1, 2, 20, 30]])
    studio.open(folder)
    started: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(
        opening.QProcess,
        "startDetached",
        lambda program, arguments: started.append((program, arguments)) or (True, 1),
    )

    studio.window.opener.open_in_labelme()

    ((program, arguments),) = started
    assert program == sys.executable
    assert arguments[:3] == ["-m", "labelme", str(label)]
    assert "labelme" not in sys.modules


@pytest.mark.slow
def test_labelme_takes_the_options_that_it_is_given():
    command = [sys.executable, "-m", "labelme", "--help"]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "--output" in done.stdout


def test_the_list_keeps_its_width_while_a_folder_is_read(studio: Studio, tmp_path: Path):
    studio.window.resize(1280, 800)
    QApplication.processEvents()
    before = studio.window.docks.images.width()

    studio.open(make_folder(tmp_path / "photographs", tuple(f"{n}.jpg" for n in range(30))))
    QApplication.processEvents()

    assert studio.window.docks.images.width() == before
