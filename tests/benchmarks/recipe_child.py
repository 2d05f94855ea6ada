"""Trains with other gentle settings than ours, or measures files of weights; see recipe_quality.

`python -m tests.benchmarks.recipe_child train SETTINGS train WORD…` or
`… measure FOLDER FOLDER FILE…`, which prints one JSON object a file.
"""

import json
import sys
from pathlib import Path

from tinaface.cli import main
from tinaface.training import config
from tinaface.training.config import Restraint
from tinaface.training.labelled import read_labelled


def measure(folders: list[Path], files: list[Path]) -> None:
    """Prints the AP of each file on each folder."""
    from tinaface.training.validate import Validation

    sets = {
        folder.name: Validation(read_labelled(str(folder), None, None, None)) for folder in folders
    }
    for file in files:
        figures = {name: one(file).figures["ap50"] for name, one in sets.items()}
        print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    verb, *words = sys.argv[1:]
    if verb == "train":
        settings = json.loads(words[0])
        config.GENTLE_RATE = settings["rate"]
        config.GENTLE_RESTRAINT = Restraint(0.0, settings["freezes_statistics"])
        sys.exit(main(words[1:]))
    measure([Path(word) for word in words[:2]], [Path(word) for word in words[2:]])
