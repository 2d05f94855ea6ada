"""Killed with -9 at any moment, the program has lost nothing that it had told to be done."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.panels.recovery import RecoveryDialog
from tests.app.studio import Studio, make_folder, write_label
from tinaface import journal, labelme
from tinaface.recovery import recover

ROOT = Path(__file__).parents[3]
ROUNDS = 8
NAMES = ("a.jpg", "b.jpg", "c.jpg")

Boxes = list[list[float]]


class Told:
    """What a killed process had told: the boxes of each image, and the edit it was at."""

    def __init__(self) -> None:
        self.boxes: dict[str, Boxes] = {}
        self.began: str | None = None

    def take(self, line: str) -> None:
        if not line.endswith("\n"):
            return  # the kill cut it
        kind, *words = json.loads(line)
        if kind == "begins":
            self.began = words[0]
        elif kind == "done":
            self.boxes[words[0]] = words[1]
            self.began = None


def edit_until_killed(folder: Path, seed: int, edits: int) -> Told:
    """Lets a process edit the folder and kills it after so many edits."""
    told = Told()
    arguments = [sys.executable, "-m", "tests.app.faults.editing_child", str(folder), str(seed)]
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environ
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == '["ready"]\n'
        for _ in range(2 * edits):
            told.take(child.stdout.readline())
        child.kill()
        for line in child.stdout:  # what it told before it died
            told.take(line)
    return told


def boxes_of(folder: Path, name: str) -> Boxes:
    """The boxes in a label file that must be whole."""
    shapes = labelme.read(folder / Path(name).with_suffix(".json")).shapes
    return [shape.box.tolist() for shape in shapes if shape.box is not None]


def differences(one: Boxes, other: Boxes) -> int:
    return sum(box not in other for box in one) + sum(box not in one for box in other)


def assert_nothing_is_lost(folder: Path, told: Told) -> None:
    for name, boxes in told.boxes.items():
        found = boxes_of(folder, name)
        if name == told.began:  # the edit under way may be there: a move takes one and gives one
            assert differences(found, boxes) <= 2
        else:
            assert found == boxes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = make_folder(tmp_path / "photographs", NAMES)
    for name in NAMES[:2]:
        write_label(made / name.replace("jpg", "json"), [[10, 10, 30, 40], [1, 2, 9, 8]])
    return made


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_torture_every_edit_survives_kills_at_random_moments(folder: Path):
    chance, found_unsaved = random.Random(5), 0

    for seed in range(ROUNDS):
        told = edit_until_killed(folder, seed, chance.randrange(1, 250))

        for name in NAMES[:2]:
            boxes_of(folder, name)  # whole, whatever was being written
        found = journal.journals([folder / ".review"])
        lost = [one for path in found for one in journal.read(path).unsaved(folder)]
        assert not [one for one in lost if one.is_changed_since or one.is_cut]
        recovered = recover(lost, found, None)
        assert not recovered.faults
        assert_nothing_is_lost(folder, told)
        found_unsaved += len(lost)

    assert found_unsaved  # else no kill came between an edit and its file


@pytest.mark.slow
def test_f55_a_killed_window_offers_its_edits_and_recovers_them(
    qtbot: QtBot, folder: Path, tmp_path: Path
):
    told = edit_until_killed(folder, 17, 40)
    before = {name: (folder / name).read_bytes() for name in ("a.json", "b.json")}
    studio = Studio(qtbot, tmp_path)
    studio.open(folder)

    dialogs = lambda: studio.window.findChildren(RecoveryDialog)  # noqa: E731
    studio.until(lambda: bool(dialogs()))
    (dialog,) = dialogs()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    studio.until(lambda: any("are back" in p.message.what for p in studio.session.messages.posted))
    studio.settle()

    assert_nothing_is_lost(folder, told)
    shown = studio.session.document
    assert shown is not None
    assert shown.gt_boxes.tolist() == boxes_of(folder, studio.session.name or "")
    copies = {path.read_bytes() for path in (folder / ".review" / "backup").rglob("*.json")}
    assert any(content in copies for content in before.values())
    assert not journal.journals([folder / ".review"])
    studio.close()


def test_a_clean_end_leaves_no_journal_and_no_lock(qtbot: QtBot, folder: Path, tmp_path: Path):
    studio = Studio(qtbot, tmp_path)
    studio.open(folder)
    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Right)
    studio.until(lambda: len(journal.journals([folder / ".review"])) == 1)

    studio.close()
    QApplication.processEvents()

    assert not journal.journals([folder / ".review"])
    assert not (folder / ".review" / "lock").exists()
