"""The page with the canvas: the picture, or what stands in its place."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from app.pages.table import Surroundings
from app.panels.welcome import Welcome

if TYPE_CHECKING:
    from app.canvas.view import Canvas
    from app.document import Document
    from app.thumbnails.filmstrip import Filmstrip
    from tinaface.disagreement_table import Disagreement

OVERLAYS = ("both", "gt", "prediction", "none")


class ReviewPage(QWidget):
    """Keeps the canvas on the session's current image.

    Signals:
        overlay_changed: both, gt, prediction or none.
        menu_wanted: where the user asked for the canvas' menu.
        tool_changed: the canvas has another tool.
    """

    overlay_changed = Signal(str)
    menu_wanted = Signal(QPoint)
    tool_changed = Signal()

    def __init__(self, at: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = at.session
        self._theme = at.theme
        self._hints = at.hints
        self._document: Document | None = None
        self.canvas: Canvas | None = None
        self.welcome = Welcome(at.session, at.theme)
        self._views = QStackedWidget()
        self._views.addWidget(self.welcome)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._views, 1)
        self.filmstrip: Filmstrip | None = None
        at.looking.box_wanted.connect(self.show_box)
        self.setFocusProxy(self.welcome.open_folder)
        self._session.settings.changed.connect(self._on_setting)

    def make_canvas(self) -> "Canvas":
        """Makes the canvas; it brings numpy, so only once the window is on screen."""
        from app.canvas.crowd_view import CrowdView
        from app.canvas.flight import Flight
        from app.canvas.view import Canvas
        from app.thumbnails.filmstrip import Filmstrip

        canvas = self.canvas = Canvas()
        self._views.addWidget(canvas)
        canvas.set_overlay(self._session.settings.overlay)
        self._take_settings()
        canvas.zoom_changed.connect(self._show_zoom)
        canvas.cursor_moved.connect(self._hints.show_cursor)
        canvas.cursor_left.connect(self._hints.hide_cursor)
        canvas.hint.connect(self._hints.show_note)
        canvas.tool_changed.connect(lambda _name: self.tool_changed.emit())
        canvas.context_menu_requested.connect(lambda at, _hit: self.menu_wanted.emit(at))
        self._flight = Flight(canvas)
        self.filmstrip = Filmstrip(self._session, self._theme, self)
        self.filmstrip.set_overlay(self._session.settings.overlay)
        self._show_filmstrip()
        layout = self.layout()
        assert layout is not None
        layout.addWidget(self.filmstrip)
        loop = self._session.loop
        self._crowd = CrowdView(canvas, loop.crowd)
        loop.queue.arrived.connect(self._fly)
        loop.judging.note.connect(self._hints.show_note)
        self._session.shown_changed.connect(self._show)
        self._session.folder_changed.connect(self._show_filmstrip)
        self._session.predictions.loaded.connect(self._tell_source)
        self._theme.changed.connect(self._take_theme)
        self._take_theme()
        self._show()
        return canvas

    def _take_settings(self) -> None:
        """Tells the canvas how the user wants to zoom and draw."""
        from app.canvas.picture_view import ZoomMode

        canvas, settings = self.canvas, self._session.settings
        if canvas is None:
            return
        canvas.zoom_mode = ZoomMode(settings.zoom_kept)
        canvas.navigation.wheel_zooms = settings.wheel == "zooms"
        canvas.least_side = float(settings.least_side)
        canvas.set_look(is_checkered=settings.checkerboard, has_halo=settings.halo)

    @property
    def tool(self) -> str:
        """The canvas' tool."""
        return "select" if self.canvas is None else self.canvas.tool

    def set_overlay(self, name: str | None) -> None:
        """Shows what is named; None goes on to the next."""
        settings = self._session.settings
        if name is None:
            name = OVERLAYS[(OVERLAYS.index(settings.overlay) + 1) % len(OVERLAYS)]
        settings.overlay = name

    def _on_setting(self, changed: str) -> None:
        if changed == "overlay":
            overlay = self._session.settings.overlay
            if self.canvas is not None:
                self.canvas.set_overlay(overlay)
            if self.filmstrip is not None:
                self.filmstrip.set_overlay(overlay)
            self.overlay_changed.emit(overlay)
        elif changed == "filmstrip":
            self._show_filmstrip()
        else:
            self._take_settings()

    def _show_filmstrip(self) -> None:
        if self.filmstrip is not None:
            has_images = self._session.root is not None
            self.filmstrip.setVisible(has_images and self._session.settings.filmstrip)

    def show_box(self, xyxy: object) -> None:
        """Brings a box to the middle, large."""
        if self.canvas is not None:
            self.canvas.show_box(xyxy)  # type: ignore[arg-type]  # a signal carries any object

    def toggle_crowd(self) -> None:
        """Looks at the picture tile by tile, or whole again."""
        self._crowd.toggle()

    def _fly(self, disagreement: "Disagreement") -> None:
        """Brings the current disagreement to the middle."""
        at_once = self._session.settings.reduce_motion
        self._flight.fly_to(disagreement.xyxy, at_once=at_once)

    def _show(self) -> None:
        canvas, shown = self.canvas, self._session.shown
        if canvas is None:
            return
        picture = None if shown is None else shown.picture
        if picture is None:
            focused = self.window().focusWidget()
            has_focus = focused in (None, canvas) or self.welcome.isAncestorOf(focused)
            # What is said of an unreadable image takes the keys: they lead on to the next one.
            target = self.welcome.open_folder if shown is None else self.welcome
            canvas.set_document(None)
            canvas.set_image(None)
            self._views.setCurrentWidget(self.welcome)
            self.setFocusProxy(target)
            if has_focus:
                target.setFocus(Qt.FocusReason.OtherFocusReason)
            self._hints.show_size(0, 0)
            self._hints.show_zoom(0)
        else:
            assert shown is not None
            canvas.set_document(None)  # never the old boxes on the new picture
            canvas.set_image(picture.pyramid, shown.name)
            canvas.set_document(shown.document)
            if self._views.currentWidget() is not canvas:
                self._views.setCurrentWidget(canvas)
                self.setFocusProxy(canvas)
                focused = self.window().focusWidget()
                is_typing = isinstance(focused, QLineEdit) and focused.text()
                if self._session.page.is_review and not is_typing:
                    canvas.setFocus(Qt.FocusReason.OtherFocusReason)
            self._hints.show_size(*picture.size)
        self._watch_refusals()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._hints.show_picture_state(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._hints.show_picture_state(False)

    def _watch_refusals(self) -> None:
        document = self._session.document
        if document is self._document:
            return
        if self._document is not None:
            self._document.refused.disconnect(self._tell_refusal)
        self._document = document
        if document is not None:
            document.refused.connect(self._tell_refusal)

    def _tell_refusal(self) -> None:
        shown = self._session.shown
        if self._session.is_read_only:
            note = self.tr("This folder is read-only: nothing was changed.")
        elif shown is not None and shown.label_fault is not None:
            note = self.tr("The label file is damaged: nothing was changed.")
        elif shown is not None and self._session.files.shares_labels(shown.name):
            note = self.tr("Two images share the label file: nothing was changed.")
        else:
            note = self.tr("The label file is write-protected: nothing was changed.")
        self._hints.show_note(note)

    def _tell_source(self) -> None:
        """Says whose predictions are shown, where another model's could be."""
        predictions = self._session.predictions
        if predictions.shown is not None and predictions.other is not None:
            note = self.tr("Predictions of {model}").format(model=predictions.shown.title)
            self._hints.show_note(note)

    def _show_zoom(self, factor: float) -> None:
        self._hints.show_zoom(factor if self._session.shown is not None else 0)

    def _take_theme(self) -> None:
        if self.canvas is not None:
            from app.canvas import colours

            is_dark = self._theme.scheme.is_dark
            self.canvas.set_theme(colours.DARK if is_dark else colours.LIGHT)
