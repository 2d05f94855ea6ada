"""The thin bar on top: folder, overlay, threshold, what runs, what is saved."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QToolButton,
    QWidget,
)

from app.choice_bar import ChoiceBar
from app.detection import Detection, Stage
from app.error_texts import told
from app.keys.tips import set_tip
from app.loop.counts_button import DisagreementCounts
from app.pages.tabs import PageTabs
from app.session import Session
from app.theme import Theme, named, pixmap
from app.training.chip import TrainingChip
from app.training.trainer import Trainer
from app.wording import duration, percent

ICON = 16
STEPS = 100
SLIDER_WIDTH = 140
SHORT_SLIDER_WIDTH = 80
MARGINS, SPACING = (8, 5, 12, 5), 8
FOLDER_WIDTH = 220
"""Of the folder's name at most; its tooltip has all of it."""
_DIRECT = Qt.FindChildOption.FindDirectChildrenOnly


class TopBar(QWidget):
    """Folder and its recent ones at the left, how boxes are shown in the middle, state right.

    Signals:
        overlay_chosen: both, gt, prediction or none.
        folder_wanted: the user pressed the folder's name.
    """

    overlay_chosen = Signal(str)
    folder_wanted = Signal()
    recent_chosen = Signal(str)

    def __init__(
        self,
        session: Session,
        detection: Detection,
        trainer: Trainer,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("TopBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session = session
        self._detection = detection
        self._theme = theme
        self._shortened = 0
        self.tabs = PageTabs(session.page, session.keymap)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(*MARGINS)
        layout.setSpacing(SPACING)
        layout.addWidget(self._make_folder())
        layout.addWidget(self._make_lock())
        layout.addWidget(self.tabs)
        # What comes and goes stands in the gap, so that nothing else moves.
        layout.addStretch(1)
        self.training = TrainingChip(session, trainer)
        layout.addWidget(self.training)
        layout.addWidget(self._make_job())
        self.counts = DisagreementCounts(session)
        layout.addWidget(self.counts)
        self.overlay = self._make_overlay()
        for widget in (self.overlay, *self._make_threshold(), *self._make_saved()):
            layout.addWidget(widget)
        session.folder_changed.connect(self._show_folder)
        session.keeping.settled.connect(self._show_folder)
        session.threshold_changed.connect(self._show_threshold)
        session.shown_changed.connect(self._show_saved)
        session.save_state_changed.connect(self._show_saved)
        detection.changed.connect(self._show_job)
        theme.changed.connect(self._take_icons)
        self._take_icons()
        self._show_folder()
        self._show_threshold(session.threshold)
        self._show_job()
        self._show_saved()

    # ---- parts ----

    def _make_folder(self) -> QToolButton:
        self.folder = named(QToolButton(), "FolderName")
        self.folder.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.folder.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.folder.setAccessibleName(self.tr("Open folder"))
        self.folder.setMaximumWidth(FOLDER_WIDTH)
        # Else the first control of the window would take the focus from the picture.
        self.folder.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.folder.clicked.connect(self.folder_wanted)
        self._recent = QMenu(self.folder)
        self._recent.setToolTipsVisible(True)
        self._recent.aboutToShow.connect(self._fill_recent)
        self.folder.setMenu(self._recent)
        return self.folder

    def _make_lock(self) -> QLabel:
        self._lock = QLabel()
        self._lock.setToolTip(self.tr("This folder is read-only: boxes can be looked at only"))
        self._lock.setAccessibleName(self.tr("Read-only folder"))
        return self._lock

    def _make_overlay(self) -> ChoiceBar:
        bar = ChoiceBar("Segments", self.tr("Boxes shown"), self._session.keymap)
        for name, text, tip in (
            ("both", self.tr("Both"), self.tr("Ground truth and predictions")),
            ("gt", self.tr("GT"), self.tr("Ground truth only")),
            ("prediction", self.tr("Pred"), self.tr("Predictions only")),
            (
                "none",
                self.tr("None"),
                self.tr("The bare picture; hold B to hide boxes for a moment"),
            ),
        ):
            bar.add(name, text, tip, "view.overlay")
        bar.chosen.connect(self.overlay_chosen)
        return bar

    def _make_threshold(self) -> tuple[QWidget, ...]:
        self._caption = named(QLabel(self.tr("Threshold")), "Muted")
        self.threshold = QSlider(Qt.Orientation.Horizontal)
        self.threshold.setRange(0, STEPS)
        self.threshold.setPageStep(5)
        self.threshold.setFixedWidth(SLIDER_WIDTH)
        self.threshold.setAccessibleName(self.tr("Score threshold of shown predictions"))
        set_tip(
            self.threshold,
            self.tr("Hide predictions below this score"),
            self._session.keymap,
            "view.threshold-up",
            "view.threshold-down",
        )
        self.threshold.valueChanged.connect(
            lambda value: self._session.set_threshold(value / STEPS)
        )
        self._value = QLabel()
        self._value.setMinimumWidth(self._value.fontMetrics().horizontalAdvance("0.00") + 4)
        return self._caption, self.threshold, self._value

    def _make_job(self) -> QWidget:
        self.job = named(QWidget(), "Chip")
        self.job.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._job_text = QLabel()
        self.stop = QToolButton()
        set_tip(self.stop, self.tr("Stop the detection"), self._session.keymap, "detect.stop")
        self.stop.setAccessibleName(self.tr("Stop the detection"))
        self.stop.clicked.connect(self._detection.stop)
        line = QHBoxLayout(self.job)
        line.setContentsMargins(10, 0, 3, 0)
        line.setSpacing(2)
        line.addWidget(self._job_text)
        line.addWidget(self.stop)
        return self.job

    def _make_saved(self) -> tuple[QWidget, ...]:
        self._saved_icon = QLabel()
        self.saved = named(QLabel(), "SaveState")
        return self._saved_icon, self.saved

    def _take_icons(self) -> None:
        self.folder.setIcon(self._theme.icon("folder"))
        self.stop.setIcon(self._theme.icon("stop"))
        self._lock.setPixmap(self._pixmap("lock", self._theme.scheme.warning))
        self._show_saved()

    def _pixmap(self, name: str, colour: str) -> QPixmap:
        ratio = self.devicePixelRatioF()
        made = pixmap(name, colour, round(ICON * ratio))
        made.setDevicePixelRatio(ratio)
        return made

    # ---- state ----

    def show_overlay(self, name: str) -> None:
        """Marks the overlay in use."""
        self.overlay.mark(name)

    # ---- room ----

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        """Leaves out what can be spared, one thing after the other, until the rest fits."""
        steps: list[tuple[Callable[[bool], None], int]] = [
            (self._caption.setHidden, self._caption.sizeHint().width() + SPACING),
            (self.overlay.set_short, self.overlay.saving),
            (self._shorten_slider, SLIDER_WIDTH - SHORT_SLIDER_WIDTH),
            (self.tabs.set_short, self.tabs.saving),
            (self.counts.set_short, self.counts.saving),
        ]
        needed = self._full_width()
        shortened = 0
        while needed > self.width() and shortened < len(steps):
            needed -= steps[shortened][1]
            shortened += 1
        if shortened != self._shortened:
            self._shortened = shortened
            for at, (shorten, _) in enumerate(steps):
                shorten(at < shortened)

    def _shorten_slider(self, is_short: bool) -> None:
        self.threshold.setFixedWidth(SHORT_SLIDER_WIDTH if is_short else SLIDER_WIDTH)

    def _full_width(self) -> int:
        """The width with nothing left out.

        It must not depend on what is left out now: the bar would change to and fro for ever.
        """
        widgets = [
            one
            for one in self.findChildren(QWidget, options=_DIRECT)
            if one is self._caption or not one.isHidden()
        ]
        widths = [
            one.full_width
            if isinstance(one, ChoiceBar | DisagreementCounts)
            else min(max(one.sizeHint().width(), one.minimumWidth()), one.maximumWidth())
            for one in widgets
            if one is not self.threshold
        ]
        widths.append(SLIDER_WIDTH)
        return sum(widths) + SPACING * len(widgets) + MARGINS[0] + MARGINS[2]

    def _show_folder(self) -> None:
        root = self._session.root
        self.folder.setText(self.tr("Open folder…") if root is None else root.name or str(root))
        text = (
            self.tr("Open a folder")
            if root is None
            else self.tr("{path}\nPress to open another folder").format(path=root)
        )
        set_tip(self.folder, text, self._session.keymap, "file.open-folder")
        self._lock.setVisible(root is not None and self._session.is_read_only)

    def _fill_recent(self) -> None:
        self._recent.clear()
        for text in self._session.settings.recent_folders:
            folder = Path(text)
            action = self._recent.addAction(folder.name or text)
            action.setToolTip(text)
            action.setEnabled(folder.is_dir())
            action.triggered.connect(lambda _=False, text=text: self.recent_chosen.emit(text))
        if not self._recent.actions():
            self._recent.addAction(self.tr("No recent folders")).setEnabled(False)

    def _show_threshold(self, value: float) -> None:
        self.threshold.setValue(round(value * STEPS))
        self._value.setText(self.locale().toString(value, "f", 2))

    def _show_job(self) -> None:
        detection = self._detection
        self.job.setVisible(detection.is_busy)
        if not detection.is_busy:
            return
        progress = detection.progress
        if detection.stage is Stage.STOPPING:
            text = self.tr("Stopping…")
        elif not progress.done:
            text = self.tr("Detecting…")
        else:
            text = self.tr("Detecting {part}").format(
                part=percent(progress.done / max(progress.total, 1))
            )
            if progress.left_s is not None:
                text = self.tr("{job} · {time} left").format(
                    job=text, time=duration(progress.left_s)
                )
        self._job_text.setText(text)
        self.stop.setEnabled(detection.stage is not Stage.STOPPING)

    def _show_saved(self) -> None:
        scheme = self._theme.scheme
        state, icon, colour, text, tip = self._save_state()
        self.saved.setText(text)
        self.saved.setToolTip(tip)
        # As wide as either: while a job runs there is no room to spare, and at each save the tabs
        # would become a menu and tabs again.
        metrics = self.saved.fontMetrics()
        texts = (self.tr("Saved"), self.tr("Saving…")) if text else ()
        self.saved.setMinimumWidth(max(map(metrics.horizontalAdvance, texts), default=0))
        self._saved_icon.setVisible(bool(icon))
        if icon:
            self._saved_icon.setPixmap(self._pixmap(icon, getattr(scheme, colour)))
        if self.saved.property("state") != state:
            self.saved.setProperty("state", state)
            self.saved.style().polish(self.saved)

    def _save_state(self) -> tuple[str, str, str, str, str]:
        """State, icon, its colour, text and tooltip."""
        session = self._session
        if session.root is None or session.shown is None:
            return "", "", "", "", ""
        from app.saving import SaveState

        saver = session.labels.saver
        if saver.state is SaveState.FAILED and saver.fault is not None:
            why = told(saver.fault.why)
            return "failed", "error", "bad", self.tr("Not saved"), why
        if saver.state is not SaveState.SAVED:
            return "saving", "save", "muted", self.tr("Saving…"), ""
        if session.document is not None and not session.can_edit:
            return "locked", "lock", "warning", self.tr("Locked"), self.tr("Labels are left alone")
        return "saved", "accept", "good", self.tr("Saved"), self.tr("All labels are on disk")
