"""How fast a folder of 32,000 images opens, filters and is leafed through, and what it costs.

Generated pictures, linked into 61 folders; the window runs in a process of its own, off-screen.
Several such runs are made and each figure is their median, as other programs may be at work. The
first one has no index of the images yet, and reads it while the user filters and leafs.
Budgets on two cores: first image 1.0 s, full list 2.0 s, filter 30 ms, next image 30 ms (decoded
ahead), never blocked longer than 50 ms, 160 MiB of memory without the cache of pictures.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

IMAGES, FOLDERS = 32_000, 61
SIZE = (640, 480)
LEAVES = 40
RUNS = 3
FILTERS = (
    "7_event_1",
    "Event_60",
    "",
    "boxes<1 face<16px -status:done",
    "_11 size>0.2MP -error",
    "",
)
BUDGETS = {
    "first_image_s": 1.0,
    "full_list_s": 2.0,
    "filter_ms": 30.0,
    "next_ms": 30.0,
    "blocked_ms_max": 50.0,
    "rss_mib": 160.0,
}


def make_folder(root: Path, images: int, folders: int) -> None:
    """One generated picture a folder, hard-linked under many names."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    for folder in range(folders):
        place = root / f"{folder}--Event_{folder}"
        place.mkdir()
        coarse = rng.integers(0, 256, (SIZE[1] // 16, SIZE[0] // 16, 3), np.uint8)
        first = place / f"{folder}_Event_0.jpg"
        Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC).save(first, quality=85)
        count = images // folders + (folder < images % folders)
        for number in range(1, count):
            os.link(first, place / f"{folder}_Event_{number}.jpg")


def measure(root: Path, settings: Path) -> dict[str, float]:
    """Opens a folder in a real window (off-screen) and plays a user."""
    started = time.perf_counter()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QElapsedTimer, QEvent, QEventLoop, QObject, Qt, QTimer

    from app import application
    from app.command_line import Options

    app = application.make_application()
    options = Options(settings=settings)
    window, _ = application.build(app, application.make_settings(options), options)
    window.show()
    app.processEvents()
    shown_s = time.perf_counter() - started
    window.complete()
    app.processEvents()
    session = window.session

    def wait(signal: object, is_done: object) -> None:
        loop = QEventLoop()
        signal.connect(loop.quit)  # type: ignore[attr-defined]
        while not is_done():  # type: ignore[operator]
            QTimer.singleShot(20, loop.quit)
            loop.exec()

    # Wall time is what the user feels. On a busy machine two more figures tell what is ours: the
    # thread's own time, and the gap without the time in which no processor was free for it.
    gaps: list[float] = []
    own: list[float] = [time.thread_time()]
    waited: list[float] = [_waited_for_processor_ms()]
    beat, since = QTimer(), QElapsedTimer()
    beat.setTimerType(Qt.TimerType.PreciseTimer)

    def tick() -> None:
        gaps.append(since.nsecsElapsed() / 1e6)
        own.append(time.thread_time())
        waited.append(_waited_for_processor_ms())
        since.start()

    beat.timeout.connect(tick)
    beat.start(1)
    since.start()
    first: list[float] = []

    class Painted(QObject):
        """Notes when the canvas has painted its first picture."""

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint and session.document is not None and not first:
                # The next turn of the event loop comes when this one has painted.
                QTimer.singleShot(0, lambda: first or first.append(time.perf_counter()))
            return False

    painted = Painted()
    window.canvas.installEventFilter(painted)
    begun = time.perf_counter()
    session.open_folder(root)
    wait(session.scan_finished, lambda: not session.is_scanning)
    full_list_s = time.perf_counter() - begun
    wait(session.shown_changed, lambda: first)
    first_image_s = first[0] - begun

    filters = []
    for text in FILTERS:
        at = time.perf_counter()
        window.files.search.setText(text)
        app.processEvents()
        filters.append(1000 * (time.perf_counter() - at))

    leaves = []
    for _ in range(LEAVES):
        wait(session.shown_changed, lambda: session.is_quiet)
        before = session.shown
        at = time.perf_counter()
        session.go_by(1)
        wait(session.shown_changed, lambda before=before: session.shown is not before)
        window.canvas.repaint()
        leaves.append(1000 * (time.perf_counter() - at))
    beat.stop()

    rss = _resident_bytes()
    cached = session.pictures.bytes_held
    window.close()
    return {
        "images": session.files.total or IMAGES,
        "window_s": round(shown_s, 3),
        "first_image_s": round(first_image_s, 3),
        "full_list_s": round(full_list_s, 3),
        "filter_ms": round(statistics.median(filters), 2),
        "filter_ms_max": round(max(filters), 2),
        "next_ms": round(statistics.median(leaves), 2),
        "next_ms_max": round(max(leaves), 2),
        "blocked_ms_max": round(max(gaps), 2),
        "blocked_own_ms_max": round(max(1000 * (b - a) for a, b in pairwise(own)), 2),
        "blocked_alone_ms_max": round(
            max(gap - (b - a) for gap, (a, b) in zip(gaps, pairwise(waited), strict=True)), 2
        ),
        "rss_mib": round((rss - cached) / 2**20, 1),
        "picture_cache_mib": round(cached / 2**20, 1),
    }


def _waited_for_processor_ms() -> float:
    """How long this thread was ready to run while others had the processors; Linux only."""
    path = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
    return int(path.read_text().split()[1]) / 1e6 if path.exists() else 0.0


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def run(argv: Sequence[str]) -> int:
    """Makes the folder, measures in a fresh process, prints a table and one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks open", description=__doc__)
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--json", action="store_true", help="only the JSON object")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.measure is not None:
        print(json.dumps(measure(options.measure, options.settings)))
        return 0
    with tempfile.TemporaryDirectory(prefix="tinaface-open-") as temporary:
        root = Path(temporary) / "images-of-events"
        root.mkdir()
        make_folder(root, options.images, FOLDERS)
        command = [sys.executable, "-m", "tests.benchmarks", "open", "--measure", str(root)]
        command += ["--settings", str(Path(temporary) / "settings.ini")]
        environment = os.environ | {"XDG_CACHE_HOME": str(Path(temporary) / "cache")}
        runs = []
        for _ in range(options.runs):
            done = subprocess.run(
                command, check=True, capture_output=True, text=True, env=environment
            )
            runs.append(json.loads(done.stdout.splitlines()[-1]))
    measured = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    if not options.json:
        for name, budget in BUDGETS.items():
            verdict = "PASS" if measured[name] <= budget else "over"
            print(f"{name:16} {measured[name]:10.3f}   budget {budget:g}  {verdict}")
    print(json.dumps(measured))
    return 0
