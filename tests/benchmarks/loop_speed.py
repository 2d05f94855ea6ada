"""The review loop, proven: what correcting N photographs and training for minutes is worth.

A person opens photographs of a kind that the shipped model is weak in (`loop_domain.py`), makes
the labels of N of them equal the truth, presses Start on the Train page, and keeps the model. Then
both models are compared on photographs of that kind that nobody corrected, and on the general test
photographs. Whatever is corrected, learned or measured was never learned by the shipped weights.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.shared import FACES

CORRECTED = (20, 50, 100)
AIMS = {"domain_gain": 0.03, "general_loss": 0.01}


def run(argv: Sequence[str]) -> int:
    """Prints a table and, as the last line, one JSON object. 1 where the aims are missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks loop", description=__doc__)
    parser.add_argument("--domain", default="night", metavar="NAME", help="night, fog, …")
    parser.add_argument("--corrected", default=",".join(map(str, CORRECTED)), metavar="N,N,…")
    parser.add_argument("--minutes", type=float, default=10, help="of training (default: 10)")
    parser.add_argument("--held-out", type=int, default=242, help="photographs to judge by")
    parser.add_argument("--faces", type=Path, default=FACES, help="photographs with labels")
    parser.add_argument("--json", action="store_true", help="no table")
    options = parser.parse_args(argv)
    if not (options.faces / "splits.json").is_file():
        print(f"no photographs in {options.faces}")
        return 2
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="tinaface-loop-") as place:
        result = measure(options, Path(place))
    if not options.json:
        _print(result)
    print(json.dumps(result))
    return 0 if all(one["is_reached"] for one in result["rounds"] if one["corrected"] >= 50) else 1


def measure(options: argparse.Namespace, place: Path) -> dict[str, Any]:
    """Plays one round for each number of corrected photographs, each from the shipped model."""
    from tests.benchmarks.loop_domain import CAMERAS, take_again, unlearned

    camera = CAMERAS[options.domain]
    judged = unlearned(options.faces, "test", options.held_out)
    take_again(judged, camera, place / "judged" / "domain", labels=True)
    take_again(judged, lambda rgb, _: rgb, place / "judged" / "general", labels=True)
    rounds = [
        play(options, place / str(count), count, place / "judged")
        for count in map(int, options.corrected.split(","))
    ]
    return {
        "domain": options.domain,
        "minutes": options.minutes,
        "held_out": len(judged),
        "processors": os.cpu_count(),
        "rounds": rounds,
    }


def play(options: argparse.Namespace, place: Path, count: int, judged: Path) -> dict[str, Any]:
    """One round: correct, train, keep, compare."""
    from tests.benchmarks.loop_domain import CAMERAS, take_again, unlearned
    from tests.benchmarks.loop_scenario import Person
    from tinaface.dataset import ground_truth

    entries = unlearned(options.faces, "validate", count)
    names = take_again(entries, CAMERAS[options.domain], place / "photographs", labels=False)
    began = time.monotonic()
    person = Person(place / "own")
    person.open(place / "photographs")
    person.detect()
    done = [
        person.correct(name, ground_truth(entry))
        for name, entry in zip(names, entries, strict=True)
    ]
    corrected_s = time.monotonic() - began
    person.train(options.minutes)
    model = person.keep(f"{options.domain} {count}")
    notes = person.trainer.job.notes
    status = person.trainer.job.status
    person.leave()
    compared = compare(model.path, judged)
    gains = {name: compared["splits"][name]["difference"] for name in ("domain", "general")}
    return {
        "corrected": len(names),
        "learned": None if notes is None else notes.pictures,
        "edits": {kind: sum(one[kind] for one in done) for kind in done[0]},
        "corrected_s": round(corrected_s, 1),
        "steps": None if status is None else status.step,
        "trained_s": None if status is None else round(status.seconds, 1),
        **{
            name: {
                "before": one["before"]["ap50"],
                "after": one["after"]["ap50"],
                "difference": one["difference"],
                "interval": one["interval"],
            }
            for name, one in compared["splits"].items()
        },
        "is_reached": gains["domain"] >= AIMS["domain_gain"]
        and gains["general"] >= -AIMS["general_loss"],
    }


def compare(weights: Path, judged: Path) -> dict[str, Any]:
    """The shipped model and a new one on both kinds of held-out photographs."""
    from tinaface.weights import default_weights

    lists = {
        kind: [f"{kind}/{path.name}" for path in sorted((judged / kind).glob("*.jpg"))]
        for kind in ("domain", "general")
    }
    split_file = judged / "splits.json"
    split_file.write_text(json.dumps(lists))
    words = ["--before", str(default_weights()), "--after", str(weights), "--data", str(judged)]
    words += ["--split-file", str(split_file), "--split", "domain", "--split", "general", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "tinaface", "compare", *words],
        check=True,
        capture_output=True,
        text=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _print(result: dict[str, Any]) -> None:
    print(
        f"{result['domain']}: {result['minutes']:g} min of training, {result['held_out']} held-out "
        f"photographs of each kind, {result['processors']} processors"
    )
    heads = f"{'AP of the domain':^25}  {'general AP':^25}"
    print(f"{'corrected':>9} {'learned':>7} {'steps':>6}  {heads}")
    for one in result["rounds"]:
        cells = []
        for kind in ("domain", "general"):
            before, after, gain = (one[kind][key] for key in ("before", "after", "difference"))
            cells.append(f"{before:.3f} -> {after:.3f} ({gain:+.3f})")
        counts = f"{one['corrected']:>9} {one['learned']:>7} {one['steps']:>6}"
        print(f"{counts}  {cells[0]:^25}  {cells[1]:^25}")
