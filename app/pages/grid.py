"""The page with all images of the list as thumbnails."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from app.keys.tips import set_tip
from app.pages.table import REVIEW, Surroundings
from app.theme import named
from app.thumbnails.grid import ThumbnailGrid
from tinaface.verdicts import Status

SIDES = (96, 320)
SLIDER_WIDTH = 140
MARGIN = 10


class GridPage(QWidget):
    """Thumbnails with their boxes; several can be picked and marked at once."""

    def __init__(self, at: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        session = at.session
        self._session = session
        self._hints = at.hints
        self.grid = ThumbnailGrid(
            session, session.views.thumbnails, at.theme, session.settings.grid_side, picks_many=True
        )
        self.grid.setFrameShape(ThumbnailGrid.Shape.NoFrame)
        self.grid.activated.connect(self._open)
        self.grid.picks_changed.connect(self._on_picks)
        self.setFocusProxy(self.grid)
        self._counts = named(QLabel(), "Muted")
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(*SIDES)
        self._slider.setPageStep(32)
        self._slider.setFixedWidth(SLIDER_WIDTH)
        self._slider.setValue(self.grid.side)
        self._slider.setAccessibleName(self.tr("Size of the thumbnails"))
        self._slider.setToolTip(self.tr("Size of the thumbnails"))
        self._slider.valueChanged.connect(self._resize)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._bar())
        layout.addWidget(self.grid, 1)
        session.files.counts_changed.connect(self._count)
        session.image_changed.connect(lambda: self.grid.show_current(session.name))
        session.views.picks.marked.connect(self._tell)
        session.settings.changed.connect(self._on_setting)
        self.grid.set_overlay(session.settings.overlay)
        self._count()

    def _bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setContentsMargins(MARGIN, 6, MARGIN, 6)
        bar.setSpacing(6)
        bar.addWidget(self._counts, 1)
        for text, status, command in (
            (self.tr("Done"), Status.REVIEWED, "review.done"),
            (self.tr("Not done"), Status.TODO, "review.not-done"),
            (self.tr("Doubtful"), Status.DOUBT, "review.doubt"),
        ):
            button = QPushButton(text)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            set_tip(
                button,
                self.tr("Marks the picked images as: {status}").format(status=text),
                self._session.keymap,
                command,
            )
            button.clicked.connect(
                lambda _=False, one=status: self._session.views.picks.set_status(one)
            )
            bar.addWidget(button)
        bar.addSpacing(MARGIN)
        bar.addWidget(self._slider)
        return bar

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._session.views.picks.names_of = lambda: self.grid.picked
        self.grid.show_current(self._session.name)

    def _open(self, name: str) -> None:
        self._session.go_to(name)
        self._session.page.show(REVIEW)

    def _on_picks(self) -> None:
        self._session.views.picks.changed.emit()
        self._count()

    def _resize(self, side: int) -> None:
        self._session.settings.grid_side = side
        self.grid.set_side(side)

    def _on_setting(self, name: str) -> None:
        if name == "overlay":
            self.grid.set_overlay(self._session.settings.overlay)

    def _count(self) -> None:
        files, locale = self._session.files, self.locale()
        text = self.tr("{shown} of {total} images").format(
            shown=locale.toString(files.rowCount()), total=locale.toString(files.total)
        )
        picked = self.grid.picked_count
        if picked > 1:
            text = self.tr("{counts}, {picked} picked").format(
                counts=text, picked=locale.toString(picked)
            )
        self._counts.setText(text)

    def _tell(self, count: int) -> None:
        if self.isVisible() and count > 1:
            text = self.tr("{count} images were marked").format(count=self.locale().toString(count))
            self._hints.show_note(text)
