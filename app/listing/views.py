"""What all views of the images share: small pictures, and which images are picked."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.listing.picks import Picks
from app.thumbnails.shelf import Thumbnails

if TYPE_CHECKING:
    from app.session import Session


class ImageViews(QObject):
    """Made with the first view that needs it.

    Attributes:
        thumbnails: small pictures, read in threads.
        picks: the images that commands act on where many are shown.
    """

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self.thumbnails = Thumbnails(session)
        self.picks = Picks(session)
