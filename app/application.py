"""Builds settings, session and window, connects them and runs them.

Qt is loaded inside functions, after `app.environment` has found that it can be.
"""

import importlib
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app import command_line, environment
from app.command_line import Options
from tinaface.errors import TinaFaceError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.detection import Detection
    from app.main_window import MainWindow
    from app.session import Session
    from app.settings import Settings
    from app.theme import Theme

NAME = "TinaFace Studio"
EXIT_CRASH = 1

SWITCH_S = 0.001
"""After so long a thread that computes gives way to the GUI thread; Python's own 5 ms add up."""


log = logging.getLogger(__name__)


def main(argv: Sequence[str]) -> int:
    """Runs the program. Exit codes: 0 ok, 1 crash, 2 usage, 3 this machine lacks something."""
    options = command_line.read(argv)
    if options.screenshot is not None or options.self_check:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if options.scale is not None:
        os.environ["QT_SCALE_FACTOR"] = str(options.scale)
    try:
        environment.check()
    except TinaFaceError as error:
        _tell_terminal(error)
        return environment.EXIT_CODE
    _start_log(options)
    if options.self_check:
        from app.self_check import run

        return run()
    return _run(options)


def _run(options: Options) -> int:
    from PySide6.QtCore import QTimer

    from app.background import Background
    from app.crashes import Crashes
    from app.interrupts import Interrupts

    application = make_application()
    settings = make_settings(options)
    if _has_other_window(options, settings):
        return 0
    window, theme = build(application, settings, options)
    crashes = Crashes(window.session, window.close)
    sys.excepthook = crashes.report
    interrupts = Interrupts(window.close)
    window.show()
    # The canvas brings numpy: it is loaded beside the window, which is on screen by then.
    loader = Background("loader")
    QTimer.singleShot(0, lambda: loader.run(load_numerics, lambda _: start(window, options)))
    if options.screenshot is None:
        code = application.exec()
    else:
        from app.screenshot import take

        code = take(window, options.screenshot)
    loader.close()
    interrupts.close()
    sys.excepthook = sys.__excepthook__
    if not window.session.has_ended:
        # A disk that does not answer holds a thread; taking Qt down under it would crash.
        log.warning("a disk does not answer: the program ends without waiting for it")
        logging.shutdown()
        os._exit(code)
    window.deleteLater()
    theme.deleteLater()
    if crashes.wants_restart:
        logging.shutdown()
        os.execv(sys.executable, [sys.executable, *sys.argv])
    return code


def _has_other_window(options: Options, settings: "Settings") -> bool:
    """Whether a window of this user has the folder open; it has come to the front then."""
    folder = _folder(options, settings)
    if folder is None or options.read_only or options.screenshot is not None:
        return False
    from tinaface.folder_lock import holder
    from tinaface.review_folder import review_folder

    present = holder(review_folder(folder))
    if present is None or not (present.owner.is_here and present.owner.may_live):
        return False
    from app.first_window import raise_for

    path = options.path if options.path is not None and options.path.is_file() else None
    return raise_for(folder, path)


def _folder(options: Options, settings: "Settings") -> Path | None:
    """The folder that will be opened, where it can be told without reading files."""
    if options.path is not None:
        return options.path if options.path.is_dir() else options.path.parent
    if options.sample:
        from app.sample import own_copy_path

        return own_copy_path()
    return Path(settings.last_folder) if settings.last_folder else None


def make_application() -> "QApplication":
    """The one QApplication, with the program's name and icon."""
    from PySide6.QtCore import QLoggingCategory
    from PySide6.QtGui import QIcon, QImageReader
    from PySide6.QtWidgets import QApplication

    from app.theme import RESOURCES

    sys.setswitchinterval(SWITCH_S)
    # Photographs with a damaged profile or tag are many, and the decoders' remarks help nobody.
    QLoggingCategory.setFilterRules("qt.gui.imageio*=false\nqt.gui.icc=false")
    QImageReader.setAllocationLimit(0)  # app/images.py checks the size in the header itself
    application = QApplication.instance() or QApplication([NAME])
    assert isinstance(application, QApplication)
    application.setApplicationName("tinaface-studio")
    application.setApplicationDisplayName(NAME)
    application.setDesktopFileName("tinaface-studio")
    application.setWindowIcon(QIcon(str(RESOURCES / "icons" / "tinaface.svg")))
    return application


