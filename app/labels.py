"""The documents of a folder: which is kept, which is locked, who decides where two programs wrote.

A document that was edited is kept with its undo stack while other images are looked at: the last
50 of them, and all that are not saved. Untouched ones are read again when they are needed.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from app.document import Document
from app.images import LABEL_SUFFIX
from app.messages import Level, Message, Messages, Offer, of_error
from app.notices import GONE
from app.reading import Opened
from app.safekeeping import Safekeeping
from app.saving import FileChangedError, FolderMissingError, Saver
from app.settings import Settings
from app.tidying import turn_upright
from tinaface import labelme, owners
from tinaface.elsewhere import Elsewhere
from tinaface.errors import DatasetError, DocumentError
from tinaface.merging import united
from tinaface.shapes import Shape

KEPT_DOCUMENTS = 50


class Lock(Enum):
    """Why the labels of an image may not be edited."""

    NONE = "none"
    READ_ONLY = "read-only"
    BROKEN_LABELS = "broken labels"
    SHARED_LABELS = "shared labels"


class Measured(Protocol):
    """An image file of which at least the size (height, width) is known: `Picture` is one."""

    @property
    def path(self) -> Path: ...
    @property
    def size(self) -> tuple[int, int]: ...


class Labels(QObject):
    """Gives the document of each image, and tells where a file and its edits disagree.

    Args:
        messages: where the user reads and decides.
        settings: says whether pictures inside label files are kept.
        is_read_only: whether the open folder may not be written.
        keeping: what every save goes by.
        sharing: the images whose label file an image shares, itself among them; none where it is
            its own.

    Signals:
        reread: name of an image whose labels must be read again.
        owner_chosen: it was decided whose the labels of several images are.
    """

    reread = Signal(str)
    owner_chosen = Signal()

    def __init__(
        self,
        messages: Messages,
        settings: Settings,
        is_read_only: Callable[[], bool],
        keeping: Safekeeping,
        sharing: Callable[[str], list[str]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._messages = messages
        self._settings = settings
        self._is_read_only = is_read_only
        self._sharing = sharing
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._held: frozenset[str] = frozenset()
        self._in_conflict: set[str] = set()
        self._keeping = keeping
        self.saver = Saver(keeping, self.drops_image_data, self)
        self.saver.made_again.connect(self._tell_made_again)
        self.saver.saved.connect(self._on_saved)
        self.saver.failed.connect(self._on_save_failed)

    # ---- documents ----

    def document(self, name: str, picture: Measured, opened: Opened) -> tuple[Document, Lock]:
        """The document of an image: the one that was edited before, or a new one from disk."""
        known = self.saver.document(name)
        if known is not None:
            if self._goes_on(name, known, opened):
                known.image_size = picture.size  # another picture may have come in its place
                return known, Lock.NONE
            self._forget(name)
            self._tell_reload(opened.label_path, is_gone=opened.label_stamp is None)
        labels = opened.labels
        relative = labelme.relative_image_path(picture.path, opened.label_path)
        if labels is None:
            labels = labelme.new(relative, *picture.size)
        elif picture.path != opened.label_path and not labels.names_image(relative):
            # Written with the next edit, so that other programs find the picture again.
            labels.set_image(relative, *(labels.image_size or picture.size))
        document = Document(labels, opened.label_path, picture.size)
        lock = self._lock(name, opened)
        if lock is Lock.NONE:
            self.saver.watch(name, document, opened.label_stamp)
        else:
            document.is_locked = True
        if opened.label_fault is not None:
            self._tell_broken(name, opened.label_path, opened.label_fault)
        elif lock is Lock.SHARED_LABELS:
            self._tell_shared(name, opened.label_path, opened.owner)
        elif lock is Lock.NONE and opened.orientation > 1 and len(document.gt_boxes):
            self._tell_turned(document, opened.orientation)
        return document, lock

    def _goes_on(self, name: str, known: Document, opened: Opened) -> bool:
        """Whether the document in memory is still the one to show; tells where the file differs."""
        if opened.label_stamp == self.saver.known_stamp(name) or self.saver.is_writing(name):
            return True
        if self.saver.has_written_since(name, opened.read_at):
            return True  # the file differs from what was read then because of this window
        labels = opened.labels
        if labels is not None and labels.fingerprint == known.labelme.fingerprint:
            self.saver.touched(name, opened.label_stamp)
            return True
        if not known.is_modified:
            return False
        if opened.label_stamp is not None:
            self._tell_conflict(name)
        return True

    def leave(self, name: str) -> None:
        """Saves a document that is no longer looked at; what was edited is kept for undo."""
        document = self.saver.document(name)
        if document is None:
            return
        self.saver.save(name)
        if not document.undo_stack.count():
            self.saver.forget(name)
            return
        self._kept[name] = document
        self._kept.move_to_end(name)
        self._let_go()

    def hold(self, names: Iterable[str]) -> None:
        """Keeps these documents once they are edited, and lets go of those held so far."""
        self._held = frozenset(names)
        self._let_go()

    def _let_go(self) -> None:
        """Forgets the documents beyond those that are kept, if they are saved."""
        free = [name for name in self._kept if name not in self._held]
        for old in free[:-KEPT_DOCUMENTS]:
            if self.saver.is_idle(old):
                self._forget(old)

    def recovered(self, name: str) -> None:
        """Reads labels again whose file has just been written from a journal."""
        self._forget(name)
        self.saver.saved.emit(name)
        self.reread.emit(name)

    def forget_all(self) -> None:
        """Lets all documents go, as another folder is opened."""
        for name in self.saver.names():
            self._forget(name)

    def _lock(self, name: str, opened: Opened) -> Lock:
        if opened.label_fault is not None:
            return Lock.BROKEN_LABELS
        if opened.owner is not None or self._sharing(name):
            return Lock.SHARED_LABELS
        is_read_only = self._is_read_only() or not opened.may_write
        return Lock.READ_ONLY if is_read_only else Lock.NONE

    def drops_image_data(self, name: str) -> bool:
        """Whether an image's label file, when it is written, loses the picture inside.

        Never where the label file stands for its image: the picture inside is the only one.
        """
        return self._settings.image_data == "drop" and not name.endswith(LABEL_SUFFIX)

    def _forget(self, name: str) -> None:
        self._kept.pop(name, None)
        self._in_conflict.discard(name)
        self.saver.forget(name)

    # ---- what the user decides ----

    def keep_mine(self, name: str) -> None:
        """Writes the labels of this window over those of another program, which stay as a copy."""
        self._decided(name)
        self.saver.overwrite(name)

    def keep_both(self, name: str, theirs: Sequence[Shape]) -> None:
        """Adds what another program marked to the labels of this window, in one step."""
        document = self.saver.document(name)
        if document is not None:
            both = united(document.labelme.shapes, theirs)
            document.take_version(both, self.tr("Keep both versions"))
            self.keep_mine(name)

    def take_theirs(self, name: str) -> None:
        """Reads the file again; the labels of this window stay as a copy."""
        document = self.saver.document(name)
        if document is None:
            return
        mine, path = document.labelme.snapshot(), document.label_path

        def give_up(_: None) -> None:
            self._decided(name)
            self._forget(name)
            self.reread.emit(name)

        self._keeping.run(lambda: self._keeping.keep_copy(path, mine.to_text().encode()), give_up)

    def is_in_conflict(self, name: str) -> bool:
        """Whether the user must still choose between two versions of an image's labels."""
        return name in self._in_conflict

    def _decided(self, name: str) -> None:
        self._in_conflict.discard(name)
        self._messages.close(f"saving:{name}")

    def move(self, elsewhere: Elsewhere) -> None:
        """Saves what is not saved yet in another folder: that of its image may be gone."""
        for name in self.saver.names():
            document = self.saver.document(name)
            if document is not None and document.is_modified:
                self._messages.close(f"saving:{name}")
                image = elsewhere.root / name
                path = elsewhere.label_path(image)
                relative = labelme.relative_image_path(image, path)
                document.labelme.set_image(relative, *document.image_size)
                self.saver.moved(name, path)
        self.saver.save_all()

    def start_new(self, name: str, label_path: Path) -> None:
        """Sets a broken label file aside and begins with no boxes."""
        try:
            labelme.set_aside(label_path)
        except DocumentError as error:
            self._messages.post(of_error(error))
            return
        self._messages.close("labels")
        self.reread.emit(name)

    # ---- what is told ----

    def _tell_reload(self, label_path: Path, is_gone: bool) -> None:
        if is_gone:
            what, then = self.tr("{file} was deleted by another program"), self.tr("No boxes")
        else:
            what = self.tr("{file} was changed by another program")
            then = self.tr("Its new boxes are shown")
        self._messages.post(
            Message(Level.INFO, what.format(file=label_path.name), remedy=then, topic="labels")
        )

    def _tell_made_again(self, name: str) -> None:
        document = self.saver.document(name)
        if document is not None:
            file = document.label_path.name
            self._messages.post(
                Message(
                    Level.INFO,
                    self.tr("{file} was deleted by another program").format(file=file),
                    remedy=self.tr("It was made again, as you have edited its boxes"),
                    topic="labels",
                )
            )

    def _tell_broken(self, name: str, label_path: Path, error: DocumentError) -> None:
        start_new = Offer(
            self.tr("Start new, keep the old file as .broken"),
            lambda: self.start_new(name, label_path),
        )
        offers = () if self._is_read_only() else (start_new,)
        self._messages.post(of_error(error, level=Level.WARNING, offers=offers, topic="labels"))

    def lock_shared(self, name: str, document: Document) -> None:
        """Locks a document that turned out to be another image's too."""
        document.is_locked = True
        self._tell_shared(name, document.label_path, None)

    def _tell_shared(self, name: str, label_path: Path, owner: str | None) -> None:
        """Several images have this label file; `owner` is the one whose it is, if that is known."""
        may_choose = self._keeping.elsewhere is None and not self._is_read_only()
        offers = [
            Offer(
                self.tr("Labels of {image}").format(image=one.rpartition("/")[2]),
                partial(self._choose_owner, one),
            )
            for one in (self._sharing(name) or [name])
            if may_choose
        ]
        file, image = label_path.name, name.rpartition("/")[2]
        if owner is None:
            level, what = Level.WARNING, self.tr("Two images share {file}").format(file=file)
            why = self.tr(
                "They differ in their suffix only, so it is not known whose labels it has"
            )
            remedy = self.tr("Choose whose they are, or rename one of the images")
        else:
            level = Level.INFO
            what = self.tr("{file} has the labels of {owner}").format(file=file, owner=owner)
            why = self.tr("Both have one stem, so {image} has no labels of its own").format(
                image=image
            )
            remedy = self.tr("Rename one of the images to label both")
        self._messages.post(Message(level, what, why, remedy, "", tuple(offers), "labels"))

    def _choose_owner(self, name: str) -> None:
        root = self._keeping.root
        if root is None:
            return

        def choose() -> DatasetError | None:
            try:
                owners.choose(root, name)
            except DatasetError as error:
                return error
            return None

        def told(error: DatasetError | None) -> None:
            if error is None:
                self.owner_chosen.emit()
            else:
                self._messages.post(of_error(error, topic="labels"))

        self._keeping.run(choose, told)

    def _tell_turned(self, document: Document, orientation: int) -> None:
        def turn() -> None:
            turn_upright(document, orientation)
            self._messages.close("labels")

        self._messages.post(
            Message(
                Level.WARNING,
                self.tr("Boxes of {file} may lie on their side").format(
                    file=document.label_path.name
                ),
                self.tr(
                    "The file has height and width exchanged, as if made before the picture "
                    "was turned upright"
                ),
                offers=(Offer(self.tr("Turn the boxes"), turn),),
                topic="labels",
            )
        )

    def _tell_conflict(self, name: str) -> None:
        document = self.saver.document(name)
        if document is None or name in self._in_conflict:
            return
        self._in_conflict.add(name)
        self.saver.pause(name)
        compare = Offer(self.tr("Compare…"), lambda: self._keeping.comparison_wanted.emit(name))
        mine = Offer(self.tr("Keep my boxes"), lambda: self.keep_mine(name))
        theirs = Offer(self.tr("Take the file's"), lambda: self.take_theirs(name))
        file = document.label_path.name
        self._messages.post(
            Message(
                Level.WARNING,
                self.tr("{file} was changed by another program").format(file=file),
                self.tr("You have edited the same labels here, and they are not saved"),
                self.tr("Choose which to keep; saving this file waits for you"),
                offers=(compare, mine, theirs),
                topic=f"saving:{name}",
            )
        )
        self._keeping.conflict.emit(name)

    def _on_saved(self, name: str) -> None:
        self._messages.close(f"saving:{name}")
        self._messages.close(GONE)

    def _on_save_failed(self, name: str, error: DocumentError) -> None:
        if isinstance(error, FileChangedError):
            self._tell_conflict(name)
            return
        offers = [Offer(self.tr("Try again"), self.saver.save_all)]
        topic = f"saving:{name}"
        if isinstance(error, FolderMissingError):
            wanted = self._keeping.elsewhere_wanted.emit
            offers.append(Offer(self.tr("Save to another folder…"), wanted))
            topic = GONE  # one for all images: it is one disk
        self._messages.post(of_error(error, offers=tuple(offers), topic=topic))
