"""Many disagreements are looked at and judged at once, whatever images they are in."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.errors.tile_painter import PADDING
from app.loop.batches import ImageFile
from app.pages.errors import ErrorsPage
from app.reading import read_labels
from tests.app.loop.dataset import LEFT, LEFT_LOOSE, RIGHT, one_of_each, write_set
from tests.app.studio import Studio, band, boxes_of
from tinaface.disagreements import Kind
from tinaface.verdicts import Judgement, Verdicts

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
PLAIN = Qt.KeyboardModifier.NoModifier
Key = Qt.Key


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    made.session.settings.reduce_motion = True
    yield made
    if made.session.page.id == "errors":
        made.window.centre.pages.current.crops.shut_down()
    made.close()


def page_of(studio: Studio) -> ErrorsPage:
    page = studio.window.centre.pages.page("errors")
    assert isinstance(page, ErrorsPage)
    return page


def open_errors(studio: Studio, folder: Path) -> ErrorsPage:
    """Opens a folder and shows its errors by key."""
    studio.open(folder)
    studio.key(Key.Key_3, CTRL)
    page = page_of(studio)
    settle(studio)
    page.tiles.setFocus()
    return page


def settle(studio: Studio) -> None:
    page = page_of(studio)
    for _ in range(3):
        studio.settle()
        studio.until(lambda: not studio.session.has_unsaved and not page.is_at_work)
        page.refresh()


def press(studio: Studio, key: Key, held: Qt.KeyboardModifier = PLAIN) -> None:
    """Presses a key at the tiles and waits for what it starts."""
    QTest.keyClick(page_of(studio).tiles, key, held)
    QApplication.processEvents()
    settle(studio)


def kinds(page: ErrorsPage) -> list[tuple[str, Kind]]:
    name = page._session.loop.comparison.name
    return [(name(one.image), one.kind) for one in page.tiles.listing]


def pick(studio: Studio, *wanted: tuple[str, Kind]) -> None:
    """Clicks on tiles, Ctrl held from the second one on."""
    page = page_of(studio)
    held = PLAIN
    for one in wanted:
        at = page.tiles.cell(kinds(page).index(one)).center()
        QTest.mouseClick(page.tiles.viewport(), Qt.MouseButton.LeftButton, held, at)
        held = CTRL


def as_points(*boxes: list[float]) -> list[list[list[float]]]:
    return [[box[:2], box[2:]] for box in boxes]


def many_extras(root: Path, count: int) -> Path:
    """Images of one label and two extra predictions each."""
    names = [f"{number:03}.jpg" for number in range(count)]
    found = ([LEFT, RIGHT, [30, 35, 45, 50]], [0.95, 0.9, 0.8])
    return write_set(root, {name: [LEFT] for name in names}, dict.fromkeys(names, found))


def test_each_disagreement_has_a_tile_with_its_picture(studio: Studio, tmp_path: Path) -> None:
    page = open_errors(studio, one_of_each(tmp_path / "set"))

    assert sorted(kinds(page)) == [
        ("a.jpg", Kind.FP),
        ("b.jpg", Kind.FN),
        ("c.jpg", Kind.LOOSE),
        ("d.jpg", Kind.FN),
        ("d.jpg", Kind.DUP),
    ]
    assert page.count.text() == "1 of 5 picked"
    assert [page.choices.buttons[kind].text() for kind in Kind] == [
        "+ Extra 1",
        "? Missed 2",
        "≈ Loose 1",
        "‖ Double 1",
    ]
    grey = page.tiles.viewport().grab().toImage()
    inside = page.tiles.cell(0).topLeft() + QPoint(PADDING + 76, PADDING + 66)
    assert grey.pixelColor(inside).red() == pytest.approx(128, abs=2), "the picture is there"


def test_a_key_judges_all_that_are_picked_also_in_images_that_are_not_open(
    studio: Studio, tmp_path: Path
) -> None:
    folder = one_of_each(tmp_path / "set")
    open_errors(studio, folder)

    pick(studio, ("b.jpg", Kind.FN), ("c.jpg", Kind.LOOSE), ("d.jpg", Kind.DUP))
    press(studio, Key.Key_G)

    assert sorted((one.image, one.kind, one.judgement) for one in Verdicts(folder)) == sorted(
        [
            ("b.jpg", Kind.FN, Judgement.IGNORE),
            ("c.jpg", Kind.LOOSE, Judgement.IGNORE),
            ("d.jpg", Kind.DUP, Judgement.IGNORE),
        ],
        key=lambda row: row[0],
    )
    assert '"ignore": true' in (folder / "b.json").read_text()
    assert '"ignore": true' in (folder / "c.json").read_text()
    assert kinds(page_of(studio)) == [("a.jpg", Kind.FP)]


def test_accepting_all_extras_is_one_step_across_images(studio: Studio, tmp_path: Path) -> None:
    folder = many_extras(tmp_path / "set", 6)
    before = (folder / "003.json").read_bytes()
    page = open_errors(studio, folder)
    assert len(page.tiles.listing) == 12

    press(studio, Key.Key_A, CTRL)
    press(studio, Key.Key_E)

    for number in range(6):
        boxes = boxes_of(folder / f"{number:03}.json")
        assert sorted(boxes) == sorted(as_points(LEFT, RIGHT, [30, 35, 45, 50])), number
    assert len(page.tiles.listing) == 0

    press(studio, Key.Key_Z, CTRL)
    assert (folder / "003.json").read_bytes() == before
    assert all(boxes_of(folder / f"{n:03}.json") == as_points(LEFT) for n in range(6))
    assert len(page.tiles.listing) == 12
    assert list(Verdicts(folder)) == []

    press(studio, Key.Key_Y, CTRL)
    assert len(boxes_of(folder / "005.json")) == 3
    assert len(list(Verdicts(folder))) == 12


def test_deleting_several_missed_labels_of_one_image_deletes_the_right_ones(
    studio: Studio, tmp_path: Path
) -> None:
    middle = [28.0, 10, 48, 30]
    folder = write_set(
        tmp_path / "set", {"a.jpg": [LEFT, middle, RIGHT]}, {"a.jpg": ([middle], [0.9])}
    )
    open_errors(studio, folder)

    press(studio, Key.Key_A, CTRL)
    press(studio, Key.Key_R)

    assert boxes_of(folder / "a.json") == as_points(middle)


def test_a_batch_is_undone_whole_from_one_of_its_images_too(studio: Studio, tmp_path: Path) -> None:
    folder = many_extras(tmp_path / "set", 3)
    open_errors(studio, folder)
    press(studio, Key.Key_A, CTRL)
    press(studio, Key.Key_E)

    studio.key(Key.Key_1, CTRL)
    studio.session.go_to("002.jpg")
    studio.settle()
    studio.key(Key.Key_Z, CTRL)
    studio.saved()

    assert all(boxes_of(folder / f"{n:03}.json") == as_points(LEFT) for n in range(3))


def test_a_rubber_band_picks_tiles_and_one_key_judges_them(studio: Studio, tmp_path: Path) -> None:
    folder = many_extras(tmp_path / "set", 3)
    page = open_errors(studio, folder)
    tiles = page.tiles
    assert tiles.columns > 3
    beside = tiles.cell(tiles.columns - 1).topRight() + QPoint(5, 20)
    assert tiles.place_at(beside) is None

    band(tiles.viewport(), beside, tiles.cell(tiles.columns - 2).center())
    last_two = [tiles.columns - 2, tiles.columns - 1]
    assert tiles.picking.places.tolist() == last_two
    assert page.count.text() == "2 of 6 picked"

    band(tiles.viewport(), tiles.cell(0).topLeft() + QPoint(2, 2), tiles.cell(1).center(), CTRL)
    assert tiles.picking.places.tolist() == [0, 1, *last_two]
    press(studio, Key.Key_R)

    assert len(list(Verdicts(folder))) == 4
    assert len(page.tiles.listing) == 2


def test_labels_that_the_program_wrote_while_a_batch_read_them_are_read_again(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = one_of_each(tmp_path / "set")
    open_errors(studio, folder)
    batches = studio.session.loop.batches
    judge_read = batches._judge_read

    def repaired_meanwhile(*arguments) -> None:
        monkeypatch.setattr(batches, "_judge_read", judge_read)
        label = json.loads((folder / "b.json").read_text())
        label["shapes"].append({**label["shapes"][0], "points": [[1, 1], [9, 9]]})
        (folder / "b.json").write_text(json.dumps(label))
        studio.session.labels.saver.saved.emit("b.jpg")  # as repairs do
        judge_read(*arguments)

    monkeypatch.setattr(batches, "_judge_read", repaired_meanwhile)
    pick(studio, ("b.jpg", Kind.FN))
    press(studio, Key.Key_G)

    shapes = json.loads((folder / "b.json").read_text())["shapes"]
    assert [shape["flags"].get("ignore", False) for shape in shapes] == [False, True, False]
    assert not studio.session.labels.is_in_conflict("b.jpg")
    assert [one.image for one in Verdicts(folder)] == ["b.jpg"]


def test_a_reading_from_before_a_batch_wrote_is_no_strangers_edit(
    studio: Studio, tmp_path: Path
) -> None:
    folder = one_of_each(tmp_path / "set")
    open_errors(studio, folder)
    file = ImageFile(folder / "b.jpg", (60, 80))
    before = read_labels(file.path, file.size, lambda: None)

    pick(studio, ("b.jpg", Kind.FN))
    press(studio, Key.Key_R)
    document, _ = studio.session.labels.document("b.jpg", file, before)

    assert boxes_of(folder / "b.json") == as_points(LEFT)
    assert document.gt_boxes.tolist() == [LEFT]
    assert studio.session.messages.posted == []


def test_swap_acts_on_the_loose_ones_only(studio: Studio, tmp_path: Path) -> None:
    folder = one_of_each(tmp_path / "set")
    open_errors(studio, folder)

    press(studio, Key.Key_A, CTRL)
    press(studio, Key.Key_S)

    assert boxes_of(folder / "c.json") == as_points(LEFT_LOOSE)
    assert [one.judgement for one in Verdicts(folder)] == [Judgement.SWAP]


def test_return_opens_the_disagreement_in_its_image(studio: Studio, tmp_path: Path) -> None:
    open_errors(studio, one_of_each(tmp_path / "set"))

    pick(studio, ("b.jpg", Kind.FN))
    QTest.keyClick(page_of(studio).tiles, Key.Key_Return)
    studio.settle()

    assert (studio.session.page.id, studio.session.name) == ("review", "b.jpg")
    document = studio.session.document
    assert document.gt_boxes[list(document.selection)].tolist() == [RIGHT]


def test_only_the_chosen_kinds_are_shown(studio: Studio, tmp_path: Path) -> None:
    page = open_errors(studio, one_of_each(tmp_path / "set"))

    for kind in (Kind.FN, Kind.DUP, Kind.LOOSE):
        QTest.mouseClick(page.choices.buttons[kind], Qt.MouseButton.LeftButton)
    assert kinds(page) == [("a.jpg", Kind.FP)]

    QTest.mouseClick(page.choices.buttons[Kind.FP], Qt.MouseButton.LeftButton)
    assert page.empty.isVisible()
    assert "chosen kinds" in page.empty.text()


def test_the_threshold_lists_anew(studio: Studio, tmp_path: Path) -> None:
    page = open_errors(studio, one_of_each(tmp_path / "set"))

    studio.session.set_threshold(0.93)
    settle(studio)

    assert {kind for _, kind in kinds(page)} == {Kind.FN, Kind.DUP}


def test_nothing_is_changed_in_a_read_only_folder(qtbot: QtBot, tmp_path: Path) -> None:
    from app.command_line import Options

    folder = many_extras(tmp_path / "set", 2)
    studio = Studio(qtbot, tmp_path, options=Options(read_only=True))
    try:
        page = open_errors(studio, folder)
        press(studio, Key.Key_E)
        assert boxes_of(folder / "000.json") == as_points(LEFT)
        assert len(page.tiles.listing) == 4
        page.crops.shut_down()
    finally:
        studio.close()


def test_scrolling_stays_fast_with_twenty_thousand_tiles(studio: Studio, tmp_path: Path) -> None:
    from tinaface.disagreement_listing import Listing

    page = open_errors(studio, many_extras(tmp_path / "set", 4))
    small = page.tiles.listing
    many = small.take(np.arange(20_000) % len(small))
    assert isinstance(many, Listing)
    page.tiles.show_listing(tmp_path / "set", many)
    bar = page.tiles.verticalScrollBar()
    steps = []
    for _ in range(30):
        start = time.thread_time()
        bar.setValue(bar.value() + 60)
        page.tiles.viewport().repaint()
        steps.append(time.thread_time() - start)

    assert np.median(steps) <= 3 * 0.016
