"""The panel with the list of images: search, counts, signs of what each image has."""

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.keys.tips import set_tip
from app.models.files import FilesModel, Sign
from app.schemes import Scheme
from app.session import Session
from app.theme import Theme, named, pixmap

Index = QModelIndex | QPersistentModelIndex

MARGIN = 10
SIGN_WIDTH = 14
ROW_PADDING = 8
SHORTEST_FOLDER = "…images/"


class RowPainter(QStyledItemDelegate):
    """Paints a row: the name with its folder in front, and small signs at the right.

    Signs differ by shape, not only by colour: a filled square has labels, a hollow one
    predictions, a dot unsaved edits, a triangle a fault.
    """

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
        right = self._paint_signs(painter, rect, sign, scheme)
        words = QRect(rect.left() + MARGIN, rect.top(), right - rect.left() - MARGIN, rect.height())
        self._paint_name(painter, words, model.name(index.row()), option.fontMetrics, scheme)
        painter.restore()

    def _paint_name(
        self, painter: QPainter, rect: QRect, name: str, metrics: QFontMetrics, scheme: Scheme
    ) -> None:
        folder, slash, file = name.rpartition("/")
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        # Numbers that tell files apart stand at the end, so the middle gives way.
        shown = metrics.elidedText(file, Qt.TextElideMode.ElideMiddle, rect.width())
        width = metrics.horizontalAdvance(shown)
        left_over = rect.width() - width
        prefix = folder + slash
        if slash and left_over >= metrics.horizontalAdvance(SHORTEST_FOLDER):
            elide = Qt.TextElideMode.ElideLeft
            prefix = metrics.elidedText(prefix, elide, left_over)
            painter.setPen(QColor(scheme.muted))
            painter.drawText(rect, flags, prefix)
            rect = rect.adjusted(metrics.horizontalAdvance(prefix), 0, 0, 0)
        painter.setPen(QColor(scheme.text))
        painter.drawText(rect, flags, shown)

    def _paint_signs(self, painter: QPainter, rect: QRect, sign: Sign, scheme: Scheme) -> int:
        """Paints the signs and gives where the room for the name ends."""
        x = rect.right() - MARGIN
        middle = rect.center().y()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if sign & Sign.LABELS:
            painter.fillRect(QRect(x - 7, middle - 3, 8, 8), QColor(scheme.accent))
            x -= SIGN_WIDTH
        if sign & Sign.PREDICTIONS:
            painter.setPen(QPen(QColor(scheme.warning), 1.4, Qt.PenStyle.DotLine))
            painter.drawRect(QRect(x - 7, middle - 3, 7, 7))
            x -= SIGN_WIDTH
        if sign & Sign.UNSAVED:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(scheme.warning))
            painter.drawEllipse(QRect(x - 7, middle - 3, 7, 7))
            x -= SIGN_WIDTH
        if sign & Sign.FAULT:
            painter.drawPixmap(QRect(x - 12, middle - 7, 14, 14), pixmap("warning", scheme.bad, 28))
            x -= SIGN_WIDTH + 4
        return x - 2


class FilesView(QTableView):
    """The list itself: one column of rows of equal height.

    A table, as Qt's list view places every row anew after each change: 30 ms for 32,000.
    Letters are commands, so it does not search by typing.
    """

    def __init__(self, model: FilesModel, painter: RowPainter) -> None:
        super().__init__()
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

    def _fit_rows(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + ROW_PADDING)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit_rows()

    def keyboardSearch(self, text: str) -> None:
        """Does nothing: D and A go to the next and previous image."""


class SearchField(QLineEdit):
    """Filters the list while typing; arrows and Enter lead back to the list."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class FilesPanel(QWidget):
    """Search field, counts and list of the open folder's images."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.search = SearchField()
        self.search.setPlaceholderText(self.tr("Search by name"))
        set_tip(self.search, self.tr("Search by name"), session.keymap, "go.find")
        self.search.setAccessibleName(self.tr("Search images by name"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(session.files.set_filter)
        self.search.left.connect(self._leave_search)
        self._counts = named(QLabel(), "Muted")
        self.view = FilesView(session.files, RowPainter(theme, self))
        self.view.setAccessibleName(self.tr("Images"))
        self.view.selectionModel().currentChanged.connect(self._on_row)
        self._empty = named(QLabel(alignment=Qt.AlignmentFlag.AlignCenter), "Muted")
        self._empty.setWordWrap(True)

        head = QVBoxLayout()
        head.setContentsMargins(MARGIN, 4, MARGIN, 6)
        head.setSpacing(6)
        head.addWidget(self.search)
        head.addWidget(self._counts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        layout.addWidget(self._empty, 1)

        session.image_changed.connect(self._follow)
        session.files.counts_changed.connect(self._count)
        session.files.modelReset.connect(self._follow)
        session.folder_changed.connect(self._count)
        session.scan_finished.connect(self._count)
        theme.changed.connect(self.view.viewport().update)
        self._count()

    def start_search(self) -> None:
        """Puts the cursor into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _leave_search(self) -> None:
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_row(self, now: QModelIndex, before: QModelIndex) -> None:
        if now.isValid():
            self._session.go_to(self._session.files.name(now.row()))

    def _follow(self) -> None:
        """Shows the current image's row, wherever the change came from."""
        name = self._session.name
        row = None if name is None else self._session.files.row_of(name)
        if row is None or row == self.view.currentIndex().row():
            return
        index = self._session.files.index(row)
        seen = self.view.viewport().rect()
        self.view.setCurrentIndex(index)
        # A step keeps the list still; a jump brings some of the row's neighbours along.
        if not seen.contains(self.view.visualRect(index).center()):
            self.view.scrollTo(index, QTableView.ScrollHint.PositionAtCenter)

    def _count(self) -> None:
        files, locale = self._session.files, self.locale()
        shown, total = files.rowCount(), files.total
        if files.filter:
            text = self.tr("{shown} of {total} images").format(
                shown=locale.toString(shown), total=locale.toString(total)
            )
        else:
            text = self.tr("Images: {total}").format(total=locale.toString(total))
        if self._session.is_scanning:
            text = self.tr("{counts}, reading…").format(counts=text)
        self._counts.setText(text)
        self._counts.setVisible(self._session.root is not None)
        self._empty.setText(self._reason_for_nothing())
        self._empty.setVisible(shown == 0)
        self.view.setVisible(shown > 0)
        if self.view.currentIndex().row() < 0:
            self._follow()

    def _reason_for_nothing(self) -> str:
        files = self._session.files
        if self._session.root is None:
            return self.tr("No folder is open")
        if self._session.is_scanning:
            return self.tr("Looking for images…")
        if files.total:
            return self.tr("No image has this in its name.\nEsc clears the search.")
        return self.tr("No images in this folder")
