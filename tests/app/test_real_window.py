"""The program in a real X server, driven by real keys and a real mouse, as a user would.

Needs Xvfb and xdotool (`apt-get install xvfb xdotool`) and skips without them.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.app.studio import boxes_of, make_folder, write_label
from tinaface.dataset import find_entry
from tinaface.disagreements import Kind
from tinaface.verdicts import Judgement, Verdicts

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 60.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("Xvfb") and shutil.which("xdotool")),
        reason="Xvfb or xdotool is missing: apt-get install xvfb xdotool",
    ),
]


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of our own; it chooses a free number."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as number:
        name = number.readline().strip()
    yield f":{name}"
    server.terminate()
    server.wait()


class Desktop:
    """The running program and what a hand does to it."""

    def __init__(self, display: str, folder: Path, settings: Path, first: str = "a.jpg") -> None:
        bare = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
        self.environ = {**bare, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        command = [sys.executable, str(ROOT / "main.py"), str(folder), "--settings", str(settings)]
        self.process = subprocess.Popen(
            command, env=self.environ, stderr=subprocess.PIPE, text=True
        )
        self.window = self._find_window(first)

    def _find_window(self, first: str) -> str:
        found: list[str] = []

        def shows() -> bool:
            if self.process.poll() is not None:
                _, told = self.process.communicate()
                pytest.skip(f"the program cannot run on an X server here: {told}")
            # The title names the image once it is shown.
            search = ["search", "--onlyvisible", "--name", f"{first}.*TinaFace Studio"]
            found[:] = self.hand(*search, check=False).split()
            return bool(found)

        until(shows)
        self.hand("windowsize", "--sync", found[0], "1200", "760", check=False)
        self.hand("windowfocus", found[0])
        time.sleep(0.3)  # no signal reaches us from another process' layout
        return found[0]

    def hand(self, *words: str, check: bool = True) -> str:
        """One xdotool command."""
        done = subprocess.run(
            ["xdotool", *words], env=self.environ, capture_output=True, text=True, check=check
        )
        return done.stdout

    def key(self, *keys: str) -> None:
        self.hand("key", "--delay", "60", *keys)

    @property
    def title(self) -> str:
        """The title of the window, which names the image."""
        return self.hand("getwindowname", self.window)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Drags with the left button between two places of the window."""
        self.hand("mousemove", "--window", self.window, *map(str, start))
        self.hand("mousedown", "1")
        middle = ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2)
        self.hand("mousemove", "--window", self.window, *map(str, middle))
        self.hand("mousemove", "--window", self.window, *map(str, end))
        self.hand("mouseup", "1")


def until(holds: Callable[[], bool]) -> None:
    """Waits for something in another process; there is no signal to wait for."""
    deadline = time.monotonic() + TIMEOUT_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)


@contextmanager
def running(desktop: Desktop) -> Iterator[Desktop]:
    """Ends the program whatever the test does."""
    yield desktop
    if desktop.process.poll() is None:
        desktop.process.kill()
    desktop.process.communicate()


@pytest.fixture
def desktop(display: str, tmp_path: Path) -> Iterator[Desktop]:
    folder = make_folder(tmp_path / "photographs")
    write_label(folder / "b.json", [[10, 10, 30, 40]])
    with running(Desktop(display, folder, tmp_path / "settings.ini")) as desktop:
        yield desktop


def test_draw_delete_undo_and_quit_leave_the_right_files(desktop: Desktop, tmp_path: Path):
    folder = tmp_path / "photographs"

    desktop.key("w")
    desktop.drag((500, 330), (600, 430))
    until(lambda: (folder / "a.json").exists())
    desktop.key("d")
    until(lambda: "b.jpg" in desktop.hand("getwindowname", desktop.window))
    time.sleep(0.3)
    desktop.key("Tab", "Delete")
    until(lambda: boxes_of(folder / "b.json") == [])
    desktop.key("ctrl+z")
    until(lambda: boxes_of(folder / "b.json") != [])
    desktop.key("ctrl+q")
    desktop.process.wait(TIMEOUT_S)

    assert desktop.process.returncode == 0
    assert len(boxes_of(folder / "a.json")) == 1
    assert boxes_of(folder / "b.json") == [[[10, 10], [30, 40]]]


