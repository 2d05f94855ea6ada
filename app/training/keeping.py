"""What is written beside a model that a person keeps."""

import json
from pathlib import Path
from typing import Any

from app.training.notes import RunNotes
from tinaface import runs
from tinaface.models import Pedigree
from tinaface.training.selection import VALIDATE


def pedigree_of(run: Path, notes: RunNotes | None, comparison: dict[str, Any] | None) -> Pedigree:
    """The pedigree of a run's weights, as far as it is known."""
    data = _data(run, "training")
    before, after = _ap_before_and_after(comparison)
    return Pedigree(
        parent="" if notes is None else notes.start_hash,
        data=str(data.get("hash", "")),
        pictures=int(data.get("pictures", 0 if notes is None else notes.pictures)),
        judged=int(_data(run, "validation").get("pictures", 0)),
        source="" if notes is None else Path(notes.root).name,
        ap_before=before,
        ap_after=after,
    )


def _data(run: Path, part: str) -> dict[str, Any]:
    """The fingerprint of what was learned, or of what judged it, from the run's frozen config."""
    try:
        found = json.loads((run / runs.CONFIG).read_text(encoding="utf-8"))["data"][part]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _ap_before_and_after(comparison: dict[str, Any] | None) -> tuple[float | None, float | None]:
    of_split = ((comparison or {}).get("splits") or {}).get(VALIDATE) or {}
    before, after = (of_split.get(side, {}).get("ap50") for side in ("before", "after"))
    return before, after
