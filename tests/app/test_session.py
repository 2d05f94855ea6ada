"""Opening, leafing, and what stays when one looks elsewhere."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app import images, labels, predictions
from app.models.files import Sign
from app.session import Session
from app.settings import Settings
from tests.app.studio import boxes_of, make_folder, write_label
from tinaface import labelme
from tinaface.predictions import PredictionStore, Record

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


@pytest.fixture
def session(qapp, tmp_path: Path) -> Iterator[Session]:
    made = Session(Settings(tmp_path / "settings.ini"))
    yield made
    made.close_folder()
    made.shut_down()


def settle(qtbot: QtBot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.is_quiet, timeout=10_000)


def opened(qtbot: QtBot, session: Session, path: Path) -> None:
    session.open(path)
    settle(qtbot, session)


def test_a_folder_opens_with_its_first_image(qtbot: QtBot, session: Session, tmp_path: Path):
    opened(qtbot, session, make_folder(tmp_path / "p", ("a10.jpg", "a2.jpg")))

    assert session.name == "a2.jpg"
    assert session.shown is not None
    assert session.shown.picture is not None
    assert session.shown.picture.size == (60, 80)


def test_an_image_opens_its_folder_at_that_image(qtbot: QtBot, session: Session, tmp_path: Path):
    folder = make_folder(tmp_path / "p")

    opened(qtbot, session, folder / "b.jpg")

    assert (session.root, session.name) == (folder, "b.jpg")
    assert session.files.total == 3


def test_a_label_file_opens_its_image(qtbot: QtBot, session: Session, tmp_path: Path):
    folder = make_folder(tmp_path / "p")
    label = write_label(folder / "c.json", [[1, 2, 20, 30]])

    opened(qtbot, session, label)

    assert session.name == "c.jpg"


def test_leafing_stops_at_the_ends(qtbot: QtBot, session: Session, tmp_path: Path):
    opened(qtbot, session, make_folder(tmp_path / "p"))

    session.go_by(-1)
    assert session.name == "a.jpg"
    session.go_by(10)
    assert session.name == "c.jpg"
    session.go_by(1)
    assert session.name == "c.jpg"


def test_the_neighbours_are_decoded_ahead(qtbot: QtBot, session: Session, tmp_path: Path):
    names = tuple(f"{number}.jpg" for number in range(6))
    folder = make_folder(tmp_path / "p", names)
    opened(qtbot, session, folder / "2.jpg")
    settle(qtbot, session)

    held = [name for name in names if session.pictures.holds(folder / name)]

    assert held == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]


def test_the_last_image_is_remembered_at_the_end_and_not_on_the_way(
    qtbot: QtBot, session: Session, tmp_path: Path
):
    opened(qtbot, session, make_folder(tmp_path / "p"))
    session.go_by(1)
    settle(qtbot, session)
    assert session.settings.last_image == ""

    session.finish()

    assert session.settings.last_image == "b.jpg"


def test_who_leafs_quickly_sees_the_last_image_only(qtbot: QtBot, session: Session, tmp_path: Path):
    opened(qtbot, session, make_folder(tmp_path / "p", tuple(f"{n}.jpg" for n in range(9))))
    shown: list[str] = []
    session.shown_changed.connect(
        lambda: shown.append(session.shown.name) if session.shown else None
    )

    for _ in range(8):
        session.go_by(1)
    settle(qtbot, session)

    assert shown[-1] == "8.jpg"
    assert session.shown is not None
    assert session.shown.name == session.name


def test_only_edited_documents_are_kept(
    qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(labels, "KEPT_DOCUMENTS", 5)
    names = tuple(f"{number:03}.jpg" for number in range(9))
    opened(qtbot, session, make_folder(tmp_path / "p", names))

    for number in range(len(names)):
        if number != 1:
            assert session.document is not None
            session.document.add_box(np.array([1.0, 2.0, 20.0, 30.0]))
        session.save_now()
        qtbot.waitUntil(lambda: not session.has_unsaved)
        session.go_by(1)
        settle(qtbot, session)

    kept = set(session.labels.saver.names())
    assert names[1] not in kept
    assert names[0] not in kept
    assert names[-1] in kept
    assert len(kept) == 5 + 1, "the last five that were left, and the current one"
    assert len(boxes_of(tmp_path / "p" / "000.json")) == 1


@pytest.mark.parametrize("has_labels", [False, True])
def test_labels_saved_while_they_are_read_are_not_taken_for_anothers(
    qtbot: QtBot,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_labels: bool,
):
    folder = make_folder(tmp_path / "p")
    if has_labels:
        write_label(folder / "a.json", [[10, 10, 30, 40]])
    opened(qtbot, session, folder)
    edited = session.document
    assert edited is not None
    edited.add_box(np.array([1.0, 2.0, 20.0, 30.0]))
    is_read, saver = threading.Event(), session.labels.saver
    before_write = session.keeping.before_write

    def wait_for_reader(*arguments: Any) -> None:
        assert is_read.wait(10)
        before_write(*arguments)

    def wait_for_writer(name: str) -> None:
        if name == "a.jpg":
            is_read.set()  # its labels are; what a model found is read last
        while name == "a.jpg" and saver.is_writing("a.jpg"):
            time.sleep(0.001)

    monkeypatch.setattr(session.keeping, "before_write", wait_for_reader)
    session.go_to("b.jpg")
    monkeypatch.setattr(session.predictions, "get", wait_for_writer)
    session.go_to("a.jpg")
    settle(qtbot, session)

    assert session.document is edited
    assert session.document.undo_stack.canUndo()
    assert len(boxes_of(folder / "a.json")) == 1 + has_labels
    assert not session.messages.posted


def test_labels_lie_in_the_labels_folder_where_there_is_one(
    qtbot: QtBot, session: Session, tmp_path: Path
):
    make_folder(tmp_path / "set", ("images/a.jpg",))
    (tmp_path / "set" / "labels").mkdir()
    opened(qtbot, session, tmp_path / "set")

    assert session.document is not None
    session.document.add_box(np.array([1.0, 2.0, 20.0, 30.0]))
    assert session.finish()

    assert boxes_of(tmp_path / "set" / "labels" / "a.json") == [[[1, 2], [20, 30]]]


def test_predictions_of_a_file_are_shown_whatever_folder_they_were_made_from(
    qtbot: QtBot, session: Session, tmp_path: Path
):
    folder = make_folder(tmp_path / "p", ("images/a.jpg", "images/b.jpg"))
    lines = tmp_path / "found.jsonl"
    lines.write_text(
        '{"image": "a.jpg", "width": 80, "height": 60, "boxes": [[1, 2, 20, 30]], '
        '"scores": [0.7], "error": null}\n'
    )
    session.predictions.given = lines

    opened(qtbot, session, folder)

    assert session.document is not None
    assert session.document.predictions.xyxy.tolist() == [[1, 2, 20, 30]]


def test_f19_a_folder_that_is_gone_is_told(qtbot: QtBot, session: Session, tmp_path: Path):
    session.open_folder(tmp_path / "gone")
    settle(qtbot, session)

    assert "gone" in session.messages.posted[0].message.what


def test_f10_two_images_with_one_label_file_are_locked_and_told(
    qtbot: QtBot, session: Session, tmp_path: Path
):
    folder = make_folder(tmp_path / "p", ("a.jpg", "a.png"))
    write_label(folder / "a.json", [[1, 2, 20, 30]])

    opened(qtbot, session, folder)

    assert not session.can_edit
    assert "a.json" in session.messages.posted[0].message.what


def test_a_wrong_size_in_the_label_file_is_a_sign_in_the_list(
    qtbot: QtBot, session: Session, tmp_path: Path
):
    folder = make_folder(tmp_path / "p", ("a.jpg",))
    label = write_label(folder / "a.json", [[1, 2, 20, 30]])
    label.write_text(label.read_text().replace('"imageWidth": 80', '"imageWidth": 81'))

    opened(qtbot, session, folder)

    tooltip = session.files.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert "81 x 60" in tooltip
    assert session.can_edit


def test_f49_edits_that_cannot_be_saved_keep_the_folder_open(
    qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    first = make_folder(tmp_path / "first")
    opened(qtbot, session, first)
    assert session.document is not None
    session.document.add_box(np.array([1.0, 2.0, 20.0, 30.0]))
    monkeypatch.setattr(labelme, "replace_file", full)

    session.open(make_folder(tmp_path / "second"))

    assert session.root == first
    assert len(session.document.gt_boxes) == 1
    monkeypatch.undo()
    opened(qtbot, session, tmp_path / "second")
    assert session.root == tmp_path / "second"
    assert len(boxes_of(first / "a.json")) == 1


def test_ending_waits_for_the_picture_that_is_being_decoded(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    decode, entered, gate = images.decode, threading.Event(), threading.Event()

    def slow(path: Path) -> images.Picture:
        entered.set()
        gate.wait(5)
        return decode(path)

    monkeypatch.setattr(images, "decode", slow)
    session = Session(Settings(tmp_path / "settings.ini"))
    session.open(make_folder(tmp_path / "p"))
    qtbot.waitUntil(entered.is_set)
    threading.Timer(0.2, gate.set).start()

    session.shut_down()

    assert session.has_ended
    assert not [one for one in threading.enumerate() if one.name.startswith("reader")]


def test_predictions_that_come_after_the_picture_are_shown(
    qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = make_folder(tmp_path / "p")
    store = PredictionStore(folder, "0123456789ab")
    store.append(Record("a.jpg", 80, 60, np.array([[1, 2, 20, 30]]), np.array([0.9])))
    load, gate = predictions._load, threading.Event()

    def late(*arguments):
        gate.wait(5)
        return load(*arguments)

    monkeypatch.setattr(predictions, "_load", late)
    session.open(folder)
    qtbot.waitUntil(lambda: session.document is not None)
    assert len(session.document.predictions) == 0

    gate.set()
    settle(qtbot, session)

    assert session.document.predictions.xyxy.tolist() == [[1, 2, 20, 30]]
    assert session.files.has_sign("a.jpg", Sign.PREDICTIONS)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_f37_names_that_are_no_text_are_opened_edited_and_saved(
    qtbot: QtBot, session: Session, tmp_path: Path
):
    folder = make_folder(tmp_path / "p", ("ok.jpg",))
    odd = [
        b"\xff\xfe.jpg",
        "ünï 🙂\nnew line.jpg".encode(),
        "مرحبا.jpg".encode(),
        b"a" * 240 + b".jpg",
    ]
    for name in odd:
        os.rename(folder / "ok.jpg", os.fsencode(folder) + b"/" + name)
        make_folder(folder, ("ok.jpg",))
    opened(qtbot, session, folder)

    for row in range(session.files.rowCount()):
        session.go_to_row(row)
        settle(qtbot, session)
        assert session.document is not None, session.name
        session.document.add_box(np.array([1.0, 2.0, 20.0, 30.0]))
        assert session.files.index(row).data()
    assert session.finish()

    labels = [name for name in os.listdir(os.fsencode(folder)) if name.endswith(b".json")]
    assert sorted(labels) == sorted([name[:-4] + b".json" for name in [*odd, b"ok.jpg"]])
