"""Places panels, menus and docks. It knows no file format and no job."""

import linecache
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QToolBar, QWidget

from app import notices
from app.action import Scope, When
from app.centre import Centre
from app.closing import closing, saved
from app.conditions import hints, holding
from app.decisions import Decisions
from app.detection import Detection
from app.dialogs import Dialogs
from app.docks import Docks
from app.exporting import Exporter
from app.jobs.jobs import Jobs
from app.menus import CommandActions
from app.opening import Opener
from app.pages.table import REVIEW, page_of
from app.panels.detection import DetectionPanel
from app.panels.files import FilesPanel
from app.panels.log import LogPanel
from app.panels.top_bar import TopBar
from app.review import Review
from app.session import Session
from app.theme import Theme, named
from app.tour.tour import Tour
from app.training import quitting
from app.training.quitting import Leaving
from app.training.trainer import Trainer
from app.trashing import Trashing

if TYPE_CHECKING:
    from app.canvas.view import Canvas
    from app.indexing import Indexing
    from app.panels.boxes import BoxesPanel
    from app.panels.inspector import Inspector

SIZE = (1280, 800)
MINIMUM_SIZE = (640, 480)
LIST_SCOPES = (Scope.PAGES, Scope.IMAGES, Scope.REVIEW, Scope.JUDGING)
"""Where boxes or images are listed the keys of pages act, and those of the review loop."""


