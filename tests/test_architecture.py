"""Who may import whom, looked at in fresh processes, so that a third module's import counts too."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY_ROOMS = ("network", "training", "inference", "convert")
# Modules of heavy rooms that light ones use.
LIGHT_IN_HEAVY_ROOMS = (
    "tinaface.network.anchors",
    "tinaface.network.coder",
    "tinaface.inference.settings",
    "tinaface.inference.postprocess",
    "tinaface.training.config",
    "tinaface.training.cost",
    "tinaface.training.labelled",
    "tinaface.training.preflight",
    "tinaface.training.run_folder",
    "tinaface.training.selection",
    "tinaface.convert.annotations",
)
QT = ("PySide6", "shiboken6", "PyQt5", "PyQt6", "qtpy")
FRAMEWORKS = ("tensorflow", "keras", "torch", "openvino", "ray")
NO_WORD = ("utils", "util", "helpers", "common", "core", "misc", "manager")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def modules(package: str) -> list[str]:
    """All of a package; `__main__` runs when imported, so it is left out."""
    return [module_name(path) for path in sources(package) if path.stem != "__main__"]


def is_heavy(module: str) -> bool:
    return module.split(".")[1:2] in [[room] for room in HEAVY_ROOMS]


def light_modules() -> list[str]:
    light = [module for module in modules("tinaface") if not is_heavy(module)]
    return [*light, *LIGHT_IN_HEAVY_ROOMS]


def loaded_by(*names: str) -> set[str]:
    """Every module that a fresh process holds after importing these."""
    program = (
        "import importlib, json, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "print(json.dumps(list(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *names],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def intruders(names: list[str], forbidden: tuple[str, ...]) -> dict[str, list[str]]:
    """For each of the modules that loads something forbidden, what it loads."""
    # All in one process first: only a failure needs to know who did it.
    if not loaded_by(*names) & set(forbidden):
        return {}
    found = {name: sorted(loaded_by(name) & set(forbidden)) for name in names}
    return {name: what for name, what in found.items() if what}


def imports_at_load(path: Path) -> Iterator[str]:
    """What a file imports outside functions and `if TYPE_CHECKING`, by full name."""

    def visit(body: list[ast.stmt]) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                yield from visit(node.orelse)
            elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for field in ("body", "orelse", "finalbody"):
                    yield from visit(getattr(node, field, []))
                for handler in getattr(node, "handlers", []):
                    yield from visit(handler.body)

    yield from visit(ast.parse(path.read_text("utf-8")).body)


def import_graph() -> dict[str, set[str]]:
    """For each of our modules the ones it imports at load."""
    paths = [path for package in ("app", "tinaface") for path in sources(package)]
    ours = {module_name(path) for path in paths}
    return {
        module_name(path): {name for name in imports_at_load(path) if name in ours}
        - {module_name(path)}
        for path in paths
    }


def test_light_modules_load_no_framework_no_window_and_no_scipy():
    assert intruders(light_modules(), (*FRAMEWORKS, *QT, "labelme", "scipy", "app")) == {}


@pytest.mark.slow
def test_the_window_loads_no_framework_and_no_foreign_qt():
    names = [*modules("app"), "main"]

    assert intruders(names, (*FRAMEWORKS, "labelme", "PyQt5", "PyQt6", "qtpy")) == {}


@pytest.mark.tf
@pytest.mark.slow
def test_the_detector_loads_no_window_not_even_its_heavy_rooms():
    assert intruders(modules("tinaface"), (*QT, "labelme", "app")) == {}


def test_panels_do_not_import_each_other():
    panels = {name for name in modules("app") if name.startswith("app.panels.")}

    for panel, imported in import_graph().items():
        if panel in panels:
            assert not imported & panels, panel


def test_tinaface_never_imports_app():
    for path in sources("tinaface"):
        tree = ast.parse(path.read_text("utf-8"))
        named = {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            (node.module or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
        }
        assert "app" not in named, path


def test_no_module_imports_itself_through_others():
    try:
        TopologicalSorter(import_graph()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("package", ["app", "tinaface", "tests"])
def test_init_files_hold_at_most_a_docstring(package):
    for path in sources(package):
        if path.name == "__init__.py":
            tree = ast.parse(path.read_text("utf-8"))
            assert len(tree.body) == (ast.get_docstring(tree) is not None), path


def test_every_module_says_what_it_is():
    for path in [ROOT / "main.py", *sources("app"), *sources("tinaface")]:
        if path.name != "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path


def test_no_file_is_named_for_want_of_a_word():
    names = {path.stem for package in ("app", "tinaface") for path in sources(package)}

    assert not names & set(NO_WORD)


def test_every_file_can_be_read_in_a_sitting():
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for package in ("app", "tinaface")
        for path in sources(package)
    }

    assert {name: length for name, length in lengths.items() if length > 500} == {}
