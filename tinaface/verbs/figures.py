"""The figures of an evaluation as tables for people."""

from collections.abc import Mapping, Sequence
from typing import Any


def subset_table(subsets: Mapping[str, Mapping[str, Any]]) -> str:
    """One line a subset; below it, where there are any, one for each range of heights."""
    has_heights = any("heights" in figures for figures in subsets.values())
    head = ["", "faces", "AP50" if has_heights else "AP", "95 % interval"]
    if has_heights:
        head += ["COCO AP", "recall", "precision", "score >="]
    rows = [head]
    for name, figures in subsets.items():
        ap = figures["ap50"] if has_heights else figures["ap"]
        row = [name, f"{figures['faces']:,}", _digits(ap), _interval(figures["interval"])]
        if has_heights:
            keys = ("coco_ap", "recall_1fppi", "precision_1fppi", "threshold_1fppi")
            row += [_digits(figures[key]) for key in keys]
        rows.append(row)
        for height, part in figures.get("heights", {}).items():
            rows.append([f"  {height} px", f"{part['faces']:,}", _digits(part["ap50"])])
    table = _aligned(rows)
    if has_heights:
        table += "\nrecall, precision and score are those of one false alarm a picture on average"
    return table


def difference_table(differences: Mapping[str, Mapping[str, Any]]) -> str:
    """One line a subset: by how much the first run is better, and whether that is certain."""
    rows = [["first - second", "AP", "95 % interval", ""]]
    for name, part in differences.items():
        verdict = "" if part["is_distinguishable"] else "not distinguishable"
        if part["interval"] is None:
            verdict = ""
        rows.append([name, _signed(part["difference"]), _interval(part["interval"]), verdict])
        if "only_first_finds" in part:
            rows.append(["  faces only the first finds", f"{part['only_first_finds']:,}"])
            rows.append(["  faces only the second finds", f"{part['only_second_finds']:,}"])
    return _aligned(rows)


def _digits(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.4f}"


def _interval(bounds: Sequence[float] | None) -> str:
    return "-" if bounds is None else f"{bounds[0]:.4f} … {bounds[1]:.4f}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, the first one to the left, others to the right."""
    widths = [
        max(len(row[column]) for row in rows if column < len(row)) for column in range(len(rows[0]))
    ]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=False))
        ).rstrip()
        for row in rows
    )
