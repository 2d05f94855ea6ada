"""`python -m tests.golden DIR`: every golden check on the files in DIR.

Prints a table file x quantity x error x tolerance x pass and one closing line. Exits 1 on a miss,
on a check that breaks, on a file that no check knows, and on a folder without golden files.
"""

import argparse
import importlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.golden.measurement import Measurement

Check = Callable[[Path], list[Measurement]]

# The module that knows files of a letter, imported when the first such file is met: most load
# TensorFlow. Its CHECKS says which function checks files whose names begin so.
_MODULES = {
    **dict.fromkeys("abcdek", "checks_network"),
    **dict.fromkeys("fghj", "checks_training"),
    "i": "checks_inference",
    "l": "checks_checkpoint",
}
_SUFFIXES = (".npz", ".pth")


def find_check(path: Path) -> Check | None:
    """The function that checks a file, by its name; None for a name that no check knows."""
    module_name = _MODULES.get(path.name[:1])
    if module_name is None:
        return None
    checks: dict[str, Check] = importlib.import_module(f"tests.golden.{module_name}").CHECKS
    kinds = [kind for kind in checks if path.stem == kind or path.stem.startswith(f"{kind}_")]
    return checks[max(kinds, key=len)] if kinds else None


def measure(path: Path) -> list[Measurement]:
    """All measurements of one file; one that fails if the file is unknown or its check breaks."""
    try:
        check = find_check(path)
        if check is None:
            return [Measurement(path.name, "no check knows this file", float("nan"), 0)]
        measurements = check(path)
    except Exception as error:  # noqa: BLE001  # one broken check must not hide the others
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return [Measurement(path.name, f"check broke: {reason[:200]}", float("nan"), 0)]
    return measurements or [Measurement(path.name, "nothing was compared", float("nan"), 0)]


def rows(measurements: list[Measurement], width: int) -> Iterator[str]:
    """The table's lines for one file."""
    for each in measurements:
        verdict = "pass" if each.passed else "MISS"
        error, tolerance = f"{each.error:.3g}", f"{each.tolerance:.3g}"
        yield f"{each.file:{width}}  {each.quantity:48}  {error:>10}  {tolerance:>10}  {verdict}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder with golden files")
    folder: Path = parser.parse_args(arguments).folder
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    paths = sorted(path for path in folder.glob("*") if path.suffix in _SUFFIXES)
    if not paths:
        print(f"no golden files in {folder}")
        return 1

    width = max(len(path.name) for path in paths)
    header = f"{'file':{width}}  {'quantity':48}  {'error':>10}  {'tolerance':>10}  pass"
    print(header, "-" * len(header), sep="\n")
    passed = failed = 0
    for number, path in enumerate(paths, 1):
        # Two training steps of a g2 file take minutes: say which file is at work.
        print(f"[{number}/{len(paths)}] {path.name}", end=" ", file=sys.stderr, flush=True)
        start = time.monotonic()
        measurements = measure(path)
        print(f"{time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)
        print(*rows(measurements, width), sep="\n", flush=True)
        passed += sum(each.passed for each in measurements)
        failed += sum(not each.passed for each in measurements)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