@pytest.mark.skipif(not shutil.which("setxkbmap"), reason="setxkbmap is missing: x11-xkb-utils")
@pytest.mark.parametrize("layout", ["ru", "us,ru", "gr", "il"])
def test_letters_work_on_keyboards_of_other_alphabets(desktop: Desktop, layout: str):
    subprocess.run(["setxkbmap", layout], env=desktop.environ, check=True)

    desktop.key("40")  # the key code of D, whatever it writes
    until(lambda: "b.jpg" in desktop.hand("getwindowname", desktop.window))
    desktop.key("38")  # and of A
    until(lambda: "a.jpg" in desktop.hand("getwindowname", desktop.window))


def test_quitting_saves_the_box_just_drawn(desktop: Desktop, tmp_path: Path):
    desktop.key("w")
    desktop.drag((500, 330), (600, 430))
    desktop.key("ctrl+q")
    desktop.process.wait(TIMEOUT_S)

    assert len(boxes_of(tmp_path / "photographs" / "a.json")) == 1


def is_drawn(folder: Path) -> bool:
    """Whether the program knows of a box: a signal overtakes what the mouse did before it."""
    journals = (folder / ".review").glob("journal-*.jsonl")
    return (folder / "a.json").exists() or any(b'"edit":' in one.read_bytes() for one in journals)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_the_terminal_saves_and_ends(desktop: Desktop, tmp_path: Path, number: int):
    desktop.key("w")
    desktop.drag((500, 330), (600, 430))
    until(lambda: is_drawn(tmp_path / "photographs"))
    desktop.process.send_signal(number)
    desktop.process.wait(TIMEOUT_S)

    assert desktop.process.returncode == 0
    assert len(boxes_of(tmp_path / "photographs" / "a.json")) == 1


def press_until(desktop: Desktop, key: str, holds: Callable[[], bool]) -> None:
    """Presses a key again where it came before the next picture, and so did nothing."""
    deadline = time.monotonic() + TIMEOUT_S
    while not holds():
        assert time.monotonic() < deadline, f"{key} did nothing"
        time.sleep(1)  # on a busy machine the next picture takes its time
        desktop.key(key)
        patience = time.monotonic() + 8
        while not holds() and time.monotonic() < patience:
            time.sleep(0.1)


def labels_of(folder: Path) -> dict[str, list[list[list[float]]]]:
    """The corner points in every label file, sorted."""
    return {
        path.relative_to(folder).as_posix(): sorted(boxes_of(path))
        for path in folder.rglob("*.json")
        if path.parent.name == "labels" and ".review" not in path.parts
    }


def judged(folder: Path, labels: dict[str, list[list[list[float]]]]) -> None:
    """Does to the labels what the verdicts on disk say was done."""
    for verdict in Verdicts(folder):
        x0, y0, x1, y1 = verdict.xyxy
        label = find_entry(folder / verdict.image).label
        assert label is not None
        boxes = labels[label.relative_to(folder).as_posix()]
        match verdict.kind, verdict.judgement:
            case Kind.FP, Judgement.ACCEPT:
                boxes.append([[x0, y0], [x1, y1]])
                boxes.sort()
            case Kind.FN, Judgement.REJECT:
                at = min(boxes, key=lambda box: abs(box[0][0] - x0) + abs(box[0][1] - y0))
                boxes.remove(at)
            case Kind.DUP, Judgement.REJECT:
                pytest.fail("the test does not know which of both labels went")


def test_the_review_loop_on_the_sample(display: str, tmp_path: Path):
    folder = tmp_path / "sample"
    shutil.copytree(ROOT / "data" / "sample", folder)
    before = labels_of(folder)

    def verdicts() -> int:
        return len(list(Verdicts(folder)))

    with running(Desktop(display, folder, tmp_path / "settings.ini", ".*jpg")) as desktop:
        first = desktop.title

        def is_elsewhere() -> bool:
            desktop.key("f")  # it does nothing until the images are compared
            time.sleep(0.5)
            return desktop.title != first

        until(is_elsewhere)
        for count, key in enumerate(("e", "r", "e"), 1):
            press_until(desktop, key, lambda count=count: verdicts() == count)
        desktop.key("ctrl+z")
        until(lambda: verdicts() == 2)
        desktop.key("ctrl+s")
        time.sleep(0.3)
        desktop.key("ctrl+q")
        desktop.process.wait(TIMEOUT_S)

    assert desktop.process.returncode == 0
    assert verdicts() == 2
    judged(folder, before)
    after = labels_of(folder)
    assert after.keys() == before.keys()
    for name, boxes in after.items():
        assert np.array(boxes) == pytest.approx(np.array(before[name]), abs=0.001), name
