"""What stands in the picture's place where there is none: first run, no images, broken picture."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.error_texts import parts
from app.keys.tips import set_tip
from app.session import Session
from app.theme import Theme, named, pixmap

ICON = 56
MAX_RECENT = 5
TEXT_WIDTH = 500


class Welcome(QWidget):
    """An icon, what is (not) here, and the next thing to do.

    Signals:
        folder_wanted, sample_wanted, tour_wanted: a button was pressed.
        recent_chosen: a recent folder was pressed.
    """

    folder_wanted = Signal()
    sample_wanted = Signal()
    tour_wanted = Signal()
    recent_chosen = Signal(str)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("Welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._session = session
        self._theme = theme
        self._icon = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._title = named(QLabel(alignment=Qt.AlignmentFlag.AlignCenter), "WelcomeTitle")
        self._text = named(QLabel(alignment=Qt.AlignmentFlag.AlignCenter), "Muted")
        self._text.setWordWrap(True)
        self._text.setFixedWidth(TEXT_WIDTH)
        self.open_folder = QPushButton(self.tr("Open folder…"))
        self.open_folder.setProperty("primary", True)
        tip = self.tr("Open a folder of photographs")
        set_tip(self.open_folder, tip, session.keymap, "file.open-folder")
        self.open_folder.clicked.connect(self.folder_wanted)
        self.open_sample = QPushButton(self.tr("Open sample"))
        self.open_sample.setToolTip(self.tr("Look at the pictures that come with the program"))
        self.open_sample.clicked.connect(self.sample_wanted)
        self.take_tour = QPushButton(self.tr("Take the tour"))
        self.take_tour.setToolTip(self.tr("Seven keys in two minutes, on a copy of the sample"))
        self.take_tour.clicked.connect(self.tour_wanted)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.open_folder)
        buttons.addWidget(self.open_sample)
        buttons.addWidget(self.take_tour)
        buttons.addStretch(1)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addStretch(2)
        layout.addWidget(self._icon)
        layout.addWidget(self._title)
        layout.addWidget(self._text, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(6)
        layout.addLayout(buttons)
        layout.addSpacing(10)
        layout.addLayout(self._recent)
        layout.addStretch(3)
        for signal in (session.folder_changed, session.scan_finished, session.shown_changed):
            signal.connect(self.refresh)
        theme.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Says what is true now."""
        icon, title, text, offers_sample = self._situation()
        ratio = self.devicePixelRatioF()
        scheme = self._theme.scheme
        drawn = pixmap(icon, scheme.accent if offers_sample else scheme.muted, round(ICON * ratio))
        drawn.setDevicePixelRatio(ratio)
        self._icon.setPixmap(drawn)
        self._title.setText(title)
        self._text.setText(text)
        self._text.setFixedHeight(self._text.heightForWidth(TEXT_WIDTH))
        self.open_sample.setVisible(offers_sample)
        self.take_tour.setVisible(offers_sample)
        shown = self._session.shown
        self.open_folder.setVisible(shown is None)
        self._fill_recent(offers_sample)

    def _situation(self) -> tuple[str, str, str, bool]:
        """Icon, title, text, and whether this is a start without a folder."""
        session = self._session
        shown = session.shown
        if session.root is None:
            text = self.tr(
                "Open a folder of photographs, with or without Labelme files, or drop one here. "
                "Nothing is sent anywhere, and no label file changes until you edit a box."
            )
            return "tinaface", self.tr("TinaFace Studio"), text, True
        if shown is not None and shown.fault is not None:
            what, why, remedy = parts(shown.fault)
            return "warning", what, f"{why}. {remedy}.", False
        if session.is_scanning or session.files.total:
            return "image", self.tr("Opening…"), str(session.root), False
        text = self.tr(
            "{folder} holds no picture files (JPEG, PNG, WebP, BMP, TIFF, GIF, PPM), "
            "and neither do its subfolders."
        ).format(folder=session.root)
        return "folder", self.tr("No images here"), text, False

    def _fill_recent(self, wanted: bool) -> None:
        while self._recent.count():
            item = self._recent.takeAt(0)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.deleteLater()
        folders = self._session.settings.recent_folders[:MAX_RECENT] if wanted else []
        if folders:
            caption = named(QLabel(self.tr("Recent folders")), "Muted")
            self._recent.addWidget(caption, 0, Qt.AlignmentFlag.AlignHCenter)
        for text in folders:
            button = named(QPushButton(text), "Link")
            button.setAccessibleName(self.tr("Open {folder}").format(folder=text))
            button.clicked.connect(lambda _=False, text=text: self.recent_chosen.emit(text))
            self._recent.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
