"""How long a start takes until the window is on screen and until the first image is painted.

Each start is a fresh process, off-screen, on a small folder; the first one warms the disk's cache
and is not counted. Budgets on two cores: window 0.5 s, first image 0.8 s.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

STARTS = 7
BUDGETS = {"window_s": 0.5, "first_image_s": 0.8}


def measure(root: Path, settings: Path, spawned: float) -> dict[str, float]:
    """Starts as `main.py` does and tells seconds since `spawned`, of the system's clock."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from app import application, command_line, environment

    options = command_line.read([str(root), "--settings", str(settings)])
    environment.check()
    from PySide6.QtCore import QTimer

    app = application.make_application()
    window, _ = application.build(app, application.make_settings(options), options)
    window.show()
    app.processEvents()
    found = {"window_s": time.time() - spawned}

    def on_shown() -> None:
        if window.session.document is not None and "first_image_s" not in found:
            window.canvas.repaint()
            found["first_image_s"] = time.time() - spawned
            QTimer.singleShot(0, window.close)

    window.session.shown_changed.connect(on_shown)
    QTimer.singleShot(0, lambda: application.start(window, options))
    app.exec()
    return found


def run(argv: Sequence[str]) -> int:
    """Measures several starts; prints a table and one JSON object of medians."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks startup", description=__doc__)
    parser.add_argument("--starts", type=int, default=STARTS)
    parser.add_argument("--json", action="store_true", help="only the JSON object")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--spawned", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.measure is not None:
        print(json.dumps(measure(options.measure, options.settings, options.spawned)))
        return 0
    from tests.benchmarks.open_speed import make_folder

    starts = []
    with tempfile.TemporaryDirectory(prefix="tinaface-startup-") as temporary:
        root = Path(temporary) / "photographs"
        root.mkdir()
        make_folder(root, images=60, folders=3)
        command = [sys.executable, "-m", "tests.benchmarks", "startup", "--measure", str(root)]
        command += ["--settings", str(Path(temporary) / "settings.ini")]
        for _ in range(options.starts + 1):
            spawned = ["--spawned", repr(time.time())]
            done = subprocess.run([*command, *spawned], check=True, capture_output=True, text=True)
            starts.append(json.loads(done.stdout.splitlines()[-1]))
    warm = starts[1:]
    result = {name: round(statistics.median(one[name] for one in warm), 3) for name in BUDGETS}
    result |= {f"best_{name}": round(min(one[name] for one in warm), 3) for name in BUDGETS}
    if not options.json:
        for name, budget in BUDGETS.items():
            print(f"{name:14} median {result[name]:.3f}, best {result[f'best_{name}']:.3f}", end="")
            print(f"   budget {budget:g}")
    print(json.dumps(result))
    return 0
