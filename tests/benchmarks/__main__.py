"""`python -m tests.benchmarks [NAME [OPTION…]]`: how fast or how good it is, measured by name.

A benchmark is a module of this package named `NAME_speed.py` or `NAME_quality.py` with
`run(argv) -> exit code`, which prints its table and, as its last line, one JSON object. Without a
name the known ones are listed.
"""

import importlib
import pkgutil
import sys
from collections.abc import Sequence

import tests.benchmarks

SUFFIXES = ("_speed", "_quality")


def modules() -> dict[str, str]:
    """The module of every benchmark, by the name it is called with."""
    found = (module.name for module in pkgutil.iter_modules(tests.benchmarks.__path__))
    return {
        name.removesuffix(suffix): name
        for name in sorted(found)
        for suffix in SUFFIXES
        if name.endswith(suffix)
    }


def main(argv: Sequence[str]) -> int:
    """Runs one benchmark. Exit codes: its own, 2 for an unknown name."""
    known = modules()
    if not argv or argv[0] not in known:
        print("usage: python -m tests.benchmarks NAME [OPTION…]")
        print("benchmarks:", ", ".join(known))
        return 2 if argv and argv[0] not in ("-h", "--help") else 0
    module = importlib.import_module(f"tests.benchmarks.{known[argv[0]]}")
    code: int = module.run(argv[1:])
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
