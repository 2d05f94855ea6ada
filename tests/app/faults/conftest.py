"""A window on a small folder, with the user's own data apart."""

from pathlib import Path

import pytest

from tests.app.studio import make_folder, write_label


@pytest.fixture(autouse=True)
def users_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures; the first has one box."""
    made = make_folder(tmp_path / "photographs")
    write_label(made / "a.json", [[10, 10, 30, 40]])
    return made
