"""A narrow window keeps everything within reach: the bar shortens, docks lie behind each other."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QDockWidget
from pytestqt.qtbot import QtBot

from app.docks import LAYOUT_VERSION
from tests.app.studio import Studio, make_folder
from tinaface.disagreement_table import Counts


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    made.open(make_folder(tmp_path / "photographs"))
    yield made
    made.close()


def resize(studio: Studio, width: int, height: int = 640) -> None:
    studio.window.resize(width, height)
    QApplication.processEvents()
    assert studio.window.width() == width


def dock(studio: Studio, name: str) -> QDockWidget:
    found = studio.window.findChild(QDockWidget, name)
    assert isinstance(found, QDockWidget)
    return found


def ends_within(studio: Studio) -> bool:
    """Whether the last part of the bar is within the window."""
    bar = studio.window.top_bar
    return bar.saved.geometry().right() <= bar.width() <= studio.window.width()


@pytest.mark.parametrize("width", [640, 800, 1024, 1280, 2560])
def test_the_bar_is_never_cut_off(studio: Studio, width: int):
    resize(studio, width)

    assert ends_within(studio)
    assert studio.window.top_bar.threshold.isVisible()


def test_at_1024_every_tab_is_readable(studio: Studio):
    resize(studio, 1024)

    tabs = studio.window.top_bar.tabs
    assert not tabs.short.isVisible()
    assert tabs.width() >= tabs.full_width


def test_the_bar_needs_as_much_room_while_it_saves(studio: Studio):
    resize(studio, 1280)
    bar = studio.window.top_bar
    assert bar.saved.text() == "Saved"
    before = bar.sizeHint().width()

    studio.session.document.add_box(np.array([10.0, 10, 30, 30]))
    QApplication.processEvents()

    assert bar.saved.text() == "Saving…"
    assert bar.sizeHint().width() == before


@pytest.mark.parametrize("width", [1024, 1280])
def test_the_counts_are_whole_beside_both_jobs_and_a_long_folder(
    qtbot: QtBot, tmp_path: Path, width: int
):
    long = Studio(qtbot, tmp_path)
    long.open(make_folder(tmp_path / "photographs of the summer party, selection of 2024"))
    bar, comparison = long.window.top_bar, long.session.loop.comparison
    resize(long, width)
    comparison.counts = lambda: Counts(1213, 4512, 2923, 212)
    bar.counts.refresh()
    bar.counts.show()
    bar.training.setText("Training 45 % · 23 min 20 s left")
    bar._job_text.setText("Detecting 45 % · 3 min 20 s left")
    for chip in (bar.training, bar.job):
        chip.show()
    QApplication.processEvents()

    assert bar.counts.width() >= bar.counts.sizeHint().width()
    assert bar.counts.text().replace(",", "") in ("+1213  ?4512  ≈2923  ‖212", "≠8860")
    assert ends_within(long)
    long.close()


def test_a_narrow_bar_offers_the_same_choices_in_a_menu(studio: Studio):
    resize(studio, 640)
    overlay = studio.window.top_bar.overlay
    assert overlay.short.isVisible()

    overlay.short.menu().actions()[1].trigger()

    assert studio.window.canvas.overlay.value == "gt"
    assert overlay.short.text() == "GT"


def test_a_wide_bar_shows_all_again(studio: Studio):
    resize(studio, 640)

    resize(studio, 2000)

    assert not studio.window.top_bar.overlay.short.isVisible()
    assert studio.window.top_bar.overlay.button("none").isVisible()


def test_below_800_the_right_docks_are_tabs_of_one_place_and_come_apart_again(studio: Studio):
    boxes, detection = dock(studio, "Boxes"), dock(studio, "Detection")
    assert detection not in studio.window.tabifiedDockWidgets(boxes)

    resize(studio, 790)
    assert detection in studio.window.tabifiedDockWidgets(boxes)

    resize(studio, 1000)
    assert detection not in studio.window.tabifiedDockWidgets(boxes)


def test_a_narrow_window_remembers_the_wide_arrangement(studio: Studio):
    resize(studio, 700)
    _, remembered = studio.window.docks.layout_state()

    resize(studio, 1000)
    studio.window.restoreState(remembered, LAYOUT_VERSION)

    beside = studio.window.tabifiedDockWidgets(dock(studio, "Boxes"))
    assert dock(studio, "Detection") not in beside
