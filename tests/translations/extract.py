"""Finds every text of the window in its source, and the calls whose text cannot be found."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinaface.health import KINDS
from tinaface.health_report import SUSPICIOUS
from tinaface.suspicion.suspecter import REASONS

ROOT = Path(__file__).resolve().parents[2]
# Which argument of these functions is the text.
MARKS = {"tr": 0, "_tr": 0, "_text": 0, "source_text": 0, "translate": 1}
# They translate what was marked elsewhere, or are no translation (a painter's).
VARIABLE = {"_tr", "translate"}


@dataclass(frozen=True)
class Found:
    """A text, or None where the argument is no literal, and where it stands."""

    text: str | None
    function: str
    place: str


def texts() -> set[str]:
    """All source texts of the window, with those that light modules name and the window shows."""
    named = {*KINDS.values(), *REASONS.values(), SUSPICIOUS}
    return {found.text for found in calls() if found.text} | named


def calls() -> Iterator[Found]:
    """Every call that translates or marks a text."""
    for path in sorted((ROOT / "app").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from _call(node, path)


def _call(node: ast.Call, path: Path) -> Iterator[Found]:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    at = MARKS.get(name)
    is_method_of_that_name = name.endswith("_text") and isinstance(function, ast.Attribute)
    if at is None or len(node.args) <= at or is_method_of_that_name:
        return
    place = f"{path.relative_to(ROOT)}:{node.lineno}"
    argument = node.args[at]
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield Found(argument.value, name, place)
    elif name not in VARIABLE:
        yield Found(None, name, place)
