"""The ways in: dialogs, drops, the sample; and the way out to labelme."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QUrl, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.background import Background
from app.messages import Level, Message
from app.sample import SAMPLE, own_copy, practice_copy
from app.session import Session

if TYPE_CHECKING:
    from app.detection import Detection

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
        """Opens the user's own copy of the pictures that come with the program, this one first."""
        self._open_copy(own_copy, first)

    def open_practice(self) -> None:
        """Opens a copy of the sample, as it comes with the program."""
        self._open_copy(practice_copy)

    def _open_copy(self, make: Callable[[], Path], first: str | None = None) -> None:
        # An open copy must not be replaced under the session.
        if not self._session.close_folder():
            return
        self._copier = self._copier or Background("copier", parent=self)
        self._copier.run(
            make, lambda root: self._session.open_folder(root, first), self._tell_no_copy
        )

    def _tell_no_copy(self, error: Exception) -> None:
        why, remedy = str(error), self.tr("Free some disk, or open a folder of your own")
        if not SAMPLE.is_dir():
            why = self.tr("{folder} does not exist").format(folder=SAMPLE)
            remedy = self.tr("Get it with the program's source, or open a folder of your own")
        self._session.messages.post(
            Message(Level.WARNING, self.tr("The sample cannot be opened"), why, remedy)
        )

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
