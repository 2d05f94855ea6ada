"""Nothing is deleted for good: label files and images go to a trash and come back from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app import trash
from app.models.files import Sign
from tests.app.studio import Studio, boxes_of, make_folder, write_label
from tinaface import journal


class NoTrash:
    """A file of a system that has no trash."""

    def __init__(self, path: str) -> None:
        self.path = path

    def moveToTrash(self) -> bool:
        return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = make_folder(tmp_path / "photographs")
    write_label(made / "a.json", [[10, 10, 30, 40]])
    return made


@pytest.fixture
def studio(
    qtbot: QtBot, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Studio]:
    """A window on a machine without a trash of its own, so that nobody's is filled."""
    monkeypatch.setattr(trash, "QFile", NoTrash)
    made = Studio(qtbot, tmp_path)
    made.open(folder)
    yield made
    made.close()


def trashed(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / ".review" / "trash").glob("*"))


def test_ctrl_delete_puts_the_label_file_into_the_trash_and_undo_writes_it_again(
    studio: Studio, folder: Path
):
    original = (folder / "a.json").read_bytes()

    studio.key(Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    studio.saved()

    assert not (folder / "a.json").exists()
    assert (folder / ".review" / "trash" / "a.json").read_bytes() == original
    assert not studio.session.files.has_sign("a.jpg", Sign.LABELS)
    assert studio.session.document is not None
    assert not len(studio.session.document.gt_boxes)

    studio.window.actions_.action("edit.undo").trigger()
    studio.session.save_now()
    studio.saved()

    assert (folder / "a.json").read_bytes() == original
    assert studio.session.files.has_sign("a.jpg", Sign.LABELS)


def test_a_box_drawn_afterwards_makes_a_new_label_file(studio: Studio, folder: Path):
    studio.key(Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    studio.saved()

    studio.key(Qt.Key.Key_W)
    studio.drag((50, 10), (70, 30))
    studio.session.save_now()
    studio.saved()

    assert len(boxes_of(folder / "a.json")) == 1


def test_a_deleted_label_file_is_nothing_to_recover(studio: Studio, folder: Path):
    studio.key(Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    studio.saved()

    studio.until(lambda: len(journal.journals([folder / ".review"])) == 1)
    (file,) = journal.journals([folder / ".review"])
    assert not list(journal.read(file).unsaved(folder))


def test_a_label_file_that_another_program_changed_is_not_thrown_away(studio: Studio, folder: Path):
    write_label(folder / "a.json", [[1, 1, 5, 5]])

    studio.key(Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    studio.until(lambda: bool(studio.session.messages.posted))

    assert boxes_of(folder / "a.json") == [[[1, 1], [5, 5]]]
    assert not trashed(folder)
    studio.window.actions_.action("edit.undo").trigger()
    studio.session.look_again()
    studio.settle()


def test_an_image_goes_with_its_labels_and_both_come_back(studio: Studio, folder: Path):
    studio.window.actions_.action("file.delete-image").trigger()
    studio.until(lambda: studio.session.name == "b.jpg")
    studio.settle()
    assert studio.session.files.total == 2
    assert trashed(folder) == ["a.jpg", "a.json"]

    (offer,) = studio.session.messages.posted[-1].message.offers
    offer.call()
    studio.until(lambda: studio.session.name == "a.jpg")
    studio.settle()

    assert studio.session.files.total == 3
    assert boxes_of(folder / "a.json") == [[[10, 10], [30, 40]]]


def test_edits_of_an_image_that_is_thrown_away_stay_as_a_copy(studio: Studio, folder: Path):
    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Right)

    studio.window.actions_.action("file.delete-image").trigger()
    studio.until(lambda: studio.session.name == "b.jpg")
    studio.settle()

    (copy,) = (folder / ".review" / "backup").rglob("a.json")
    assert boxes_of(copy) == [[[11, 10], [31, 40]]]


def test_a_read_only_session_deletes_nothing(qtbot: QtBot, folder: Path, tmp_path: Path):
    from app.command_line import Options

    options = Options(read_only=True, settings=tmp_path / "settings.ini")
    studio = Studio(qtbot, tmp_path, options=options)
    studio.open(folder)

    studio.window.actions_.action("file.delete-image").trigger()
    studio.key(Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    studio.settle()

    assert (folder / "a.jpg").exists()
    assert (folder / "a.json").exists()
    studio.close()


def test_two_files_of_one_name_have_room_in_the_trash(studio: Studio, folder: Path):
    for _ in range(2):
        (folder / "x.jpg").write_bytes(b"x")
        trash.to_trash(folder / "x.jpg", folder / ".review" / "trash")

    assert trashed(folder) == ["x-2.jpg", "x.jpg"]
