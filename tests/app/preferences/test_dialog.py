"""Settings act at once, show their default, come back by reset, and are found by search."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox
from pytestqt.qtbot import QtBot

from app.preferences.dialog import PreferencesDialog
from app.preferences.table import SECTIONS, Choice, Number
from app.settings import Setting, Settings
from tests.app.studio import Studio, make_folder

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    made.open(make_folder(tmp_path / "photographs"))
    yield made
    made.close()


@pytest.fixture
def dialog(studio: Studio) -> PreferencesDialog:
    studio.key(Qt.Key.Key_Comma, CTRL)
    found = studio.window.findChild(PreferencesDialog)
    assert found is not None
    return found


def control(dialog: PreferencesDialog, name: str, kind: type) -> object:
    found = dialog.lines[name].control
    assert isinstance(found, kind)
    return found


def test_colours_change_at_once_and_are_remembered(studio: Studio, dialog: PreferencesDialog):
    combo = control(dialog, "theme", QComboBox)

    combo.setCurrentIndex(combo.findData("dark"))

    assert studio.theme.scheme.is_dark
    assert Settings(studio.session.settings.path).theme == "dark"


def test_the_overlay_changes_canvas_and_bar(studio: Studio, dialog: PreferencesDialog):
    combo = control(dialog, "overlay", QComboBox)

    combo.setCurrentIndex(combo.findData("none"))

    assert studio.window.canvas.overlay.value == "none"
    assert studio.window.top_bar.overlay.current == "none"


def test_the_canvas_takes_zoom_wheel_and_smallest_box(studio: Studio, dialog: PreferencesDialog):
    canvas = studio.window.canvas
    for name, value in (("zoom_kept", "same"), ("wheel", "scrolls")):
        combo = control(dialog, name, QComboBox)
        combo.setCurrentIndex(combo.findData(value))

    dialog.lines["least_side"].control.setValue(9)

    assert canvas.zoom_mode.value == "same"
    assert not canvas.navigation.wheel_zooms
    assert canvas.least_side == 9


def test_numbers_follow_the_panel_and_the_panel_follows_them(
    studio: Studio, dialog: PreferencesDialog
):
    spin = control(dialog, "long_side", QDoubleSpinBox)

    spin.setValue(960)
    assert studio.window.detection_panel.long_side.value() == 960

    studio.window.detection_panel.long_side.setValue(640)
    assert spin.value() == 640


def test_a_changed_setting_is_marked_and_reset_gives_the_default_back(
    studio: Studio, dialog: PreferencesDialog
):
    line = dialog.lines["reduce_motion"]
    assert not line.reset.isVisible()

    QTest.mouseClick(line.control, Qt.MouseButton.LeftButton, pos=line.control.rect().center())
    control(dialog, "reduce_motion", QCheckBox).setChecked(True)
    assert studio.session.settings.reduce_motion
    assert "off" in line.reset.toolTip()
    QTest.mouseClick(line.reset, Qt.MouseButton.LeftButton)

    assert not studio.session.settings.reduce_motion
    assert not line.reset.isVisible()


def test_a_search_shows_what_matches_in_its_section(dialog: PreferencesDialog):
    QTest.keyClicks(dialog.search, "overlap")

    shown = [name for name, line in dialog.lines.items() if line.isVisible()]
    assert shown == ["nms_iou"]
    assert dialog.sections.currentItem().text() == "Detector"


def test_a_search_finds_commands_by_name_and_by_key(dialog: PreferencesDialog):
    QTest.keyClicks(dialog.search, "full screen")

    assert dialog.sections.currentItem().text() == "Keys"
    assert [item.text(1) for item in dialog.keys._items() if not item.isHidden()] == ["F11"]


def test_every_row_fits_its_setting():
    for section in SECTIONS:
        for row in section.rows:
            setting = getattr(Settings, row.name)
            assert isinstance(setting, Setting)
            if isinstance(row.kind, Choice):
                for value, _ in row.kind.options:
                    assert setting._parse(value) == value
            if isinstance(row.kind, Number):
                assert setting._parse(str(row.kind.low)) == row.kind.low
                assert setting._parse(str(row.kind.high)) == row.kind.high


def test_every_setting_has_a_row_or_is_kept_without_asking():
    kept = {"last_folder", "last_image", "weights", "chosen_keys", "key_preset", "tour_seen"}
    kept |= {"grid_side"}
    known = {name for name, value in vars(Settings).items() if isinstance(value, Setting)}

    assert {row.name for section in SECTIONS for row in section.rows} == known - kept
