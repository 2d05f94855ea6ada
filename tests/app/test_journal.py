"""At whatever moment a process is killed, its journal knows a label file that it wrote itself."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app import journal as app_journal
from app.document import Document
from app.journal import Journal
from tests.app.studio import write_label
from tinaface import journal, labelme
from tinaface.journal import Unsaved


@pytest.fixture
def journalled(qapp) -> Iterator[Journal]:
    made = Journal()
    yield made
    made.end(5.0)
    made.close()


@pytest.fixture
def document(journalled: Journal, tmp_path: Path) -> Document:
    path = write_label(tmp_path / "a.json", [[10, 10, 30, 40]])
    made = Document(labelme.read(path), path, (60, 80))
    journalled.follow("a.jpg", made)
    return made


def add(document: Document) -> None:
    document.add_box(np.array([1.0, 2.0, 20.0, 30.0]))


def text(document: Document) -> bytes:
    return document.labelme.to_text().encode()


def edit(qtbot: QtBot, journalled: Journal, document: Document) -> None:
    """Adds a box and waits until the journal has it."""
    add(document)
    qtbot.waitUntil(lambda: journalled.holds_all)


def found_after(lines: list[bytes], root: Path) -> list[Unsaved]:
    """What a start finds after a kill that left so much of the journal."""
    path = root / "journal-killed.jsonl"
    path.write_bytes(b"".join(lines))
    return list(journal.read(path).unsaved(root))


def lines_of(root: Path) -> list[bytes]:
    (path,) = journal.journals([root / ".review"])
    return path.read_bytes().splitlines(keepends=True)


def test_a_file_saved_before_its_first_record_is_known_after_each(
    qtbot: QtBot, journalled: Journal, document: Document, tmp_path: Path
):
    # As where the journal's disk is slow: it has no folder before the file is written.
    add(document)
    journalled.saving("a.jpg", 1, text(document))
    document.label_path.write_bytes(text(document))
    journalled.begin(tmp_path)
    edit(qtbot, journalled, document)

    lines = lines_of(tmp_path)
    found = [found_after(lines[:count], tmp_path) for count in range(1, len(lines) + 1)]
    assert not [one for ones in found for one in ones if one.is_changed_since]
    assert [one.edits for one in found[-1]] == [1]


def test_a_new_journal_knows_what_is_on_disk_while_the_next_save_is_under_way(
    qtbot: QtBot,
    journalled: Journal,
    document: Document,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    journalled.begin(tmp_path)
    edit(qtbot, journalled, document)
    journalled.saving("a.jpg", 1, text(document))
    document.label_path.write_bytes(text(document))
    journalled.saved("a.jpg", 1)
    edit(qtbot, journalled, document)
    journalled.saving("a.jpg", 2, text(document))

    monkeypatch.setattr(app_journal, "LARGEST_BYTES", 0)
    edit(qtbot, journalled, document)

    (one,) = found_after(lines_of(tmp_path), tmp_path)
    assert (one.edits, one.is_changed_since) == (2, False)


def test_labels_that_go_to_another_folder_have_no_file_there_yet(
    qtbot: QtBot, journalled: Journal, document: Document, tmp_path: Path
):
    journalled.begin(tmp_path)
    edit(qtbot, journalled, document)

    journalled.moved("a.jpg", tmp_path / "elsewhere" / "a.json")
    edit(qtbot, journalled, document)

    (one,) = found_after(lines_of(tmp_path), tmp_path)
    assert (one.edits, one.is_changed_since) == (2, False)
