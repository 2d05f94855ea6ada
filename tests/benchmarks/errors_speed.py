"""How fast the page Errors is with 20,000 disagreements: list, scroll, pick and judge all.

Milliseconds of the GUI thread's own processor time, so that other work on the computer counts
little; what other threads do (crops, reading, saving) is not in it. Limits: a scroll step 16 ms.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tinaface import labelme
from tinaface.predictions import PredictionStore, Record

IMAGES, FACES = 200, 100
MODEL = "0123456789ab"
LIMIT_SCROLL_MS = 16.0


def make_folder(root: Path) -> None:
    """Pictures of noise, each with a hundred labels, most of which no prediction finds."""
    rng = np.random.default_rng(0)
    store = PredictionStore(root, MODEL)
    for number in range(IMAGES):
        name = f"{number:03}.jpg"
        Image.fromarray(rng.integers(0, 255, (600, 800, 3), np.uint8)).save(root / name)
        document = labelme.new(name, 600, 800)
        places = [(80.0 * x + 5, 60.0 * y + 5) for x in range(10) for y in range(10)]
        boxes = np.array([(x, y, x + 30, y + 36) for x, y in places[:FACES]])
        for box in boxes:
            document.add_box(box, "face")
        labelme.write(document, root / f"{number:03}.json")
        found = boxes[:1].astype(np.float32) + 2
        store.append(Record(name, 800, 600, found, np.full(1, 0.9, np.float32), model=MODEL))


def run(argv: Sequence[str]) -> int:
    """Prints the table. Exit code 1 where a scroll step is over its limit."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks errors")
    parser.add_argument("--steps", type=int, default=100)
    options = parser.parse_args(argv)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="tinaface-errors-") as folder:
        root = Path(folder) / "set"
        root.mkdir()
        make_folder(root)
        figures = _measure(root, Path(folder) / "settings.ini", options.steps)
    for name, value in figures.items():
        print(f"{name:<24} {value:>10,.1f}")
    print(json.dumps(figures))
    return int(figures["scroll_step_ms"] > LIMIT_SCROLL_MS)


def _measure(root: Path, settings: Path, steps: int) -> dict[str, float]:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from app import application
    from app.command_line import Options
    from app.pages.errors import ErrorsPage

    qt = application.make_application()
    options = Options(settings=settings, size=(1280, 800))
    window, _ = application.build(qt, application.make_settings(options), options)
    window.show()
    application.load_numerics()
    application.start(window, options)
    session = window.session

    def wait(holds: Callable[[], bool]) -> None:
        while not holds():
            qt.processEvents()
            time.sleep(0.001)

    session.open(root)
    wait(lambda: session.is_quiet and not session.loop.is_busy)
    session.page.show("errors")
    page = window.centre.pages.current
    assert isinstance(page, ErrorsPage)
    wait(lambda: not page.is_at_work)
    view = page.tiles
    figures = {"tiles": float(len(view.listing)), "list_ms": _ms(page.refresh)}
    bar = view.verticalScrollBar()

    def scroll() -> None:
        bar.setValue(bar.value() + 60)
        view.viewport().repaint()

    scrolled = []
    for _ in range(steps):
        scrolled.append(_ms(scroll))
        qt.processEvents()
    figures["scroll_step_ms"] = statistics.median(scrolled)
    figures["scroll_step_max_ms"] = max(scrolled)
    figures["jump_to_end_ms"] = _ms(lambda: QTest.keyClick(view, Qt.Key.Key_End))
    all_keys = Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier
    figures["pick_all_ms"] = _ms(lambda: QTest.keyClick(view, *all_keys))
    start = time.perf_counter()
    blocked = [_ms(lambda: QTest.keyClick(view, Qt.Key.Key_X))]
    while session.loop.batches.is_busy or not session.loop.batches.can_undo:
        blocked.append(_ms(qt.processEvents))
    figures["judge_all_s"] = time.perf_counter() - start
    figures["judge_blocked_ms"] = max(blocked)
    wait(lambda: not session.loop.is_busy and not page.is_at_work)
    figures["tiles_left"] = float(len(view.listing))
    window.close()
    return figures


def _ms(work: Callable[[], object]) -> float:
    start = time.thread_time()
    work()
    return (time.thread_time() - start) * 1000
