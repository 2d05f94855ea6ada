"""What is open: folder, image, document, predictions; signals when any of it changes.

Panels know the session and not each other. What is read, kept, saved or left alone, and when, is
decided in the rooms that it composes; the widgets only ask and show.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app import notices
from app.closing import closing
from app.folder_listing import FolderListing
from app.images import PictureCache
from app.keys.keymap import Keymap
from app.messages import Level, Messages, of_error
from app.models.files import FilesModel, Sign
from app.pages.current import CurrentPage
from app.safekeeping import Safekeeping
from app.scan import Found
from app.settings import Settings
from app.showing import Showing
from app.shown import Shown
from app.visited import Visited
from app.workers.ending import wait_for_dying

if TYPE_CHECKING:  # these bring numpy, and the window opens without
    from app.document import Document
    from app.labels import Labels
    from app.listing.views import ImageViews
    from app.loop.review_loop import ReviewLoop
    from app.predictions import Predictions

SAVING_S = 5.0
Ask = Callable[[], bool]
DEFAULT_THRESHOLD = 0.5


class Session(QObject):
    """The open folder and everything in it that the window shows.

    Images are named by their path relative to the folder, with `/` between its parts.

    Signals:
        folder_changed: another folder (or none) is open.
        scan_finished: all images of the folder are listed.
        image_changed: another image is current; what it holds follows with `shown_changed`.
        shown_changed: `shown` is another one.
        threshold_changed: predictions below it are hidden.
        edited: the boxes, the selection or the predictions of the current image have changed.
        training_wanted: the person wants a model that learns from what was fixed.
        evaluation_wanted: the person wants the predictions judged anew.
        save_state_changed: see `labels.saver`.
    """

    folder_changed = Signal()
    scan_finished = Signal()
    image_changed = Signal()
    shown_changed = Signal()
    threshold_changed = Signal(float)
    edited = Signal()
    save_state_changed = Signal()
    training_wanted = Signal()
    evaluation_wanted = Signal()

    def __init__(
        self, settings: Settings, *, read_only: bool = False, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.settings = settings
        # The window asks the user; without a window nothing is given up.
        self.may_lose_edits: Callable[[], bool] = lambda: False
        self.messages = Messages(self)
        self.page = CurrentPage(self)
        self.keymap = Keymap(settings, parent=self)
        self.files = FilesModel()
        self.visited: Visited = Visited(self)
        self._always_read_only = read_only
        self._root: Path | None = None
        self._name: str | None = None
        self._threshold = DEFAULT_THRESHOLD
        self._has_ended = False
        self._others: list[tuple[Ask, Ask]] = []
        self.keeping = Safekeeping(self)
        self._listing = self._make_listing()
        self._showing = Showing(self)
        self._showing.shown_changed.connect(self.shown_changed)
        self._showing.edited.connect(self.edited)
        self._labels: Labels | None = None
        self._predictions: Predictions | None = None
        self._loop: ReviewLoop | None = None
        self._views: ImageViews | None = None

    # ---- what is open ----

    @property
    def root(self) -> Path | None:
        """The open folder."""
        return self._root

    @property
    def name(self) -> str | None:
        """The current image; it may still be on its way from disk."""
        return self._name

    @property
    def image(self) -> Path | None:
        """The file of the current image."""
        if self._root is None or self._name is None:
            return None
        return self._root / self._name

    @property
    def shown(self) -> Shown | None:
        """What the canvas shows; None before the first image has been read."""
        return self._showing.shown

    @property
    def document(self) -> "Document | None":
        """The document on the canvas."""
        return None if self.shown is None else self.shown.document

    @property
    def is_scanning(self) -> bool:
        """Whether more images may still be found."""
        return self._listing.is_running

    @property
    def pictures(self) -> PictureCache:
        """The pictures decoded last."""
        return self._showing.reader.pictures

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is on its way from disk."""
        is_reading = self._showing.reader.is_reading or (
            self._predictions is not None and self._predictions.is_reading
        )
        is_drawing = self._views is not None and self._views.thumbnails.is_reading
        is_at_work = any(one() for _, one in self._others)
        return not (self.is_scanning or is_reading or is_drawing or is_at_work)

    @property
    def is_read_only(self) -> bool:
        """Whether no label file of this folder may be written."""
        return self._always_read_only or self.keeping.is_read_only

    @property
    def can_edit(self) -> bool:
        """Whether the boxes on the canvas may be changed."""
        return self.document is not None and not self.document.is_locked

    @property
    def has_unsaved(self) -> bool:
        """Whether any labels differ from their file."""
        return self._labels is not None and not self._labels.saver.all_saved

    @property
    def is_comparing(self) -> bool:
        """Whether the predictions of a second model are at hand."""
        return self._predictions is not None and self._predictions.other is not None

    @property
    def labels(self) -> "Labels":
        """The documents and their files; made at first use, after the window is shown."""
        if self._labels is None:
            from app.labels import Labels

            self._labels = Labels(
                self.messages,
                self.settings,
                lambda: self.is_read_only,
                self.keeping,
                self.files.sharing,
                self,
            )
            self._labels.reread.connect(self._on_reread)
            self._labels.owner_chosen.connect(self.rescan)
            self._labels.saver.state_changed.connect(self.save_state_changed)
            self._labels.saver.modified_changed.connect(self._on_modified)
            self._labels.saver.saved.connect(self._on_saved)
        return self._labels

    @property
    def predictions(self) -> "Predictions":
        """What models found in this folder's images; made at first use."""
        if self._predictions is None:
            from app.predictions import Predictions
            from app.shown_predictions import ShownPredictions

            self._predictions = Predictions(self.messages, self)
            reader = self._showing.reader
            self._showing.beside = ShownPredictions(self, self._predictions, reader)
            self._predictions.sources_changed.connect(self.edited)
        return self._predictions

    @property
    def views(self) -> "ImageViews":
        """Thumbnails and picked images; made at first use."""
        if self._views is None:
            from app.listing.views import ImageViews

            self._views = ImageViews(self)
        return self._views

    @property
    def loop(self) -> "ReviewLoop":
        """What disagrees in the folder, and what was decided about it; made at first use."""
        if self._loop is None:
            from app.loop.review_loop import ReviewLoop

            self._loop = loop = ReviewLoop(self)
            self.end_with(loop.shut_down, lambda: loop.is_busy)
        return self._loop

    def prepare(self) -> None:
        """Loads what the first image will need, so that opening it need not wait for imports."""
        from app import reading

        _ = reading, self.labels, self.predictions, self.loop, self.files.asked

    # ---- opening ----

    def open(self, path: Path) -> None:
        """Opens a folder, or the folder of an image or Labelme file with that image first."""
        path = Path(os.path.abspath(path))
        if path.is_dir():
            self.open_folder(path)
            return
        if path.suffix.lower() != ".json":
            self.open_folder(path.parent, path.name)
            return
        from tinaface.dataset import image_of

        # A label file without image stands for it.
        image = image_of(path) or path
        self.open_folder(image.parent, image.name)

    def open_folder(self, root: Path, first: str | None = None) -> None:
        """Opens a folder; its first image is shown before all are listed.

        Args:
            first: name or relative path of the image to show first.
        """
        if not self.close_folder():
            return
        self._root = Path(os.path.abspath(root))
        self.settings.remember_folder(self._root)
        self.keeping.open(self._root, looks_only=self._always_read_only)
        self.predictions.open(self._root)
        self._listing.start(self._root, first)
        self.folder_changed.emit()
        if first is not None and (self._root / first).is_file():
            # The list may take a while to reach it; the picture need not.
            self.go_to(first)

    def close_folder(self) -> bool:
        """Saves what is edited and shows nothing; False where the user keeps unsaved edits."""
        self._leave()
        labels = self._labels
        if labels and not (labels.saver.finish(SAVING_S) or self.may_lose_edits()):
            return False
        self.settings.remember_image(self._name)
        self.keeping.close_folder()  # before edits are let go, which would drop them there too
        if labels is not None:
            labels.forget_all()
        self._listing.cancel()
        self._showing.reader.drop()
        self.messages.clear()
        if self._predictions is not None:
            self._predictions.close()
        had_folder, self._root, self._name = self._root is not None, None, None
        self._showing.clear()
        self.files.clear()
        if had_folder:
            self.image_changed.emit()
            self.folder_changed.emit()
        return True

    def rescan(self) -> None:
        """Lists the folder again, as another program may have changed it."""
        if self._root is not None:
            self.open_folder(self._root, self._name)

    def _make_listing(self) -> FolderListing:
        listing = FolderListing(self.files, self)
        listing.found.connect(self._on_found)
        listing.begins_with.connect(self._begin_with)
        listing.missed.connect(self._tell_missed)
        listing.failed.connect(
            lambda error: self.messages.post(of_error(error, level=Level.WARNING))
        )
        listing.finished.connect(self._on_listed)
        return listing

    def _on_found(self, batch: Found) -> None:
        for image in batch:
            if self.predictions.holds(image.name):
                self.files.set_sign(image.name, Sign.PREDICTIONS, True)
            document = self.document
            if image.shares_labels and image.name == self._name and document and self.can_edit:
                # It was opened by name, before its neighbour was found.
                self.labels.lock_shared(image.name, document)

    def _begin_with(self, name: str) -> None:
        if self._name is None:  # else it was opened by its name, or the user has chosen meanwhile
            self.go_to(name)

    def _tell_missed(self, wanted: str) -> None:
        if self._name is None:
            self.messages.post(notices.not_in_folder(wanted))

    def _on_listed(self) -> None:
        if self.shown is not None:
            self._showing.read_neighbours()  # an image opened by its name had no neighbours before
        self.scan_finished.emit()

    # ---- moving about ----

    def go_by(self, step: int) -> None:
        """Goes on (or back) in the list as it is filtered now; it stops at the ends."""
        name = self.files.neighbour(self._name, step)
        if name is not None:
            self.go_to(name)

    def go_to_row(self, row: int) -> None:
        """Goes to a row of the list; the last one for -1."""
        count = self.files.rowCount()
        if count:
            self.go_to(self.files.name(row % count))

    def go_to(self, name: str) -> None:
        """Makes an image the current one; it is read beside the GUI thread."""
        if name == self._name or self._root is None:
            return
        self._leave()
        self._name = name
        self.image_changed.emit()
        self._showing.read()

    def read_ahead(self, names: Sequence[str]) -> None:
        """Decodes images that will probably be wanted next, the first one first."""
        self._showing.read_ahead(names)

    def look_again(self) -> None:
        """Reads the current image and labels again if another program has changed them."""
        self._showing.look_again()

    # ---- saving ----

    def _leave(self) -> None:
        if self._name is not None and self._labels is not None:
            self._labels.leave(self._name)

    def save_now(self) -> None:
        """Writes all unsaved labels at once."""
        if self._labels is not None:
            self._labels.saver.save_all()

    def finish(self, timeout_s: float = SAVING_S) -> bool:
        """Writes all and waits; False where edits are not on disk. Called before quitting."""
        self.settings.remember_image(self._name)
        with closing(timeout_s):
            saved = True if self._labels is None else self._labels.saver.finish(timeout_s)
            if self._predictions is not None:
                saved = self._predictions.finish(timeout_s) and saved
            if self._loop is not None:
                saved = self._loop.finish(timeout_s) and saved
        self.settings.sync()
        return saved

    def end_with(self, end: Ask, is_at_work: Ask = lambda: False) -> None:
        """Has something end with the session; `end` says whether its threads have."""
        self._others.append((end, is_at_work))

    def shut_down(self) -> None:
        """Ends all threads; the session is of no use afterwards. See `has_ended`."""
        ended = [end() for end, _ in self._others]
        ended += [self._listing.end(), self._showing.reader.close()]
        if self._labels is not None:
            ended.append(self._labels.saver.close())
        ended += [self.keeping.close(), wait_for_dying()]
        if self._predictions is not None:
            ended.append(self._predictions.shut_down())
        self._has_ended = all(ended)

    @property
    def has_ended(self) -> bool:
        """Whether every thread ended when it was asked to; a hanging disk may hold one."""
        return self._has_ended

    def _on_reread(self, name: str) -> None:
        self.files.set_sign(name, Sign.UNSAVED, False)
        if name == self._name:
            self._showing.read()

    def _on_modified(self, name: str, on: bool) -> None:
        self.files.set_sign(name, Sign.UNSAVED, on)

    def _on_saved(self, name: str) -> None:
        self.files.set_sign(name, Sign.LABELS, True)

    # ---- threshold ----

    @property
    def threshold(self) -> float:
        """Predictions with a lower score are hidden."""
        return self._threshold

    def set_threshold(self, value: float) -> None:
        """Hides predictions below `value`, kept within 0..1 and to two decimals."""
        value = round(min(max(value, 0.0), 1.0), 2)
        if value == self._threshold:
            return
        self._threshold = value
        if self.document is not None:
            self.document.threshold = value
        self.threshold_changed.emit(value)
