"""What a command is: its text, its keys, when and where it can be used, what it calls.

The table of all commands is `app/actions.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from app.canvas.view import Canvas
    from app.decisions import Decisions
    from app.detection import Detection
    from app.dialogs import Dialogs
    from app.docks import Docks
    from app.exporting import Exporter
    from app.opening import Opener
    from app.review import Review
    from app.session import Session
    from app.training.trainer import Trainer
    from app.trashing import Trashing

CONTEXT = "actions"


class When(Enum):
    """What must hold for a command to be of use."""

    ALWAYS = auto()
    ON_REVIEW = auto()  # the page with the canvas is shown
    FOLDER = auto()
    IMAGES = auto()
    PICTURE = auto()
    EDITABLE = auto()
    BOXES = auto()
    SELECTION = auto()
    EDITABLE_SELECTION = auto()
    UNDO = auto()
    REDO = auto()
    UNSAVED = auto()
    BACK = auto()  # an image was looked at before this one
    FORWARD = auto()
    CAN_DETECT = auto()
    DETECTING = auto()
    DISAGREEMENT = auto()  # of the selected box or prediction
    SWAPPABLE = auto()  # a label may take the place of a prediction
    TRAINING = auto()
    JUDGEABLE = auto()  # a picture on the page with the canvas, or tiles of errors are picked
    COMPARING = auto()  # another model's predictions are at hand


class Scope(Enum):
    """Where a key acts. Letters act where boxes or rows are looked at, never while typing."""

    WINDOW = auto()
    PAGES = auto()  # canvas, list of images, and the focus proxy of every other page
    IMAGES = auto()  # canvas, list of images, and pages where images can be picked
    REVIEW = auto()  # canvas and list of images, while the page with the canvas is shown
    CANVAS = auto()
    JUDGING = auto()  # canvas and list of images, and the tiles of errors


class Desk(Protocol):
    """What commands may use: the main window offers it."""

    @property
    def session(self) -> Session: ...
    @property
    def detection(self) -> Detection: ...
    @property
    def trainer(self) -> Trainer: ...
    @property
    def canvas(self) -> Canvas: ...
    @property
    def review(self) -> Review: ...
    @property
    def decisions(self) -> Decisions: ...
    @property
    def trashing(self) -> Trashing: ...
    @property
    def opener(self) -> Opener: ...
    @property
    def exporter(self) -> Exporter: ...
    @property
    def dialogs(self) -> Dialogs: ...
    @property
    def docks(self) -> Docks: ...
    def find_image(self) -> None: ...
    def next_panel(self, step: int) -> None: ...
    def start_tour(self) -> None: ...
    def inspect(self) -> None: ...
    def toggle_crowd(self) -> None: ...
    def set_overlay(self, name: str | None) -> None: ...
    def choose_theme(self, name: str) -> None: ...
    def toggle_full_screen(self) -> None: ...
    def quit(self) -> None: ...


@dataclass(frozen=True)
class Command:
    """One thing the user can do.

    Attributes:
        id: `group.name`; never shown.
        text: English source text; `&` marks the menu's letter.
        keys: in portable form, before the user chose others (`app/keys/keymap.py`).
        menu: the menu it stands in; None for keys that need no menu entry.
        call: what it does.
        icon: a name in `resources/icons`.
        repeats: holding the key does it again and again.
        starts_group: a line stands above it in its menu.
        hint: the one or two words of the hint line.
    """

    id: str
    text: str
    keys: tuple[str, ...]
    menu: str | None
    when: When
    call: Callable[[Desk], object]
    scope: Scope = Scope.WINDOW
    icon: str | None = None
    repeats: bool = False
    starts_group: bool = False
    hint: str = ""

    @property
    def needs(self) -> frozenset[When]:
        """All that must hold."""
        is_of_canvas = self.scope in (Scope.REVIEW, Scope.CANVAS)
        return frozenset({self.when, When.ON_REVIEW} if is_of_canvas else {self.when})

    @property
    def label(self) -> str:
        """The text in the user's language."""
        return QCoreApplication.translate(CONTEXT, self.text)

    @property
    def plain_label(self) -> str:
        """The text without the menu's letter mark and dots."""
        return self.label.replace("&", "").rstrip("…")

    @property
    def full_label(self) -> str:
        """The text with the menu before it."""
        if self.menu is None:
            return self.plain_label
        menu = QCoreApplication.translate(CONTEXT, self.menu).replace("&", "")
        form = QCoreApplication.translate(CONTEXT, "{menu}: {command}")
        return form.format(menu=menu, command=self.plain_label)


def source_text(text: str) -> str:
    """Marks a text for translation; `label` translates it."""
    return text


FILE = source_text("&File")
EDIT = source_text("&Edit")
GO = source_text("&Go")
REVIEW = source_text("&Review")
VIEW = source_text("&View")
DETECT = source_text("&Detect")
PAGE = source_text("&Page")
HELP = source_text("&Help")
MENUS = (FILE, EDIT, GO, REVIEW, VIEW, DETECT, PAGE, HELP)
