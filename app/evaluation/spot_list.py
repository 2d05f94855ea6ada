"""The list of boxes below or beside what they were picked from."""

import numpy as np
from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.evaluation.result_table import ResultTable
from app.evaluation.spots import HEIGHT, PICTURE, SCORE, WHAT, Spots, SpotsModel
from app.theme import named

CELL_PADDING = 18


class SpotTable(ResultTable):
    """One box a row; Enter or a double click goes there."""

    entered_row = Signal(int)

    def __init__(self, model: SpotsModel, parent: QWidget | None = None) -> None:
        super().__init__(model, PICTURE, parent)
        self.setTextElideMode(Qt.TextElideMode.ElideLeft)  # a name's end tells it from others
        self.activated.connect(lambda index: self.entered_row.emit(index.row()))

    def fit_columns(self, kinds: list[str]) -> None:
        """Makes the narrow columns as wide as what they hold; asking every row would take long."""
        metrics = QFontMetrics(self.font())
        titles = [self.model().headerData(i, Qt.Orientation.Horizontal) for i in range(3)]
        texts = ((WHAT, kinds), (SCORE, ["0.000"]), (HEIGHT, ["10000"]))
        for column, examples in texts:
            widest = max(map(metrics.horizontalAdvance, [*examples, f"{titles[column]}▾"]))
            self.setColumnWidth(column, widest + CELL_PADDING)


class SpotList(QWidget):
    """What the boxes have in common, and the boxes.

    Signals:
        entered: image and `[4]` box that the user wants to go to.
        chosen: row of the model that is current now.
        images_wanted: names of the images with these boxes, and what they have in common.
        review_wanted: the boxes are to be judged one after the other.
    """

    entered = Signal(str, object)
    chosen = Signal(int)
    images_wanted = Signal(list, str)
    review_wanted = Signal()

    def __init__(self, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty = empty
        self.model = SpotsModel()
        self.title = named(QLabel(empty), "Muted")
        self.title.setWordWrap(True)
        self.title.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.table = SpotTable(self.model)
        self.table.setAccessibleName(self.tr("Boxes"))
        self.table.entered_row.connect(self._enter)
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.keep = QPushButton(self.tr("Keep their images"))
        self.keep.setToolTip(self.tr("The list of images shows only those with these boxes"))
        self.keep.clicked.connect(self._keep_images)
        layout.addWidget(self.title)
        layout.addWidget(self.table, 1)
        self.review = QPushButton(self.tr("Go through them"))
        self.review.setToolTip(self.tr("Those that disagree with the labels, the worst first"))
        self.review.clicked.connect(self.review_wanted)
        buttons = QHBoxLayout()
        buttons.addWidget(self.keep)
        buttons.addWidget(self.review)
        layout.addLayout(buttons)
        self.show_spots(None, "")

    def show_spots(self, spots: Spots | None, title: str, *, can_be_reviewed: bool = False) -> None:
        """Lists boxes under a title; None for none."""
        self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        self.model.show(spots)
        self.title.setText(self._empty if spots is None else title)
        has_boxes = spots is not None and len(spots) > 0
        self.table.setVisible(has_boxes)
        self.keep.setVisible(has_boxes)
        self.review.setVisible(has_boxes and can_be_reviewed)
        if spots is not None:
            self.table.fit_columns(list(spots.kinds))

    def current(self) -> tuple[str, np.ndarray] | None:
        """Image and `[4]` box of the current row."""
        return self._at(self.table.currentIndex().row())

    def _keep_images(self) -> None:
        spots = self.model.spots
        if spots is not None:
            self.images_wanted.emit(spots.pictures(), self.title.text())

    def _at(self, row: int) -> tuple[str, np.ndarray] | None:
        spots = self.model.spots
        if spots is None or not 0 <= row < len(spots):
            return None
        image = spots.image(row)
        return None if image is None else (image, spots.xyxy[row])

    def _enter(self, row: int) -> None:
        at = self._at(row)
        if at is not None:
            self.entered.emit(*at)

    def _choose(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            self.chosen.emit(now.row())