def make_settings(options: Options) -> "Settings":
    """The remembered settings; a picture of the window is always of the defaults."""
    from app.settings import Settings, default_path

    if options.settings is not None:
        settings = Settings(options.settings)
    elif options.screenshot is not None:
        import tempfile

        settings = Settings(Path(tempfile.mkdtemp(prefix="tinaface-")) / "settings.ini")
    else:
        settings = Settings(default_path())
    if options.reset_layout:
        settings.forget_layout()
    return settings


def build(
    application: "QApplication", settings: "Settings", options: Options
) -> "tuple[MainWindow, Theme]":
    """The window with everything behind it, not yet shown and with nothing open."""
    from app import translation
    from app.detection import Detection
    from app.main_window import MainWindow
    from app.session import Session
    from app.theme import Theme

    translation.install(application, options.language or settings.language)
    theme = Theme(application, options.theme or settings.theme)
    session = Session(settings, read_only=options.read_only)
    detection = Detection(session)
    window = MainWindow(session, detection, theme)
    if options.size is not None:
        window.resize(*options.size)
    return window, theme


def load_numerics() -> None:
    """Imports numpy and the rooms of tinaface that need it; knows nothing of Qt, so any thread."""
    for room in ("dataset", "labelme", "matching", "predictions", "weights"):
        importlib.import_module(f"tinaface.{room}")


def start(window: "MainWindow", options: Options) -> None:
    """Completes a shown window and opens what the user asked for."""
    window.complete()
    session, detection = window.session, window.detection
    session.predictions.given = options.predictions
    if options.screenshot is None:
        _answer_later_starts(window)
    if options.filter is not None:
        session.files.set_filter(options.filter)
    _tell_broken_settings(session)
    _choose_weights(window, detection, options)
    _open(window, options)
    session.page.show(options.page)


def _open(window: "MainWindow", options: Options) -> None:
    session, settings = window.session, window.session.settings
    if options.path is not None:
        if options.path.is_dir():
            session.open_folder(options.path, options.image)
        else:
            session.open(options.path)
    elif options.sample and options.screenshot is not None:
        from app.sample import SAMPLE

        session.open_folder(SAMPLE, options.image)  # as it comes, whatever the user's copy holds
    elif options.sample:
        window.opener.open_sample(options.image)
    elif settings.last_folder and Path(settings.last_folder).is_dir():
        session.open_folder(Path(settings.last_folder), options.image or settings.last_image)


def _answer_later_starts(window: "MainWindow") -> None:
    from app.first_window import FirstWindow

    first, session = FirstWindow(window), window.session
    session.folder_changed.connect(lambda: first.listen(None))
    session.keeping.settled.connect(
        lambda: first.listen(session.root if session.keeping.holder is None else None)
    )
    first.wanted.connect(window.come_forward)


def _choose_weights(window: "MainWindow", detection: "Detection", options: Options) -> None:
    from tinaface.weights import default_weights

    remembered = detection.remembered_weights()
    shipped = default_weights()
    candidates = [options.weights, remembered, shipped]
    known = list(dict.fromkeys(one for one in candidates if one is not None and one.is_file()))
    window.detection_panel.set_weights(known)
    if known:
        detection.choose_weights(known[0])


def _tell_broken_settings(session: "Session") -> None:
    from app.messages import Level, Message

    broken = session.settings.set_aside
    if broken is not None:
        session.messages.post(
            Message(
                Level.INFO,
                session.tr("The settings could not be read"),
                session.tr("The file is kept as {name}").format(name=broken.name),
                session.tr("Defaults are used"),
            )
        )


def _start_log(options: Options) -> None:
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if options.log_file is not None:
        handlers.append(logging.FileHandler(options.log_file, encoding="utf-8"))
    logging.basicConfig(
        level=options.log_level.upper(),
        handlers=handlers,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


def _tell_terminal(error: TinaFaceError) -> None:
    sys.stderr.write(f"error: {error.what}\n  why: {error.why}\n  do:  {error.remedy}\n")
