"""`python -m tests.translations LANGUAGE`: what a file of translations lacks, and has too much.

`--json` prints the missing texts as a JSON object to be filled in.
"""

import argparse
import json
import sys

from app.translation import FOLDER, read
from tests.translations.extract import texts


def main() -> int:
    """1 where something is missing or too much."""
    parser = argparse.ArgumentParser(prog="python -m tests.translations", description=__doc__)
    parser.add_argument("language", choices=sorted(path.stem for path in FOLDER.glob("*.json")))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    known, wanted = read(arguments.language), texts()
    missing, unused = sorted(wanted - known.keys()), sorted(known.keys() - wanted)
    if arguments.json:
        print(json.dumps(dict.fromkeys(missing, ""), ensure_ascii=False, indent=1))
        return int(bool(missing))
    for title, found in (("missing", missing), ("unused", unused)):
        print(f"{title}: {len(found)}")
        for text in found:
            print(f"  {text!r}")
    return int(bool(missing or unused))


if __name__ == "__main__":
    sys.exit(main())
