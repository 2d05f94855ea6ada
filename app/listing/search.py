"""The search box of the list of images: completion while typing, chips, saved filters."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QMenu, QToolButton, QWidget

from app.listing.filter_words import field_meaning
from app.listing.flow import FlowLayout
from app.models.files import FilesModel
from app.settings import Settings
from app.theme import named

if TYPE_CHECKING:  # it brings numpy, and the window opens without
    from tinaface.image_filter import Completion, Term

CHIP_SPACING = 4
CHIP_LETTERS = 34
_POPUP_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Tab)


class SearchField(QLineEdit):
    """Filters while typing and offers how a term may go on; arrows and Enter lead to the list.

    Signals:
        left: the user goes on to the list.
        emptied: Esc was pressed.
    """

    left = Signal()
    emptied = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setClearButtonEnabled(True)
        self._offers = QStandardItemModel(self)
        self._completer = QCompleter(self._offers, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setWidget(self)
        self._popup = QListView()
        self._completer.setPopup(self._popup)
        # By its index, as only that knows which part of the text it takes the place of.
        self._completer.activated[QModelIndex].connect(self._take)  # type: ignore[index]  # one of two overloads
        self.textEdited.connect(self._offer)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._popup.isVisible() and event.key() in _POPUP_KEYS:
            event.ignore()  # they choose from the popup or close it
        elif event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.emptied.emit()
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def insert_term(self, start: str) -> None:
        """Begins a term at the end of the text."""
        text = self.text().rstrip()
        self.setText(f"{text} {start}".lstrip())
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._offer()

    def _offer(self) -> None:
        from tinaface.image_filter import completions

        before = self.text()[: self.cursorPosition()]
        # Where nothing has begun, all fields would be offered, over the list that one looks at.
        has_begun = bool(before) and not before[-1].isspace()
        found = completions(self.text(), self.cursorPosition()) if has_begun else []
        self._offers.clear()
        for one in found:
            self._offers.appendRow(_offer_item(one))
        if found:
            self._completer.complete()
            self._popup.setCurrentIndex(QModelIndex())
        else:
            self._popup.hide()

    def _take(self, index: QModelIndex | QPersistentModelIndex) -> None:
        start, end, text = index.data(Qt.ItemDataRole.UserRole)
        before = self.text()
        self.setText(before[:start] + text + before[end:])
        self.setCursorPosition(start + len(text))
        self._offer()


def _offer_item(one: "Completion") -> QStandardItem:
    item = QStandardItem(f"{one.text}   {field_meaning(one.field)}")
    item.setData((one.start, one.end, one.text), Qt.ItemDataRole.UserRole)
    return item


class FilterChips(QWidget):
    """One button for each term of the filter and for a kept selection; a click takes it away."""

    text_wanted = Signal(str)

    def __init__(self, files: FilesModel) -> None:
        super().__init__()
        self._files = files
        self._flow = FlowLayout(self, CHIP_SPACING)
        self._shown: tuple[object, ...] = ()
        self.hide()

    def refresh(self) -> None:
        """Shows the filter of the list as it is now."""
        asked, title = self._files.asked, self._files.kept_title
        terms = [term for term in asked.terms if term.field is not None]
        shown = (title, *(asked.text[term.start : term.end] for term in terms))
        if shown == self._shown:
            return
        self._shown = shown
        while (item := self._flow.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        if title:
            self._add(title, self._files.keep_all)
        for term in terms:
            self._add_term(asked.text[term.start : term.end], term, asked.without(term))
        self.setVisible(bool(title or terms))
        self.updateGeometry()

    def _add_term(self, text: str, term: "Term", without: str) -> None:
        chip = self._add(text, partial(self.text_wanted.emit, without))
        if not term.is_understood:
            chip.setProperty("unfinished", True)
            chip.setText(f"{text} … ?")
            chip.setToolTip(self.tr("Not finished: it filters nothing yet"))

    def _add(self, text: str, remove: object) -> QToolButton:
        chip = named(QToolButton(self), "FilterChip")
        shown = text if len(text) <= CHIP_LETTERS else f"{text[: CHIP_LETTERS - 1]}…"
        chip.setText(f"{shown}  ✕")
        chip.setToolTip(self.tr("{term}: click to take it away").format(term=text))
        chip.setAccessibleName(self.tr("Take away {term}").format(term=text))
        chip.clicked.connect(remove)
        self._flow.addWidget(chip)
        chip.show()
        return chip


class FilterMenu(QMenu):
    """Saved filters, and the fields that can be asked for."""

    def __init__(self, search: SearchField, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._search = search
        self._settings = settings
        self.aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        from tinaface.image_filter import FIELDS, completions

        self.clear()
        saved, text = self._settings.saved_filters, self._search.text().strip()
        save = self.addAction(self.tr("Save this filter"))
        save.setEnabled(bool(text) and text not in saved)
        save.triggered.connect(lambda: self._keep([text, *saved]))
        if saved:
            self.addSeparator()
        for one in saved:
            self.addAction(_shown(one)).triggered.connect(partial(self._search.setText, one))
        if saved:
            remove = self.addMenu(self.tr("Forget a saved filter"))
            for one in saved:
                others = [other for other in saved if other != one]
                remove.addAction(_shown(one)).triggered.connect(partial(self._keep, others))
        self.addSeparator()
        add = self.addMenu(self.tr("Add a condition"))
        start_of = {one.field: one.text for one in completions("", 0)}
        for field in FIELDS:
            action = add.addAction(f"{start_of[field]}\t{field_meaning(field)}")
            action.triggered.connect(partial(self._search.insert_term, start_of[field]))

    def _keep(self, filters: list[str]) -> None:
        self._settings.saved_filters = filters


def _shown(text: str) -> str:
    return text.replace("&", "&&")
