"""What the review loop tells by itself: the end of the queue, and that it is time to train."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLocale, QObject

from app.messages import Level, Message, Offer

if TYPE_CHECKING:
    from app.loop.review_loop import ReviewLoop
    from app.session import Session

END = "end-of-queue"
TRAINING = "time-to-train"


class Telling(QObject):
    """Posts messages about one loop."""

    def __init__(self, session: "Session", loop: "ReviewLoop") -> None:
        super().__init__(loop)
        self._session, self._loop = session, loop
        loop.queue.exhausted.connect(self._tell_end)
        loop.queue.arrived.connect(lambda _one: session.messages.close(END))
        loop.comparison.changed.connect(self._take_back)
        self._had_nothing = False
        loop.judging.judged.connect(self._count)

    def _tell_end(self) -> None:
        session, comparison = self._session, self._loop.comparison
        self._had_nothing = not comparison.is_running and not comparison.table.images
        if comparison.is_running:
            done, total = comparison.progress
            self._post(
                _tr("The images are still being compared: {done} of {total}").format(
                    done=done, total=total
                )
            )
        elif self._had_nothing:
            self._post(
                _tr("There is nothing to compare"),
                _tr("No image has labels and predictions"),
                _tr("{key} detects faces in this image, {other} in all listed ones").format(
                    key=session.keymap.spoken("detect.image"),
                    other=session.keymap.spoken("detect.folder"),
                ),
            )
        else:
            counts, verdicts = comparison.counts(), self._loop.report.verdicts
            threshold = session.threshold
            self._post(
                _tr("Nothing is left in the queue at threshold {threshold}").format(
                    threshold=QLocale().toString(threshold, "f", 2)
                ),
                _tr("{verdicts} verdicts in this session, {doubtful} put off as doubtful").format(
                    verdicts=verdicts, doubtful=counts.doubtful
                ),
                offers=(
                    *self._train_offer(),
                    *((self._doubtful_offer(),) if counts.doubtful else ()),
                ),
            )

    def _take_back(self) -> None:
        """Says no longer that nothing can be compared once something can."""
        if self._had_nothing and self._loop.comparison.table.images:
            self._had_nothing = False
            self._session.messages.close(END)

    def _count(self) -> None:
        wanted, given = self._session.settings.train_after, self._loop.report.verdicts
        if wanted and given and given % wanted == 0:
            self._post(
                _tr("{count} verdicts given").format(count=given),
                remedy=_tr("The detector can learn from them now"),
                offers=self._train_offer(),
                topic=TRAINING,
            )

    def _train_offer(self) -> tuple[Offer, ...]:
        return (Offer(_tr("Train on what you fixed"), self._session.training_wanted.emit),)

    def _doubtful_offer(self) -> Offer:
        return Offer(_tr("Go to the doubtful ones"), self._loop.queue.go_to_doubtful)

    def _post(
        self,
        what: str,
        why: str = "",
        remedy: str = "",
        offers: tuple[Offer, ...] = (),
        topic: str = END,
    ) -> None:
        message = Message(Level.INFO, what, why, remedy, offers=offers, topic=topic)
        self._session.messages.post(message)


def _tr(text: str) -> str:
    return QCoreApplication.translate("loop", text)
