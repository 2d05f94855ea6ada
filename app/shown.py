"""What is known of the current image once it has been read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.images import Picture, Stamp
from tinaface.errors import DatasetError, DocumentError

if TYPE_CHECKING:  # these bring numpy, and the window opens without
    from app.document import Document
    from app.labels import Lock
    from app.reading import Opened


@dataclass(frozen=True, eq=False)
class Shown:
    """The picture and its labels, or why there are none.

    Attributes:
        document: None where the picture cannot be shown.
        fault: why the picture cannot be shown.
        label_fault: why the labels are not shown, and are left alone.
        label_stamp: the state of the label file when it was read.
    """

    name: str
    picture: Picture | None
    document: "Document | None"
    fault: DatasetError | None = None
    label_fault: DocumentError | None = None
    lock: "Lock | None" = None
    label_stamp: Stamp | None = None

    def is_same(self, name: str, opened: "Opened", document: "Document | None") -> bool:
        """Whether it is this image with this picture, or for the same reason without one."""
        before = (self.name, self.picture, self.document, str(self.fault))
        return before == (name, opened.picture, document, str(opened.picture_fault))

    def is_still(self, opened: "Opened") -> bool:
        """Whether it is a locked image that has not changed when it is read again: its view
        stays."""
        return (
            self.document is not None
            and self.document.is_locked
            and self.picture is opened.picture
            and self.label_stamp == opened.label_stamp
        )
