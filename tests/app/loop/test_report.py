"""The session report counts what was done, takes it back, and lies beside the journal."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.panels.report import ReportDialog
from tests.app.loop.dataset import one_of_each
from tests.app.studio import Studio
from tinaface.verdicts import Verdicts

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return one_of_each(tmp_path / "set")


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, folder: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    made.session.settings.reduce_motion = True
    made.open(folder)
    yield made
    made.close()


def report(studio: Studio):
    return studio.session.loop.report


def go_to(studio: Studio, name: str) -> None:
    studio.session.go_to(name)
    studio.settle()


def test_edits_and_verdicts_are_counted_by_image(studio: Studio):
    studio.session.document.select([0])
    studio.session.document.nudge(2, 0)
    go_to(studio, "b.jpg")
    studio.session.document.select([1])
    studio.key(Qt.Key.Key_R)
    studio.settle()

    first, second = report(studio).lines()

    assert (first.image, first.tally.moved, first.verdicts) == ("a.jpg", 1, 0)
    assert (second.image, second.tally.removed, second.verdicts) == ("b.jpg", 1, 1)
    assert "2 images changed" in report(studio).summary()


def test_what_is_undone_leaves_no_line(studio: Studio):
    studio.session.document.select([0])
    studio.session.document.nudge(2, 0)

    studio.key(Qt.Key.Key_Z, CTRL)

    assert report(studio).lines() == []


def test_a_line_can_be_reverted_from_another_image(studio: Studio, folder: Path):
    before = (folder / "b.json").read_bytes()
    go_to(studio, "b.jpg")
    studio.session.document.select([1])
    studio.key(Qt.Key.Key_R)
    studio.settle()
    go_to(studio, "c.jpg")
    dialog = ReportDialog(report(studio), studio.window)
    dialog.open()

    QTest.mouseClick(dialog.revert, Qt.MouseButton.LeftButton)
    studio.settle()
    studio.saved()
    studio.settle()

    assert studio.session.name == "b.jpg"
    assert (folder / "b.json").read_bytes() == before
    assert list(Verdicts(folder)) == []
    assert dialog.table.rowCount() == 0
    dialog.close()


def test_the_report_is_saved_as_text(studio: Studio, folder: Path):
    studio.session.document.select([0])
    studio.key(Qt.Key.Key_Delete)

    studio.session.finish()

    (path,) = (folder / ".review").glob("session-*.txt")
    assert "a.jpg: 0 added, 1 removed" in path.read_text("utf-8")


def test_a_session_without_edits_leaves_no_report(studio: Studio, folder: Path):
    studio.key(Qt.Key.Key_D)
    studio.settle()

    studio.session.finish()

    assert not list(folder.glob(".review/session-*.txt"))


def test_another_folder_begins_another_report(studio: Studio, tmp_path: Path, folder: Path):
    studio.session.document.select([0])
    studio.key(Qt.Key.Key_Delete)
    studio.saved()

    studio.open(one_of_each(tmp_path / "other"))
    studio.session.finish()

    assert report(studio).lines() == []
    (path,) = (folder / ".review").glob("session-*.txt")
    assert path.read_text("utf-8").startswith(str(folder))
    assert not list((tmp_path / "other" / ".review").glob("session-*.txt"))


def test_a_letter_of_ctrl_e_sets_an_attribute(studio: Studio):
    from app.panels.attributes import AttributesDialog

    studio.session.document.select([0])
    studio.key(Qt.Key.Key_E, CTRL)
    (dialog,) = studio.window.findChildren(AttributesDialog)

    QTest.keyClick(dialog, Qt.Key.Key_O)
    QTest.keyClick(dialog, Qt.Key.Key_B)
    QTest.keyClick(dialog, Qt.Key.Key_B)
    QTest.keyClick(dialog, Qt.Key.Key_L)
    QTest.keyClicks(dialog.label, "Face 2")
    QTest.keyClick(dialog.label, Qt.Key.Key_Return)

    document = studio.session.document
    assert document.shape(0).flags == {"occlusion": True, "blur": False}
    assert document.labels == ["Face 2"]
    document.undo_stack.undo()
    assert document.labels == ["face"]


def test_after_enough_verdicts_training_is_offered(studio: Studio):
    studio.session.settings.train_after = 2

    for _ in range(3):
        studio.key(Qt.Key.Key_F)
        studio.settle()
        studio.key(Qt.Key.Key_E)
        studio.settle()

    posted = [one.message for one in studio.session.messages.posted]
    (offer,) = [one for one in posted if "verdicts given" in one.what]
    assert offer.offers[0].text == "Train on what you fixed"
    offer.offers[0].call()
    assert studio.session.page.id == "train"


def test_verdicts_a_minute_are_told(studio: Studio, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(report(studio), "_clock", lambda: now[0])
    studio.open(studio.session.root)
    for number in range(3):
        studio.key(Qt.Key.Key_F)
        studio.settle()
        now[0] = 30.0 * (number + 1)
        studio.key(Qt.Key.Key_E)
        studio.settle()

    assert report(studio).seconds == 90
    assert "3 verdicts in 1.5 minutes, 2.0 a minute" in report(studio).summary()
