"""Settings come back as they were stored; a damaged file is set aside."""

from pathlib import Path

import platformdirs
import pytest

from app.settings import RECENT_FOLDERS, Settings, default_path
from tinaface.review_folder import APPLICATION


def test_values_come_back_in_the_next_session(tmp_path: Path):
    path = tmp_path / "settings.ini"
    first = Settings(path)
    first.theme, first.long_side, first.nms_iou = "dark", 960, 0.35
    first.sync()

    again = Settings(path)

    assert (again.theme, again.long_side, again.nms_iou) == ("dark", 960, 0.35)


@pytest.mark.parametrize("content", [b"[look\nnonsense", b"\x00\xff\x13 binary"])
def test_f53_a_damaged_file_is_renamed_and_defaults_are_used(tmp_path: Path, content: bytes):
    path = tmp_path / "settings.ini"
    path.write_bytes(content)

    settings = Settings(path)

    assert settings.theme == "system"
    assert settings.set_aside is not None
    assert settings.set_aside.read_bytes() == content


@pytest.mark.parametrize(
    ("section", "line", "name", "default"),
    [
        ("look", "theme=pink", "theme", "system"),
        ("detector", "nms_iou=lots", "nms_iou", 0.0),
        ("detector", "long_side=-5", "long_side", 0),
    ],
)
def test_a_value_that_makes_no_sense_gives_the_default(tmp_path, section, line, name, default):
    path = tmp_path / "settings.ini"
    path.write_text(f"[{section}]\n{line}\n")

    assert getattr(Settings(path), name) == default


def test_recent_folders_are_unique_limited_and_newest_first(tmp_path: Path):
    settings = Settings(tmp_path / "settings.ini")

    for number in [*range(RECENT_FOLDERS + 3), 5]:
        settings.remember_folder(Path(f"/photos/{number}"))

    recent = settings.recent_folders
    assert recent[0] == "/photos/5"
    assert len(recent) == len(set(recent)) == RECENT_FOLDERS


@pytest.fixture
def configs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of all programs' settings."""
    monkeypatch.setattr(platformdirs, "user_config_path", lambda name, **_: tmp_path / name)
    return tmp_path


def test_settings_lie_in_the_folder_of_the_programs_name(configs: Path):
    assert default_path() == configs / APPLICATION / "settings.ini"


def test_settings_of_the_earlier_folder_are_taken_over_once(configs: Path):
    first = Settings(configs / "tinaface-studio" / "settings.ini")
    first.theme = "dark"
    first.sync()

    now = Settings(default_path())
    assert (now.path, now.theme) == (configs / APPLICATION / "settings.ini", "dark")
    now.theme = "light"
    now.sync()

    assert Settings(default_path()).theme == "light"
    assert Settings(first.path).theme == "dark"


def test_settings_that_cannot_be_taken_over_stay_in_use_where_they_are(configs: Path):
    earlier = Settings(configs / "tinaface-studio" / "settings.ini")
    earlier.sync()
    (configs / APPLICATION).write_text("a file where the folder should be")

    assert default_path() == earlier.path
