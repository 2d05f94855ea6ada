"""The Health page as a user meets it: what is wrong, its images, repair and undo, export."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.pages.health import HealthPage
from tests.app.loop.dataset import LEFT_TWICE, one_of_each
from tests.app.studio import Studio, boxes_of, make_folder, write_label
from tinaface.predictions import PredictionStore, Record
from tinaface.queue_order import Order

PATIENCE_MS = 60_000
"""The look gives way to every other program, of which a busy machine has many."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images: a box that reaches out, a broken label file, no labels."""
    root = make_folder(tmp_path / "p")
    for number, name in enumerate(("a.jpg", "b.jpg", "c.jpg")):
        (root / name).write_bytes((root / name).read_bytes() + bytes([number]))  # no copies
    write_label(root / "a.json", [[-10, 10, 30, 40], [40, 10, 60, 40]])
    (root / "b.json").write_text("{")
    return root


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, folder: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    made.open(folder)
    made.session.page.show("health")
    page = made.window.centre.pages.current
    assert isinstance(page, HealthPage)
    made.until(lambda: page.check.report is not None and not page.check.is_running, PATIENCE_MS)
    yield made
    made.close()


@pytest.fixture
def page(studio: Studio) -> HealthPage:
    found = studio.window.centre.pages.current
    assert isinstance(found, HealthPage)
    return found


def button(page: HealthPage, row: int, text: str) -> QPushButton:
    place = page.problems.cellWidget(row, 2)
    return next(one for one in place.findChildren(QPushButton) if one.text() == text)


def rows(page: HealthPage) -> list[tuple[str, str]]:
    table = page.problems
    return [(table.item(r, 0).text(), table.item(r, 1).text()) for r in range(table.rowCount())]


def test_problems_are_listed_with_their_counts(page: HealthPage):
    assert rows(page) == [
        ("Label files that cannot be read", "1"),
        ("Boxes that reach out of the image", "1"),
        ("Images without a label file", "1"),
    ]
    assert "3 images" in page.state.text()
    assert page.findings.item(0).text().startswith("b.json: ")


def test_the_images_of_a_problem_become_the_list(studio: Studio, page: HealthPage):
    page.problems.setFocus()
    page.problems.setCurrentCell(1, 0)
    QTest.keyClick(page.problems, Qt.Key.Key_Return)
    studio.settle()

    assert studio.session.files.names() == ["a.jpg"]
    assert studio.session.files.kept_title == "Boxes that reach out of the image"
    assert studio.session.page.is_review

    QTest.mouseClick(button(page, 2, "Show images"), Qt.MouseButton.LeftButton)
    assert studio.session.files.names() == ["c.jpg"]


def test_a_repair_is_made_seen_and_undone(studio: Studio, page: HealthPage, folder: Path):
    before = (folder / "a.json").read_bytes()

    QTest.mouseClick(button(page, 1, "Clip all"), Qt.MouseButton.LeftButton)
    studio.until(lambda: len(rows(page)) == 2 and not page.check.is_running, PATIENCE_MS)

    assert boxes_of(folder / "a.json") == [[[0, 10], [30, 40]], [[40, 10], [60, 40]]]
    studio.settle()
    assert studio.session.document is not None
    assert studio.session.document.gt_boxes[0].tolist() == [0, 10, 30, 40]

    QTest.mouseClick(page.undo, Qt.MouseButton.LeftButton)
    studio.until(lambda: len(rows(page)) == 3, PATIENCE_MS)
    assert (folder / "a.json").read_bytes() == before


def test_labels_with_unsaved_edits_are_left_alone(studio: Studio, page: HealthPage, folder: Path):
    before = (folder / "a.json").read_bytes()
    studio.session.labels.saver._autosave.setInterval(600_000)
    assert studio.session.document is not None
    studio.session.document.select([1])
    studio.session.document.delete_selected()
    told: list[tuple[int, int]] = []
    page.check.repaired.connect(lambda count, skipped: told.append((count, skipped)))

    page.check.repair("outside")

    studio.until(lambda: bool(told))
    assert told == [(0, 1)]
    assert (folder / "a.json").read_bytes() == before


def test_f09_a_label_file_without_image_is_listed_and_opens_on_grey(
    studio: Studio, page: HealthPage, folder: Path
):
    (folder / "lost").mkdir()
    write_label(folder / "lost" / "lonely.json", [[10, 10, 30, 40]])
    page.again.click()
    orphans = "Orphans: label files without an image"
    studio.until(lambda: orphans in dict(rows(page)), PATIENCE_MS)
    page.problems.setCurrentCell([name for name, _ in rows(page)].index(orphans), 0)
    assert page.findings.item(0).text() == "lost/lonely.json: 1 shapes"

    page.findings.setFocus()
    page.findings.setCurrentRow(0)
    QTest.keyClick(page.findings, Qt.Key.Key_Return)
    studio.settle()

    assert studio.session.page.is_review
    shown = studio.session.shown
    assert shown is not None
    assert shown.picture is not None
    assert shown.picture.image.pixelColor(40, 30).name() == "#969696"
    assert shown.document is not None
    assert shown.document.gt_boxes.tolist() == [[10, 10, 30, 40]]


