"""`check`: looks through a data set and tells what is wrong with its files and labels."""

import argparse
import json
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from tinaface.health import ERRORS, KINDS, Finding, Health, examine
from tinaface.review_folder import disk_use
from tinaface.suspicion.folder import read_pictures
from tinaface.suspicion.learning import rank
from tinaface.suspicion.suspecter import Suspicion
from tinaface.verbs.progress import ProgressBar

SUMMARY = "Look through a data set for unreadable files, odd labels and probably wrong ones."

_BAR = 40
_TELL_EVERY_S = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `check`."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of the data set")
    parser.add_argument(
        "--most", type=int, default=5, metavar="N", help="findings shown of each kind (default 5)"
    )
    parser.add_argument(
        "--suspicious",
        type=int,
        metavar="N",
        help="also list the N labels that most probably are wrong, by what a model found",
    )
    parser.add_argument(
        "--predictions",
        type=Path,
        metavar="FILE",
        help="what it found: JSON lines of `detect --jsonl` (default: stored with the data set)",
    )
    parser.add_argument(
        "--model", metavar="HASH", help="whose stored predictions, where several models looked"
    )
    parser.add_argument(
        "--gently", action="store_true", help="give way to every other program (not on Windows)"
    )
    parser.add_argument(
        "--progress",
        action="store_true",
        help="with --json: before the last line, JSON objects with images done and in all, and the"
        " report while labels are still being weighed",
    )
    parser.add_argument(
        "--json", action="store_true", help="the table on stderr, the JSON object alone on stdout"
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints a report. Exit code 1 if something keeps images or labels out of training."""
    if arguments.suspicious is None and (arguments.predictions or arguments.model):
        print("usage: --predictions and --model go with --suspicious", file=sys.stderr)
        return 2
    out = sys.stderr if arguments.json else sys.stdout
    if arguments.gently and hasattr(os, "nice"):
        os.nice(19)
    with ExitStack() as stack:
        bar: ProgressBar | None = None
        told = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal bar, told
            if arguments.progress:
                if time.monotonic() - told > _TELL_EVERY_S or done == total:
                    told = time.monotonic()
                    print(json.dumps({"done": done, "total": total}), flush=True)
                return
            if bar is None:
                bar = ProgressBar(total, "images")
                stack.callback(bar.close)
            bar.update(done)

        health = examine(arguments.folder, progress)
    _print_counts(health, out)
    _print_findings(health, arguments.most, out)
    result = _as_dict(health) | {"review_bytes": disk_use(arguments.folder)}
    if arguments.suspicious is not None:
        if arguments.progress:
            print(json.dumps(result), flush=True)
        suspicions = _suspicions(arguments)
        result["suspicious"] = [
            {**asdict(one), "reason": one.reason} for one in suspicions[: arguments.suspicious]
        ]
        _print_suspicions(suspicions, arguments.suspicious, out)
    if arguments.json:
        print(json.dumps(result))
    return 1 if health.errors else 0


def _print_counts(health: Health, out: TextIO) -> None:
    faces = len(health.heights)
    most = max(health.faces_of, default=0)
    rows = {
        "images": f"{health.images:,}",
        "with labels": f"{health.labelled:,}",
        "without labels": f"{health.images - health.labelled:,}",
        "faces": f"{faces:,}, at most {most:,} in one image",
        "ignored faces": f"{health.ignored:,}",
        "labels": ", ".join(f"{name!r} {count:,}" for name, count in health.labels.most_common(8)),
    }
    for name, text in rows.items():
        print(f"{name:<16} {_printable(text)}", file=out)
    if not faces:
        return
    print("\nface height, pixels", file=out)
    histogram = health.height_histogram()
    largest = max(histogram.values())
    for name, count in histogram.items():
        bar = "#" * round(_BAR * count / largest)
        print(f"{name:>9} {count:>8,}  {bar}".rstrip(), file=out)


def _print_findings(health: Health, most: int, out: TextIO) -> None:
    by_kind: dict[str, list[Finding]] = {kind: [] for kind in health.counts()}
    for finding in health.findings:
        by_kind[finding.kind].append(finding)
    for kind, findings in by_kind.items():
        sign = "error" if kind in ERRORS else "note"
        print(f"\n{sign}: {KINDS[kind]}: {len(findings):,}", file=out)
        for finding in findings[:most]:
            place = f"{finding.path}: " if finding.path != "." else ""
            print(f"  {_printable(place + finding.text)}", file=out)
        if len(findings) > most:
            print(f"  ... and {len(findings) - most:,} more", file=out)
    if not by_kind:
        print("\nnothing is wrong", file=out)


def _suspicions(arguments: argparse.Namespace) -> list[Suspicion]:
    predictions = arguments.folder if arguments.predictions is None else arguments.predictions
    # Damaged label files are among the findings already.
    return rank(read_pictures(arguments.folder, predictions, model=arguments.model))


def _print_suspicions(suspicions: list[Suspicion], most: int, out: TextIO) -> None:
    expected = sum(one.probability for one in suspicions)
    print(
        f"\nsuspicious labels: {len(suspicions):,}, about {expected:,.0f} of them wrong", file=out
    )
    for one in suspicions[:most]:
        print(f"  {one.probability:4.0%} {_printable(one.image)}: {one.summary}", file=out)


def _printable(text: str) -> str:
    """File names may hold what no terminal can show, even a line's end."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _as_dict(health: Health) -> dict[str, object]:
    return {
        "images": health.images,
        "labelled": health.labelled,
        "faces": len(health.heights),
        "ignored": health.ignored,
        "labels": dict(health.labels),
        "usual_spelling": health.usual_spelling,
        "heights": health.height_histogram(),
        "aspects": health.aspect_histogram(),
        "faces_of": health.faces_histogram(),
        "errors": health.errors,
        "findings": [
            {
                "kind": finding.kind,
                "path": finding.path,
                "text": finding.text,
                "image": finding.image,
            }
            for finding in health.findings
        ],
    }
