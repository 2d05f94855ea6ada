"""The labels that may be wrong, in the user's words, without those that were decided since."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication, QLocale

from app.health.problems import CONTEXT
from tinaface.boxes import pairwise_iou
from tinaface.disagreements import Kind
from tinaface.suspicion.suspecter import Suspicion
from tinaface.verdicts import SAME_FACE_IOU, Judgement, Verdict, box_key


def undecided(
    suspicions: Iterable[Suspicion], verdicts_of: Callable[[str], Sequence[Verdict]]
) -> list[Suspicion]:
    """Those on which no verdict stands but, at the most, a doubt."""
    return [one for one in suspicions if not _is_decided(one, verdicts_of(one.image))]


def _is_decided(one: Suspicion, verdicts: Sequence[Verdict]) -> bool:
    if one.box is None:
        return False
    settling = [verdict for verdict in verdicts if verdict.judgement is not Judgement.DOUBT]
    if one.kind != "missing":
        key = box_key(np.array(one.box))
        return any(verdict.kind is not Kind.FP and verdict.key[1] == key for verdict in settling)
    judged = [verdict.xyxy for verdict in settling if verdict.kind is Kind.FP]
    overlaps = pairwise_iou(np.array([one.box]), np.array(judged).reshape(-1, 4))
    return bool((overlaps >= SAME_FACE_IOU).any())


def text_of(one: Suspicion) -> str:
    """How probable it is, where and why."""
    locale = QLocale()
    numbers = {
        name: locale.toString(value, "f", decimals)
        for name, (value, decimals) in one.numbers.items()
    }
    reason = QCoreApplication.translate(CONTEXT, one.template).format(**numbers)
    text = QCoreApplication.translate(CONTEXT, "{percent} %  {image}: {reason}")
    percent = locale.toString(round(100 * one.probability))
    return text.format(percent=percent, image=one.image, reason=reason)
