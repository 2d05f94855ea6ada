"""One folder, two windows: the second looks on, or brings the first to the front."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.first_window import FirstWindow, raise_for
from tests.app.studio import Studio, boxes_of, make_folder, write_label
from tinaface.owner import Owner, this_process

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = make_folder(tmp_path / "photographs")
    write_label(made / "a.json", [[10, 10, 30, 40]])
    return made


@pytest.fixture
def other() -> Iterator[Owner]:
    """A process on this machine that is alive."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield Owner(this_process().host, process.pid)
        process.kill()


def hold(folder: Path, owner: Owner) -> Path:
    lock = folder / ".review" / "lock"
    lock.parent.mkdir(exist_ok=True)
    record = {"owner": owner.as_dict(), "user": "ann", "since": "2026-01-01T08:00:00+00:00"}
    lock.write_text(json.dumps(record))
    return lock


def told(studio: Studio) -> list[str]:
    return [posted.message.what for posted in studio.session.messages.posted]


def test_f23_a_folder_that_another_window_has_open_is_read_only_here(
    qtbot: QtBot, folder: Path, tmp_path: Path, other: Owner
):
    lock = hold(folder, other)
    studio = Studio(qtbot, tmp_path)
    studio.open(folder)

    assert f"ann@{other.host} has this folder open" in told(studio)
    assert not studio.session.can_edit
    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Delete)
    studio.close()

    assert len(boxes_of(folder / "a.json")) == 1
    assert lock.exists()


def test_f23_once_the_other_window_is_closed_trying_again_gives_the_folder(
    qtbot: QtBot, folder: Path, tmp_path: Path, other: Owner
):
    lock = hold(folder, other)
    studio = Studio(qtbot, tmp_path)
    studio.open(folder)
    lock.unlink()

    (offer,) = studio.session.messages.posted[-1].message.offers
    offer.call()
    studio.settle()

    assert studio.session.can_edit
    assert not told(studio)
    studio.close()


def test_f23_a_machine_that_is_gone_can_be_overruled(qtbot: QtBot, folder: Path, tmp_path: Path):
    hold(folder, Owner("elsewhere", 1))
    studio = Studio(qtbot, tmp_path)
    studio.open(folder)
    assert not studio.session.can_edit

    offers = studio.session.messages.posted[-1].message.offers
    offers[1].call()
    studio.settle()

    assert studio.session.can_edit
    studio.close()


def test_f23_a_window_that_only_looks_takes_no_lock(qtbot: QtBot, folder: Path, tmp_path: Path):
    from app.command_line import Options

    options = Options(read_only=True, settings=tmp_path / "settings.ini")
    studio = Studio(qtbot, tmp_path, options=options)
    studio.open(folder)

    assert not (folder / ".review").exists()
    studio.close()


def test_f24_a_later_start_asks_the_window_with_its_folder(qtbot: QtBot, folder: Path):
    first = FirstWindow()
    first.listen(folder)
    script = (
        "import sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication\n"
        "from app.first_window import raise_for; application = QCoreApplication([])\n"
        "sys.exit(0 if raise_for(Path(sys.argv[1]), Path(sys.argv[2])) else 5)"
    )
    image = folder / "b.jpg"

    with (
        qtbot.waitSignal(first.wanted, timeout=20_000) as wanted,
        subprocess.Popen([sys.executable, "-c", script, str(folder), str(image)], cwd=ROOT) as late,
    ):
        qtbot.waitUntil(lambda: late.poll() is not None, timeout=20_000)

    assert wanted.args == [str(image)]
    assert late.returncode == 0


def test_f24_a_folder_without_a_window_raises_none(qtbot: QtBot, folder: Path):
    first = FirstWindow()
    first.listen(folder)
    first.listen(None)

    assert not raise_for(folder)


@pytest.mark.slow
def test_f24_the_second_start_of_the_program_ends_with_0_and_shows_the_image_in_the_first(
    folder: Path, tmp_path: Path
):
    script = f"""
import sys
from pathlib import Path
from app import application
from app.command_line import Options
app = application.make_application()
options = Options(path=Path({str(folder)!r}), settings=Path({str(tmp_path / "s.ini")!r}))
window, theme = application.build(app, application.make_settings(options), options)
window.show()
application.start(window, options)
session = window.session
session.keeping.settled.connect(lambda: print("open", flush=True))
session.image_changed.connect(lambda: session.name == "c.jpg" and window.close())
app.exec()
"""
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environ
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "open\n"

        second = subprocess.run(
            [sys.executable, "main.py", str(folder / "c.jpg"), "--settings", str(tmp_path / "t")],
            cwd=ROOT,
            env=environ,
            timeout=120,
            check=False,
        )

        assert second.returncode == 0
        assert first.wait(60) == 0
    assert not (folder / ".review").exists()
