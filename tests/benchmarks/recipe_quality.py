"""Which recipe adapts to few pictures without forgetting: how `--gentle` was chosen.

Trains the shipped model on N photographs of a kind it is weak in, once for each rate and treatment
of normalisation, and mixes the result with the first weights in several shares. All are measured on
other photographs, of that kind and as they are. Everything comes of the split `validate`: the test
photographs, by which `loop` judges, have no say.

The best recipe loses less than half of what `loop` allows of the general AP, and gains the most.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.shared import FACES

MOST_LOSS = 0.005
SHARES = (0.0, 0.5, 0.75, 0.9)


def run(argv: Sequence[str]) -> int:
    """Prints a table and, as the last line, one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks recipe",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--domain", default="night", metavar="NAME", help="night, fog, …")
    parser.add_argument("--corrected", type=int, default=50, metavar="N")
    parser.add_argument("--held-out", type=int, default=200, help="photographs to choose by")
    parser.add_argument(
        "--rates", default="0.25,1", metavar="R,R,…", help="of the preset's (default: 0.25,1)"
    )
    parser.add_argument(
        "--statistics", default="frozen", metavar="S,S", help="frozen, moving, or both"
    )
    parser.add_argument(
        "--epochs", default="30,60", metavar="E,E,…", help="passes of 8 crops a step"
    )
    parser.add_argument("--faces", type=Path, default=FACES, help="photographs with labels")
    parser.add_argument("--weights", type=Path, help="to begin with (default: the shipped ones)")
    parser.add_argument("--json", action="store_true", help="no table")
    options = parser.parse_args(argv)
    if not (options.faces / "splits.json").is_file():
        print(f"no photographs in {options.faces}")
        return 2
    if options.weights is None:
        from tinaface.weights import default_weights

        options.weights = default_weights()
    with tempfile.TemporaryDirectory(prefix="tinaface-recipe-") as place:
        result = measure(options, Path(place))
    if not options.json:
        _print(result)
    print(json.dumps(result))
    return 0


def measure(options: argparse.Namespace, place: Path) -> dict[str, Any]:
    """Trains and measures every recipe."""
    from tests.benchmarks.loop_domain import CAMERAS, require_apart, take_again, unlearned

    camera = CAMERAS[options.domain]
    drawn = unlearned(options.faces, "validate", options.corrected + options.held_out)
    learned, judged = drawn[: options.corrected], drawn[options.corrected :]
    names = take_again(learned, camera, place / "learned", labels=True)
    judged_names = take_again(judged, camera, place / "domain", labels=True)
    take_again(judged, lambda rgb, _: rgb, place / "general", labels=True)
    require_apart(options.faces, names, judged_names)
    files = {"first weights": options.weights}
    for statistics in options.statistics.split(","):
        for rate in options.rates.split(","):
            for epochs in options.epochs.split(","):
                name = f"rate {rate}, statistics {statistics}, {epochs} epochs"
                trained = train(options, place, rate, statistics, epochs)
                for share in SHARES:
                    mixed = place / f"{len(files)}.safetensors"
                    mix(options.weights, trained, share, mixed)
                    files[f"{name}, {share:g} kept"] = mixed
    found = measure_files(place, list(files.values()))
    first = found[0]
    rows = [
        {"recipe": name, **one, **{f"{k}_gain": one[k] - first[k] for k in ("domain", "general")}}
        for name, one in zip(files, found, strict=True)
    ]
    allowed = [one for one in rows if one["general_gain"] >= -MOST_LOSS]
    return {
        "domain": options.domain,
        "corrected": len(learned),
        "held_out": len(judged),
        "best": max(allowed, key=lambda one: one["domain_gain"])["recipe"],
        "recipes": rows,
    }


def train(
    options: argparse.Namespace, place: Path, rate: str, statistics: str, epochs: str
) -> Path:
    """The weights that a gentle run with other settings ends with, none of the first ones kept."""
    run = place / f"run-{rate}-{statistics}-{epochs}"
    settings = {"rate": float(rate), "freezes_statistics": statistics == "frozen"}
    words = ["train", "--data", place / "learned", "--from", options.weights, "--gentle"]
    words += ["--epochs", epochs, "--run", run]
    _child("train", json.dumps(settings), *words)
    return run / "best.safetensors"


def measure_files(place: Path, files: Sequence[Path]) -> list[dict[str, float]]:
    """AP of files of weights on both kinds of photographs."""
    lines = _child("measure", place / "domain", place / "general", *files).splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def mix(first: Path, learned: Path, share: float, into: Path) -> None:
    """Writes weights on the line between two files, as `Restraint.kept_share` has it."""
    from tinaface import weights

    _, before = weights.read(first)
    header, after = weights.read(learned)
    mixed = {name: before[name] + (1 - share) * (after[name] - before[name]) for name in after}
    weights.write(into, header, {name: array.astype("float32") for name, array in mixed.items()})


def _child(*words: object) -> str:
    command = [sys.executable, "-m", "tests.benchmarks.recipe_child", *map(str, words)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return done.stdout


def _print(result: dict[str, Any]) -> None:
    print(
        f"{result['corrected']} {result['domain']} photographs learned, {result['held_out']} "
        "others of each kind to choose by"
    )
    print(f"{'domain AP':>18} {'general AP':>18}  recipe")
    for one in result["recipes"]:
        cells = [f"{one[kind]:.3f} ({one[f'{kind}_gain']:+.3f})" for kind in ("domain", "general")]
        print(f"{cells[0]:>18} {cells[1]:>18}  {one['recipe']}")
    print(f"best: {result['best']}")
