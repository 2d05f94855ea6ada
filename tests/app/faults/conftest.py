"""A window on a small folder, with the user's own data apart."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.studio import Studio, make_folder, write_label


@pytest.fixture(autouse=True)
def users_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures; the first has one box."""
    made = make_folder(tmp_path / "photographs")
    write_label(made / "a.json", [[10, 10, 30, 40]])
    return made


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    """A window with nothing open."""
    made = Studio(qtbot, tmp_path)
    yield made
    made.close()
