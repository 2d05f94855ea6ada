"""The window's tests need no display."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytestqt.qtbot import QtBot

if TYPE_CHECKING:
    from tests.app.studio import Studio

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def own_user_folder(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Keeps models and runs of the person at this computer out of the tests."""
    folder = tmp_path_factory.mktemp("user-data")
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    return folder


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> "Iterator[Studio]":
    """A window with nothing open."""
    from tests.app.studio import Studio  # the tests that want none need not load it

    made = Studio(qtbot, tmp_path)
    yield made
    made.close()
