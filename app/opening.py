"""The ways in: dialogs, drops, the sample; and the way out to labelme."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QUrl, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.background import Background
from app.messages import Level, Message
from app.session import Session
from app.tour.practice import fresh_copy

if TYPE_CHECKING:
    from app.detection import Detection

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample"
WEIGHTS_SUFFIX = ".safetensors"


class Opener(QObject):
    """Opens what the user chooses, drops or asks for.

    Signals:
        note: a short text for the hint line.
    """

    note = Signal(str)

    def __init__(self, session: Session, detection: "Detection", window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._detection = detection
        self._window = window
        self._copier: Background | None = None

    def shut_down(self) -> None:
        """Ends the thread that copies, if there is one."""
        if self._copier is not None:
            self._copier.close()

    # ---- dialogs ----

    def ask_for_folder(self) -> None:
        """Opens a folder that the user chooses."""
        chosen = QFileDialog.getExistingDirectory(
            self._window, self.tr("Open a folder of photographs"), self._start()
        )
        if chosen:
            self._session.open(Path(chosen))

    def ask_for_file(self) -> None:
        """Opens an image or label file, with its folder."""
        from tinaface.dataset import IMAGE_SUFFIXES

        patterns = " ".join(f"*{suffix}" for suffix in sorted({*IMAGE_SUFFIXES, ".json"}))
        kinds = self.tr("Images and labels ({patterns})").format(patterns=patterns)
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("Open an image or label file"), self._start(), kinds
        )
        if chosen:
            self._session.open(Path(chosen))

    def ask_for_weights(self) -> None:
        """Chooses other weights for the detector."""
        weights = self._detection.weights
        chosen, _ = QFileDialog.getOpenFileName(
            self._window,
            self.tr("Choose weights"),
            "" if weights is None else str(weights.parent),
            self.tr("Weights (*{suffix})").format(suffix=WEIGHTS_SUFFIX),
        )
        if chosen:
            self._detection.choose_weights(Path(chosen))

    def _start(self) -> str:
        root = self._session.root
        return "" if root is None else str(root)

    def open_sample(self, first: str | None = None) -> None:
        """Opens the pictures that come with the program, this one first."""
        if SAMPLE.is_dir():
            self._session.open_folder(SAMPLE, first)
            return
        self._session.messages.post(
            Message(
                Level.WARNING,
                self.tr("The sample is not here"),
                self.tr("{folder} does not exist").format(folder=SAMPLE),
                self.tr("Get it with the program's source, or open a folder of your own"),
            )
        )

    def open_practice(self) -> None:
        """Opens a copy of the sample, as it comes with the program."""
        if not SAMPLE.is_dir():
            self.open_sample()  # which says that it is not there
        elif self._session.close_folder():  # an open copy must not be replaced under the session
            self._copier = self._copier or Background("copier", parent=self)
            self._copier.run(lambda: fresh_copy(SAMPLE), self._session.open_folder)

    def show_image(self, path: Path) -> None:
        """Goes to an image of the open folder; any other file is left alone."""
        root = self._session.root
        if root is not None and path.is_relative_to(root):
            name = path.relative_to(root).as_posix()
            if self._session.files.holds(name):
                self._session.go_to(name)

    # ---- drops ----

    def can_open(self, urls: Iterable[QUrl]) -> bool:
        """Whether one of the dropped things can be opened."""
        return any(self._is_known(path) for path in _local(urls))

    def open_urls(self, urls: Iterable[QUrl]) -> None:
        """Opens the first dropped thing that can be opened."""
        for path in _local(urls):
            if self._is_known(path):
                if path.suffix.lower() == WEIGHTS_SUFFIX:
                    self._detection.choose_weights(path)
                else:
                    self._session.open(path)
                return
        self.note.emit(self.tr("Drop a folder, an image, a label file or a weights file."))

    def _is_known(self, path: Path) -> bool:
        from tinaface.dataset import IMAGE_SUFFIXES

        suffixes = {*IMAGE_SUFFIXES, ".json", WEIGHTS_SUFFIX}
        return path.is_dir() or path.suffix.lower() in suffixes

    # ---- labelme ----

    def open_in_labelme(self) -> None:
        """Shows the current image in labelme, which is only ever another process."""
        image, document = self._session.image, self._session.document
        if image is None:
            return
        self._session.save_now()
        shown = image
        if document is not None and document.label_path.is_file():
            shown = document.label_path
        arguments = ["-m", "labelme", str(shown), "--output", str(self._label_folder(image))]
        started, _ = QProcess.startDetached(sys.executable, arguments)
        if started:
            self.note.emit(self.tr("Labelme is starting; what it saves is shown here on return."))
            return
        self._session.messages.post(
            Message(
                Level.WARNING,
                self.tr("Labelme could not be started"),
                self.tr("{program} does not run").format(program=sys.executable),
                self.tr("Install it with: pip install labelme"),
            )
        )

    def _label_folder(self, image: Path) -> Path:
        document = self._session.document
        return image.parent if document is None else document.label_path.parent


def _local(urls: Iterable[QUrl]) -> list[Path]:
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