class MainWindow(QMainWindow):
    """The window. It also is the desk (`app/actions.py`) that commands work on."""

    def __init__(
        self,
        session: Session,
        detection: Detection,
        theme: Theme,
        trainer: Trainer | None = None,
    ) -> None:
        super().__init__()
        self.session = session
        self.detection = detection
        self.trainer = trainer or Trainer(session, detection, self)
        self.review = Review(session)
        self.opener = Opener(session, detection, self)
        self.exporter = Exporter(session, self)
        self.decisions = Decisions(session, theme, self)
        self.trashing = Trashing(session, self)
        self._theme = theme
        self._holding: frozenset[When] | None = None
        self.setMinimumSize(*MINIMUM_SIZE)
        self.resize(*SIZE)
        self.setAcceptDrops(True)
        self.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks
        )
        self.actions_ = CommandActions(self, self, theme)
        self.actions_.fill(self.menuBar())
        self.docks = Docks(self, session.settings, self.actions_.add_dock)
        self.dialogs = Dialogs(
            session,
            theme,
            self,
            lambda: holding(session, detection, self.trainer),
            lambda command_id: self.actions_.action(command_id).trigger(),
        )
        self.top_bar = TopBar(session, detection, self.trainer, theme)
        self.tour = Tour(parent=self)
        self.centre = Centre(session, detection, self.trainer, theme, self.tour)
        self.review_page = self.centre.review
        self.files = FilesPanel(session, theme)
        self.detection_panel = DetectionPanel(
            detection, Jobs(detection, self.trainer, self), session, theme
        )
        self.log = LogPanel()
        self.boxes: BoxesPanel | None = None
        self.indexing: Indexing | None = None
        self.inspector: Inspector | None = None
        self._place()
        self._connect()
        session.may_lose_edits = self.decisions.may_lose_edits
        self.docks.arrange(session.page)
        self.review_page.welcome.open_folder.setFocus()
        self.refresh()

    # ---- placing ----

    def _place(self) -> None:
        bar = named(QToolBar(self.tr("Top bar")), "TopBarArea")
        bar.setMovable(False)
        bar.setFloatable(False)
        bar.toggleViewAction().setEnabled(False)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addWidget(self.top_bar)
        self.addToolBar(bar)
        self.setCentralWidget(self.centre)
        self.docks.images.setWidget(self.files)
        self.docks.detection.setWidget(self.detection_panel)
        self.docks.log.setWidget(self.log)

    def complete(self) -> None:
        """Adds what brings numpy: canvas and table of boxes. Called when the window is shown."""
        from app.canvas.magnifier import Magnifier
        from app.canvas.navigator import Navigator
        from app.indexing import Indexing
        from app.loop.explaining import Explaining
        from app.panels.boxes import BoxesPanel
        from app.panels.inspector import Inspector

        self.session.prepare()
        self.files.made.connect(self._attach_list)
        self.files.complete()
        loop = self.session.loop
        self.top_bar.counts.follow(loop)
        judging, batches = loop.judging, loop.batches
        for signal in (
            loop.comparison.changed,
            judging.judged,
            judging.withdrawn,
            batches.picked_changed,
            batches.done,
        ):
            signal.connect(self.refresh)
        self.indexing = Indexing(self.session, self)
        self.trainer.models.changed.connect(
            lambda: self.detection_panel.set_models(self.trainer.models.models)
        )
        self.trainer.prepare()
        canvas = self.review_page.make_canvas()
        self.actions_.attach(canvas, (*LIST_SCOPES, Scope.CANVAS))
        self.actions_.attach(self.review_page.welcome, LIST_SCOPES)
        self.boxes = BoxesPanel(self.session)
        self.boxes.box_activated.connect(self.review_page.show_box)
        self.docks.boxes.setWidget(self.boxes)
        self.inspector = Inspector(self.session, canvas)
        self.docks.inspector.setWidget(self.inspector)
        self._explaining = Explaining(self.session, self.detection, self)
        self._explaining.answered.connect(self.inspector.show_explanation)
        self._explaining.note.connect(self.centre.hints.show_note)
        self.inspector.explanation_wanted.connect(self._explaining.ask)
        loop.queue.arrived.connect(
            lambda _one: self.docks.inspector.raise_(), Qt.ConnectionType.SingleShotConnection
        )
        self.docks.magnifier.setWidget(Magnifier(canvas))
        self.docks.navigator.setWidget(Navigator(canvas))
        self.actions_.attach(self.boxes.table, LIST_SCOPES)
        self.refresh()
        # PySide reads the source of whatever is imported, in search of its own features, and Python
        # keeps what it read: 12 MB by now.
        linecache.clearcache()

    def _tell_tour_finished(self) -> None:
        keymap = self.session.keymap
        keys, commands = keymap.shown("help.keys", 1), keymap.shown("help.palette", 1)
        self.session.messages.post(notices.tour_finished(keys, commands))

    def _attach_list(self, view: QWidget) -> None:
        """Lets the keys act in the list of images, whether it shows names or thumbnails."""
        self.actions_.attach(view, (Scope.PAGES, Scope.IMAGES, Scope.REVIEW))

    def _attach_page(self, page_id: str, page: QWidget) -> None:
        """Lets the keys of pages act where the page wants the focus."""
        row, scopes = page_of(page_id), [Scope.PAGES]
        if row.shows_images or row.shows_errors:
            scopes.append(Scope.IMAGES)
        if row.shows_errors:
            scopes.append(Scope.JUDGING)
        self.actions_.attach(page.focusProxy() or page, scopes)

    def _connect(self) -> None:
        session = self.session
        session.settings.changed.connect(self._on_setting)
        self.actions_.called.connect(self.tour.hear)
        self.tour.finished.connect(self._tell_tour_finished)
        self.actions_.attach(self.files.view, LIST_SCOPES)
        self.centre.pages.made.connect(self._attach_page)
        session.page.changed.connect(self.refresh)
        self.top_bar.show_overlay(session.settings.overlay)
        self.top_bar.overlay_chosen.connect(self.set_overlay)
        self.review_page.overlay_changed.connect(self.top_bar.show_overlay)
        self.review_page.menu_wanted.connect(self.actions_.show_canvas_menu)
        self.review_page.tool_changed.connect(self.refresh)
        self.review_page.welcome.sample_wanted.connect(self.opener.open_sample)
        self.review_page.welcome.tour_wanted.connect(self.start_tour)
        for wanting in (self.top_bar.folder_wanted, self.review_page.welcome.folder_wanted):
            wanting.connect(self.opener.ask_for_folder)
        for chosen in (self.top_bar.recent_chosen, self.review_page.welcome.recent_chosen):
            chosen.connect(lambda text: session.open(Path(text)))
        self.detection_panel.weights_wanted.connect(self.opener.ask_for_weights)
        self.detection.log.connect(self.log.add)
        for noting in (self.opener.note, self.exporter.note):
            noting.connect(self.centre.hints.show_note)
        for signal in (
            session.folder_changed,
            session.image_changed,
            session.shown_changed,
            session.edited,
            session.save_state_changed,
            session.threshold_changed,
            session.files.counts_changed,
            session.keymap.changed,
            self.detection.changed,
            self.trainer.training_changed,
            self.detection.model_changed,
        ):
            signal.connect(self.refresh)

    # ---- state ----

    def _on_setting(self, name: str) -> None:
        if name == "theme":
            self._theme.choose(self.session.settings.theme)

    def refresh(self) -> None:
        """Brings title, commands and hint line up to date."""
        session = self.session
        now = holding(session, self.detection, self.trainer)
        if now != self._holding:
            self._holding = now
            self.actions_.enable(now)
        self.centre.hints.set_hints(hints(session, self.review_page.tool, now))
        parts = [one for one in (session.name, session.root and session.root.name) if one]
        # The program's name comes last: Qt adds it where it is missing.
        self.setWindowTitle("[*]" + " — ".join([*parts, "TinaFace Studio"]))
        self.setWindowModified(session.has_unsaved)

    # ---- the desk ----

    @property
    def canvas(self) -> "Canvas":
        """The canvas; commands that use it need a picture, so it is there by then."""
        assert self.review_page.canvas is not None
        return self.review_page.canvas

    def find_image(self) -> None:
        """Puts the cursor into the search field."""
        self.docks.images.show()
        self.files.start_search()

    def next_panel(self, step: int) -> None:
        """Moves the focus to the next (or previous) panel that is visible."""
        panels: list[QWidget] = [self.files.shown_view, self.centre.pages.focus_target]
        if self.boxes is not None:
            panels.append(self.boxes.table)
        panels += [self.detection_panel.weights, self.log, self.top_bar.threshold]
        visible = [panel for panel in panels if panel.isVisible() and panel.isEnabled()]
        focused = self.focusWidget()
        if focused is not None and self.centre.pages.isAncestorOf(focused):
            focused = self.centre.pages.focus_target  # any control of a page stands for it
        at = next((i for i, one in enumerate(visible) if one is focused), -1 if step > 0 else 0)
        visible[(at + step) % len(visible)].setFocus(Qt.FocusReason.TabFocusReason)

    def start_tour(self) -> None:
        """Shows how to work, on a copy of the sample."""
        self.session.settings.tour_seen = True
        self.session.page.show(REVIEW)
        self.opener.open_practice()
        self.tour.start()

    def inspect(self) -> None:
        """Shows the inspector; of a missed label it asks the detector why."""
        self.docks.bring_forward(self.docks.inspector)
        target = self.session.loop.queue.target()
        if self.session.loop.queue.is_miss(target):
            self._explaining.ask()

    def toggle_crowd(self) -> None:
        """Looks at the picture tile by tile, or whole again."""
        self.review_page.toggle_crowd()

    def set_overlay(self, name: str | None) -> None:
        """Shows ground truth, predictions, both or none; None goes on to the next."""
        self.review_page.set_overlay(name)

    def choose_theme(self, name: str) -> None:
        """Takes light, dark or high-contrast colours, or those of the system."""
        self.session.settings.theme = name

    def toggle_full_screen(self) -> None:
        """Fills the screen, or ends that."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def come_forward(self, image: str = "") -> None:
        """Brings the window to the front, with this image of the folder if one is named."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.raise_()
        self.activateWindow()
        if image:
            self.opener.show_image(Path(image))

    def quit(self) -> None:
        """Closes the window, which ends the program."""
        self.close()

    # ---- events ----

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange:
            # Another program may have the folder open: it shall see our edits, and we its.
            if self.isActiveWindow():
                self.session.look_again()
            else:
                self.session.save_now()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.docks.fit(event.size().width())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.opener.can_open(event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.opener.open_urls(event.mimeData().urls())
        event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        is_saved, left_s = saved(self.session.finish)  # nobody is hurried by a question
        if not is_saved and not self.decisions.may_lose_edits():
            event.ignore()
            return
        leaving = quitting.ask(self) if self.trainer.is_training else Leaving.KEEP
        if leaving is Leaving.STAY:
            event.ignore()
            return
        self.session.settings.set_layout(*self.docks.layout_state())
        self.session.settings.sync()
        with closing(left_s):
            self.opener.shut_down()
            self.trainer.shut_down(stops=leaving is Leaving.STOP)
            self.detection.shut_down()
            self.session.shut_down()
        event.accept()
