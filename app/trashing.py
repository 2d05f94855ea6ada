"""Deletes label files and images: always into a trash, from where they can be had back."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.messages import Level, Message, Offer, of_error
from app.models.files import Sign
from app.session import Session

if TYPE_CHECKING:
    from tinaface.errors import DatasetError

TOPIC = "trash"


class Trashing(QObject):
    """The two commands that delete files."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._listens = False

    def delete_labels(self) -> None:
        """Moves the label file of the current image to the trash; undo writes it again."""
        from app.commands import DiscardLabels

        session = self._session
        if session.document is None:
            return
        if not self._listens:
            self._listens = True
            session.labels.saver.discarded.connect(self._on_discarded)
        text = self.tr("Move label file to trash")
        session.document.push(DiscardLabels(session.document, text))
        session.save_now()

    def _on_discarded(self, name: str) -> None:
        self._session.files.set_sign(name, Sign.LABELS, False)
        self._session.messages.post(
            Message(
                Level.INFO,
                self.tr("The label file of {image} is in the trash").format(image=name),
                remedy=self.tr("Undo writes it again"),
                topic=TOPIC,
            )
        )

    def delete_image(self) -> None:
        """Moves the current image and its label file to the trash and shows the next one."""
        session = self._session
        image, name, root = session.image, session.name, session.root
        if image is None or name is None or root is None or session.is_read_only:
            return
        step = 1 if session.files.neighbour(name, 1) != name else -1
        follower = session.files.neighbour(name, step)
        shares = session.files.shares_labels(name)
        document = session.labels.saver.document(name)
        text = document.labelme.snapshot() if document and document.is_modified else None
        session.labels.saver.forget(name)
        keeping = session.keeping

        def move() -> "list[tuple[Path, Path]] | DatasetError":
            from tinaface.dataset import label_path_for
            from tinaface.review_folder import review_folder

            elsewhere = keeping.labels_place()
            label = label_path_for(image) if elsewhere is None else elsewhere.label_path(image)
            if text is not None:
                keeping.keep_copy(label, text.to_text().encode())
            files = [image] if shares or not label.is_file() else [label, image]
            return _move(files, review_folder(root) / TOPIC)

        def told(moved: "list[tuple[Path, Path]] | DatasetError") -> None:
            session.open_folder(root, follower if isinstance(moved, list) else name)
            if isinstance(moved, list):
                self._tell(root, name, moved)
            else:
                session.messages.post(of_error(moved))

        keeping.run(move, told)

    def _tell(self, root: Path, name: str, moved: Sequence[tuple[Path, Path]]) -> None:
        back = Offer(self.tr("Put back"), lambda: self._put_back(root, name, moved))
        self._session.messages.post(
            Message(
                Level.INFO,
                self.tr("{image} is in the trash").format(image=name),
                self.tr("Its label file went with it") if len(moved) > 1 else "",
                offers=(back,),
                topic=TOPIC,
            )
        )

    def _put_back(self, root: Path, name: str, moved: Sequence[tuple[Path, Path]]) -> None:
        def move() -> None:
            for origin, place in reversed(moved):
                if not os.path.lexists(origin):
                    os.replace(place, origin)

        self._session.keeping.run(move, lambda _: self._session.open_folder(root, name))


def _move(files: Sequence[Path], fallback: Path) -> "list[tuple[Path, Path]] | DatasetError":
    from app.trash import to_trash
    from tinaface.errors import DatasetError

    moved: list[tuple[Path, Path]] = []
    for path in files:
        try:
            moved.append((path, to_trash(path, fallback)))
        except OSError as error:
            for origin, place in moved:
                os.replace(place, origin)
            return DatasetError(
                what=f"{path.name} could not be moved to the trash",
                why=error.strerror or str(error),
                remedy="Check that the folder may be written",
            )
    return moved
