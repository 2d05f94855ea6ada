"""How long the paper's networks take, next to the same network in PyTorch: a ratio of one run.

Both engines stay loaded in processes of their own and take turns, so that whatever else the
computer does slows both. The table gives the fastest pass of each; with other work on the
computer the ratio of processor time says more than that of the clock. Peak memory is each
process's own, weights and libraries included.

Needs torch: `pip install .[benchmark]`, or `--torch-python` with another environment's interpreter.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

LIMIT_RATIO = 1.0


@dataclass
class Engine:
    """A process that answers a line with a forward pass."""

    name: str
    process: subprocess.Popen[str]
    passes: list[dict[str, float]] = field(default_factory=list)

    def answer(self) -> dict[str, float]:
        """What the process says next. Raises RuntimeError if it ended instead."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with code {self.process.wait()}")
        result: dict[str, float] = json.loads(line)
        return result

    def run(self) -> None:
        """One pass."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.passes.append(self.answer())

    def best(self, key: str) -> float:
        """The least of all passes but the first, which prepares the engine."""
        return min(each[key] for each in self.passes[1:])

    @property
    def peak_gib(self) -> float:
        return self.passes[-1]["peak_gib"]


def start(name: str, python: str, preset: str, size: str, threads: int, folder: str) -> Engine:
    """A loaded engine. Raises RuntimeError if it cannot be loaded."""
    command = [python, "-m", "tests.benchmarks.network_child", name, preset, *size.split("x")]
    process = subprocess.Popen(
        [*command, str(threads), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    engine = Engine(name, process)
    engine.answer()
    return engine


def largest_difference(folder: str, names: Sequence[str]) -> float:
    """Of any output map, of its largest entry."""
    with np.load(f"{folder}/{names[0]}.npz") as ours, np.load(f"{folder}/{names[1]}.npz") as theirs:
        return max(
            float(np.abs(ours[name] - theirs[name]).max() / np.abs(theirs[name]).max())
            for name in theirs.files
        )


def measure(preset: str, arguments: argparse.Namespace) -> dict[str, object]:
    """One preset's row."""
    engines: list[Engine] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name, python in (
                ("tensorflow", sys.executable),
                ("torch", arguments.torch_python),
            ):
                engines.append(
                    start(name, python, preset, arguments.size, arguments.threads, folder)
                )
            for _ in range(1 + arguments.rounds):
                for engine in engines:
                    engine.run()
            difference = largest_difference(folder, [engine.name for engine in engines])
        finally:
            for engine in engines:
                engine.process.kill()
                engine.process.wait()
    ours, theirs = engines
    return {
        "preset": preset,
        "size": arguments.size,
        "wall_s": round(ours.best("wall_s"), 2),
        "torch_wall_s": round(theirs.best("wall_s"), 2),
        "wall_ratio": round(ours.best("wall_s") / theirs.best("wall_s"), 2),
        "cpu_ratio": round(ours.best("cpu_s") / theirs.best("cpu_s"), 2),
        "first_s": round(ours.passes[0]["wall_s"], 1),
        "peak_gib": round(ours.peak_gib, 2),
        "torch_peak_gib": round(theirs.peak_gib, 2),
        "difference": difference,
    }


def run(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks network", description=__doc__)
    parser.add_argument("--presets", nargs="+", default=["paper-gn-dcn", "paper-bn"])
    parser.add_argument("--size", default="640x640", metavar="HxW")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--torch-python", type=Path, default=sys.executable, help="an interpreter that has torch"
    )
    arguments = parser.parse_args(argv)
    rows = []
    for preset in arguments.presets:
        row = measure(preset, arguments)
        rows.append(row)
        print(
            f"{preset:14} {arguments.size}  ours {row['wall_s']} s, torch {row['torch_wall_s']} s,"
            f" ratio {row['wall_ratio']} (processor time {row['cpu_ratio']}),"
            f" memory {row['peak_gib']} GiB (torch {row['torch_peak_gib']}),"
            f" outputs differ by {row['difference']:.1e}",
            flush=True,
        )
    passed = all(float(str(row["wall_ratio"])) <= LIMIT_RATIO for row in rows)
    print(json.dumps({"passed": passed, "threads": arguments.threads, "rows": rows}))
    return 0 if passed else 1
