"""The panel with the images: search box, chips, order, counts and the list itself."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.keys.tips import set_tip
from app.listing.filter_words import order_name
from app.listing.rows_view import FilesView, RowPainter
from app.listing.search import FilterChips, FilterMenu, SearchField
from app.listing.signs import MARGIN
from app.session import Session
from app.theme import Theme, named

if TYPE_CHECKING:  # it brings numpy, and the window opens without
    from app.thumbnails.grid import ThumbnailGrid

ORDERS = ("name", "worst", "boxes", "smallest", "newest", "random")
SEEDS = 1000
THUMBNAIL_SIDE = 88


class FilesPanel(QWidget):
    """Search field, counts and list of the open folder's images, as rows or as thumbnails.

    Signals:
        made: a view that takes keys, as it is shown for the first time.
    """

    made = Signal(QWidget)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._is_complete = False
        self._make_search()
        self._make_order()
        self._counts = named(QLabel(), "Muted")
        self._counts.setWordWrap(True)
        self.view = FilesView(session.files, RowPainter(theme, self))
        self.view.setAccessibleName(self.tr("Images"))
        self.view.selectionModel().currentChanged.connect(self._on_row)
        self._make_empty()
        self.thumbnails: ThumbnailGrid | None = None
        self._place()

        session.image_changed.connect(self._reveal)
        session.files.counts_changed.connect(self._count)
        session.files.modelReset.connect(self._mark)
        session.files.arrangement_changed.connect(self._show_arrangement)
        session.folder_changed.connect(self._count)
        session.scan_finished.connect(self._count)
        theme.changed.connect(self._take_theme)
        session.settings.changed.connect(self._on_setting)
        self._take_theme()
        self._count()

    # ---- parts ----

    def _make_search(self) -> None:
        files = self._session.files
        self.search = SearchField()
        self.search.setPlaceholderText(self.tr("Search: name, boxes>20…"))
        tip = self.tr("Search by name, or by what an image has: boxes>20 face<16px status:todo")
        set_tip(self.search, tip, self._session.keymap, "go.find")
        self.search.setAccessibleName(self.tr("Search images"))
        self.search.textChanged.connect(files.set_filter)
        self.search.left.connect(self._leave_search)
        self.search.emptied.connect(files.keep_all)
        self._menu = QToolButton()
        self._menu.setToolTip(self.tr("Saved filters and conditions"))
        self._menu.setAccessibleName(self.tr("Saved filters and conditions"))
        self._menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu.setMenu(FilterMenu(self.search, self._session.settings, self._menu))
        self._chips = FilterChips(files)
        self._chips.text_wanted.connect(self.search.setText)

    def _make_order(self) -> None:
        self.order = QComboBox()
        self.order.setAccessibleName(self.tr("Order of the images"))
        self.order.setToolTip(self.tr("Order of the images"))
        for name in ORDERS:
            self.order.addItem(order_name(name), name)
        # As wide as its longest text in whatever language, but not as the seed of a random order:
        # with each choice of that the dock would grow.
        self.order.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContentsOnFirstShow)
        self.order.activated.connect(self._sort)
        self._as_grid = QToolButton()
        self._as_grid.setCheckable(True)
        self._as_grid.setToolTip(self.tr("Thumbnails instead of names"))
        self._as_grid.setAccessibleName(self.tr("Thumbnails instead of names"))
        self._as_grid.clicked.connect(self._choose_view)

    def _make_empty(self) -> None:
        self._empty = QWidget()
        self._reason = named(QLabel(alignment=Qt.AlignmentFlag.AlignCenter), "Muted")
        self._reason.setWordWrap(True)
        self._show_all = QPushButton(self.tr("Clear filter"))
        self._show_all.clicked.connect(self._clear_filter)
        layout = QVBoxLayout(self._empty)
        layout.addStretch()
        layout.addWidget(self._reason)
        layout.addWidget(self._show_all, alignment=Qt.AlignmentFlag.AlignCenter)
        layout.addStretch()

    def _place(self) -> None:
        field = QHBoxLayout()
        field.setSpacing(2)
        field.addWidget(self.search, 1)
        field.addWidget(self._menu)
        state = QHBoxLayout()
        state.addWidget(self.order, 1)
        state.addWidget(self._as_grid)
        head = QVBoxLayout()
        head.setContentsMargins(MARGIN, 4, MARGIN, 6)
        head.setSpacing(6)
        head.addLayout(field)
        head.addWidget(self._chips)
        head.addLayout(state)
        head.addWidget(self._counts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        self._views = QStackedWidget()
        self._views.addWidget(self.view)
        layout.addWidget(self._views, 1)
        layout.addWidget(self._empty, 1)

    # ---- rows or thumbnails ----

    @property
    def shown_view(self) -> QWidget:
        """Rows or thumbnails: what takes the keys."""
        is_grid = self.thumbnails is not None and self._as_grid.isChecked()
        return self._grid() if is_grid else self.view

    def complete(self) -> None:
        """Shows what the user chose, once the window is on screen: thumbnails bring numpy."""
        self._is_complete = True
        self._show_view()

    def _choose_view(self) -> None:
        self._session.settings.list_thumbnails = self._as_grid.isChecked()

    def _on_setting(self, name: str) -> None:
        if name == "list_thumbnails":
            self._show_view()
        elif name == "overlay" and self.thumbnails is not None:
            self.thumbnails.set_overlay(self._session.settings.overlay)

    def _show_view(self) -> None:
        wants_grid = self._session.settings.list_thumbnails and self._is_complete
        self._as_grid.setChecked(wants_grid)
        self._views.setCurrentWidget(self._grid() if wants_grid else self.view)
        self._reveal()

    def _grid(self) -> "ThumbnailGrid":
        if self.thumbnails is None:
            from app.thumbnails.grid import ThumbnailGrid

            session = self._session
            grid = self.thumbnails = ThumbnailGrid(
                session, session.views.thumbnails, self._theme, THUMBNAIL_SIDE, picks_many=False
            )
            grid.set_overlay(session.settings.overlay)
            grid.current_changed.connect(session.go_to)
            self._views.addWidget(grid)
            self.made.emit(grid)
        return self.thumbnails

    # ---- search and order ----

    def start_search(self) -> None:
        """Puts the cursor into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _leave_search(self) -> None:
        self._session.files.rearrange()  # what was decided meanwhile counts now
        self.shown_view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _clear_filter(self) -> None:
        self.search.clear()
        self._session.files.keep_all()
        self._leave_search()

    def _sort(self) -> None:
        from tinaface.image_order import ImageOrder

        files = self._session.files
        order = ImageOrder(self.order.currentData())
        before, seed = files.order
        if order is ImageOrder.RANDOM and before is order:
            seed = (seed + 1) % SEEDS  # chosen once more: another random order
        files.sort_by(order, seed)

    def _show_arrangement(self) -> None:
        """Shows filter and order as they are, whoever set them."""
        files = self._session.files
        if self.search.text() != files.filter:
            self.search.setText(files.filter)
        self._chips.refresh()
        order, seed = files.order
        with QSignalBlocker(self.order):
            self.order.setCurrentIndex(ORDERS.index(order.value))
        random = self.tr("{order} (seed {seed})").format(
            order=order_name("random"), seed=self.locale().toString(seed)
        )
        name = random if order.value == "random" else order_name("random")
        self.order.setItemText(ORDERS.index("random"), name)
        tip = self.tr("Order of the images")
        self.order.setToolTip(f"{tip}: {name}" if order.value == "random" else tip)

    # ---- the list ----

    def _on_row(self, now: QModelIndex, before: QModelIndex) -> None:
        if now.isValid():
            self._session.go_to(self._session.files.name(now.row()))

    def _reveal(self) -> None:
        if self._mark():
            self.view.reveal(self.view.currentIndex())
        if self.thumbnails is not None:
            self.thumbnails.show_current(self._session.name)

    def _mark(self) -> bool:
        """Makes the current image's row the list's; False where it is not shown."""
        name = self._session.name
        row = None if name is None else self._session.files.row_of(name)
        if row is None:
            return False
        if row != self.view.currentIndex().row():
            self.view.setCurrentIndex(self._session.files.index(row))
        return True

    def _count(self) -> None:
        files, locale = self._session.files, self.locale()
        shown, total = files.rowCount(), files.total
        if files.is_filtered:
            text = self.tr("{shown} of {total}").format(
                shown=locale.toString(shown), total=locale.toString(total)
            )
        else:
            text = self.tr("Images: {total}").format(total=locale.toString(total))
        if self._session.is_scanning:
            text = self.tr("{counts}, reading…").format(counts=text)
        self._counts.setText(text)
        is_open = self._session.root is not None
        self._counts.setVisible(is_open)
        self.order.setVisible(is_open)
        self._reason.setText(self._reason_for_nothing())
        self._show_all.setVisible(files.is_filtered and total > 0)
        self._empty.setVisible(shown == 0)
        self._views.setVisible(shown > 0)
        if self.view.currentIndex().row() < 0:
            self._reveal()

    def _reason_for_nothing(self) -> str:
        files = self._session.files
        if self._session.root is None:
            return self.tr("No folder is open")
        if self._session.is_scanning:
            return self.tr("Looking for images…")
        if files.total:
            return self.tr("No image passes the filter")
        return self.tr("No images in this folder")

    def _take_theme(self) -> None:
        self._menu.setIcon(self._theme.icon("filter"))
        self._as_grid.setIcon(self._theme.icon("grid"))
        self.view.viewport().update()
