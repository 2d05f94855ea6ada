"""What each verdict does to the boxes, kind by kind: the one table of the review loop.

| | FP | FN | LOOSE | DUP |
| --- | --- | --- | --- | --- |
| accept | prediction becomes a label | label confirmed | pair agreed | both stay |
| reject | prediction is wrong | label deleted | prediction is wrong | worse label deleted |
| swap | its label moves here | label moves there | label takes the prediction's place | |
| ignore | prediction becomes an ignore region | label ignored | label ignored | worse one ignored |
| doubt | put off | put off | put off | put off |

Where nothing happens to a box, the verdict alone settles the matter. A label that sits beside its
face is an FN, and the prediction on the face an FP: swap mends both at once.
"""

import numpy as np
from PySide6.QtCore import QCoreApplication

from app.commands import AddBoxes, Edit, MoveBoxes, RemoveBoxes, SetFlag
from app.document import DEFAULT_LABEL, Document
from app.placement import BoxArray
from tinaface.boxes import pairwise_iou
from tinaface.disagreement_table import Disagreement
from tinaface.disagreements import Kind
from tinaface.verdicts import Judgement

IGNORE_FLAG = "ignore"
BESIDE_IOU = 0.1
"""A missed label and an extra prediction that overlap by as much are of one face."""


def is_possible(document: Document, one: Disagreement, judgement: Judgement) -> bool:
    """Whether the verdict means anything here."""
    return judgement is not Judgement.SWAP or swapped(document, one) is not None


def edit_of(document: Document, one: Disagreement, judgement: Judgement) -> Edit | None:
    """The edit that a verdict asks for; None where it changes no box."""
    text = name_of(one.kind, judgement)
    match one.kind, judgement:
        case Kind.FP, Judgement.ACCEPT:
            return AddBoxes(document, _prediction(document, one.row), [DEFAULT_LABEL], text)
        case Kind.FP, Judgement.IGNORE:
            box = _prediction(document, one.row)
            return AddBoxes(document, box, [DEFAULT_LABEL], text, [frozenset({IGNORE_FLAG})])
        case ((Kind.FP | Kind.FN | Kind.LOOSE), Judgement.SWAP):
            pair = swapped(document, one)
            if pair is None:
                return None
            row, place = pair
            return MoveBoxes(document, np.array([row]), _prediction(document, place), None, text)
        case Kind.FN, Judgement.REJECT:
            return RemoveBoxes(document, np.array([one.row]), text)
        case Kind.DUP, Judgement.REJECT:
            return RemoveBoxes(document, np.array([worse_of(document, one)]), text)
        case ((Kind.FN | Kind.LOOSE), Judgement.IGNORE):
            return SetFlag(document, np.array([one.row]), IGNORE_FLAG, True, text)
        case Kind.DUP, Judgement.IGNORE:
            rows = np.array([worse_of(document, one)])
            return SetFlag(document, rows, IGNORE_FLAG, True, text)
    return None


def swapped(document: Document, one: Disagreement) -> tuple[int, int] | None:
    """The label that swap moves and the prediction that it moves to; None where there is none.

    Of an FP it is the missed label that overlaps it most, of an FN the extra prediction.
    """
    comparison = document.compared()
    if comparison is None or one.kind is Kind.DUP:
        return None
    if one.kind is Kind.LOOSE:
        return one.row, one.partner
    matching, at = comparison.matching, document.threshold
    if one.kind is Kind.FP:
        rows, places = matching.missed(at), np.array([one.row])
    else:
        rows, places = np.array([one.row]), matching.false_alarms(at)
    if not len(rows) or not len(places):
        return None
    predictions = document.predictions.xyxy[places].astype(np.float64)
    iou = pairwise_iou(document.gt_boxes[rows], predictions)
    best = np.unravel_index(int(iou.argmax()), iou.shape)
    if iou[best] < BESIDE_IOU:
        return None
    return int(rows[best[0]]), int(places[best[1]])


def worse_of(document: Document, one: Disagreement) -> int:
    """Of two labels on one face the one that fits the shown prediction less; the later one where
    no prediction is shown, or both fit equally."""
    comparison = document.compared()
    if comparison is None:
        return one.row
    matching = comparison.matching
    finders = [int(matching.matched_detection[row]) for row in (one.row, one.partner)]
    shown = [place for place in finders if place >= 0]
    shown = [place for place in shown if matching.scores[place] >= document.threshold]
    if not shown:
        return one.row
    best = max(shown, key=lambda place: float(matching.scores[place]))
    pair = document.gt_boxes[[one.row, one.partner]]
    later, earlier = pairwise_iou(document.predictions.xyxy[[best]].astype(np.float64), pair)[0]
    return one.partner if earlier < later else one.row


def _prediction(document: Document, place: int) -> BoxArray:
    """`[1, 4]` a prediction, cut to the picture."""
    height, width = document.image_size
    boxes = document.predictions.xyxy[[place]].astype(np.float64)
    return np.clip(boxes, 0, [width, height, width, height])


def name_of(kind: Kind, judgement: Judgement) -> str:
    """What a verdict did, for undo menu and report."""
    texts = {
        (Kind.FP, Judgement.ACCEPT): _tr("Accept prediction"),
        (Kind.FP, Judgement.REJECT): _tr("Reject prediction"),
        (Kind.FP, Judgement.IGNORE): _tr("Ignore region from prediction"),
        (Kind.FN, Judgement.ACCEPT): _tr("Confirm missed label"),
        (Kind.FN, Judgement.REJECT): _tr("Delete missed label"),
        (Kind.LOOSE, Judgement.ACCEPT): _tr("Agree with loose label"),
        (Kind.LOOSE, Judgement.REJECT): _tr("Reject loose prediction"),
        (Kind.DUP, Judgement.ACCEPT): _tr("Keep both labels"),
        (Kind.DUP, Judgement.REJECT): _tr("Delete double label"),
    }
    if judgement is Judgement.DOUBT:
        return _tr("Put off as doubtful")
    if judgement is Judgement.SWAP:
        return _tr("Take the prediction's place")
    return texts.get((kind, judgement), _tr("Ignore label"))


def hint_of(kind: Kind, judgement: Judgement) -> str:
    """What a verdict would do, in a word or two; empty where its own name says it."""
    return {
        (Kind.FP, Judgement.ACCEPT): _tr("add"),
        (Kind.FP, Judgement.REJECT): _tr("no face"),
        (Kind.FN, Judgement.ACCEPT): _tr("keep"),
        (Kind.FN, Judgement.REJECT): _tr("delete"),
        (Kind.LOOSE, Judgement.ACCEPT): _tr("agree"),
        (Kind.LOOSE, Judgement.REJECT): _tr("prediction wrong"),
        (Kind.DUP, Judgement.ACCEPT): _tr("keep both"),
        (Kind.DUP, Judgement.REJECT): _tr("delete one"),
    }.get((kind, judgement), "")


def name_of_any(judgement: Judgement) -> str:
    """What a verdict on several kinds at once did."""
    return {
        Judgement.ACCEPT: _tr("Accept"),
        Judgement.REJECT: _tr("Reject"),
        Judgement.SWAP: _tr("Take the prediction's place"),
        Judgement.IGNORE: _tr("Make ignore regions"),
        Judgement.DOUBT: _tr("Put off as doubtful"),
    }[judgement]


def _tr(text: str) -> str:
    return QCoreApplication.translate("verdicts", text)
