"""Fills the list of images while a folder is scanned, and finds the image to begin with."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.models.files import FilesModel
from app.scan import FolderScan, Found


class FolderListing(QObject):
    """The scan of one folder after the other.

    Signals:
        found: a batch of FoundImage that is in the list now.
        begins_with: name of the image to show first: the wanted one, or the first of all.
        missed: name of the wanted image, which the folder does not have.
        failed: a TinaFaceError about a folder that cannot be listed; the scan goes on.
        finished: all images are listed.
    """

    found = Signal(object)
    begins_with = Signal(str)
    missed = Signal(str)
    failed = Signal(object)
    finished = Signal()

    def __init__(self, files: FilesModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files = files
        self._scan: FolderScan | None = None
        self._wanted: str | None = None
        self._has_begun = True

    @property
    def is_running(self) -> bool:
        """Whether more images may still be found."""
        return self._scan is not None

    def start(self, root: Path, wanted: str | None) -> None:
        """Lists a folder.

        Args:
            wanted: name or relative path of the image to begin with.
        """
        self._wanted, self._has_begun = wanted, False
        self._scan = scan = FolderScan(root, self)
        scan.found.connect(self._on_found)
        scan.failed.connect(self.failed)
        scan.finished.connect(self._on_finished)
        scan.start()

    def cancel(self) -> None:
        """Ends the scan; what was found stays in the list."""
        if self._scan is not None:
            self._scan.cancel()
            self._scan = None

    def end(self) -> bool:
        """Cancels and waits, as before the program ends; False where a disk holds it up."""
        return True if self._scan is None else self._scan.end()

    def _on_found(self, batch: Found) -> None:
        self._files.append(batch)
        self.found.emit(batch)
        if self._has_begun:
            return
        wanted = self._wanted
        if wanted is None:
            self._begin_with_first()
            return
        for image in batch:
            if image.name == wanted or image.name.endswith("/" + wanted):
                self._has_begun = True
                self.begins_with.emit(image.name)
                return

    def _on_finished(self) -> None:
        if self._scan is not None:
            self._scan.deleteLater()
            self._scan = None
        if not self._files.is_in_order:
            self._files.rearrange()
        if not self._has_begun:
            if self._wanted is not None and self._files.rowCount():
                self.missed.emit(self._wanted)
            self._begin_with_first()
        self.finished.emit()

    def _begin_with_first(self) -> None:
        """The filter may let none through yet."""
        if self._files.rowCount():
            self._has_begun = True
            self.begins_with.emit(self._files.name(0))
