"""How long the review loop makes one wait: counting at a new threshold, next, verdict.

Budgets: 32,000 images counted again in 16 ms; the next disagreement, and from a verdict key to
the next box, in 60 ms each. Best and median of many, as other programs may be running; `_cpu` is
the time that the window's own thread computed.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QEventLoop, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app import application
from app.command_line import Options
from app.main_window import MainWindow
from app.settings import Settings
from tests.app.loop.dataset import MODEL
from tests.app.studio import write_label
from tinaface.disagreement_table import DisagreementTable
from tinaface.disagreements import find
from tinaface.matching import match
from tinaface.predictions import PredictionStore, Record
from tinaface.queue_order import Queue

SIZE = (768, 1024)
BUDGETS_MS = {
    "count": 16.0,
    "table_next": 60.0,
    "next": 60.0,
    "next_cpu": 60.0,
    "verdict": 60.0,
    "verdict_cpu": 60.0,
}


def scene(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, predictions and scores of a picture like the photographs: 12 faces, 50 guesses."""
    corner = rng.uniform(0, 900, (12, 2))
    labels = np.concatenate([corner, corner + rng.uniform(10, 90, (12, 2))], axis=1)
    found = labels[:9] + rng.normal(0, 3, (9, 4))
    guess = rng.uniform(0, 900, (50, 2))
    boxes = np.concatenate([found, np.concatenate([guess, guess + 35], axis=1)])
    scores = np.concatenate([rng.uniform(0.3, 1, 9), rng.beta(0.5, 3, 50)])
    return labels.round(1), boxes.astype(np.float32), scores.astype(np.float32)


def measure_table(images: int, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of counting and of finding the next one in a large data set."""
    rng, table = np.random.default_rng(0), DisagreementTable()
    for image in range(images):
        labels, boxes, scores = scene(rng)
        found = find(match(boxes, scores, labels, np.zeros(len(labels), bool)), labels, boxes)
        table.put(image, found, np.zeros(len(found), np.int8))
    taken: dict[str, list[float]] = {"count": [], "table_next": []}
    rank = None
    for number in range(rounds):
        taken["count"].append(timed(lambda at=0.3 + 0.01 * (number % 50): table.counts(at)))
        start = time.perf_counter()
        (one,) = table.neighbours(0.5, Queue(), rank, 1)
        taken["table_next"].append((time.perf_counter() - start) * 1000)
        rank = one.rank
    return taken


def timed(step) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1000


def write_folder(root: Path, images: int) -> None:
    """A folder of photographs' size with labels and predictions."""
    rng, store = np.random.default_rng(1), PredictionStore(root, MODEL)
    Image.fromarray(rng.integers(0, 255, (*SIZE, 3), np.uint8)).save(root / "0000.jpg")
    for number in range(images):
        name = f"{number:04}.jpg"
        if number:
            os.link(root / "0000.jpg", root / name)
        labels, boxes, scores = scene(rng)
        write_label(root / f"{number:04}.json", labels.tolist())
        store.append(Record(name, SIZE[1], SIZE[0], boxes, scores, model=MODEL))


def measure_window(images: int, rounds: int) -> dict[str, list[float]]:
    """Milliseconds from a key to the next box, in a whole window."""
    app = application.make_application()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "photographs"
        root.mkdir()
        write_folder(root, images)
        window, _ = application.build(
            app, Settings(Path(folder) / "s.ini"), Options(size=(1280, 800))
        )
        window.show()
        window.complete()
        session = window.session
        session.settings.reduce_motion = True
        session.open(root)
        wait(lambda: session.is_quiet and session.loop.comparison.table.images == images)
        taken = {}
        for name, pressed in (("next", Qt.Key.Key_F), ("verdict", Qt.Key.Key_R)):
            pairs = [key(window, pressed) for _ in range(rounds)]
            taken[name], taken[f"{name}_cpu"] = map(list, zip(*pairs, strict=True))
        window.close()
    return taken


def key(window: MainWindow, pressed: Qt.Key) -> tuple[float, float]:
    """Milliseconds from a key until the next box is selected: by the clock, and computing."""
    arrived: list[object] = []
    queue = window.session.loop.queue
    queue.arrived.connect(arrived.append)
    wait(lambda: window.session.is_quiet)  # the neighbours are read ahead while one looks
    start, start_cpu = time.perf_counter(), time.thread_time()
    QTest.keyClick(window.canvas, pressed)
    wait(lambda: bool(arrived))
    taken, cpu = time.perf_counter() - start, time.thread_time() - start_cpu
    queue.arrived.disconnect(arrived.append)
    return taken * 1000, cpu * 1000


def wait(holds) -> None:
    """Lets the window work until something holds."""
    while not holds():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)


def run(argv: Sequence[str]) -> int:
    """Prints a table and one JSON object. Exit code 1 where a budget is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks review", description=__doc__)
    parser.add_argument("--images", type=int, default=32_000, help="in the table")
    parser.add_argument("--opened", type=int, default=200, help="in the opened folder")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args(argv)
    taken = {
        **measure_table(options.images, options.rounds),
        **measure_window(options.opened, options.rounds),
    }
    result = {}
    for name, values in taken.items():
        best, median = min(values), statistics.median(values)
        print(f"{name:12} best {best:7.1f} ms  median {median:7.1f} ms  {BUDGETS_MS[name]:5.0f} ms")
        result[name] = {"best_ms": round(best, 2), "median_ms": round(median, 2)}
    print(json.dumps(result))
    return int(any(min(values) > BUDGETS_MS[name] for name, values in taken.items()))
