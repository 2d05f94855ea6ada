"""The options of `python main.py`."""

from pathlib import Path

import pytest

from app import command_line
from app.command_line import Options


def test_without_options_nothing_special_is_asked_for():
    assert command_line.read([]) == Options()


def test_options_reach_the_program(tmp_path: Path):
    options = command_line.read(
        [str(tmp_path), "--image", "a.jpg", "--read-only", "--theme", "dark", "--size", "1024x640"]
    )

    assert options.path == tmp_path
    assert options.image == "a.jpg"
    assert options.read_only
    assert options.theme == "dark"
    assert options.size == (1024, 640)


@pytest.mark.parametrize(
    "argv",
    [
        ["--no-such-option"],
        ["--theme", "pink"],
        ["--scale", "9"],
        ["--size", "12"],
        ["--size", "1x1"],
        ["/no/such/folder"],
        ["--pred", "/no/such/file"],
        ["--sample", "."],
        [".", "."],
    ],
)
def test_senseless_options_exit_with_2_and_the_usage(argv, capsys):
    with pytest.raises(SystemExit) as caught:
        command_line.read(argv)

    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_version_is_printed(capsys):
    with pytest.raises(SystemExit) as caught:
        command_line.read(["--version"])

    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("TinaFace Studio ")
