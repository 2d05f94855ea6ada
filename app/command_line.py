"""The options of `python main.py`, read before Qt is loaded."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.environment import own_version
from app.pages.table import PAGES, REVIEW


@dataclass(frozen=True)
class Options:
    """What the user asked for on the command line.

    Attributes:
        path: folder, image or Labelme JSON to open; None for the last folder or the sample.
        image: name (or part of the path) of the image to show first.
        predictions: folder of a prediction store, or one file of `detect --jsonl`.
        filter: text for the search box.
        weights: weights file for detection; None for the remembered or the bundled one.
        page: id of the page to show first.
        size: width, height of the window in logical pixels; None for the remembered one.
    """

    path: Path | None = None
    image: str | None = None
    predictions: Path | None = None
    filter: str | None = None
    weights: Path | None = None
    page: str = REVIEW
    language: str | None = None
    read_only: bool = False
    sample: bool = False
    theme: str | None = None
    scale: float | None = None
    settings: Path | None = None
    reset_layout: bool = False
    log_level: str = "warning"
    log_file: Path | None = None
    screenshot: Path | None = None
    size: tuple[int, int] | None = None
    self_check: bool = False
    version: bool = False


def read(argv: Sequence[str]) -> Options:
    """The options in `argv`. Exits with code 2 and the usage where they make no sense."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.version:
        sys.stdout.write(f"TinaFace Studio {own_version()}\n")
        parser.exit(0)
    if arguments.sample and arguments.path is not None:
        parser.error("--sample and PATH name two folders: give one")
    for option in ("path", "predictions", "weights"):
        given: Path | None = getattr(arguments, option)
        if given is not None and not given.exists():
            parser.error(f"{given} does not exist: check the spelling")
    return Options(**vars(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python main.py",
        description="See where a face detector and your labels disagree, and fix it.",
        epilog="Exit codes: 0 ok, 1 crash, 2 usage, 3 this machine lacks something.",
    )
    add = parser.add_argument
    add("path", nargs="?", type=Path, metavar="PATH", help="folder, image or Labelme JSON")
    add("--image", metavar="NAME", help="show this image of the folder first")
    add(
        "--pred",
        dest="predictions",
        type=Path,
        metavar="FILE|DIR",
        help="show these predictions: a file of `detect --jsonl` or a folder of such files",
    )
    add("--filter", metavar="EXPR", help="list only these images, as 'boxes>20 -status:done'")
    add("--weights", type=Path, metavar="FILE", help="detect with these weights")
    add(
        "--page",
        choices=[page.id for page in PAGES],
        default=REVIEW,
        help="show this page first",
    )
    add("--read-only", action="store_true", help="never write a label file")
    add("--sample", action="store_true", help="open the bundled sample folder")
    add("--theme", choices=("system", "light", "dark", "contrast"), help="colours of the window")
    add(
        "--lang",
        dest="language",
        choices=_languages(),
        help="language of the window; `pseudo` shows what is cut off or not translated",
    )
    add("--scale", type=_scale, metavar="F", help="enlarge the whole window, 0.5 to 4")
    add("--settings", type=Path, metavar="FILE", help="keep settings in this INI file")
    add("--reset-layout", action="store_true", help="forget how panels were arranged")
    add(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="warning",
        metavar="L",
        help="debug, info, warning or error",
    )
    add("--log-file", type=Path, metavar="FILE", help="append the log to this file")
    add(
        "--screenshot",
        type=Path,
        metavar="FILE",
        help="write a PNG of the loaded window and exit; needs no display",
    )
    add("--size", type=_size, metavar="WxH", help="size of the window, as 1280x800")
    add(
        "--self-check",
        action="store_true",
        help="test Qt, file writing, image formats and the worker; print JSON; needs no display",
    )
    add("--version", action="store_true", help="print the version and exit")
    return parser


def _languages() -> list[str]:
    # app/translation.py knows them too, but it loads Qt.
    folder = Path(__file__).resolve().parents[1] / "resources" / "translations"
    return ["system", "en", *sorted(path.stem for path in folder.glob("*.json")), "pseudo"]


def _scale(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0.5 <= factor <= 4.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0.5 to 4")
    return factor


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.partition("x")
    if not (cross and width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1280x800")
    if not (320 <= int(width) <= 8192 and 240 <= int(height) <= 8192):
        raise argparse.ArgumentTypeError(f"{text} is outside 320x240 to 8192x8192")
    return int(width), int(height)
