"""The commands of the review loop: a part of the table `app/actions.py`."""

from __future__ import annotations

from functools import partial

from app.action import GO, REVIEW, Command, Desk, Scope, When
from app.action import source_text as _text
from app.pages.table import GRID

_REVIEW, _IMAGES, _JUDGING = Scope.REVIEW, Scope.IMAGES, Scope.JUDGING


def _go(desk: Desk, step: int) -> None:
    desk.session.loop.queue.go(step)


def _go_unreviewed(desk: Desk, step: int) -> None:
    desk.session.loop.judging.go_to_unreviewed(step)


def _mark(desk: Desk, status: str) -> None:
    """Marks the picked images on the page that shows many, else the one on the canvas."""
    from tinaface.verdicts import Status

    session, wanted = desk.session, Status(status)
    if session.page.id == GRID:
        session.views.picks.set_status(wanted)
    elif wanted is Status.REVIEWED:
        session.loop.done()
    elif wanted is Status.DOUBT:
        desk.review.doubt()
    else:
        session.loop.judging.reopen_image()


REVIEWING: tuple[Command, ...] = (
    Command("review.next", _text("&Next disagreement"), ("F",), REVIEW, When.IMAGES,
            partial(_go, step=1), _REVIEW, "next", repeats=True,
            hint=_text("next disagreement")),
    Command("review.previous", _text("&Previous disagreement"), ("Shift+F",), REVIEW,
            When.IMAGES, partial(_go, step=-1), _REVIEW, repeats=True),
    Command("review.accept", _text("&Accept"), ("E", "Return", "Enter"), REVIEW, When.JUDGEABLE,
            lambda desk: desk.review.accept(), _JUDGING, "accept", starts_group=True,
            hint=_text("accept")),
    Command("review.reject", _text("&Reject"), ("R",), REVIEW, When.JUDGEABLE,
            lambda desk: desk.review.reject(), _JUDGING, "reject", hint=_text("reject")),
    Command("review.swap", _text("&Swap: take the prediction's place"), ("S",), REVIEW,
            When.JUDGEABLE, lambda desk: desk.review.swap(), _JUDGING,
            hint=_text("swap")),
    Command("review.ignore", _text("&Ignore region on or off"), ("G",), REVIEW, When.JUDGEABLE,
            lambda desk: desk.review.ignore(), _JUDGING, hint=_text("ignore")),
    Command("review.doubt", _text("&Doubtful, come back later"), ("X",), REVIEW, When.IMAGES,
            partial(_mark, status="doubt"), _IMAGES, hint=_text("doubtful")),
    Command("review.next-doubtful", _text("Next do&ubtful"), ("U",), REVIEW, When.IMAGES,
            lambda desk: desk.session.loop.queue.go_to_doubtful(), _REVIEW, repeats=True),
    Command("review.done", _text("Image is d&one, and next"), ("Space",), REVIEW, When.IMAGES,
            partial(_mark, status="reviewed"), _IMAGES, "accept",
            starts_group=True, hint=_text("image done")),
    Command("review.not-done", _text("Image is not done"), ("Shift+Space",), REVIEW,
            When.IMAGES, partial(_mark, status="todo"), _IMAGES, hint=_text("not done")),
    Command("review.crowd", _text("&Crowd mode: tile by tile"), ("C",), REVIEW, When.PICTURE,
            lambda desk: desk.toggle_crowd(), _REVIEW),
    Command("review.attributes", _text("Attri&butes"), ("Ctrl+E",), REVIEW,
            When.EDITABLE_SELECTION, lambda desk: desk.dialogs.edit_attributes(), _REVIEW,
            starts_group=True),
    Command("review.explain", _text("&Explain: why is it here, why was it missed"), ("I",),
            REVIEW, When.PICTURE, lambda desk: desk.inspect(), _REVIEW, hint=_text("explain")),
    Command("review.report", _text("Session repor&t"), (), REVIEW, When.FOLDER,
            lambda desk: desk.dialogs.show_report()),
    Command("go.next-unreviewed", _text("Next image not re&viewed"), ("Shift+D",), GO,
            When.IMAGES, partial(_go_unreviewed, step=1), _REVIEW, repeats=True,
            starts_group=True),
    Command("go.previous-unreviewed", _text("Previous image not revie&wed"), ("Shift+A",), GO,
            When.IMAGES, partial(_go_unreviewed, step=-1), _REVIEW, repeats=True),
)  # fmt: skip
