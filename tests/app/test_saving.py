"""Labels reach the disk once, in order, and never over another program's work."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.document import Document
from app.images import stamp
from app.safekeeping import Safekeeping
from app.saving import FileChangedError, Saver, SaveState
from tests.app.studio import boxes_of, write_label
from tinaface import labelme


@pytest.fixture
def saver(qapp) -> Iterator[Saver]:
    keeping = Safekeeping()
    made = Saver(keeping)
    yield made
    made.close()
    keeping.close()


@pytest.fixture
def document(tmp_path: Path, saver: Saver) -> Document:
    path = write_label(tmp_path / "a.json", [[10, 10, 30, 40]])
    made = Document(labelme.read(path), path, (60, 80))
    saver.watch("a.jpg", made, stamp(path))
    return made


def add(document: Document, *box: float) -> None:
    import numpy as np

    document.add_box(np.array(box, float))


def test_an_edit_is_on_disk_after_a_pause(qtbot: QtBot, saver: Saver, document: Document):
    add(document, 1, 2, 20, 30)
    assert saver.state is SaveState.WAITING

    qtbot.waitUntil(lambda: saver.all_saved)

    assert boxes_of(document.label_path)[1] == [[1, 2], [20, 30]]


def test_an_edit_during_a_write_is_written_afterwards(
    qtbot: QtBot, saver: Saver, document: Document
):
    add(document, 1, 2, 20, 30)
    saver.save_all()
    add(document, 2, 3, 21, 31)
    assert saver.state is SaveState.SAVING

    assert not saver.finish(0.0)
    qtbot.waitUntil(lambda: saver.all_saved)

    assert len(boxes_of(document.label_path)) == 3


def test_undo_back_to_the_file_needs_no_write(qtbot: QtBot, saver: Saver, document: Document):
    before = stamp(document.label_path)

    add(document, 1, 2, 20, 30)
    document.undo_stack.undo()
    saver.save_all()

    assert saver.all_saved
    assert stamp(document.label_path) == before


def test_undo_after_a_save_is_written_too(qtbot: QtBot, saver: Saver, document: Document):
    original = document.label_path.read_bytes()
    add(document, 1, 2, 20, 30)
    saver.finish(5.0)

    document.undo_stack.undo()
    saver.finish(5.0)

    assert document.label_path.read_bytes() == original


def test_an_undo_during_a_write_is_written_afterwards(
    qtbot: QtBot, saver: Saver, document: Document
):
    original = document.label_path.read_bytes()
    add(document, 1, 2, 20, 30)
    saver.save_all()
    document.undo_stack.undo()

    qtbot.waitUntil(lambda: saver.all_saved and not saver.is_writing("a.jpg"))

    assert document.label_path.read_bytes() == original


def test_an_image_nobody_labelled_gets_no_empty_file(qtbot: QtBot, saver: Saver, tmp_path: Path):
    path = tmp_path / "new.json"
    document = Document(labelme.new("new.jpg", 60, 80), path, (60, 80))
    saver.watch("new.jpg", document, None)

    add(document, 1, 2, 20, 30)
    document.undo_stack.undo()
    add(document, 1, 2, 20, 30)
    document.undo_stack.undo()
    saver.finish(5.0)

    assert not path.exists()


def test_another_programs_file_is_left_alone_until_the_user_decides(
    qtbot: QtBot, saver: Saver, document: Document
):
    add(document, 1, 2, 20, 30)
    write_label(document.label_path, [[5, 5, 6, 6]])

    with qtbot.waitSignal(saver.failed) as caught:
        saver.save_all()
    assert isinstance(caught.args[1], FileChangedError)
    saver.save_all()
    assert boxes_of(document.label_path) == [[[5, 5], [6, 6]]]

    saver.overwrite("a.jpg")
    qtbot.waitUntil(lambda: saver.all_saved)
    assert len(boxes_of(document.label_path)) == 2


def test_a_touched_file_with_the_same_content_is_no_conflict(
    qtbot: QtBot, saver: Saver, document: Document
):
    add(document, 1, 2, 20, 30)
    os.utime(document.label_path, ns=(1, 1))

    assert saver.finish(5.0)

    assert len(boxes_of(document.label_path)) == 2


def test_what_cannot_be_written_is_told_and_tried_again(
    qtbot: QtBot, saver: Saver, document: Document, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    add(document, 1, 2, 20, 30)
    monkeypatch.setattr(labelme, "replace_file", full)
    with qtbot.waitSignal(saver.failed):
        saver.save_all()
    assert saver.state is SaveState.FAILED
    assert saver.fault is not None
    assert "No space left" in saver.fault.why
    assert len(boxes_of(document.label_path)) == 1

    monkeypatch.undo()
    assert saver.finish(5.0)

    assert len(boxes_of(document.label_path)) == 2
    assert saver.fault is None


def test_keys_the_program_does_not_know_survive_an_edit(qtbot: QtBot, saver: Saver, tmp_path: Path):
    path = write_label(tmp_path / "b.json", [[10, 10, 30, 40]])
    content = json.loads(path.read_text())
    content["reviewer"] = {"name": "ann"}
    path.write_text(json.dumps(content))
    document = Document(labelme.read(path), path, (60, 80))
    saver.watch("b.jpg", document, stamp(path))

    add(document, 1, 2, 20, 30)
    saver.finish(5.0)

    assert json.loads(path.read_text())["reviewer"] == {"name": "ann"}
