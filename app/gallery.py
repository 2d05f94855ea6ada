"""`python -m app.gallery OUT`: pictures of every page and dialog, in all themes and sizes.

They are for documents and for looking at; nothing needs a display. Each size is a process of its
own, because Qt takes the scale factor when it starts.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.command_line import Options
from app.pages.table import PAGES, REVIEW

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap
    from PySide6.QtWidgets import QDialog

    from app.main_window import MainWindow

THEMES = ("light", "dark", "contrast")
SIZES = ("1024x640", "1280x800", "2560x1440@2", "1280x800@1.5")
IMAGE = "party.jpg"
STILL_MS = 150
TRIES = 200


def main(argv: Sequence[str]) -> int:
    """Writes `NAME-THEME-SIZE.png` files; 1 where a size failed."""
    parser = argparse.ArgumentParser(prog="python -m app.gallery", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write PNG files into")
    parser.add_argument("--size", choices=SIZES, action="append", help="only this size")
    parser.add_argument("--theme", choices=THEMES, action="append", help="only this theme")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    themes = arguments.theme or THEMES
    sizes = arguments.size or SIZES
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.child:
        _take_all(arguments.out, sizes[0], themes)
        return 0
    codes = [_run_child(arguments.out, size, themes) for size in sizes]
    return int(any(codes))


def _run_child(out: Path, size: str, themes: Sequence[str]) -> int:
    command = [sys.executable, "-m", "app.gallery", str(out), "--child", "--size", size]
    for theme in themes:
        command += ["--theme", theme]
    _, _, scale = size.partition("@")
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale or "1"}
    return subprocess.run(command, env=environ, check=False).returncode


def _take_all(out: Path, size: str, themes: Sequence[str]) -> None:
    from app import application
    from app.sample import LEFT_OUT, SAMPLE

    pixels, _, scale = size.partition("@")
    width, height = (round(int(side) / float(scale or 1)) for side in pixels.split("x"))
    qt = application.make_application()
    with tempfile.TemporaryDirectory(prefix="tinaface-") as folder:
        # A copy: another window may have the sample open, and a lock is no sight to show.
        sample = Path(shutil.copytree(SAMPLE, Path(folder) / SAMPLE.name, ignore=LEFT_OUT))
        options = Options(
            path=sample,
            image=IMAGE,
            theme=themes[0],
            size=(width, height),
            settings=Path(folder) / "settings.ini",
        )
        window, look = application.build(qt, application.make_settings(options), options)
        window.show()
        application.load_numerics()
        application.start(window, options)
        for theme in themes:
            window.choose_theme(theme)
            for name in _scenes(window, sample):
                _picture(window).save(str(out / f"{name}-{theme}-{size}.png"), "PNG")
        window.close()
        window.deleteLater()
        look.deleteLater()
        qt.processEvents()


def _scenes(window: "MainWindow", sample: Path) -> Iterator[str]:
    """Brings the window into one state after the other and says its name."""
    session = window.session
    for row in PAGES:
        session.page.show(row.id)
        yield row.id
    session.page.show(REVIEW)
    for name, open_dialog in (
        ("settings", window.dialogs.show_settings),
        ("palette", window.dialogs.show_palette),
        ("keys", window.dialogs.show_keys),
    ):
        open_dialog()
        yield name
        _dialogs(window)[-1].reject()
    window.tour.start()
    yield "tour"
    window.tour.end()
    session.settings.store.remove("files/recent")  # a path of this machine is nobody's business
    session.close_folder()
    yield "welcome"
    session.open_folder(sample, IMAGE)


def _dialogs(window: "MainWindow") -> "list[QDialog]":
    from PySide6.QtWidgets import QDialog

    return [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()]


def _picture(window: "MainWindow") -> "QPixmap":
    """The window, and what lies in front of it."""
    from PySide6.QtGui import QPainter

    _until_still(window)
    picture = window.grab()
    painter = QPainter(picture)
    for dialog in _dialogs(window):
        rect = dialog.rect()
        rect.moveCenter(window.rect().center())
        painter.drawPixmap(rect.topLeft(), dialog.grab())
        painter.setPen(window.palette().mid().color())
        painter.drawRect(rect.adjusted(-1, -1, 0, 0))
    painter.end()
    return picture


def _until_still(window: "MainWindow") -> None:
    """Lets events run until nothing is on its way and two pictures are alike."""
    from PySide6.QtCore import QEventLoop, QProcess, QTimer

    before = None
    for _ in range(TRIES):
        loop = QEventLoop()
        QTimer.singleShot(STILL_MS, loop.quit)
        loop.exec()
        picture = window.grab().toImage()
        is_at_work = any(
            process.state() is not QProcess.ProcessState.NotRunning
            for root in (window, window.session)
            for process in root.findChildren(QProcess)
        )
        if window.session.is_quiet and not is_at_work and picture == before:
            return
        before = picture


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
