"""The list of images: a row a name, with signs of what each image has."""

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.listing.signs import GONE_OPACITY, MARGIN, paint_signs
from app.models.files import FilesModel
from app.theme import Theme

Index = QModelIndex | QPersistentModelIndex

ROW_PADDING = 8
SHORTEST_FOLDER = "…images/"
CENTRED = QTableView.ScrollHint.PositionAtCenter


class RowPainter(QStyledItemDelegate):
    """Paints a row: the name with its folder in front, and small signs at the right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        scheme = self._theme.scheme
        model = index.model()
        assert isinstance(model, FilesModel)
        rect = option.rect
        painter.save()
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(scheme.selected))
            painter.fillRect(
                QRect(rect.left(), rect.top(), 3, rect.height()), QColor(scheme.accent)
            )
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(scheme.hover))
        sign = model.sign(index.row())
        painter.setOpacity(GONE_OPACITY if model.is_gone else 1.0)
        right = paint_signs(painter, rect, sign, scheme)
        painter.setOpacity(1.0)
        colour = scheme.muted if model.is_gone else scheme.text
        words = QRect(rect.left() + MARGIN, rect.top(), right - rect.left() - MARGIN, rect.height())
        folder, file = model.title(index.row())
        self._paint_name(painter, words, folder, file, option.fontMetrics, scheme.muted, colour)
        painter.restore()

    def _paint_name(
        self,
        painter: QPainter,
        rect: QRect,
        prefix: str,
        file: str,
        metrics: QFontMetrics,
        folder_colour: str,
        colour: str,
    ) -> None:
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        # Numbers that tell files apart stand at the end, so the middle gives way.
        shown = metrics.elidedText(file, Qt.TextElideMode.ElideMiddle, rect.width())
        width = metrics.horizontalAdvance(shown)
        left_over = rect.width() - width
        if prefix and left_over >= metrics.horizontalAdvance(SHORTEST_FOLDER):
            elide = Qt.TextElideMode.ElideLeft
            prefix = metrics.elidedText(prefix, elide, left_over)
            painter.setPen(QColor(folder_colour))
            painter.drawText(rect, flags, prefix)
            rect = rect.adjusted(metrics.horizontalAdvance(prefix), 0, 0, 0)
        painter.setPen(QColor(colour))
        painter.drawText(rect, flags, shown)


class FilesView(QTableView):
    """The list itself: one column of rows of equal height.

    A table, as Qt's list view places every row anew after each change: 30 ms for 32,000.
    Letters are commands, so it does not search by typing.
    """

    def __init__(self, model: FilesModel, painter: RowPainter) -> None:
        super().__init__()
        self._files = model
        self.setModel(model)
        self.setItemDelegate(painter)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalHeader().hide()
        self.horizontalHeader().setStretchLastSection(True)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(0)
        self._fit_rows()
        # Whoever makes a row the current one decides whether the list moves: see `reveal`.
        self.setAutoScroll(False)
        self._anchor: tuple[str, int] | None = None
        self._returned_to = 0
        model.modelAboutToBeReset.connect(self._remember_place)
        model.modelReset.connect(self._return_to_place)

    def _fit_rows(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + ROW_PADDING)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit_rows()

    def reveal(self, index: QModelIndex) -> None:
        """Moves the list only as far as needed; after a jump some neighbours come along."""
        seen, rect = self.viewport().rect(), self.visualRect(index)
        if seen.top() <= rect.top() and rect.bottom() <= seen.bottom():
            return
        is_step = seen.adjusted(0, -rect.height(), 0, rect.height()).intersects(rect)
        hint = QTableView.ScrollHint.EnsureVisible if is_step else CENTRED
        self.scrollTo(index, hint)

    def _remember_place(self) -> None:
        """The row to keep where it is: the current one if it is seen, else the topmost.

        Kept while only filters come and go, as one that shows little for the time of a letter
        must not lose the place.
        """
        if self._anchor is not None and self.verticalScrollBar().value() == self._returned_to:
            return
        current, seen = self.currentIndex(), self.viewport().rect()
        if not (current.isValid() and seen.intersects(self.visualRect(current))):
            current = self.indexAt(seen.topLeft())
        self._anchor = None
        if current.isValid():
            self._anchor = self._files.name(current.row()), self.visualRect(current).top()

    def _return_to_place(self) -> None:
        if self._anchor is None or not self._files.total:
            self._anchor = None
            return
        name, top = self._anchor
        self.updateGeometries()  # the scroll bar knows the new length only afterwards
        row = self._files.row_near(name)
        bar = self.verticalScrollBar()
        bar.setValue(row * self.verticalHeader().defaultSectionSize() - top)
        self._returned_to = bar.value()

    def keyboardSearch(self, text: str) -> None:
        """Does nothing: D and A go to the next and previous image."""
