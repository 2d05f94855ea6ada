"""The pages of the window as data: a row here is a tab, a command, a key and a `--page` name.

A page is one file in this package and one QWidget. It is made when it is first shown, from
`Surroundings`, and knows neither the window nor another page. The focus goes to its focus proxy
(`self.setFocusProxy(view)` in its constructor), and there the keys of `Scope.PAGES` act. Anything
may show a page: `session.page.show("grid")`. This module loads no Qt; factories import.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.detection import Detection
    from app.looking import Looking
    from app.panels.hint_bar import HintBar
    from app.session import Session
    from app.theme import Theme
    from app.training.trainer import Trainer


REVIEW = "review"
GRID = "grid"
TRAIN = "train"
ERRORS = "errors"
EVALUATE = "evaluate"


@dataclass(frozen=True)
class Surroundings:
    """What a page may use.

    Attributes:
        hints: the line at the bottom; a page tells with `hints.show_note(text)`.
        looking: `looking.look_at(image, xyxy)` shows one box on the page with the canvas.
    """

    session: Session
    detection: Detection
    trainer: Trainer
    theme: Theme
    hints: HintBar
    looking: Looking


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        id: the name for `session.page.show(id)` and `--page`.
        title: English source text of tab and command, translated in the commands' context.
        key: in portable form; it acts in the whole window.
        make: imports the page's room and builds the page.
        hints: ids of the commands that the hint line tells while the page is shown.
        docks: names of the docks that stand beside the page when it is first shown.
        shows_images: images can be picked on it, and the keys of `Scope.IMAGES` act.
        shows_errors: disagreements can be picked on it, and those of `Scope.JUDGING` act too.
    """

    id: str
    title: str
    key: str
    make: Callable[[Surroundings], QWidget]
    hints: tuple[str, ...] = ()
    docks: tuple[str, ...] = ()
    shows_images: bool = False
    shows_errors: bool = False


def _review(at: Surroundings) -> QWidget:
    from app.pages.review import ReviewPage

    return ReviewPage(at)


def _grid(at: Surroundings) -> QWidget:
    from app.pages.grid import GridPage

    return GridPage(at)


def _train(at: Surroundings) -> QWidget:
    from app.pages.train.page import TrainPage

    return TrainPage(at)


def _errors(at: Surroundings) -> QWidget:
    from app.pages.errors import ErrorsPage

    return ErrorsPage(at)


def _evaluate(at: Surroundings) -> QWidget:
    from app.pages.evaluate import EvaluatePage

    return EvaluatePage(at)


def _health(at: Surroundings) -> QWidget:
    from app.pages.health import HealthPage

    return HealthPage(at)


def _text(text: str) -> str:
    """Marks a text for translation; whoever shows it translates it."""
    return text


PAGES: tuple[Page, ...] = (
    Page(
        REVIEW,
        _text("Review"),
        "Ctrl+1",
        _review,
        docks=("Images", "Boxes", "Inspector", "Detection"),
    ),
    Page(
        GRID,
        _text("Grid"),
        "Ctrl+2",
        _grid,
        ("review.done", "review.not-done", "review.doubt"),
        docks=("Images",),
        shows_images=True,
    ),
    Page(
        ERRORS,
        _text("Errors"),
        "Ctrl+3",
        _errors,
        hints=(
            "review.accept",
            "review.reject",
            "review.swap",
            "review.ignore",
            "review.doubt",
            "edit.undo",
        ),
        shows_errors=True,
    ),
    Page(TRAIN, _text("Train"), "Ctrl+4", _train),
    Page(EVALUATE, _text("Evaluate"), "Ctrl+5", _evaluate),
    Page("health", _text("Health"), "Ctrl+6", _health),
)


def page_of(page_id: str) -> Page:
    """The row of a page."""
    return next(page for page in PAGES if page.id == page_id)
