"""`python -m tests.benchmarks [NAME [OPTION…]]`: how fast the program is, measured by name.

A benchmark is a module of this package named `NAME_speed.py` with `run(argv) -> exit code`, which
prints its table and, as its last line, one JSON object. Without a name the known ones are listed.
"""

import importlib
import pkgutil
import sys
from collections.abc import Sequence

import tests.benchmarks

SUFFIX = "_speed"


def names() -> list[str]:
    """Every benchmark, by the name it is called with."""
    modules = (module.name for module in pkgutil.iter_modules(tests.benchmarks.__path__))
    return sorted(name.removesuffix(SUFFIX) for name in modules if name.endswith(SUFFIX))


def main(argv: Sequence[str]) -> int:
    """Runs one benchmark. Exit codes: its own, 2 for an unknown name."""
    if not argv or argv[0] not in names():
        print("usage: python -m tests.benchmarks NAME [OPTION…]")
        print("benchmarks:", ", ".join(names()))
        return 2 if argv and argv[0] not in ("-h", "--help") else 0
    module = importlib.import_module(f"tests.benchmarks.{argv[0]}{SUFFIX}")
    code: int = module.run(argv[1:])
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
