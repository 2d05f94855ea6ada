"""Ctrl+comma: every setting, searchable; each change acts at once."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.keys.keymap import Keymap
from app.preferences.fields import SettingLine, translated
from app.preferences.keys import KeysPage
from app.preferences.table import SECTIONS, Section
from app.settings import Settings
from app.theme import Theme, named

SIZE = (720, 540)
MARGIN = 60
LIST_WIDTH = 150


class PreferencesDialog(QDialog):
    """Sections at the left; a search hides what does not match, in all of them."""

    def __init__(self, settings: Settings, keymap: Keymap, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Settings"))
        self.resize(SIZE[0], min(SIZE[1], parent.height() - MARGIN))
        self.search = QLineEdit(placeholderText=self.tr("Search settings"), clearButtonEnabled=True)
        self.search.setAccessibleName(self.tr("Search settings"))
        self.search.textChanged.connect(self._filter)
        self.sections = named(QListWidget(), "Sections")
        self.sections.ensurePolished()  # else the rows are laid out without the style sheet
        self.sections.setAccessibleName(self.tr("Sections"))
        self.sections.setFixedWidth(LIST_WIDTH)
        self._pages = QStackedWidget()
        self.lines: dict[str, SettingLine] = {}
        for section in SECTIONS:
            self._add(translated(section.title), self._section(section, settings, theme))
        self.keys = KeysPage(keymap)
        self._add(self.tr("Keys"), self.keys)
        self._add(self.tr("Privacy"), self._privacy(settings))
        self.sections.currentRowChanged.connect(self._pages.setCurrentIndex)
        self.sections.setCurrentRow(0)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        middle = QHBoxLayout()
        middle.setSpacing(14)
        middle.addWidget(self.sections)
        middle.addWidget(self._pages, 1)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addLayout(middle, 1)
        layout.addWidget(buttons)

    def show_section(self, title: str) -> None:
        """Turns to a section by its title."""
        for found in self.sections.findItems(title, Qt.MatchFlag.MatchExactly):
            self.sections.setCurrentItem(found)

    def _add(self, title: str, page: QWidget) -> None:
        self.sections.addItem(title)
        self._pages.addWidget(page)

    def _section(self, section: Section, settings: Settings, theme: Theme) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(2, 0, 8, 0)
        column.addWidget(named(QLabel(translated(section.title)), "SectionTitle"))
        for row in section.rows:
            line = self.lines[row.name] = SettingLine(row, settings, theme)
            column.addWidget(line)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(body)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus of its lines
        area.setFrameShape(QFrame.Shape.NoFrame)
        return area

    def _privacy(self, settings: Settings) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(2, 0, 8, 0)
        column.addWidget(named(QLabel(self.tr("Privacy")), "SectionTitle"))
        text = QLabel(
            self.tr(
                "TinaFace Studio does not use the network and counts nothing. Settings are kept "
                "in {path}; labels beside your pictures; predictions in the folder .review there."
            ).format(path=settings.path)
        )
        text.setWordWrap(True)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        column.addWidget(text)
        column.addStretch(1)
        return page

    def _filter(self, wanted: str) -> None:
        for line in self.lines.values():
            line.setVisible(line.matches(wanted))
        holds = [
            any(self.lines[row.name].matches(wanted) for row in section.rows)
            for section in SECTIONS
        ]
        holds += [self.keys.filter(wanted), not wanted.strip()]
        for at, does_hold in enumerate(holds):
            self.sections.item(at).setHidden(not does_hold)
        if not holds[self.sections.currentRow()] and any(holds):
            self.sections.setCurrentRow(holds.index(True))
