"""`python -m tests.golden.document DIR`: the tables of errors in docs/, measured anew.

Writes every measurement to `docs/golden.md`, and each file's worst between the two marks in
`docs/model.md`. Exits 1 if one fails; the tables are written all the same.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.golden.__main__ import measure
from tests.golden.measurement import Measurement

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- golden: begin -->", "<!-- golden: end -->"
SUFFIXES = (".npz", ".pth")


def share(measurement: Measurement) -> float:
    """The error as a share of what is allowed; of an exact check, whether it failed."""
    if measurement.tolerance == 0:
        return 0.0 if measurement.passed else float("inf")
    return measurement.error / measurement.tolerance


def row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def cells(measurement: Measurement) -> tuple[str, str, str]:
    """Quantity, error and tolerance in print; a miss in bold."""
    error = f"{measurement.error:.2g}"
    return (
        measurement.quantity,
        error if measurement.passed else f"**{error}**",
        f"{measurement.tolerance:.2g}" if measurement.tolerance else "exact",
    )


def summary(by_file: dict[str, list[Measurement]]) -> Iterator[str]:
    """A line a file: how many quantities were compared, and the one nearest to its tolerance."""
    yield row("file", "compared", "worst of them", "error", "allowed")
    yield row("---", "--:", "---", "--:", "--:")
    for name, measurements in by_file.items():
        yield row(f"`{name}`", len(measurements), *cells(max(measurements, key=share)))


def complete(by_file: dict[str, list[Measurement]]) -> Iterator[str]:
    """A line a quantity."""
    yield row("file", "quantity", "error", "allowed")
    yield row("---", "---", "--:", "--:")
    for name, measurements in by_file.items():
        yield from (row(f"`{name}`", *cells(each)) for each in measurements)


def replace_table(page: str, lines: Iterable[str]) -> str:
    """The page with other lines between the marks. Raises ValueError without marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page lacks {BEGIN} and {END}")
    return "\n".join([before + begin, "", *lines, "", end + after])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.golden.document", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder with golden files")
    folder: Path = parser.parse_args(arguments).folder
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    by_file = {}
    for path in sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES):
        by_file[path.name] = measure(path)
        verdict = "passed" if all(each.passed for each in by_file[path.name]) else "MISSED"
        sys.stderr.write(f"{path.name} {verdict}\n")
    heading = (
        "# Every golden check\n\n"
        "Written by `python -m tests.golden.document`; the files and their tolerances are described"
        " in [model.md](model.md).\n"
    )
    (DOCS / "golden.md").write_text("\n".join([heading, *complete(by_file), ""]))
    page = DOCS / "model.md"
    page.write_text(replace_table(page.read_text(), summary(by_file)))
    return 0 if all(each.passed for found in by_file.values() for each in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
