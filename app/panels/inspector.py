"""What is selected, seen closely: magnified, why it is here, its numbers, attributes, partner."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.canvas.magnifier import Magnifier
from app.canvas.view import Canvas
from app.loop.facts import FLAGS, Facts, facts
from app.session import Session
from app.theme import named

LEAST_MAGNIFIER, MOST_MAGNIFIER = 80, 220
MARGIN = 10
COUNTING_MS = 100


class Inspector(QWidget):
    """Follows the selection of the session's document.

    Signals:
        explanation_wanted: the user asks why the selected label was missed.
    """

    explanation_wanted = Signal()

    def __init__(self, session: Session, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.magnifier = Magnifier(canvas)
        self.magnifier.setMinimumHeight(LEAST_MAGNIFIER)
        self.magnifier.setMaximumHeight(MOST_MAGNIFIER)
        self.title = named(QLabel(), "InspectorTitle")
        self.title.setWordWrap(True)
        self.reason = QLabel()
        self.reason.setWordWrap(True)
        self.place = named(QLabel(), "Muted")
        self.place.setWordWrap(True)
        self._numbers = QFormLayout()
        self._numbers.setHorizontalSpacing(14)
        self._numbers.setVerticalSpacing(3)
        self.flags = {name: self._flag(name, text) for name, text in self._flag_texts()}
        self.explain = QPushButton(self.tr("Why was it missed?"))
        self.explain.clicked.connect(self.explanation_wanted)
        self.explanation = QLabel()
        self.explanation.setWordWrap(True)
        self.explanation.hide()
        self.explanation.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._lay_out()
        for signal in (session.shown_changed, session.edited):
            signal.connect(self.refresh)
        session.threshold_changed.connect(self.refresh)
        session.keymap.changed.connect(self.refresh)
        session.loop.comparison.changed.connect(self.refresh)
        session.loop.queue.arrived.connect(lambda _one: self.magnifier.show_selection())
        # A queue of a large data set takes a while to be counted; the verdict keys do not wait.
        self._counting = QTimer(self, singleShot=True, interval=COUNTING_MS)
        self._counting.timeout.connect(self._show_place)
        self.refresh()

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(8)
        for widget in (self.title, self.reason, self.place):
            column.addWidget(widget)
        column.addLayout(self._numbers)
        for box in self.flags.values():
            column.addWidget(box)
        column.addWidget(self.explain)
        column.addWidget(self.explanation)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.magnifier, 2)
        layout.addWidget(scroll, 3)

    def _flag_texts(self) -> list[tuple[str, str]]:
        texts = {
            "ignore": self.tr("Ignore region"),
            "blur": self.tr("Blurred"),
            "occlusion": self.tr("Occluded"),
            "pose": self.tr("Unusual pose"),
            "invalid": self.tr("Invalid"),
        }
        return [(name, texts[name]) for name in FLAGS]

    def _flag(self, name: str, text: str) -> QCheckBox:
        box = QCheckBox(text)
        box.clicked.connect(lambda on: self._set_flag(name, on))
        return box

    def _set_flag(self, name: str, on: bool) -> None:
        document = self._session.document
        if document is not None:
            document.set_flag(sorted(document.selection), name, on)
        self.refresh()  # it may have been refused

    # ---- state ----

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._counting.start()  # nothing was counted while nobody could see it

    def refresh(self) -> None:
        """Shows what is selected now."""
        document = self._session.document
        queue = self._session.loop.queue
        target = queue.target()
        found = None if document is None else facts(document, target)
        self.title.setText(self._title(found))
        self.reason.setText("" if found is None else found.reason)
        self.reason.setVisible(bool(self.reason.text()))
        self.place.setVisible(target is not None)
        self._counting.start()
        self._show_numbers([] if found is None else found.numbers)
        flags = {} if found is None else found.flags
        for name, box in self.flags.items():
            box.setVisible(name in flags)
            box.setChecked(flags.get(name, False))
            box.setEnabled(self._session.can_edit)
        self.explain.setVisible(queue.is_miss(target))

    def show_explanation(self, text: str) -> None:
        """What the detector said; empty takes it away."""
        self.explanation.setText(text)
        self.explanation.setVisible(bool(text))

    def _title(self, found: Facts | None) -> str:
        if found is not None:
            return found.title
        document = self._session.document
        several = 0 if document is None else len(document.selection)
        if several:
            return self.tr("{count} boxes are selected").format(count=several)
        keymap, predictions = self._session.keymap, self._session.predictions
        if not predictions.has_any and not predictions.is_reading:
            return self.tr("Nothing is selected. {key} detects faces.").format(
                key=keymap.spoken("detect.image")
            )
        return self.tr("Nothing is selected. {key} goes to the next disagreement.").format(
            key=keymap.spoken("review.next")
        )

    def _show_place(self) -> None:
        """Where the current one stands in the queue."""
        if not self.isVisible():
            return
        queue, locale = self._session.loop.queue, self.locale()
        position, length = queue.position, locale.toString(queue.length)
        if position is None:
            self.place.setText(self.tr("{count} in the queue").format(count=length))
        else:
            at = locale.toString(position + 1)
            self.place.setText(
                self.tr("{place} of {count} in the queue").format(place=at, count=length)
            )

    def _show_numbers(self, numbers: list[tuple[str, str]]) -> None:
        while self._numbers.rowCount() > len(numbers):
            self._numbers.removeRow(self._numbers.rowCount() - 1)
        for row, (name, value) in enumerate(numbers):
            if row == self._numbers.rowCount():
                self._numbers.addRow(named(QLabel(), "Muted"), QLabel())
            roles = QFormLayout.ItemRole
            for role, text in ((roles.LabelRole, name), (roles.FieldRole, value)):
                item = self._numbers.itemAt(row, role)
                label = None if item is None else item.widget()
                assert isinstance(label, QLabel)
                label.setText(text)
