"""Plots use the window's own Qt, leave its fault hook alone, and follow the theme."""

import os
import subprocess
import sys

import pytest
from PySide6.QtGui import QColor

from app.application import make_application
from app.schemes import DARK, LIGHT
from app.theme import Theme
from tests.app.test_theme import contrast


@pytest.mark.parametrize(
    "module", ["app.plots", "app.pages.train.curve", "app.evaluation.curve_plot"]
)
def test_pyqtgraph_takes_pyside6_and_leaves_the_fault_hook_alone(module):
    program = (
        f"import sys; hook = sys.excepthook; import {module}, pyqtgraph.Qt as qt;"
        "print(qt.QT_LIB, sys.excepthook is hook, 'PyQt5' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        # What pyqtgraph takes if it is imported before `app.plots` has had its say.
        env={**os.environ, "PYQTGRAPH_QT_LIB": "PyQt5"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["PySide6", "True", "False"]


def test_a_plot_follows_the_theme(qtbot):
    from app.plots import INKS, Plot

    theme = Theme(make_application(), "light")
    plot = Plot(theme, "recall", "precision")
    qtbot.addWidget(plot)

    theme.choose("dark")

    assert plot.backgroundBrush().color() == QColor(DARK.base)
    assert plot.pen(INKS[0]).color() == QColor(INKS[0].dark)
    theme.deleteLater()


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=lambda scheme: scheme.name)
def test_every_line_stands_out_on_its_ground(scheme):
    from app.plots import INKS

    for ink in INKS:
        assert contrast(ink.dark if scheme.is_dark else ink.light, scheme.base) >= 3


def test_lines_differ_by_their_dashes_too():
    from app.plots import INKS

    assert len({ink.dashes for ink in INKS}) == len(INKS)
