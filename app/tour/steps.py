"""The steps of the tour as data: what to do, and the commands that do it."""

from dataclasses import dataclass

from app.action import source_text as _text


@dataclass(frozen=True)
class Step:
    """One thing to try.

    Attributes:
        title: English source text.
        text: English source text; `{keys}` stands for the keys of the commands.
        command_ids: any of these commands ends the step.
    """

    title: str
    text: str
    command_ids: tuple[str, ...]


STEPS: tuple[Step, ...] = (
    Step(
        _text("Fly to the worst disagreement"),
        _text(
            "Solid boxes are labels, dashed ones what the detector found. {keys} brings the place "
            "where they disagree most."
        ),
        ("review.next",),
    ),
    Step(
        _text("Decide with one key"),
        _text(
            "{keys}: the prediction is right, wrong, or fits better than the label. The next "
            "disagreement comes by itself."
        ),
        ("review.accept", "review.reject", "review.swap"),
    ),
    Step(
        _text("Take it back"),
        _text("{keys} undoes the last edit of this image, and the one before, without limit."),
        ("edit.undo",),
    ),
    Step(
        _text("Draw a box"),
        _text("{keys}, then drag around a face. It is saved by itself; Esc puts the pencil away."),
        ("edit.draw", "edit.draw-many"),
    ),
    Step(
        _text("See less"),
        _text("{keys} shows labels and predictions, only the ones, only the others, or neither."),
        ("view.overlay",),
    ),
    Step(
        _text("Ask for surer predictions"),
        _text("{keys} moves the threshold: predictions with a lower score are hidden."),
        ("view.threshold-up", "view.threshold-down"),
    ),
    Step(
        _text("Done with this image"),
        _text("{keys} marks the image as reviewed and opens the next one."),
        ("review.done",),
    ),
)
