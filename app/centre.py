"""The middle of the window: messages, the pages, the hint line."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.detection import Detection
from app.looking import Looking
from app.pages.review import ReviewPage
from app.pages.stack import PageStack
from app.pages.table import REVIEW, Surroundings
from app.panels.hint_bar import HintBar
from app.panels.message_bar import MessageBar
from app.session import Session
from app.theme import Theme
from app.tour.bar import TourBar
from app.tour.tour import Tour
from app.training.trainer import Trainer


class Centre(QWidget):
    """One below the other; only the pages grow."""

    def __init__(
        self, session: Session, detection: Detection, trainer: Trainer, theme: Theme, tour: Tour
    ) -> None:
        super().__init__()
        self.messages = MessageBar(session.messages, theme)
        self.tour = TourBar(tour, session.keymap)
        self.hints = HintBar()
        looking = Looking(session, self)
        self.pages = PageStack(
            Surroundings(session, detection, trainer, theme, self.hints, looking)
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.messages)
        layout.addWidget(self.tour)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.hints)

    @property
    def review(self) -> ReviewPage:
        """The page with the canvas."""
        page = self.pages.page(REVIEW)
        assert isinstance(page, ReviewPage)
        return page
