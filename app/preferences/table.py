"""The settings of the dialog as data: a row here is a line of Ctrl+comma."""

from dataclasses import dataclass

from app.action import source_text as _text


@dataclass(frozen=True)
class Choice:
    """One of a few values, each with its English source text."""

    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Number:
    """A number within limits; `none` is the text of the least value where that means "not set"."""

    low: float
    high: float
    step: float
    decimals: int = 0
    unit: str = ""
    none: str = ""


@dataclass(frozen=True)
class Switch:
    """On or off."""


@dataclass(frozen=True)
class Row:
    """One setting.

    Attributes:
        name: the attribute of `Settings`.
        text: English source text.
        help: a sentence on what it changes, as source text.
    """

    name: str
    text: str
    help: str
    kind: Choice | Number | Switch


@dataclass(frozen=True)
class Section:
    """Settings under one heading."""

    title: str
    rows: tuple[Row, ...]


SECTIONS: tuple[Section, ...] = (
    Section(
        _text("Look"),
        (
            Row(
                "theme",
                _text("Colours"),
                _text("“As the system” changes whenever the system does."),
                Choice(
                    (
                        ("system", _text("As the system")),
                        ("light", _text("Light")),
                        ("dark", _text("Dark")),
                        ("contrast", _text("High contrast")),
                    )
                ),
            ),
            Row(
                "language",
                _text("Language"),
                _text("From the next start on."),
                Choice((("system", _text("As the system")), ("en", "English"), ("de", "Deutsch"))),
            ),
            Row(
                "reduce_motion",
                _text("Reduce motion"),
                _text("Jump to the next box instead of flying there."),
                Switch(),
            ),
        ),
    ),
    Section(
        _text("Files"),
        (
            Row(
                "image_data",
                _text("Picture inside a label file"),
                _text(
                    "Labelme can store it there a second time (imageData). It is left out only "
                    "with an edit, and where the image itself is there."
                ),
                Choice((("keep", _text("Kept as found")), ("drop", _text("Left out on saving")))),
            ),
        ),
    ),
    Section(
        _text("Canvas"),
        (
            Row(
                "overlay",
                _text("Boxes shown"),
                _text("Ground truth, predictions, both or none."),
                Choice(
                    (
                        ("both", _text("Both")),
                        ("gt", _text("Ground truth")),
                        ("prediction", _text("Predictions")),
                        ("none", _text("None")),
                    )
                ),
            ),
            Row(
                "zoom_kept",
                _text("Another image is shown"),
                _text("“Same zoom” holds where both images have one size; else they are fitted."),
                Choice(
                    (
                        ("fit", _text("Fitted")),
                        ("same", _text("With the same zoom and place")),
                        ("remember", _text("As it was seen last")),
                    )
                ),
            ),
            Row(
                "wheel",
                _text("Mouse wheel"),
                _text("With Ctrl held it always zooms, with Shift it scrolls sideways."),
                Choice((("zooms", _text("Zooms")), ("scrolls", _text("Scrolls")))),
            ),
            Row(
                "least_side",
                _text("Smallest box"),
                _text("A smaller one is a slip of the hand: it is not drawn."),
                Number(1, 16, 1, unit=_text(" px")),
            ),
            Row(
                "halo",
                _text("Rim around lines"),
                _text("White or black, so that boxes are seen on every picture."),
                Switch(),
            ),
            Row(
                "checkerboard",
                _text("Checkerboard"),
                _text("Behind transparent pictures; the detector sees black there."),
                Switch(),
            ),
        ),
    ),
    Section(
        _text("Review"),
        (
            Row(
                "next_by_itself",
                _text("Go on by itself"),
                _text("After a verdict the next disagreement comes by itself."),
                Switch(),
            ),
            Row(
                "train_after",
                _text("Offer to train"),
                _text("After so many verdicts a bar offers to train on what was fixed."),
                Number(0, 100_000, 10, none=_text("never")),
            ),
            Row(
                "filmstrip",
                _text("Filmstrip"),
                _text("The images before and after the current one, below the canvas."),
                Switch(),
            ),
            Row(
                "list_thumbnails",
                _text("Thumbnails in the list"),
                _text("Small pictures in place of the names of the images."),
                Switch(),
            ),
        ),
    ),
    Section(
        _text("Detector"),
        (
            Row(
                "score_floor",
                _text("Least score"),
                _text("Detections below it are not kept; the threshold hides more of them later."),
                Number(0.001, 0.99, 0.01, decimals=3),
            ),
            Row(
                "nms_iou",
                _text("NMS overlap"),
                _text("Of detections that overlap more than this, the best one stays."),
                Number(0, 1, 0.05, decimals=2, none=_text("model's own")),
            ),
            Row(
                "long_side",
                _text("Long side"),
                _text("Pictures are scaled to it: larger finds smaller faces, slower."),
                Number(0, 8192, 64, unit=_text(" px"), none=_text("model's own")),
            ),
        ),
    ),
)  # fmt: skip
