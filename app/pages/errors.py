"""The page with one tile a disagreement of the whole data set: many are judged with one key."""

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.errors.choices import ErrorChoices
from app.errors.crops import Crops
from app.errors.describing import describe
from app.errors.tile_view import TileView
from app.pages.nothing import NothingYet
from app.pages.table import Surroundings
from app.theme import named
from tinaface.disagreement_listing import Listed, Listing

REFRESH_MS = 60
MARGIN = 8


class ErrorsPage(QWidget):
    """Choices above, tiles below, or a sentence why there are none."""

    def __init__(self, at: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._looking, self._hints = at.session, at.looking, at.hints
        self._detection = at.detection
        self._loop = at.session.loop
        self.crops = Crops(self)
        self.choices = ErrorChoices(self._loop.queue)
        self.tiles = TileView(self.crops, self._loop.comparison.name, self._describe)
        self.tiles.setAccessibleName(self.tr("Disagreements"))
        self.count = named(QLabel(), "Muted")
        self._views = QStackedWidget()
        self._nothing = NothingYet(at.detection)
        self.empty = self._nothing.reason
        self._views.addWidget(self._nothing)
        self._views.addWidget(self.tiles)
        bar = QHBoxLayout()
        bar.addWidget(self.choices)
        bar.addStretch(1)
        bar.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, 0)
        layout.addLayout(bar)
        layout.addWidget(self._views, 1)
        self.setFocusProxy(self.tiles)
        self._refreshing = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._refreshing.timeout.connect(self.refresh)
        self.tiles.picked_changed.connect(self._on_picked)
        self.tiles.entered.connect(self._look_at)
        self.choices.changed.connect(self.refresh)
        for signal in (
            self._loop.comparison.changed,
            self._loop.comparison.finished,
            self._loop.queue.order_changed,
            self._session.threshold_changed,
            at.detection.changed,
        ):
            signal.connect(self._refresh_soon)
        self._session.folder_changed.connect(self.crops.forget)
        self._loop.batches.done.connect(self._tell)
        self._loop.judging.note.connect(self._tell)
        self._session.end_with(self.crops.shut_down, lambda: self.is_at_work)

    @property
    def is_at_work(self) -> bool:
        """Whether tiles or their pictures are on their way."""
        return self._refreshing.isActive() or self.crops.is_busy

    # ---- what is shown ----

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.crops.want([])

    def _refresh_soon(self) -> None:
        if self.isVisible() and not self._refreshing.isActive():
            self._refreshing.start()

    def refresh(self) -> None:
        """Lists the disagreements anew."""
        root, comparison = self._session.root, self._loop.comparison
        self.choices.show_counts(comparison.counts())
        listing = Listing.none()
        if root is not None:
            listing = comparison.table.listing(
                self._session.threshold, self._loop.queue.queue, self.choices.kinds
            )
            self.tiles.show_listing(root, listing)
        self.empty.setText(self._reason_for_nothing())
        self._nothing.detect.setVisible(not comparison.table.images and self._detection.can_detect)
        self._show_view(self.tiles if len(listing) else self._nothing)
        self._on_picked()

    def _show_view(self, view: QWidget) -> None:
        """Shows the tiles or why there are none; the focus stays with what can be used."""
        wanted: QWidget = self.tiles if view is self.tiles else self.choices.order
        before = self.focusProxy()
        is_in_use = before is not None and before.hasFocus()
        self._views.setCurrentWidget(view)
        self.setFocusProxy(wanted)
        if is_in_use:
            wanted.setFocus()

    def _reason_for_nothing(self) -> str:
        comparison = self._loop.comparison
        if self._session.root is None:
            return self.tr("No folder is open.")
        if comparison.is_running:
            return self.tr("The images are being compared…")
        if not comparison.table.images:
            return self.tr("Nothing to compare: no image has labels and predictions.")
        if len(self.choices.kinds) < len(self.choices.buttons):
            return self.tr("No disagreement of the chosen kinds is left at this threshold.")
        return self.tr("No disagreement is left at this threshold.")

    def _on_picked(self) -> None:
        if not self.isVisible():
            return
        picked = self.tiles.picked()
        self._loop.batches.pick(picked)
        number = self.locale().toString
        self.count.setText(
            self.tr("{picked} of {count} picked").format(
                picked=number(len(picked)), count=number(len(self.tiles.listing))
            )
        )

    def _describe(self, listed: Listed) -> str:
        return describe(listed, self._loop.comparison.name(listed.image))

    def _look_at(self, listed: Listed) -> None:

        name = self._loop.comparison.name(listed.image)
        self._looking.look_at(name, np.array(listed.xyxy))

    def _tell(self, text: str) -> None:
        if self.isVisible():
            self._hints.show_note(text)
