"""Which kinds of disagreements are shown, and in which order."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QWidget

from app.errors.tile_painter import KIND_MARKS
from app.loop.queue import ReviewQueue
from tinaface.disagreement_table import Counts
from tinaface.disagreements import Kind
from tinaface.queue_order import Order, Queue


class ErrorChoices(QWidget):
    """A button for each kind, and the order, which is the queue's.

    Signals:
        changed: other kinds are chosen.
    """

    changed = Signal()

    def __init__(self, queue: ReviewQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._texts = {
            Kind.FP: self.tr("Extra"),
            Kind.FN: self.tr("Missed"),
            Kind.LOOSE: self.tr("Loose"),
            Kind.DUP: self.tr("Double"),
        }
        tips = {
            Kind.FP: self.tr("Predictions without a label"),
            Kind.FN: self.tr("Labels that the detector missed"),
            Kind.LOOSE: self.tr("Labels that lie loosely on the face that was found"),
            Kind.DUP: self.tr("Faces labelled twice"),
        }
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        self.buttons: dict[Kind, QToolButton] = {}
        for kind, tip in tips.items():
            button = QToolButton()
            button.setCheckable(True)
            button.setChecked(True)
            button.setToolTip(tip)
            button.setAccessibleDescription(tip)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.toggled.connect(lambda _on: self.changed.emit())
            self.buttons[kind] = button
            line.addWidget(button)
        self.order = QComboBox()
        self.order.setAccessibleName(self.tr("Order"))
        self.order.setToolTip(self.tr("Order of the disagreements, here and in the queue"))
        for order, text in (
            (Order.WORST, self.tr("The worst first")),
            (Order.SUSPICION, self.tr("Probable label errors first")),
            (Order.IMAGE, self.tr("Image by image")),
            (Order.SIZE, self.tr("The largest faces first")),
            (Order.FOLDER, self.tr("Folder by folder")),
            (Order.RANDOM, self.tr("A random sample")),
        ):
            self.order.addItem(text, order.value)
        self.order.activated.connect(self._choose)
        line.addWidget(self.order)
        queue.order_changed.connect(self._show_order)
        self._show_order()
        self.show_counts(Counts())

    @property
    def kinds(self) -> list[Kind]:
        """The kinds that are shown."""
        return [kind for kind, button in self.buttons.items() if button.isChecked()]

    def show_counts(self, counts: Counts) -> None:
        """Writes on the buttons how many there are."""
        number = self.locale().toString
        for kind, count in zip(Kind, counts[: len(Kind)], strict=True):
            text = f"{KIND_MARKS[kind]} {self._texts[kind]} {number(count)}"
            self.buttons[kind].setText(text)

    def _choose(self, place: int) -> None:
        order = Order(self.order.itemData(place))
        if order is not self._queue.queue.order:
            self._queue.set_order(Queue(order))

    def _show_order(self) -> None:
        self.order.setCurrentIndex(self.order.findData(self._queue.queue.order.value))
