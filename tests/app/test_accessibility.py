"""Every control of every page and dialog can be named by a screen reader and reached by keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.pages.table import PAGES
from tests.app.studio import Studio, make_folder, write_label

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
)
DIALOGS = ("show_settings", "show_palette", "show_keys")


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    folder = make_folder(tmp_path / "photographs")
    write_label(folder / "a.json", [[10, 10, 30, 40]])
    made.open(folder)
    yield made
    made.close()


def is_part_of_another(widget: QWidget) -> bool:
    """Whether a widget is a part that Qt made, and told by the control it belongs to."""
    parent = widget.parentWidget()
    return (
        widget.objectName().startswith("qt_")
        or isinstance(widget, QScrollBar)
        or isinstance(parent, QLineEdit | QComboBox | QAbstractSpinBox | QTabBar)
        or (parent is not None and parent.objectName().startswith("qt_"))
        or "Private" in type(widget).__name__
        or widget.inherits("QComboBoxPrivateContainer")
        or widget.inherits("QTableCornerButton")
        or widget.inherits("QHeaderView")
    )


def name_of(widget: QWidget) -> str:
    """What a screen reader says."""
    told = getattr(widget, "text", None)
    own = told() if callable(told) and not isinstance(widget, QLineEdit) else ""
    return widget.accessibleName() or own or widget.toolTip()


def nameless(root: QWidget) -> list[str]:
    """The visible controls without a name, each with where it is."""
    return [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for widget in root.findChildren(QWidget)
        if widget.isVisible()
        and (isinstance(widget, CONTROLS) or widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and not isinstance(widget, QLabel | QTabBar)
        and not is_part_of_another(widget)
        and not name_of(widget)
    ]


@pytest.mark.parametrize("page_id", [page.id for page in PAGES])
def test_every_control_of_a_page_has_a_name(studio: Studio, page_id: str):
    studio.session.page.show(page_id)
    studio.settle()

    assert nameless(studio.window) == []


@pytest.mark.parametrize("opens", DIALOGS)
def test_every_control_of_a_dialog_has_a_name(studio: Studio, opens: str):
    getattr(studio.window.dialogs, opens)()
    QApplication.processEvents()
    dialog = studio.window.findChildren(QDialog)[-1]

    assert nameless(dialog) == []
    dialog.reject()


@pytest.mark.parametrize("page_id", [page.id for page in PAGES])
def test_the_focus_can_leave_every_page_and_come_back(studio: Studio, page_id: str):
    studio.session.page.show(page_id)
    page = studio.window.centre.pages.current
    QApplication.processEvents()
    assert page.isAncestorOf(studio.window.focusWidget())

    studio.window.next_panel(1)
    assert not page.isAncestorOf(studio.window.focusWidget())
    studio.window.next_panel(-1)

    assert page.isAncestorOf(studio.window.focusWidget())


def is_reached_by_arrows(button: QAbstractButton) -> bool:
    """Whether it is one of a group of choices; Tab goes to the one that is chosen."""
    group = button.group()
    chosen = None if group is None or not group.exclusive() else group.checkedButton()
    return chosen is not None and bool(chosen.focusPolicy() & Qt.FocusPolicy.TabFocus)


@pytest.mark.parametrize("page_id", [page.id for page in PAGES])
def test_tab_reaches_every_button_of_a_page(studio: Studio, page_id: str):
    studio.session.page.show(page_id)
    studio.settle()
    page = studio.window.centre.pages.current

    unreachable = [
        name_of(button)
        for button in page.findChildren(QAbstractButton)
        if button.isVisible()
        and not is_part_of_another(button)
        and not is_reached_by_arrows(button)
        and not button.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]

    assert unreachable == []
