"""Both schemes are readable, complete, and every icon can be drawn."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from app.actions import COMMANDS
from app.schemes import CONTRAST_DARK, CONTRAST_LIGHT, DARK, LIGHT, Scheme
from app.theme import RESOURCES, Theme, pixmap, scheme_for, style_sheet

ALL = [LIGHT, DARK, CONTRAST_LIGHT, CONTRAST_DARK]
SCHEMES = pytest.mark.parametrize("scheme", ALL, ids=lambda scheme: scheme.name)
HIGH = pytest.mark.parametrize(
    "scheme", [CONTRAST_LIGHT, CONTRAST_DARK], ids=lambda scheme: scheme.name
)


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = []
    for channel in QColor(colour).getRgbF()[:3]:
        low = channel <= 0.04045
        parts.append(channel / 12.92 if low else ((channel + 0.055) / 1.055) ** 2.4)
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@SCHEMES
@pytest.mark.parametrize("ground", ["window", "base", "raised", "hover", "selected"])
def test_text_keeps_a_contrast_of_4_5(scheme: Scheme, ground: str):
    assert contrast(scheme.text, getattr(scheme, ground)) >= 4.5


@SCHEMES
def test_quieter_texts_and_states_stay_readable(scheme: Scheme):
    assert contrast(scheme.muted, scheme.window) >= 4.5
    assert contrast(scheme.muted, scheme.base) >= 4.5
    assert contrast(scheme.on_accent, scheme.accent) >= 4.5
    for name in ("good", "warning", "bad"):
        assert contrast(getattr(scheme, name), scheme.window) >= 4.5, name
    for name in ("info_ground", "warning_ground", "bad_ground"):
        assert contrast(scheme.text, getattr(scheme, name)) >= 4.5, name


@HIGH
def test_high_contrast_keeps_7_for_texts_and_signs_and_3_for_lines(scheme: Scheme):
    for name in ("text", "muted", "accent", "good", "warning", "bad"):
        for ground in ("window", "base", "raised"):
            assert contrast(getattr(scheme, name), getattr(scheme, ground)) >= 7, (name, ground)
    for ground in ("hover", "selected"):
        assert contrast(scheme.text, getattr(scheme, ground)) >= 7, ground
    for name in ("border", "disabled"):
        assert contrast(getattr(scheme, name), scheme.window) >= 3, name


@SCHEMES
def test_the_focus_ring_stands_out(scheme: Scheme):
    assert contrast(scheme.accent, scheme.base) >= 3


@SCHEMES
def test_no_name_is_left_in_the_style_sheet(scheme: Scheme):
    assert re.findall(r"@\w+", style_sheet(scheme)) == []


@SCHEMES
def test_every_file_that_the_style_sheet_names_is_there(scheme: Scheme):
    named = re.findall(r"url\((.*?)\)", style_sheet(scheme))

    assert named
    assert all(Path(path).read_text(encoding="utf-8").startswith("<svg") for path in named)


def test_every_icon_of_a_command_can_be_drawn(qapp):
    for name in {command.icon for command in COMMANDS if command.icon}:
        image = pixmap(name, "#000000", 16).toImage()

        opaque = [image.pixelColor(x, y).alpha() for x in range(16) for y in range(16)]
        assert max(opaque) > 0, name


def test_icons_hold_no_colour_of_their_own_but_the_few_for_the_style_sheet():
    fixed = {"tinaface", "arrow-up", "arrow-down", "dock-close", "dock-float"}
    fixed |= {"check-light", "check-dark", "dot-light", "dot-dark"}

    for path in (RESOURCES / "icons").glob("*.svg"):
        has_colour = re.search(r"#[0-9A-Fa-f]{6}", path.read_text(encoding="utf-8")) is not None
        assert has_colour == (path.stem in fixed), path.name


UNKNOWN, SYSTEM_LIGHT, SYSTEM_DARK = (
    Qt.ColorScheme.Unknown,
    Qt.ColorScheme.Light,
    Qt.ColorScheme.Dark,
)


@pytest.mark.parametrize(
    ("wanted", "system", "wants_contrast", "scheme"),
    [
        ("system", UNKNOWN, False, LIGHT),
        ("system", SYSTEM_DARK, False, DARK),
        ("system", SYSTEM_DARK, True, CONTRAST_DARK),
        ("system", SYSTEM_LIGHT, True, CONTRAST_LIGHT),
        ("light", SYSTEM_DARK, True, LIGHT),
        ("dark", SYSTEM_LIGHT, False, DARK),
        ("contrast", UNKNOWN, False, CONTRAST_DARK),
        ("contrast", SYSTEM_LIGHT, False, CONTRAST_LIGHT),
    ],
)
def test_the_users_wish_goes_before_the_systems(wanted, system, wants_contrast, scheme):
    assert scheme_for(wanted, system, wants_contrast) is scheme


def test_the_window_follows_the_system_while_it_runs(qapp, monkeypatch: pytest.MonkeyPatch):
    theme = Theme(qapp, "system")
    changes = []
    theme.changed.connect(lambda: changes.append(qapp.palette().window().color().name().upper()))

    for system, wants_contrast in ((SYSTEM_DARK, False), (SYSTEM_DARK, True)):
        monkeypatch.setattr("app.theme.system_wish", lambda wish=(system, wants_contrast): wish)
        qapp.styleHints().colorSchemeChanged.emit(system)

    assert changes == [DARK.window, CONTRAST_DARK.window]
    theme.deleteLater()
