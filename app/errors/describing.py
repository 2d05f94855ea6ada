"""A disagreement in words, for tips and for those who hear the page."""

from PySide6.QtCore import QCoreApplication, QLocale

from tinaface.disagreement_listing import Listed
from tinaface.disagreements import Kind


def describe(listed: Listed, name: str) -> str:
    """What disagrees where, in a sentence."""
    number = QLocale().toString
    score = "" if listed.score is None else number(listed.score, "f", 2)
    if listed.kind is Kind.FP:
        what = _tr("A face is found where no label is, score {score}").format(score=score)
    elif listed.kind is Kind.LOOSE:
        what = _tr("The label lies loosely on the face that is found, score {score}").format(
            score=score
        )
    elif listed.kind is Kind.DUP:
        what = _tr("Two labels on one face: they overlap by {overlap}").format(overlap=score)
    elif listed.score is None:
        what = _tr("No face is found at this label")
    else:
        what = _tr("The face at this label is found with score {score} only").format(score=score)
    height = number(round(listed.xyxy[3] - listed.xyxy[1]))
    return _tr("{what}; {height} pixels high, in {image}").format(
        what=what, height=height, image=name
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("errors", text)
