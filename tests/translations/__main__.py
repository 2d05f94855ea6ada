"""`python -m tests.translations LANGUAGE`: what a file of translations lacks, and has too much.

`--json` prints the missing texts as JSON objects to be filled in: those of the window, then the
sentences of errors.
"""

import argparse
import json
import sys

from app import error_texts
from app.translation import FOLDER, read
from tests.translations.errors import sentences
from tests.translations.extract import texts


def main() -> int:
    """1 where something is missing or too much."""
    parser = argparse.ArgumentParser(prog="python -m tests.translations", description=__doc__)
    parser.add_argument("language", choices=sorted(path.stem for path in FOLDER.glob("*.json")))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    lacks = False
    for known, wanted, kind in (
        (read(arguments.language), texts(), ""),
        (error_texts.read(arguments.language), sentences(), "errors: "),
    ):
        missing, unused = sorted(wanted - known.keys()), sorted(known.keys() - wanted)
        lacks = lacks or bool(missing or (unused and not arguments.json))
        if arguments.json:
            print(json.dumps(dict.fromkeys(missing, ""), ensure_ascii=False, indent=1))
            continue
        for title, found in (("missing", missing), ("unused", unused)):
            print(f"{kind}{title}: {len(found)}")
            for text in found:
                print(f"  {text!r}")
    return int(lacks)


if __name__ == "__main__":
    sys.exit(main())
