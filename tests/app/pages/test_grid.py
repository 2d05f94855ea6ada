"""The grid as a user meets it: keys, picks, verdicts for many, opening one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.pages.grid import GridPage
from app.thumbnails import shelf
from tests.app.studio import Studio, band, make_folder, write_label
from tinaface.verdicts import Status

NAMES = tuple(f"{number:02}.jpg" for number in range(40))
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    root = make_folder(tmp_path / "p", NAMES)
    write_label(root / "00.json", [[10, 10, 70, 50]])
    made.open(root)
    made.session.page.show("grid")
    made.until(lambda: made.session.views.thumbnails.get(NAMES[0]) is not None)
    made.settle()
    yield made
    made.close()


@pytest.fixture
def page(studio: Studio) -> GridPage:
    found = studio.window.centre.pages.current
    assert isinstance(found, GridPage)
    return found


def press(page: GridPage, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier):
    page.grid.setFocus()
    QTest.keyClick(page.grid, key, held)
    QApplication.processEvents()


def click(page: GridPage, row: int, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier):
    at = page.grid._cell(row).center()
    QTest.mouseClick(page.grid.viewport(), Qt.MouseButton.LeftButton, held, at)
    QApplication.processEvents()


def test_arrows_move_by_cells_and_lines_and_enter_opens(studio: Studio, page: GridPage):
    columns = page.grid.columns
    assert columns > 1

    press(page, Qt.Key.Key_Down)
    press(page, Qt.Key.Key_Right)
    press(page, Qt.Key.Key_Return)

    assert studio.session.name == NAMES[columns + 1]
    assert studio.session.page.is_review


def test_the_current_cell_comes_into_view(page: GridPage):
    press(page, Qt.Key.Key_End)

    row = NAMES.index(page.grid.current or "")
    assert row == len(NAMES) - 1
    assert page.grid.viewport().rect().contains(page.grid._cell(row))


def test_shift_picks_a_run_and_space_marks_all_of_it(studio: Studio, page: GridPage):
    click(page, 1)
    press(page, Qt.Key.Key_Right, SHIFT)
    press(page, Qt.Key.Key_Right, SHIFT)
    assert page.grid.picked == list(NAMES[1:4])

    press(page, Qt.Key.Key_Space)

    book = studio.session.loop.book
    assert [book.status(name) for name in NAMES[:5]] == [
        Status.TODO, Status.REVIEWED, Status.REVIEWED, Status.REVIEWED, Status.TODO,
    ]  # fmt: skip
    press(page, Qt.Key.Key_Space, SHIFT)
    assert book.status(NAMES[2]) is Status.TODO
    press(page, Qt.Key.Key_X)
    assert book.status(NAMES[3]) is Status.DOUBT


def test_control_click_adds_and_takes_away(page: GridPage):
    click(page, 0)
    click(page, 2, CONTROL)
    click(page, 3, CONTROL)
    click(page, 2, CONTROL)

    assert page.grid.picked == [NAMES[0], NAMES[3]]
    assert "2 picked" in page._counts.text()


def test_picks_survive_a_filter(studio: Studio, page: GridPage):
    click(page, 1)
    click(page, 2, CONTROL)

    studio.session.files.set_filter("0")
    studio.session.files.set_filter("")

    assert page.grid.picked == [NAMES[1], NAMES[2]]


def test_only_what_is_seen_is_read(studio: Studio, page: GridPage):
    kept = studio.session.views.thumbnails._kept

    studio.until(lambda: {NAMES[row] for row in page.grid._visible_rows(1)} <= set(kept))
    studio.settle()

    assert set(kept) < set(NAMES)


def test_no_more_are_read_than_can_be_kept_and_what_is_seen_stays(
    studio: Studio, page: GridPage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shelf, "KEPT", 10)
    read: list[str] = []
    thumbnails = studio.session.views.thumbnails
    thumbnails.ready.connect(read.append)
    page.grid.hide()
    thumbnails._kept.clear()

    thumbnails.wish("test", NAMES)
    studio.settle()
    thumbnails.wish("test", NAMES[5:15])
    studio.settle()

    assert sorted(read) == list(NAMES[:15])
    assert set(thumbnails._kept) == set(NAMES[5:15])


def test_boxes_lie_on_the_picture_and_follow_edits(studio: Studio, page: GridPage):
    def blue() -> int:
        image = page.grid.viewport().grab(page.grid._cell(0)).toImage()
        colours = [
            image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())
        ]
        return sum(one.blue() - one.red() > 60 for one in colours)

    page.grid._picked.clear()
    page.grid.show_current(None)
    before = blue()
    assert before > 50

    assert studio.session.document is not None
    studio.session.document.select([0])
    studio.session.document.delete_selected()

    assert blue() < before / 2


def test_a_picture_that_cannot_be_shown_tells_why(studio: Studio, page: GridPage, tmp_path: Path):
    root = make_folder(tmp_path / "q", ("a.jpg",))
    (root / "b.jpg").write_bytes(b"no picture")
    studio.open(root)

    assert "b.jpg" in page.grid._tooltip(1)
    assert "cannot" in page.grid._tooltip(1).lower()


def test_the_slider_sizes_the_cells_and_is_remembered(studio: Studio, page: GridPage):
    columns = page.grid.columns

    page._slider.setValue(page._slider.maximum())

    assert page.grid.columns < columns
    assert studio.session.settings.grid_side == page._slider.maximum()


def test_the_empty_ground_is_no_cell(page: GridPage):
    assert page.grid._row_at(QPoint(1, 1)) is None


def around(page: GridPage, first: int, last: int) -> tuple[QPoint, QPoint]:
    """From the ground before a cell into another one: never from cell to cell."""
    return page.grid._cell(first).topLeft() - QPoint(4, 4), page.grid._cell(last).center()


def test_a_rubber_band_picks_all_that_it_touches_and_a_verdict_is_for_all(
    studio: Studio, page: GridPage
):
    columns = page.grid.columns
    assert columns > 2

    band(page.grid.viewport(), *around(page, 1, columns + 2))

    wanted = [NAMES[row] for row in (1, 2, columns + 1, columns + 2)]
    assert page.grid.picked == wanted
    assert "4 picked" in page._counts.text()
    press(page, Qt.Key.Key_Space)
    assert sorted(studio.session.loop.book.images_with(Status.REVIEWED)) == wanted


def test_control_adds_what_the_band_touches_and_a_new_band_begins_anew(page: GridPage):
    click(page, 0)

    band(page.grid.viewport(), *around(page, 2, 2), CONTROL)
    assert page.grid.picked == [NAMES[0], NAMES[2]]

    band(page.grid.viewport(), *around(page, 1, 1))
    assert page.grid.picked == [NAMES[1]]


def test_escape_gives_the_band_up_and_the_picks_are_as_before(page: GridPage):
    click(page, 5)

    band(page.grid.viewport(), *around(page, 0, 2), releases=False)
    assert len(page.grid.picked) == 3
    press(page, Qt.Key.Key_Escape)

    assert page.grid.picked == [NAMES[5]]


def test_a_band_beyond_the_edge_scrolls_on(studio: Studio, page: GridPage):
    viewport = page.grid.viewport()
    below = QPoint(viewport.width() // 2, viewport.height() + 60)

    band(viewport, QPoint(2, 2), below, releases=False)
    studio.until(lambda: page.grid.verticalScrollBar().value() > 200)

    seen = page.grid._row_at(QPoint(page.grid._cell(0).center().x(), viewport.height() // 2))
    assert seen is not None
    assert NAMES[seen] in page.grid.picked
    assert NAMES[0] in page.grid.picked


def test_control_a_picks_every_image(page: GridPage):
    press(page, Qt.Key.Key_A, CONTROL)

    assert page.grid.picked == list(NAMES)
