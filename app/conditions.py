"""Which conditions of the command table hold now, and which keys are worth telling."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.actions import COMMANDS, CONTEXT, When
from app.pages.table import page_of

if TYPE_CHECKING:
    from app.detection import Detection
    from app.session import Session

_COMMAND = {command.id: command for command in COMMANDS}

DRAWING = ("edit.cancel",)
BOX_SELECTED = ("edit.delete", "edit.ignore", "view.zoom-box", "edit.next-box", "edit.undo")
PREDICTION_SELECTED = ("edit.accept", "edit.next-prediction", "view.zoom-box")
NOTHING_SELECTED = (
    "go.next",
    "go.previous",
    "edit.draw",
    "edit.next-box",
    "edit.next-prediction",
    "view.overlay",
    "detect.image",
)
NO_FOLDER = ("file.open-folder",)


def holding(session: "Session", detection: "Detection") -> frozenset[When]:
    """The conditions that hold."""
    found = {When.ALWAYS}
    document = session.document
    if session.page.is_review:
        found.add(When.ON_REVIEW)
    if session.root is not None:
        found.add(When.FOLDER)
    if session.files.rowCount():
        found.add(When.IMAGES)
    if session.has_unsaved:
        found.add(When.UNSAVED)
    if detection.can_detect and session.files.rowCount():
        found.add(When.CAN_DETECT)
    if detection.is_busy:
        found.add(When.DETECTING)
    if session.is_comparing:
        found.add(When.COMPARING)
    if document is None:
        return frozenset(found)
    found.add(When.PICTURE)
    has_selection = bool(document.selection)
    if len(document.gt_boxes):
        found.add(When.BOXES)
    if has_selection or document.selected_prediction is not None:
        found.add(When.SELECTION)
    if session.can_edit:
        found.add(When.EDITABLE)
        if has_selection:
            found.add(When.EDITABLE_SELECTION)
    if len(document.visible_places()):
        found.add(When.PREDICTION)
    if document.undo_stack.canUndo():
        found.add(When.UNDO)
    if document.undo_stack.canRedo():
        found.add(When.REDO)
    return frozenset(found)


def hints(session: "Session", tool: str, now: frozenset[When]) -> list[tuple[str, str]]:
    """Keys and what they do in this situation, from the table of commands."""
    document = session.document
    wanted: tuple[str, ...]
    if not session.files.total:
        wanted = NO_FOLDER
    elif not session.page.is_review:
        wanted = page_of(session.page.id).hints
    elif tool == "draw":
        wanted = DRAWING
    elif document is not None and document.selection:
        wanted = BOX_SELECTED
    elif document is not None and document.selected_prediction is not None:
        wanted = PREDICTION_SELECTED
    else:
        wanted = NOTHING_SELECTED
    found = [
        (command.shown_keys(1), QCoreApplication.translate(CONTEXT, command.hint))
        for command in (_COMMAND[one] for one in (*wanted, "help.keys"))
        if command.needs <= now
    ]
    if tool == "draw":
        found.insert(0, ("", QCoreApplication.translate(CONTEXT, "Drag or click twice to draw")))
    return found
