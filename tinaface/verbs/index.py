"""`index`: reads sizes and labels of a data set into the window's index, before it is opened."""

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path

from tinaface.verbs.progress import ProgressBar

SUMMARY = "Read sizes and labels of a data set into the index that the window filters by."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `index`."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of the data set")
    parser.add_argument(
        "--gently", action="store_true", help="give way to every other program (not on Windows)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Brings the index up to date and says how much was read."""
    from tinaface.image_index import ImageIndex, index_path
    from tinaface.indexing import Step, refresh

    if arguments.gently and hasattr(os, "nice"):
        os.nice(19)
    index = ImageIndex(index_path(arguments.folder))
    bar: ProgressBar | None = None
    step = Step(0, 0, 0, 0)
    try:
        for step in refresh(arguments.folder, index):
            if arguments.json:
                set_aside = None if index.set_aside is None else str(index.set_aside)
                print(json.dumps(asdict(step) | {"set_aside": set_aside}), flush=True)
                continue
            if step.read:
                bar = bar or ProgressBar(step.total, "images")
                bar.update(step.done)
    finally:
        if bar is not None:
            bar.close()
        index.close()
    if not arguments.json:
        print(f"{step.total:,} images, {step.read:,} read")
    return 0
