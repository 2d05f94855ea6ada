"""What to evaluate: which predictions, against which others, by which protocol."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget

from app.evaluation.measure import Request
from app.prediction_sources import Source
from app.predictions import Predictions
from app.theme import named
from tinaface.evaluation import PROTOCOLS, ProtocolName

NAME_WIDTH = 8
"""Letters of a model's name that a field shows at least."""


class Choices(QWidget):
    """The row of fields at the head of the page.

    Signals:
        changed: something else is chosen.
        file_wanted: predictions of a file.
        evaluation_wanted: the button is pressed.
    """

    changed = Signal()
    file_wanted = Signal()
    evaluation_wanted = Signal()

    def __init__(self, predictions: Predictions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._predictions = predictions
        self._truth: Path | None = None
        self._is_filling = False
        self.model = self._field(self.tr("Model A"))
        self.other = self._field(self.tr("Model B"))
        self.protocol = self._field(self.tr("Protocol"))
        self.file = QPushButton(self.tr("Open predictions…"))
        self.file.setToolTip(self.tr("Add a file that `detect --jsonl` made"))
        self.evaluate = QPushButton(self.tr("Evaluate"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        fields = ((self.tr("&A"), self.model), (self.tr("&B"), self.other))
        for text, field in (*fields, (self.tr("&Protocol"), self.protocol)):
            label = named(QLabel(text), "Muted")
            label.setBuddy(field)
            layout.addWidget(label)
            layout.addWidget(field, 1)
        layout.addWidget(self.file)
        layout.addWidget(self.evaluate)
        for field in (self.model, self.other, self.protocol):
            field.currentIndexChanged.connect(self._on_chosen)
        self.file.clicked.connect(self.file_wanted)
        self.evaluate.clicked.connect(self.evaluation_wanted)
        self._fill_protocols()
        self.fill()

    @staticmethod
    def _field(name: str) -> QComboBox:
        field = QComboBox()
        field.setAccessibleName(name)
        field.setToolTip(name)
        field.setMinimumContentsLength(NAME_WIDTH)
        field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        return field

    def set_truth(self, truth: Path | None) -> None:
        """Offers WIDER FACE's own ground truth, if the folder has it."""
        if truth != self._truth:
            self._truth = truth
            self._fill_protocols()

    def fill(self) -> None:
        """Lists the sources that there are now; what is chosen stays chosen.

        So swapping A and B on the canvas leaves this page as it is.
        """
        self._is_filling = True
        predictions = self._predictions
        for field, first_choice, nothing in (
            (self.model, predictions.shown, None),
            (self.other, predictions.other, self.tr("nothing to compare")),
        ):
            chosen = field.currentData()
            if chosen not in predictions.sources:
                chosen = first_choice
            field.clear()
            if nothing is not None:
                field.addItem(nothing, None)
            for source in predictions.sources:
                field.addItem(source.title, source)
            row = next((i for i in range(field.count()) if field.itemData(i) == chosen), 0)
            field.setCurrentIndex(row)
        self._is_filling = False

    def choose_other(self, source: Source) -> None:
        """Chooses what is compared, as if the user did in the field."""
        self.fill()
        rows = range(self.other.count())
        self.other.setCurrentIndex(next(i for i in rows if self.other.itemData(i) == source))

    def request(self, root: Path) -> Request | None:
        """What is chosen; None where there are no predictions."""
        source: Source | None = self.model.currentData()
        if source is None:
            return None
        protocol, uses_truth = self.protocol.currentData()
        truth = self._truth if uses_truth else None
        other: Source | None = self.other.currentData()
        return Request(root, protocol, source, None if other == source else other, truth)

    def _fill_protocols(self) -> None:
        self._is_filling = True
        self.protocol.clear()
        texts: dict[ProtocolName, str] = {
            "voc": self.tr("VOC, AP at IoU 0.5"),
            "wider": self.tr("WIDER FACE, these labels"),
        }
        for name, text in texts.items():
            self.protocol.addItem(text, (name, False))
            tip = Qt.ItemDataRole.ToolTipRole
            self.protocol.setItemData(self.protocol.count() - 1, PROTOCOLS[name], tip)
        if self._truth is not None:
            self.protocol.addItem(self.tr("WIDER FACE, easy, medium, hard"), ("wider", True))
        self._is_filling = False

    def _on_chosen(self) -> None:
        if self._is_filling:
            return
        field = self.sender()
        if field is self.model and self.model.currentData() is not None:
            self._predictions.choose(self.model.currentData())
        elif field is self.other:
            self._predictions.choose_other(self.other.currentData())
        self.changed.emit()
