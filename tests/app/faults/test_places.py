"""Folders that vanish, cannot be written, or are full: edits are kept, and the user chooses."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.panels.recovery import RecoveryDialog
from app.saving import RETRY_MS, SaveState
from tests.app.studio import Studio, boxes_of
from tinaface import atomic, journal, labelme
from tinaface.review_folder import review_folders

MINE = [[11, 10], [31, 40]]


@pytest.fixture(autouse=True)
def users_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def protect(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Makes a path read-only for the program; the superuser, who may run this, may write all."""

    def protect(path: Path) -> None:
        may = os.access

        def access(place: str | Path, mode: int, **more: bool) -> bool:
            return not (mode & os.W_OK and Path(place) == path) and may(place, mode, **more)

        monkeypatch.setattr(os, "access", access)

    return protect


def move_box(studio: Studio) -> None:
    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Right)


def told(studio: Studio) -> list[str]:
    return [posted.message.what for posted in studio.session.messages.posted]


def choose(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))


def test_f20_a_read_only_folder_is_edited_in_another_one(
    studio: Studio,
    folder: Path,
    tmp_path: Path,
    protect: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
):
    protect(folder)
    original = (folder / "a.json").read_bytes()
    (tmp_path / "mine").mkdir()
    choose(monkeypatch, tmp_path / "mine")
    studio.open(folder)
    assert told(studio) == ["photographs is read-only"]
    assert not studio.session.can_edit
    assert studio.window.top_bar._lock.isVisible()

    studio.session.messages.posted[0].message.offers[0].call()
    studio.until(lambda: studio.session.can_edit)
    studio.settle()
    move_box(studio)
    studio.session.save_now()
    studio.saved()

    assert boxes_of(tmp_path / "mine" / "a.json") == [MINE]
    assert labelme.read(tmp_path / "mine" / "a.json").image_path == "../photographs/a.jpg"
    assert (folder / "a.json").read_bytes() == original
    assert not (folder / ".review").exists()


def test_f20_the_other_folder_is_remembered(
    studio: Studio,
    folder: Path,
    tmp_path: Path,
    protect: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
):
    protect(folder)
    (tmp_path / "mine").mkdir()
    choose(monkeypatch, tmp_path / "mine")
    studio.open(folder)
    studio.window.actions_.action("file.labels-folder").trigger()
    studio.until(lambda: studio.session.can_edit)
    studio.settle()
    move_box(studio)
    studio.session.close_folder()

    studio.open(folder)

    assert studio.session.document is not None
    assert studio.session.document.gt_boxes.tolist() == [[11, 10, 31, 40]]
    assert told(studio) == [f"Labels of photographs are saved in {tmp_path / 'mine'}"]


def test_f20_a_write_protected_label_file_is_locked(
    studio: Studio, folder: Path, protect: Callable[[Path], None]
):
    protect(folder / "a.json")

    studio.open(folder)

    assert not studio.session.can_edit
    studio.key(Qt.Key.Key_D)
    studio.settle()
    assert studio.session.can_edit


def test_f19_edits_in_a_folder_that_vanished_are_journalled_in_the_users_own(
    studio: Studio, folder: Path, tmp_path: Path
):
    studio.open(folder)
    shutil.move(folder, tmp_path / "elsewhere")
    move_box(studio)
    studio.session.save_now()
    studio.until(lambda: bool(told(studio)))

    assert not folder.exists()  # a mount point must not be filled
    assert studio.session.files.total == 3
    (file,) = journal.journals(review_folders(folder))
    shutil.move(tmp_path / "elsewhere", folder)
    (lost,) = journal.read(file).unsaved(folder)
    assert lost.edits == 1

    studio.session.messages.posted[-1].message.offers[0].call()
    studio.saved()
    assert boxes_of(folder / "a.json") == [MINE]
    assert not told(studio)


def test_f19_a_folder_that_vanished_while_it_is_looked_at_is_told_and_its_list_stays_grey(
    studio: Studio, folder: Path, tmp_path: Path
):
    studio.open(folder)
    files, view = studio.session.files, studio.window.files.view
    before = view.grab().toImage()
    shutil.move(folder, tmp_path / "elsewhere")

    studio.session.go_to("b.jpg")
    studio.until(lambda: files.is_gone)
    studio.window.actions_.action("file.rescan").trigger()
    studio.settle()

    assert told(studio) == ["photographs is not there any more"]
    assert files.total == 3
    texts = {studio.theme.scheme.text: False, studio.theme.scheme.muted: True}
    row = view.visualRect(files.index(2))
    for colour, is_expected in texts.items():
        grabbed = view.grab(row).toImage()
        pixels = {
            grabbed.pixelColor(x, y).name()
            for x in range(grabbed.width())
            for y in range(grabbed.height())
        }
        assert (QColor(colour).name() in pixels) is is_expected

    shutil.move(tmp_path / "elsewhere", folder)
    studio.session.messages.posted[0].message.offers[0].call()
    studio.until(lambda: not files.is_gone)
    studio.settle()
    assert not told(studio)
    assert studio.session.document is not None
    studio.session.go_to("a.jpg")
    studio.settle()
    assert view.grab(row).toImage() == before.copy(row)


