"""Does the network wait for pictures? Share of a training's time in which it computes.

A training of compact at its own batch and crop, on photographs of `--data` or generated JPEGs of
1024 x 768. The first epoch decodes everything, the later ones read the cache. `waiting` is the time
the loop stands still for its next batch. That decoding and augmentation take a part of the
processor from the network, too, is in `slower`: a step beside the pipeline over a step without it.
Budget: busy at least 95 % of the time on two cores. Tracing the graphs comes first and is not
counted: some 40 s of a free processor, so each phase is told on stderr when it begins.
`system_share` is the part of a step's processor time that the operating system takes, mostly for
memory given back and asked for again; `--gives-back` shows what it is without
`tinaface.training.allocator`.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tinaface.presets import PRESETS
from tinaface.training.allocator import keep_freed_memory
from tinaface.training.cost import network_cost
from tinaface.training.labelled import LabelledSet, read_labelled

BUDGET = 0.95
SIZE = (768, 1024)
WARM_UP = 3


def make_pictures(folder: Path, count: int) -> None:
    """Photograph-like JPEGs: smooth areas with grain, and a few marked boxes."""
    import numpy as np
    from PIL import Image

    from tinaface import labelme

    rng = np.random.default_rng(0)
    height, width = SIZE
    for number in range(count):
        coarse = rng.integers(0, 256, (height // 32, width // 32, 3), np.uint8)
        smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        grain = rng.normal(0, 6, (height, width, 1))
        pixels = np.clip(np.asarray(smooth) + grain, 0, 255).astype(np.uint8)
        path = folder / f"{number}.jpg"
        Image.fromarray(pixels).save(path, quality=90)
        document = labelme.new(path.name, height, width)
        for _ in range(int(rng.integers(1, 12))):
            side = float(rng.uniform(12, 120))
            x, y = rng.uniform(0, width - side), rng.uniform(0, height - side)
            document.add_box(np.array([x, y, x + side, y + side], np.float32))
        labelme.write(document, path.with_suffix(".json"))


def measure(labelled: LabelledSet, preset_name: str, steps: int) -> dict[str, float]:
    """Seconds of waiting and of computing, in the first epoch and after it."""
    from tinaface.network.detector import build_detector
    from tinaface.training.pipeline import Order, PictureStore, batches
    from tinaface.training.step import TrainingStep

    preset = PRESETS[preset_name]
    schedule = preset.schedule
    order = Order.of(labelled.truths, schedule, schedule.batch, seed=1)
    store = PictureStore(labelled.entries, 2 * 2**30)
    stream = iter(batches(store, labelled.truths, order, schedule))
    step = TrainingStep(build_detector(preset), schedule)
    _tell("decoding the first batch")
    kept = next(stream)
    _tell(f"tracing the graphs of {preset_name}, and {WARM_UP} steps to warm up")
    for _ in range(WARM_UP):
        step.run([kept], 1e-4)

    def timed(count: int) -> tuple[list[float], list[float]]:
        waits, computes = [], []
        for _ in range(count):
            began = time.perf_counter()
            batch = next(stream)
            got = time.perf_counter()
            step.run([batch], 1e-4)
            waits.append(got - began)
            computes.append(time.perf_counter() - got)
        return waits, computes

    _tell(f"first epoch, {order.batches_per_epoch} batches")
    cold = timed(min(steps, order.batches_per_epoch))
    for _ in range(order.batches_per_epoch - len(cold[0])):
        next(stream)  # the rest of the first epoch
    _tell(f"{steps} steps beside the pipeline")
    warm = timed(steps)
    stream = iter(())  # nothing decodes beside it from here on
    _tell(f"{steps} steps without it")
    alone, times_before = [], os.times()
    for _ in range(steps):
        began = time.perf_counter()
        step.run([kept], 1e-4)
        alone.append(time.perf_counter() - began)
    times = os.times()
    system = times.system - times_before.system
    processor = system + times.user - times_before.user
    return {
        "busy_first_epoch": sum(cold[1]) / (sum(cold[0]) + sum(cold[1])),
        "busy": sum(warm[1]) / (sum(warm[0]) + sum(warm[1])),
        "waiting_ms": 1000 * statistics.fmean(warm[0]),
        "step_ms": 1000 * statistics.fmean(warm[1]),
        "step_alone_ms": 1000 * statistics.fmean(alone),
        "processor_alone_ms": 1000 * processor / steps,
        "system_share": system / processor,
        "slower": statistics.fmean(warm[1]) / statistics.fmean(alone),
        "memory_mib": _peak_bytes() / 2**20,
        "memory_estimate_mib": (
            network_cost(preset).training_bytes(preset, schedule.batch) + store.kept_bytes
        )
        / 2**20,
        "pictures_per_s": schedule.batch * steps / (sum(warm[0]) + sum(warm[1])),
    }


def _tell(phase: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {phase}", file=sys.stderr, flush=True)


def _peak_bytes() -> int:
    import resource

    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def run(argv: Sequence[str]) -> int:
    """Measures, prints a table and one JSON object. 1 where the network waits too long."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks pipeline", description=__doc__
    )
    parser.add_argument("--data", help="labelled pictures instead of generated ones")
    parser.add_argument("--preset", default="compact", choices=list(PRESETS))
    parser.add_argument("--pictures", type=int, default=64, help="generated pictures")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument(
        "--gives-back",
        action="store_true",
        help="leave the C library's way of giving freed memory back to the system",
    )
    options = parser.parse_args(argv)
    if not options.gives_back:
        keep_freed_memory()
    with tempfile.TemporaryDirectory(prefix="tinaface-pipeline-") as temporary:
        if options.data is None:
            _tell(f"making {options.pictures} pictures")
            make_pictures(Path(temporary), options.pictures)
        labelled = read_labelled(options.data or temporary, None, None, None)
        measured = measure(labelled, options.preset, options.steps)
    for name, value in measured.items():
        budget = f"   budget {BUDGET:g}" if name.startswith("busy") else ""
        print(f"{name:18} {value:10.3f}{budget}")
    print(json.dumps({**measured, "cores": os.cpu_count(), "pictures": len(labelled)}))
    return 0 if measured["busy"] >= BUDGET else 1
