"""Finds the sentences of errors that the window may have to tell."""

import ast
from collections.abc import Iterator

from app.error_texts import HOLE, is_recognisable
from tests.translations.extract import ROOT

PARTS = ("what", "why", "remedy")
# What Python puts behind each reason why a text is no JSON.
PLACE = f": line {HOLE} column {HOLE} (char {HOLE})"
# Rooms whose errors reach people by the command line only are not among them.
ROOMS = (
    *(f"tinaface/{name}.py" for name in (
        "dataset", "faults", "health", "image_index", "images", "journal", "json_text", "labelme",
        "models", "owners", "predictions", "protocol", "pruning", "recovery", "repair", "run_lock",
        "shapes", "submission", "verdicts", "weights", "worker",
    )),
    *(f"tinaface/inference/{name}.py" for name in ("files", "loading")),
    *(f"tinaface/training/{name}.py" for name in (
        "config", "job", "labelled", "preflight", "run_folder", "selection", "train",
    )),
    "tinaface/convert/annotations.py", "tinaface/suspicion/folder.py",
    *(f"app/{name}.py" for name in ("images", "safekeeping", "saving", "trashing")),
)  # fmt: skip
# Their ValueErrors and notices say what is wrong with a label file.
OF_LABELS = tuple(f"tinaface/{name}.py" for name in ("faults", "json_text", "labelme", "shapes"))
# It adds a file, an image and a text between them for all that is wrong with a data set.
OF_FINDINGS = ("tinaface/health.py",)
# They yield level, text and remedy of what is checked before a training.
OF_CHECKS = ("tinaface/training/preflight.py",)
OF_CHECKS_IN = ("text", "remedy", "rule")
# What systems, Pillow and the JSON reader say, and what stands beside errors of ours.
OTHERS = {
    "No such file or directory", "Permission denied", "No space left on device",
    "Input/output error", "Read-only file system", "Is a directory", "Not a directory",
    "File name too long", "The file is write-protected", "Disk quota exceeded",
    "Stale file handle", "Transport endpoint is not connected",
    *(what + PLACE for what in (
        "Expecting value", "Expecting ',' delimiter", "Expecting ':' delimiter", "Extra data",
        "Expecting property name enclosed in double quotes", "Unterminated string starting at",
        "Illegal trailing comma before end of object", "Illegal trailing comma before end of array",
        "Invalid control character at", "Invalid \\escape", "Invalid \\uXXXX escape",
    )),
    "another image has the same stem: it is not known whose the labels are",
    f"cannot identify image file {HOLE}", f"image file is truncated ({HOLE} bytes not processed)",
    "image file is truncated", "Truncated File Read",
    "broken data stream when reading image file",
    "unrecognized data stream contents when reading image file",
    "an object", "a list", "a text", "it is a folder",
}  # fmt: skip


def sentences() -> set[str]:
    """All of them, with `{}` where something is filled in."""
    found = set(OTHERS)
    for room in ROOMS:
        tree = ast.parse((ROOT / room).read_text("utf-8"))
        found.update(_of_errors(tree))
        if room in OF_LABELS:
            found.update(_of_labels(tree))
        if room in OF_FINDINGS:
            found.update(_of_findings(tree))
        if room in OF_CHECKS:
            found.update(_of_checks(tree))
    return {one for one in found if one and is_recognisable(one)}


def _of_errors(tree: ast.Module) -> Iterator[str]:
    """The three parts where errors are made, and where functions that make them are called."""
    makers = {
        function.name: [argument.arg for argument in function.args.args]
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and _is_error(function.returns)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in PARTS:
            yield from _texts(node.value)
        if not isinstance(node, ast.Call):
            continue
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        given.update(zip(makers.get(name, ()), node.args, strict=False))
        if name in makers or _is_error(node.func):
            for part in PARTS:
                yield from _texts(given.get(part))


def _is_error(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Name) and node.id.endswith("Error") and node.id != "ValueError"


def _of_labels(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "json.JSONDecodeError":
            yield from (text + PLACE for text in _texts(node.args[0]))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            if node.func.id == "ValueError":
                yield from _texts(node.args[0])
            elif node.func.id == "Notice" and len(node.args) > 1:
                yield from _texts(node.args[1])
        elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Name) and one.id == "SHAPE_FAULTS" for one in targets):
                for value in node.value.values:
                    yield from _texts(value)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.JoinedStr):
            yield from _texts(node.value)
        elif isinstance(node, ast.AugAssign):
            yield from (text.removeprefix(": ") for text in _texts(node.value))


def _of_findings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "report.add":
            yield from _texts(node.args[2])
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("text", "where"):
            # What follows a colon is recognised by itself.
            yield from (text.removesuffix(": ") for text in _texts(node.value))


def _of_checks(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            for part in node.value.elts[1:]:
                yield from _texts(part)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in OF_CHECKS_IN:
            # What follows a colon is recognised by itself.
            yield from (text.removesuffix(": ") for text in _texts(node.value))


def _texts(node: ast.expr | None) -> Iterator[str]:
    """The sentences that an expression may be; none where it comes from elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _texts(value)
    elif isinstance(node, ast.JoinedStr):
        pieces = [one.value if isinstance(one, ast.Constant) else HOLE for one in node.values]
        yield "".join(map(str, pieces))