def test_f56_predictions_of_images_that_are_gone_are_dropped_and_come_back(
    studio: Studio, page: HealthPage, folder: Path
):
    store = PredictionStore(folder, "0123456789ab")
    for name in ("gone.jpg", "a.jpg", "a.jpg"):
        store.append(Record(name, 80, 60, model=store.model_hash))
    before = store.path.read_bytes()
    studio.session.rescan()
    lost = "Stored predictions of images that are gone"
    studio.until(lambda: lost in dict(rows(page)), PATIENCE_MS)
    predictions = studio.session.predictions
    assert predictions.holds("a.jpg")

    row = [name for name, _ in rows(page)].index(lost)
    QTest.mouseClick(button(page, row, "Drop all"), Qt.MouseButton.LeftButton)
    studio.until(lambda: lost not in dict(rows(page)), PATIENCE_MS)

    assert store.path.read_bytes() == before[before.index(b'{"image": "a.jpg"') :]
    record = predictions.get("a.jpg")
    assert record is not None
    assert record.image == "a.jpg"
    QTest.mouseClick(page.undo, Qt.MouseButton.LeftButton)
    studio.until(lambda: lost in dict(rows(page)), PATIENCE_MS)
    assert store.path.read_bytes() == before
    assert not page.undo.isVisible()


def test_the_report_is_written_as_text_and_csv(page: HealthPage, tmp_path: Path):
    page.write(tmp_path / "report.txt")
    page.write(tmp_path / "report.csv")

    assert "error: Label files that cannot be read: 1" in (tmp_path / "report.txt").read_text()
    table = list(csv.DictReader((tmp_path / "report.csv").read_text().splitlines()))
    assert [(row["kind"], row["image"]) for row in table] == [
        ("unreadable label", "b.jpg"),
        ("outside", "a.jpg"),
    ]


def test_a_saved_edit_is_looked_at_again(studio: Studio, page: HealthPage, folder: Path):
    page.check._again.setInterval(0)
    document = json.loads((folder / "a.json").read_text())
    document["shapes"][0]["points"][0][0] = 5
    (folder / "a.json").write_text(json.dumps(document))

    studio.session.labels.saver.saved.emit("a.jpg")

    studio.until(lambda: len(rows(page)) == 2, PATIENCE_MS)


@pytest.fixture
def suspicious(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    """A data set in which one face is labelled twice, as a model's predictions stand beside it."""
    made = Studio(qtbot, tmp_path)
    made.session.settings.reduce_motion = True
    made.open(one_of_each(tmp_path / "set"))
    made.session.page.show("health")
    page = made.window.centre.pages.current
    assert isinstance(page, HealthPage)
    made.until(lambda: bool(page._suspicions) and not page.check.is_running, PATIENCE_MS)
    yield made
    made.close()


def suspected_row(page: HealthPage) -> int:
    return [title for title, _ in rows(page)].index(
        "Labels that may be wrong, the most suspicious first"
    )


def test_a_suspicious_label_says_why_and_opens_in_its_image(suspicious: Studio):
    page = suspicious.window.centre.pages.current
    assert isinstance(page, HealthPage)
    page.problems.setCurrentCell(suspected_row(page), 0)
    first = page.findings.item(0)
    assert first.text() == (
        "98 %  d.jpg: it marks a face a second time: IoU 0.90 with another label"
    )

    page.findings.setFocus()
    page.findings.setCurrentRow(0)
    QTest.keyClick(page.findings, Qt.Key.Key_Return)
    suspicious.settle()

    assert (suspicious.session.page.id, suspicious.session.name) == ("review", "d.jpg")
    document = suspicious.session.document
    assert document is not None
    assert document.gt_boxes[list(document.selection)].tolist() == [LEFT_TWICE]


def test_a_label_that_was_decided_is_suspected_no_longer(suspicious: Studio):
    page = suspicious.window.centre.pages.current
    assert isinstance(page, HealthPage)
    before = len(page._suspicions)
    QTest.mouseClick(button(page, suspected_row(page), "Go through"), Qt.MouseButton.LeftButton)
    suspicious.settle()
    assert suspicious.session.loop.queue.queue.order is Order.SUSPICION

    suspicious.key(Qt.Key.Key_E)
    suspicious.settle()
    suspicious.session.page.show("health")

    assert len(page._suspicions) == before - 1
    assert all(one.image != "d.jpg" or one.kind != "duplicate" for one in page._suspicions)


def test_the_report_tells_of_suspicious_labels(suspicious: Studio, tmp_path: Path):
    page = suspicious.window.centre.pages.current
    assert isinstance(page, HealthPage)

    page.write(tmp_path / "report.csv")

    table = list(csv.DictReader((tmp_path / "report.csv").read_text().splitlines()))
    found = [row for row in table if row["kind"] == "suspicious label"]
    assert found[0]["image"] == "d.jpg"
    assert found[0]["text"].startswith("98% duplicate at 6, 10, 26, 30: ")


def test_a_look_that_was_stopped_does_not_begin_by_itself(studio: Studio, page: HealthPage):
    page.check._again.setInterval(0)
    page.check.run()

    QTest.mouseClick(page.again, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    QApplication.processEvents()

    assert not page.check.is_running
    assert page.again.text() == "Check again"
