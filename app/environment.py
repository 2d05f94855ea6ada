"""Is this machine able to show the window? Answered before Qt is loaded, in three sentences.

Qt itself would abort the process with a core dump where a library is missing, and PySide6 6.12.0
does so after some thousand calls; a user deserves to read what to install instead.
"""

import builtins
import ctypes
import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from tinaface.errors import MissingLibraryError, TinaFaceError

EXIT_CODE = 3
"""The exit code of every fault found here."""

# What Qt needs on a screen and a bare Debian or Ubuntu server lacks. All of them at once: the
# loader names only the first missing library, and installing one by one tries anybody's patience.
DEBIAN_PACKAGES = (
    "libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon-x11-0 libxcb-cursor0 "
    "libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 "
    "libxcb-xkb1"
)


class NoDisplayError(TinaFaceError):
    """There is no screen to open a window on."""


def check_versions(python: tuple[int, ...], pyside: str | None) -> None:
    """Refuses a Python/PySide6 pair that is known to crash.

    Args:
        python: `sys.version_info` or its first parts.
        pyside: the installed version of PySide6-Essentials; None where there is none.

    Raises:
        MissingLibraryError: PySide6 is missing, or loses references with this Python.
    """
    requirement = '"PySide6-Essentials>=6.8,<6.12"' if python < (3, 12) else "PySide6-Essentials"
    remedy = f"Run: {Path(sys.executable)} -m pip install --upgrade {requirement}"
    if pyside is None:
        raise MissingLibraryError(
            what="The window cannot open without PySide6",
            why="PySide6-Essentials is not installed for this Python",
            remedy=remedy,
        )
    numbers = tuple(int(part) for part in pyside.split(".")[:2] if part.isdigit())
    if python < (3, 12) and numbers >= (6, 12):
        raise MissingLibraryError(
            what=f"PySide6 {pyside} cannot run on Python {python[0]}.{python[1]}",
            why="That pair loses a reference to None at each call that returns nothing, "
            "and aborts after some thousand calls",
            remedy=remedy,
        )


def installed_pyside() -> str | None:
    """The version of PySide6. Its package alone loads none of Qt's libraries."""
    try:
        import PySide6
    except ImportError:
        return None
    return str(PySide6.__version__)


def own_version() -> str:
    """The version of this program, as installed."""
    from importlib import metadata  # 20 ms, and rarely wanted

    try:
        return metadata.version("tinaface-studio")
    except metadata.PackageNotFoundError:
        return "of an uninstalled checkout"


def check_display(platform: str, environ: Mapping[str, str]) -> None:
    """Refuses to start on a Linux machine without a screen, unless told to do without.

    Args:
        platform: `sys.platform`.
        environ: the process's environment variables.

    Raises:
        NoDisplayError: no display server is named and Qt is not told to draw off-screen.
    """
    if not platform.startswith("linux") or "QT_QPA_PLATFORM" in environ:
        return
    if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return
    raise NoDisplayError(
        what="The window cannot open",
        why="This session has no display: neither DISPLAY nor WAYLAND_DISPLAY is set",
        remedy="Start it on a desktop, or take a picture without a display: "
        "python main.py PATH --screenshot window.png (QT_QPA_PLATFORM=offscreen runs it unseen)",
    )


def check_libraries(platform: str, environ: Mapping[str, str]) -> None:
    """Refuses to start where Qt's shared libraries are incomplete, and names the packages.

    Raises:
        MissingLibraryError: with the name of the first library that could not be loaded.
    """
    try:
        import PySide6.QtGui  # noqa: F401
    except ImportError as error:
        raise _missing_library(str(error)) from error
    asked = environ.get("QT_QPA_PLATFORM", "")
    on_x11 = asked.startswith("xcb") or (not asked and not environ.get("WAYLAND_DISPLAY"))
    if not platform.startswith("linux") or not on_x11:
        return
    plugin = _plugin("platforms/libqxcb.so")
    if plugin is None:
        return
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        raise _missing_library(str(error)) from error


def import_plainly() -> None:
    """Takes PySide6's watch over imports away, once PySide6 is loaded.

    PySide6 replaces `__import__` to serve `from __feature__ import …`, which this program does not
    use. The watch reads (and keeps) the source of every module imported afterwards: 9 MiB and a
    tenth of a second for ours.
    """
    original = getattr(builtins, "__orig_import__", None)
    if original is not None:
        builtins.__import__ = original


def check(environ: Mapping[str, str] = os.environ) -> None:
    """All checks in order, cheapest first. Raises the first fault as a TinaFaceError."""
    check_versions(sys.version_info[:3], installed_pyside())
    check_display(sys.platform, environ)
    check_libraries(sys.platform, environ)
    import_plainly()


def _plugin(relative: str) -> Path | None:
    spec = importlib.util.find_spec("PySide6")
    if spec is None or spec.origin is None:
        return None
    plugin = Path(spec.origin).parent / "Qt" / "plugins" / relative
    return plugin if plugin.is_file() else None


def _missing_library(message: str) -> MissingLibraryError:
    """The error for the loader's message, such as `libEGL.so.1: cannot open shared object file`."""
    return MissingLibraryError(
        what="Qt cannot be loaded, so the window cannot open",
        why=message,
        remedy=f"On Debian and Ubuntu: sudo apt-get install {DEBIAN_PACKAGES}",
    )
