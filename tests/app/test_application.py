"""`main.py` as a process: what it prints, writes, loads, and how it exits."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.app.studio import make_folder, write_label

ROOT = Path(__file__).parents[2]


def run_main(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs main.py without a display and without the user's settings."""
    bare = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**bare, **environ},
        check=False,
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are named on Linux only")
def test_without_a_display_it_says_what_to_do_and_exits_with_3():
    done = run_main()

    assert done.returncode == 3
    assert "DISPLAY" in done.stderr
    assert "offscreen" in done.stderr


def test_an_unknown_option_exits_with_2():
    assert run_main("--no-such-option").returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_screenshot_shows_list_and_picture_and_needs_no_display(tmp_path: Path, theme: str):
    folder = make_folder(tmp_path / "photographs")
    write_label(folder / "a.json", [[10, 10, 30, 40]])
    before = sorted(path.name for path in folder.rglob("*"))
    target = tmp_path / "window.png"

    done = run_main(
        str(folder), "--screenshot", str(target), "--size", "1024x640", "--theme", theme
    )

    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(target) as image:
        assert image.size == (1024, 640)
        picture = image.convert("RGB")
        # The grey photograph in the middle, the list's ground at the left.
        assert picture.getpixel((480, 300)) == pytest.approx((128, 128, 128), abs=2)
        is_dark = sum(picture.getpixel((100, 600))) < 384
        assert is_dark == (theme == "dark")
    assert sorted(path.name for path in folder.rglob("*")) == before


@pytest.mark.slow
def test_the_window_is_shown_before_numpy_and_never_loads_tensorflow_or_labelme(tmp_path: Path):
    folder = make_folder(tmp_path / "photographs")
    script = f"""
import sys
from pathlib import Path
from app import application, environment
from app.command_line import Options
environment.check()
app = application.make_application()
options = Options(path=Path({str(folder)!r}), settings=Path({str(tmp_path / "s.ini")!r}))
window, theme = application.build(app, application.make_settings(options), options)
window.show()
app.processEvents()
assert "numpy" not in sys.modules, "numpy came before the window"
application.start(window, options)
window.session.shown_changed.connect(lambda: window.session.document and window.close())
app.exec()
assert window.session.document is not None
unwanted = {{"tensorflow", "keras", "labelme", "PyQt5", "PIL"}} & set(sys.modules)
assert not unwanted, unwanted
"""

    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        check=False,
    )

    assert done.returncode == 0, done.stderr
