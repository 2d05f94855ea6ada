"""Undo has no end, outlives the look at other images, and does not eat the memory."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.labels import KEPT_DOCUMENTS
from app.session import Session
from app.settings import Settings
from tests.app.documents import document_of
from tests.app.studio import Studio, boxes_of, make_folder, write_label
from tinaface import labelme

MIB = 2**20
EDITS = 10_000


def test_ten_thousand_edits_are_all_undone_to_the_byte_within_16_mib(qapp):
    document = document_of([[10, 10, 30, 30], [50, 50, 60, 60]])
    before = document.labelme.to_text()
    tracemalloc.start()
    start, _ = tracemalloc.get_traced_memory()
    for number in range(EDITS):
        document.set_boxes([number % 2], np.array([[number % 90, 5, number % 90 + 9, 40.0]]))
    grown = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    assert document.undo_stack.count() == EDITS
    assert grown < 16 * MIB

    while document.undo_stack.canUndo():
        document.undo_stack.undo()

    assert document.labelme.to_text() == before
    assert not document.is_modified


def test_the_stacks_of_the_last_50_images_are_kept_after_saving(qtbot: QtBot, tmp_path: Path):
    names = tuple(f"{number:02d}.jpg" for number in range(KEPT_DOCUMENTS + 2))
    folder = make_folder(tmp_path / "p", names)
    studio = Studio(qtbot, tmp_path)
    studio.open(folder)
    for _ in names:
        assert studio.session.document is not None
        studio.session.document.add_box(np.array([1.0, 2, 20, 30]))
        studio.session.save_now()
        studio.saved()
        studio.key(Qt.Key.Key_D)
        studio.settle()

    studio.session.go_to(names[2])
    studio.settle()
    assert studio.session.document is not None
    assert studio.session.document.undo_stack.canUndo()
    studio.window.actions_.action("edit.undo").trigger()
    studio.saved()
    assert boxes_of(folder / "02.json") == []

    studio.session.go_to(names[0])
    studio.settle()
    assert not studio.session.document.undo_stack.canUndo()
    studio.close()


def test_images_that_are_not_saved_keep_their_stacks_however_many(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    names = tuple(f"{number:02d}.jpg" for number in range(KEPT_DOCUMENTS + 5))
    folder = make_folder(tmp_path / "p", names)
    session = Session(Settings(tmp_path / "settings.ini"))
    session.open(folder)
    qtbot.waitUntil(lambda: session.is_quiet)
    monkeypatch.setattr(labelme, "replace_file", full)
    for name in names:
        session.go_to(name)
        qtbot.waitUntil(lambda: session.is_quiet)
        assert session.document is not None
        session.document.add_box(np.array([1.0, 2, 20, 30]))

    session.go_to(names[0])
    qtbot.waitUntil(lambda: session.is_quiet)

    assert session.document is not None
    assert session.document.undo_stack.canUndo()
    monkeypatch.undo()
    assert session.finish()
    assert len(list(folder.glob("*.json"))) == len(names)
    session.shut_down()


def test_saving_does_not_clear_undo(qtbot: QtBot, tmp_path: Path):
    folder = make_folder(tmp_path / "p")
    path = write_label(folder / "a.json", [[10, 10, 30, 40]])
    original = path.read_bytes()
    studio = Studio(qtbot, tmp_path)
    studio.open(folder)
    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Right)
    studio.session.save_now()
    studio.saved()

    studio.window.actions_.action("edit.undo").trigger()
    studio.session.save_now()
    studio.saved()

    assert path.read_bytes() == original
    studio.close()
