"""The bar above the picture that tells the step of the tour."""

from html import escape

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.action import CONTEXT
from app.keys.keymap import Keymap
from app.keys.tips import set_tip
from app.theme import named
from app.tour.tour import CANCEL, Tour


class TourBar(QWidget):
    """Number, title and text of the step; it never takes the focus from the picture."""

    def __init__(self, tour: Tour, keymap: Keymap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("TourBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._tour = tour
        self._keymap = keymap
        self._number = named(QLabel(), "TourNumber")
        self._words = QLabel()
        self._words.setWordWrap(True)
        self.skip = QPushButton(self.tr("Skip step"))
        self.skip.clicked.connect(tour.skip)
        self.end = QPushButton(self.tr("End tour"))
        self.end.clicked.connect(tour.end)
        set_tip(self.end, self.tr("Leave the tour; Help brings it back"), keymap, CANCEL)
        for button in (self.skip, self.end):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 8, 10, 8)
        line.setSpacing(12)
        line.addWidget(self._number)
        line.addWidget(self._words, 1)
        line.addWidget(self.skip)
        line.addWidget(self.end)
        tour.changed.connect(self._show)
        keymap.changed.connect(self._show)
        self._show()

    @property
    def text(self) -> str:
        """What the bar says, as rich text."""
        return self._words.text()

    def _show(self) -> None:
        step = self._tour.step
        self.setVisible(step is not None)
        if step is None:
            return
        keys = [f"<b>{escape(self._keymap.shown(one, 1))}</b>" for one in step.command_ids]
        title, text = (QCoreApplication.translate(CONTEXT, one) for one in (step.title, step.text))
        told = escape(text).replace("{keys}", self._joined(keys))
        self._words.setText(f"<b>{escape(title)}</b><br>{told}")
        at, count = self._tour.place
        number = self.tr("{number} of {count}").format(number=at, count=count)
        self._number.setText(number)
        self.setAccessibleName(self.tr("Tour, step {step}").format(step=number))
        self.setAccessibleDescription(f"{title}. {text}")

    def _joined(self, keys: list[str]) -> str:
        if len(keys) == 1:
            return keys[0]
        return self.tr("{first} or {last}").format(first=", ".join(keys[:-1]), last=keys[-1])