def test_f19_a_vanished_folder_is_noticed_from_an_unreadable_image(
    studio: Studio, folder: Path, tmp_path: Path
):
    (folder / "b.jpg").write_bytes(b"no picture")
    studio.open(folder)
    studio.session.go_to("b.jpg")
    studio.settle()
    shutil.move(folder, tmp_path / "elsewhere")

    studio.session.go_to("c.jpg")
    studio.until(lambda: studio.session.files.is_gone)
    shutil.move(tmp_path / "elsewhere", folder)
    studio.until(lambda: studio.session.document is not None)

    assert studio.session.shown is not None
    assert studio.session.shown.name == "c.jpg"


def test_f19_a_folder_that_is_back_by_itself_is_noticed_and_saved_to(
    studio: Studio, folder: Path, tmp_path: Path
):
    studio.open(folder)
    shutil.move(folder, tmp_path / "elsewhere")
    move_box(studio)
    studio.session.save_now()
    studio.until(lambda: studio.session.files.is_gone)

    shutil.move(tmp_path / "elsewhere", folder)
    studio.saved()

    assert boxes_of(folder / "a.json") == [MINE]
    studio.until(lambda: not studio.session.files.is_gone)
    assert not told(studio)


def test_f19_edits_of_a_vanished_folder_are_saved_to_another(
    studio: Studio, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    studio.open(folder)
    move_box(studio)
    shutil.rmtree(folder)
    studio.session.save_now()
    studio.until(lambda: bool(told(studio)))
    (tmp_path / "rescue").mkdir()
    choose(monkeypatch, tmp_path / "rescue")

    studio.session.messages.posted[-1].message.offers[1].call()
    studio.saved()

    assert boxes_of(tmp_path / "rescue" / "a.json") == [MINE]
    assert not folder.exists()


def test_f21_a_full_disk_leaves_the_old_file_and_is_tried_again_by_itself(
    studio: Studio, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    original = (folder / "a.json").read_bytes()
    real = atomic.replace_file

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(labelme, "replace_file", full)
    studio.open(folder)
    move_box(studio)
    studio.session.save_now()
    saver = studio.session.labels.saver
    studio.until(lambda: saver.state is SaveState.FAILED)
    assert (folder / "a.json").read_bytes() == original
    assert "No space left" in studio.window.top_bar.saved.toolTip()
    assert saver._retry.isActive()
    assert saver._retry.interval() == RETRY_MS == 10_000

    monkeypatch.setattr(labelme, "replace_file", real)
    saver._retry.timeout.emit()
    studio.saved()

    assert boxes_of(folder / "a.json") == [MINE]
    assert not told(studio)


def test_f21_a_file_whose_old_content_cannot_be_kept_is_not_replaced(
    studio: Studio, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    from tinaface import backups

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "replace_file", full)
    studio.open(folder)
    move_box(studio)
    studio.session.save_now()
    studio.until(lambda: bool(told(studio)))

    assert boxes_of(folder / "a.json") == [[[10, 10], [30, 40]]]
    monkeypatch.undo()
    studio.session.save_now()
    studio.saved()


def test_f21_a_folder_closed_with_unsaved_edits_offers_them_when_it_is_opened_again(
    studio: Studio, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    studio.open(folder)
    monkeypatch.setattr(labelme, "replace_file", full)
    move_box(studio)
    assert studio.session.close_folder()
    monkeypatch.undo()

    studio.open(folder)
    dialogs = lambda: studio.window.findChildren(RecoveryDialog)  # noqa: E731
    studio.until(lambda: bool(dialogs()))
    dialogs()[0].accept()
    studio.until(lambda: not journal.journals([folder / ".review"]))
    studio.settle()

    assert boxes_of(folder / "a.json") == [MINE]


def test_f49_a_window_that_cannot_save_closes_and_the_next_one_has_the_edits(
    qtbot: QtBot, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    first = Studio(qtbot, tmp_path)
    first.open(folder)
    move_box(first)
    monkeypatch.setattr(labelme, "replace_file", full)
    first.close()

    (file,) = journal.journals([folder / ".review"])
    (lost,) = journal.read(file).unsaved(folder)
    assert [shape.box.tolist() for shape in lost.document.shapes] == [[11, 10, 31, 40]]
