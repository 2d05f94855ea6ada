"""The review loop, proven: what correcting N photographs and training for minutes is worth.

A person opens photographs of a kind that the shipped model is weak in (`loop_domain.py`), makes
the labels of N of them equal the truth, presses Start on the Train page, and keeps the model. Then
both models are compared on photographs of that kind that nobody corrected, and on the general test
photographs. What is judged by was learned by no weights: neither by the shipped ones nor, as the
run folder tells, by those that came of the corrections.

The minutes count from the click on Start until the weights are there.
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
# Of the minutes, for what comes before the first step: loading TensorFlow, checking the pictures.
# A share bounds it, for trials of a minute.
BEGINNING_MINUTES, BEGINNING_SHARE = 0.75, 0.1


def run(argv: Sequence[str]) -> int:
    """Prints a table and, as the last line, one JSON object. 1 where the aims are missed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks loop",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--domain", default="night", metavar="NAME", help="night, fog, …")
    parser.add_argument("--corrected", default=",".join(map(str, CORRECTED)), metavar="N,N,…")
    parser.add_argument(
        "--minutes", type=float, default=10, help="from Start until the weights (default: 10)"
    )
    parser.add_argument("--held-out", type=int, default=242, help="photographs to judge by")
    parser.add_argument("--faces", type=Path, default=FACES, help="photographs with labels")
    parser.add_argument("--weights", type=Path, help="to begin with (default: the shipped ones)")
    parser.add_argument("--json", action="store_true", help="no table")
    options = parser.parse_args(argv)
    if not (options.faces / "splits.json").is_file():
        print(f"no photographs in {options.faces}")
        return 2
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if options.weights is None:
        from tinaface.weights import default_weights

        options.weights = default_weights()
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
    rounds = []
    for count in map(int, options.corrected.split(",")):
        rounds.append(play(options, place / str(count), count, place / "judged"))
        # A whole run takes three quarters of an hour: each round is told as it comes.
        print(json.dumps(rounds[-1]), file=sys.stderr, flush=True)
    return {
        "domain": options.domain,
        "minutes": options.minutes,
        "held_out": len(judged),
        "processors": os.cpu_count(),
        "rounds": rounds,
    }


def play(options: argparse.Namespace, place: Path, count: int, judged: Path) -> dict[str, Any]:
    """One round: correct, train, keep, compare."""
    from tests.benchmarks.loop_domain import CAMERAS, require_apart, take_again, unlearned
    from tests.benchmarks.loop_scenario import Person
    from tinaface.dataset import ground_truth

    entries = unlearned(options.faces, "validate", count)
    names = take_again(entries, CAMERAS[options.domain], place / "photographs", labels=False)
    began = time.monotonic()
    person = Person(place / "own", options.weights)
    person.open(place / "photographs")
    person.detect()
    done = [
        person.correct(name, ground_truth(entry))
        for name, entry in zip(names, entries, strict=True)
    ]
    corrected_s = time.monotonic() - began
    beginning = min(BEGINNING_MINUTES, BEGINNING_SHARE * options.minutes)
    taken = person.train(options.minutes - beginning)
    model = person.keep(f"{options.domain} {count}")
    job = person.trainer.job
    assert job.run is not None
    division = json.loads((job.run / "split.json").read_text(encoding="utf-8"))
    require_apart(
        options.faces,
        [*names, *division["train"], *division["validate"]],
        [path.name for path in judged.glob("*/*.jpg")],
    )
    status = job.status
    person.leave()
    compared = compare(options.weights, model.path, judged)
    gains = {name: compared["splits"][name]["difference"] for name in ("domain", "general")}
    return {
        "corrected": len(names),
        "learned": len(division["train"]),
        "chosen_by": len(division["validate"]),
        "edits": {kind: sum(one[kind] for one in done) for kind in done[0]},
        "corrected_s": round(corrected_s, 1),
        "steps": None if status is None else status.step,
        "minutes": round(taken, 2),
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
        and gains["general"] >= -AIMS["general_loss"]
        and taken <= options.minutes,
    }


def compare(before: Path, after: Path, judged: Path) -> dict[str, Any]:
    """Two models on both kinds of held-out photographs."""
    lists = {
        kind: [f"{kind}/{path.name}" for path in sorted((judged / kind).glob("*.jpg"))]
        for kind in ("domain", "general")
    }
    split_file = judged / "splits.json"
    split_file.write_text(json.dumps(lists))
    words = ["--before", str(before), "--after", str(after), "--data", str(judged)]
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
        f"{result['domain']}: {result['held_out']} held-out photographs of each kind, "
        f"{result['processors']} processors, at most {result['minutes']:g} min from Start"
    )
    heads = f"{'AP of the domain':^25}  {'general AP':^25}"
    print(f"{'corrected':>9} {'learned':>7} {'steps':>6} {'minutes':>7}  {heads}  aims")
    for one in result["rounds"]:
        cells = []
        for kind in ("domain", "general"):
            before, after, gain = (one[kind][key] for key in ("before", "after", "difference"))
            cells.append(f"{before:.3f} -> {after:.3f} ({gain:+.3f})")
        counts = f"{one['corrected']:>9} {one['learned']:>7} {one['steps']:>6} {one['minutes']:>7}"
        verdict = "reached" if one["is_reached"] else "missed"
        print(f"{counts}  {cells[0]:^25}  {cells[1]:^25}  {verdict}")
