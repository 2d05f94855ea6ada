"""Asks the detector why it missed a label, and puts its answer into words."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLocale, QObject, Signal

from app.messages import Level, Message, Offer
from tinaface.disagreements import Kind
from tinaface.inference.explain import Step
from tinaface.protocol import Explained

if TYPE_CHECKING:
    from app.detection import Detection
    from app.session import Session

TOPIC = "explain"


class Explaining(QObject):
    """One question at a time, about the selected label.

    Signals:
        answered: what to show; empty where it is out of date.
        note: why nothing can be asked.
    """

    answered = Signal(str)
    note = Signal(str)

    def __init__(
        self, session: "Session", detection: "Detection", parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._detection = session, detection
        self._box: tuple[float, ...] | None = None
        detection.explained.connect(self._on_explained)
        session.edited.connect(self._forget_old)
        session.shown_changed.connect(self._forget_old)

    def ask(self) -> None:
        """Asks about the selected label; offers to start the detector where it is not running."""
        box = self._selected()
        if box is None:
            self.note.emit(self.tr("Select a label that the detector missed (?)"))
        elif not self._detection.can_detect:
            self.note.emit(self.tr("Choose a weights file first, in the panel Detection"))
        elif self._detection.is_started:
            self._ask()
        else:
            start = Offer(self.tr("Start the detector"), self._ask)
            self._session.messages.post(
                Message(
                    Level.INFO,
                    self.tr("The detector is not running"),
                    self.tr("Only the network itself can tell what became of a face"),
                    self.tr("Starting it takes some seconds"),
                    offers=(start,),
                    topic=TOPIC,
                )
            )

    def _ask(self) -> None:
        self._session.messages.close(TOPIC)
        self._box = self._selected()
        if self._box is not None:
            self.answered.emit(self.tr("The detector is looking at it…"))
            self._detection.explain(self._box)

    def _selected(self) -> tuple[float, ...] | None:
        target = self._session.loop.queue.target()
        return None if target is None or target.kind is not Kind.FN else target.xyxy

    def _on_explained(self, explained: Explained) -> None:
        if self._box is not None and self._box == self._selected():
            self.answered.emit(words(explained, self._session.threshold))

    def _forget_old(self) -> None:
        if self._box is not None and self._box != self._selected():
            self._box = None
            self.answered.emit("")


def words(explained: Explained, threshold: float) -> str:
    """The answer in sentences."""
    locale = QLocale()

    def number(value: float, decimals: int = 2) -> str:
        return locale.toString(float(value), "f", decimals)

    width, height = explained.anchor
    best = _tr(
        "Best box: overlap {iou}, score {score}, level P{level}, anchor {width} by {height} px."
    ).format(
        iou=number(explained.iou),
        score=number(explained.score, 3),
        level=explained.level,
        width=number(width, 0),
        height=number(height, 0),
    )
    why = {
        Step.NONE_NEAR: _tr("No box of any score overlaps the label by half."),
        Step.FLOOR: _tr("Removed by the least score of the detection."),
        Step.TOP_K: _tr("Removed because its level had too many better candidates."),
        Step.SIZE: _tr("Removed because of its size, or because a tile's edge cuts it."),
        Step.SUPPRESSED: _tr(
            "Suppressed by a better box that overlaps it by {iou} and scores {score}."
        ).format(iou=number(explained.rival_iou), score=number(explained.rival_score)),
        Step.LIMIT: _tr("Removed because only so many faces are kept in one picture."),
        Step.THRESHOLD: _tr("Hidden by the threshold of {threshold}.").format(
            threshold=number(threshold)
        ),
        Step.KEPT: _tr("It was found, but belongs to another label."),
    }[Step(explained.step)]
    return f"{best}\n{why}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("explaining", text)
