"""The review loop of the open data set: compare, queue, judge, report."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.loop.batches import Batches
from app.loop.comparing import DatasetComparison
from app.loop.crowd import CrowdMode
from app.loop.judging import Judging
from app.loop.queue import ReviewQueue
from app.loop.report import SessionReport
from app.loop.suspecting import Suspecting
from app.loop.telling import Telling
from app.loop.verdict_book import VerdictBook
from app.models.files import Sign
from tinaface.verdicts import Status

if TYPE_CHECKING:
    from app.session import Session

_SIGNS = ((Status.REVIEWED, Sign.REVIEWED), (Status.DOUBT, Sign.DOUBT))


class ReviewLoop(QObject):
    """Builds the parts and connects them.

    Attributes:
        book: verdicts and statuses.
        comparison: all disagreements, computed beside the GUI thread.
        queue: the current one, and the way to the others.
        judging: what verdict keys do.
        suspecting: which labels are probably wrong, for those who want that order.
        report: what was done in this session.
        crowd: one tile of a picture after the other.
        batches: one verdict on many at once.
    """

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self.book = VerdictBook(session.messages, self)
        self.comparison = DatasetComparison(session, self.book, self)
        self.queue: ReviewQueue = ReviewQueue(session, self.comparison, self.book, self)
        self.suspecting = Suspecting(session, self.comparison, self.queue, self)
        self.judging: Judging = Judging(session, self.queue, self.book, self)
        self.report: SessionReport = SessionReport(session, self.book, self)
        self.batches = Batches(session, self.comparison, self.book, self.judging, self.report, self)
        self.crowd: CrowdMode = CrowdMode(session, self.judging, self.book, self)
        self._telling = Telling(session, self)
        self.book.status_changed.connect(self._show_status)
        self.book.loaded.connect(self._show_all_statuses)
        session.scan_finished.connect(self._show_all_statuses)

    def done(self) -> None:
        """What is looked at is done: the tile in crowd mode, else the image."""
        if self.crowd.is_on:
            self.crowd.check()
        else:
            self.judging.finish_image()

    @property
    def is_busy(self) -> bool:
        """Whether anything is being read, compared or written."""
        parts = (self.book, self.comparison, self.suspecting, self.batches)
        return any(part.is_busy for part in parts) or self.comparison.is_running

    def finish(self, timeout_s: float) -> bool:
        """Waits until all verdicts are on disk; False where they are not."""
        self.report.save()
        return self.book.finish(timeout_s)

    def shut_down(self) -> bool:
        """Ends the threads; False where one is still at work."""
        ended = [
            part.shut_down() for part in (self.batches, self.suspecting, self.comparison, self.book)
        ]
        return all(ended)

    def _show_status(self, name: str) -> None:
        status = self.book.status(name)
        for one, sign in _SIGNS:
            self._session.files.set_sign(name, sign, status is one)

    def _show_all_statuses(self) -> None:
        for status, sign in _SIGNS:
            self._session.files.set_signs(self.book.images_with(status), sign)
