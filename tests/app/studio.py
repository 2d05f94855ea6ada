"""A whole window on a small folder, for tests that play a user."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app import application
from app.command_line import Options
from app.detection import Detection
from app.main_window import MainWindow
from app.session import Session
from app.settings import Settings
from app.theme import Theme
from app.training.trainer import Trainer
from app.workers.client import WorkerClient

PATIENCE_MS = 60_000
"""Nothing is said about how fast: where other programs have the processors, reading waits."""


def make_folder(root: Path, names: tuple[str, ...] = ("a.jpg", "b.jpg", "c.jpg")) -> Path:
    """A folder of grey pictures of 80 x 60 pixels."""
    root.mkdir(exist_ok=True)
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((60, 80, 3), 128, np.uint8)).save(path)
    return root


def write_label(path: Path, boxes: list[list[float]]) -> Path:
    """A Labelme file with these boxes x0, y0, x1, y1."""
    shapes = [
        {
            "label": "face",
            "points": [[x0, y0], [x1, y1]],
            "group_id": None,
            "shape_type": "rectangle",
            "flags": {},
        }
        for x0, y0, x1, y1 in boxes
    ]
    document = {
        "version": "5.0.1",
        "flags": {},
        "shapes": shapes,
        "imagePath": path.with_suffix(".jpg").name,
        "imageData": None,
        "imageHeight": 60,
        "imageWidth": 80,
    }
    path.write_text(json.dumps(document, indent=2))
    return path


def boxes_of(path: Path) -> list[list[list[float]]]:
    """The corner points of all shapes in a label file."""
    return [shape["points"] for shape in json.loads(path.read_text())["shapes"]]


class Studio:
    """The window, and what a user does to it."""

    def __init__(
        self,
        qtbot: QtBot,
        folder: Path,
        *,
        client: WorkerClient | None = None,
        options: Options | None = None,
        make_trainer: Callable[[Session, Detection], Trainer] | None = None,
    ) -> None:
        self.qtbot = qtbot
        self.options = options or Options()
        self.app = application.make_application()
        settings = self.options.settings or folder / "settings.ini"
        self.theme = Theme(self.app, "light")
        self.session = Session(Settings(settings), read_only=self.options.read_only)
        self.detection = Detection(self.session, client)
        trainer = make_trainer(self.session, self.detection) if make_trainer else None
        self.window = MainWindow(self.session, self.detection, self.theme, trainer)
        self.window.resize(1000, 700)
        self.window.show()
        self.window.complete()

    def open(self, path: Path) -> None:
        """Opens a folder or file and waits until all of it is shown."""
        self.session.open(path)
        self.settle()

    def settle(self) -> None:
        """Waits until nothing is on its way from disk."""
        self.qtbot.waitUntil(lambda: self.session.is_quiet, timeout=PATIENCE_MS)
        QApplication.processEvents()

    def until(self, holds: Callable[[], bool], timeout_ms: int = PATIENCE_MS) -> None:
        """Waits for something that must come true."""
        self.qtbot.waitUntil(holds, timeout=timeout_ms)

    def saved(self) -> None:
        """Waits until every edit is on disk, as the autosave does it."""
        self.until(lambda: not self.session.has_unsaved)

    def key(
        self,
        key: Qt.Key,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        """Presses a key with the canvas in focus."""
        self.window.canvas.setFocus()
        QTest.keyClick(self.window.canvas, key, modifiers)
        QApplication.processEvents()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drags with the left button from one picture pixel to another."""
        canvas = self.window.canvas
        points = [self._at(start), self._at(end)]
        middle = (points[0] + points[1]) / 2
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=points[0])
        QTest.mouseMove(canvas, middle)
        QTest.mouseMove(canvas, points[1])
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=points[1])
        QApplication.processEvents()

    def _at(self, pixel: tuple[float, float]) -> QPoint:
        x0, y0, _, _ = self.window.canvas.box_in_view(np.array([*pixel, *pixel], float))
        return QPoint(round(x0), round(y0))

    def close(self) -> None:
        """Closes the window as the user does."""
        self.window.close()
        self.window.deleteLater()
        self.theme.deleteLater()
        QApplication.processEvents()


def band(
    viewport: QWidget,
    start: QPoint,
    end: QPoint,
    held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    *,
    releases: bool = True,
) -> None:
    """Drags with the left button over a view, from one of its points to another."""
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(viewport, left, held, start)
    for at in ((start + end) / 2, end):
        # QTest's own move holds no button.
        move = QMouseEvent(
            QEvent.Type.MouseMove, at, viewport.mapToGlobal(at), Qt.MouseButton.NoButton, left, held
        )
        QApplication.sendEvent(viewport, move)
    if releases:
        QTest.mouseRelease(viewport, left, held, end)
    QApplication.processEvents()
