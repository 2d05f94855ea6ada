"""Which conditions of the command table hold now, and which keys are worth telling."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.action import CONTEXT, Command, When, source_text
from app.actions import COMMANDS
from app.pages.table import ERRORS, page_of

if TYPE_CHECKING:
    from app.detection import Detection
    from app.loop.batches import Batches
    from app.session import Session
    from app.training.trainer import Trainer

_COMMAND = {command.id: command for command in COMMANDS}

_REASONS = {
    When.ON_REVIEW: source_text("Only on the page Review"),
    When.FOLDER: source_text("No folder is open"),
    When.IMAGES: source_text("No images are listed"),
    When.PICTURE: source_text("No picture is shown"),
    When.EDITABLE: source_text("The boxes of this image cannot be changed"),
    When.BOXES: source_text("This image has no boxes"),
    When.SELECTION: source_text("No box is selected"),
    When.EDITABLE_SELECTION: source_text("No box is selected that can be changed"),
    When.BACK: source_text("No image was looked at before this one"),
    When.FORWARD: source_text("No image was looked at after this one"),
    When.UNDO: source_text("Nothing can be undone"),
    When.REDO: source_text("Nothing can be redone"),
    When.UNSAVED: source_text("Everything is saved"),
    When.CAN_DETECT: source_text("No weights are chosen, or a detection runs"),
    When.DETECTING: source_text("No detection runs"),
    When.DISAGREEMENT: source_text("Nothing disagrees at what is selected"),
    When.SWAPPABLE: source_text("No prediction is near whose place a label could take"),
    When.TRAINING: source_text("No training is at work"),
    When.JUDGEABLE: source_text("Neither a picture is shown nor an error picked"),
    When.COMPARING: source_text("There is no second model's result"),
}

DRAWING = ("edit.cancel",)
DISAGREEMENT_SELECTED = (
    "review.accept",
    "review.reject",
    "review.swap",
    "review.ignore",
    "review.doubt",
    "review.next",
    "review.explain",
    "review.done",
    "edit.undo",
)
BOX_SELECTED = (
    "review.next",
    "edit.delete",
    "review.ignore",
    "view.zoom-box",
    "edit.next-box",
    "edit.undo",
)
PREDICTION_SELECTED = ("review.next", "review.accept", "view.zoom-box")
_PICTURE = (
    "go.next",
    "go.previous",
    "edit.draw",
    "edit.next-box",
    "review.done",
    "view.overlay",
)
NOTHING_SELECTED = ("review.next", *_PICTURE, "detect.image")
NOTHING_DETECTED = ("detect.image", *_PICTURE)
NO_FOLDER = ("file.open-folder",)


def holding(session: "Session", detection: "Detection", trainer: "Trainer") -> frozenset[When]:
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
    if session.visited.can_go(-1):
        found.add(When.BACK)
    if session.visited.can_go(1):
        found.add(When.FORWARD)
    if detection.can_detect and session.files.rowCount():
        found.add(When.CAN_DETECT)
    if detection.is_busy:
        found.add(When.DETECTING)
    if trainer.is_training:
        found.add(When.TRAINING)
    if session.is_comparing:
        found.add(When.COMPARING)
    if session.page.id == ERRORS:
        return frozenset(found | _of_errors(session.loop.batches))
    if document is None:
        return frozenset(found)
    found.add(When.PICTURE)
    if session.page.is_review:
        found.add(When.JUDGEABLE)
    has_selection = bool(document.selection)
    if len(document.gt_boxes):
        found.add(When.BOXES)
    if has_selection or document.selected_prediction is not None:
        found.add(When.SELECTION)
    if session.can_edit:
        found.add(When.EDITABLE)
        if has_selection:
            found.add(When.EDITABLE_SELECTION)
    target = session.loop.queue.target()
    if target is not None:
        found.add(When.DISAGREEMENT)
        if session.loop.judging.can_swap(target):
            found.add(When.SWAPPABLE)
    if document.undo_stack.canUndo() or session.loop.judging.leads_back:
        found.add(When.UNDO)
    if document.undo_stack.canRedo():
        found.add(When.REDO)
    return frozenset(found)


def _of_errors(batches: "Batches") -> set[When]:
    """What holds on the page of errors, where commands are about what is picked."""
    found = set()
    if len(batches.picked):
        found.add(When.JUDGEABLE)
    if batches.can_undo:
        found.add(When.UNDO)
    if batches.can_redo:
        found.add(When.REDO)
    return found


def why_not(command: Command, now: frozenset[When]) -> str:
    """Why a command cannot be used; empty where it can."""
    missing = [one for one in When if one in command.needs and one not in now]
    return QCoreApplication.translate(CONTEXT, _REASONS[missing[0]]) if missing else ""


def hints(session: "Session", tool: str, now: frozenset[When]) -> list[tuple[str, str]]:
    """Keys and what they do in this situation, from the table of commands."""
    document = session.document
    wanted: tuple[str, ...]
    if not session.files.total:
        wanted = NO_FOLDER
    elif not session.page.is_review:
        is_idle = session.page.id == ERRORS and When.JUDGEABLE not in now
        wanted = () if is_idle else page_of(session.page.id).hints
    elif tool == "draw":
        wanted = DRAWING
    elif When.DISAGREEMENT in now:
        is_left_out = "" if When.SWAPPABLE in now else "review.swap"
        wanted = tuple(one for one in DISAGREEMENT_SELECTED if one != is_left_out)
    elif document is not None and document.selection:
        wanted = BOX_SELECTED
    elif document is not None and document.selected_prediction is not None:
        wanted = PREDICTION_SELECTED
    elif not (session.predictions.has_any or session.predictions.is_reading):
        wanted = NOTHING_DETECTED
    else:
        wanted = NOTHING_SELECTED
    say = _of_verdicts(session) if "review.accept" in wanted else {}
    found = [
        (
            session.keymap.shown(command.id, 1),
            say.get(command.id) or QCoreApplication.translate(CONTEXT, command.hint),
        )
        for command in (_COMMAND[one] for one in (*wanted, "help.keys"))
        if command.needs <= now
    ]
    if tool == "draw":
        found.insert(0, ("", QCoreApplication.translate(CONTEXT, "Drag or click twice to draw")))
    return found


def _of_verdicts(session: "Session") -> dict[str, str]:
    """By command, what accepting and rejecting would do to the current disagreement."""
    target = session.loop.queue.target() if session.page.is_review else None
    if target is None:
        return {}
    # These bring numpy, which the disagreement has brought already.
    from app.loop.effects import hint_of
    from tinaface.verdicts import Judgement

    judgements = {"review.accept": Judgement.ACCEPT, "review.reject": Judgement.REJECT}
    return {command: hint_of(target.kind, one) for command, one in judgements.items()}
