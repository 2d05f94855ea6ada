"""What the window itself must remember of a run: kept in the run's folder, beside the training's.

window.json     what was planned, for the comparison afterwards and the next start of the window
comparison.json before and after, as `python -m tinaface compare` gave it
log.txt         what the training printed
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinaface.atomic import replace_file

NOTES, COMPARISON, LOG = "window.json", "comparison.json", "log.txt"


@dataclass(frozen=True)
class RunNotes:
    """What was planned.

    Attributes:
        root: data set.
        start: weights the training began with, "" for none; `start_hash` their hash.
        pictures, validated, fixed: how many are learned, judge, and were fixed.
        decided: kept or dropped; "" while the person has not chosen.
    """

    root: str
    start: str = ""
    start_hash: str = ""
    pictures: int = 0
    validated: int = 0
    fixed: int = 0
    decided: str = ""

    def write(self, run: Path) -> None:
        """Replaces the notes. Raises OSError."""
        replace_file(run / NOTES, json.dumps(asdict(self), indent=1).encode() + b"\n")


def read_notes(run: Path) -> RunNotes | None:
    """The notes of a run that a window started; None of any other."""
    content = _read(run / NOTES)
    try:
        return None if content is None else RunNotes(**content)
    except TypeError:
        return None


def write_comparison(run: Path, comparison: dict[str, Any]) -> None:
    """Keeps a comparison, so that it need not be made again. Raises OSError."""
    replace_file(run / COMPARISON, json.dumps(comparison).encode() + b"\n")


def read_comparison(run: Path) -> dict[str, Any] | None:
    """The comparison of a run, None before it is made."""
    content = _read(run / COMPARISON)
    return content if content is not None and isinstance(content.get("splits"), dict) else None


def last_lines(run: Path, count: int = 20) -> list[str]:
    """The end of what the training printed."""
    try:
        text = (run / LOG).read_bytes()[-64 * 1024 :].decode("utf-8", "replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-count:]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
