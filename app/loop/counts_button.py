"""How many disagreements the data set has, live; its menu chooses in which order they come."""

import random
from typing import TYPE_CHECKING

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

if TYPE_CHECKING:
    from app.loop.review_loop import ReviewLoop
    from app.session import Session

ORDERS = ("worst", "suspicion", "image", "size", "folder", "random")


class DisagreementCounts(QToolButton):
    """Marks and numbers, as on the canvas (+ extra, ? missed, ≈ loose, ‖ double), or their sum."""

    def __init__(self, session: "Session", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("Counts")
        self._session = session
        self._loop: ReviewLoop | None = None
        self._full = self._sum = ""
        self._is_short = False
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._orders = QActionGroup(self)
        texts = (
            self.tr("The worst first"),
            self.tr("Probable label errors first"),
            self.tr("Image by image"),
            self.tr("The largest faces first"),
            self.tr("Folder by folder, the worst first"),
            self.tr("A random sample of 200"),
        )
        for order, text in zip(ORDERS, texts, strict=True):
            action = self._menu.addAction(text)
            action.setObjectName(order)
            action.setCheckable(True)
            action.setChecked(order == "worst")
            self._orders.addAction(action)
            action.triggered.connect(lambda _=False, order=order: self._choose(order))
        self.setMenu(self._menu)
        self.hide()

    def follow(self, loop: "ReviewLoop") -> None:
        """Shows the counts of a loop from now on."""
        self._loop = loop
        loop.comparison.changed.connect(self.refresh)
        loop.comparison.finished.connect(self.refresh)
        self._session.threshold_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Counts again."""
        loop = self._loop
        if loop is None:
            return
        comparison, locale = loop.comparison, self.locale()
        counts = comparison.counts()
        numbers = [locale.toString(number) for number in counts]
        fp, fn, loose, dup, doubtful = numbers
        ending = " …" if comparison.is_running else ""
        self._full = f"+{fp}  ?{fn}  ≈{loose}  ‖{dup}{ending}"
        self._sum = f"≠{locale.toString(counts.open)}{ending}"
        self.setVisible(bool(comparison.table.images))
        self.set_short(self._is_short)
        lines = [
            self.tr("+ {count} predictions without a label (FP)").format(count=fp),
            self.tr("? {count} labels that the detector missed (FN)").format(count=fn),
            self.tr("≈ {count} loosely found labels (LOOSE)").format(count=loose),
            self.tr("‖ {count} faces labelled twice (DUP)").format(count=dup),
        ]
        if counts.doubtful:
            lines.append(self.tr("{count} put off as doubtful").format(count=doubtful))
        if comparison.is_running:
            done, total = comparison.progress
            lines.append(
                self.tr("Compared: {done} of {total} images").format(
                    done=locale.toString(done), total=locale.toString(total)
                )
            )
        self.setToolTip("\n".join(lines))
        self.setAccessibleName(self.tr("Disagreements"))
        self.setAccessibleDescription("; ".join(lines))

    @property
    def full_width(self) -> int:
        """The pixels that all numbers take."""
        metrics = self.fontMetrics()
        shown, full = map(metrics.horizontalAdvance, (self.text(), self._full))
        return self.sizeHint().width() - shown + full

    @property
    def saving(self) -> int:
        """How many pixels the sum is narrower than all numbers."""
        metrics = self.fontMetrics()
        return metrics.horizontalAdvance(self._full) - metrics.horizontalAdvance(self._sum)

    def set_short(self, is_short: bool) -> None:
        """Takes the room of the sum, or of all numbers."""
        self._is_short = is_short
        self.setText(self._sum if is_short else self._full)

    def _choose(self, order: str) -> None:
        from tinaface.queue_order import Order, Queue

        if self._loop is not None:
            seed = random.SystemRandom().randrange(1 << 30) if order == "random" else 0
            self._loop.queue.set_order(Queue(Order(order), seed))
            self._loop.queue.go(1)
