"""Other ways to rank labels for a second look, simple ones, and how good a ranking is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.benchmarks.planted_labels import Mistake
from tinaface.boxes import FloatArray, pairwise_iou
from tinaface.matching import match
from tinaface.suspicion.evidence import LabelledPicture
from tinaface.suspicion.learning import rank

LOOKED_AT = 50


@dataclass(frozen=True, eq=False)
class Ranking:
    """Findings, the most suspicious first.

    Attributes:
        place: `[N]` of the picture.
        box: `[N, 4]`; not a number where the whole picture is meant.
        value: `[N]` how suspicious.
    """

    place: np.ndarray
    box: np.ndarray
    value: np.ndarray

    @staticmethod
    def of(findings: Sequence[tuple[int, Sequence[float] | None, float]]) -> "Ranking":
        order = sorted(range(len(findings)), key=lambda i: -findings[i][2])
        nothing = [np.nan] * 4
        return Ranking(
            np.asarray([findings[i][0] for i in order], np.intp),
            np.asarray(
                [nothing if findings[i][1] is None else findings[i][1] for i in order], float
            ).reshape(-1, 4),
            np.asarray([findings[i][2] for i in order], float),
        )


def suspicion(pictures: Sequence[LabelledPicture]) -> Ranking:
    """The project's own."""
    place_of = {picture.name: place for place, picture in enumerate(pictures)}
    return Ranking.of([(place_of[one.image], one.box, one.probability) for one in rank(pictures)])


def by_score(pictures: Sequence[LabelledPicture]) -> Ranking:
    """Detections without a label, by their score; nothing is said about labels."""
    findings = []
    for place, picture in enumerate(pictures):
        found = picture.detections
        matching = match(found.xyxy, found.scores, picture.gt_boxes, picture.is_ignored)
        for row in matching.false_alarms(0.03).tolist():
            findings.append((place, found.xyxy[row].tolist(), float(found.scores[row])))
    return Ranking.of(findings)


def by_iou(pictures: Sequence[LabelledPicture], threshold: float) -> Ranking:
    """Labels by 1 - IoU with the detection above a threshold that overlaps them most."""
    findings = []
    for place, picture in enumerate(pictures):
        found = picture.detections.above(threshold)
        iou = pairwise_iou(picture.gt_boxes, found.xyxy).max(axis=1, initial=0)
        for row, box in enumerate(picture.gt_boxes.tolist()):
            findings.append((place, box, 1 - float(iou[row])))
    return Ranking.of(_shuffled(findings))


def by_both(pictures: Sequence[LabelledPicture], threshold: float) -> Ranking:
    """The two above in one list: score of a detection without label, 1 - IoU of a label."""
    score, iou = by_score(pictures), by_iou(pictures, threshold)
    findings = [
        (int(place), box.tolist(), float(value))
        for ranking in (score, iou)
        for place, box, value in zip(ranking.place, ranking.box, ranking.value, strict=True)
    ]
    return Ranking.of(_shuffled(findings))


def at_random(pictures: Sequence[LabelledPicture], threshold: float, seed: int) -> Ranking:
    """Labels, and detections without one above the threshold, in any order."""
    rng = np.random.default_rng(seed)
    both = by_both(pictures, threshold)
    kept = (both.value >= threshold) | np.isnan(both.value)
    rows = rng.permutation(np.flatnonzero(kept))
    return Ranking(both.place[rows], both.box[rows], -np.arange(len(rows)).astype(float))


def _shuffled(findings: list) -> list:
    """In an order that says nothing, so that equal values are not ranked by their picture."""
    order = np.random.default_rng(0).permutation(len(findings))
    return [findings[i] for i in order]


@dataclass(frozen=True)
class Quality:
    """How good a ranking is.

    Attributes:
        precision: share of mistakes among the first `LOOKED_AT` findings that count.
        area: under the curve of precision over recall, all planted mistakes being 1.
        share_of: each kind's share that is found in as many looks as there are mistakes.
    """

    precision: float
    area: float
    share_of: dict[str, float]


def judge_boxes(ranking: Ranking, mistakes: Sequence[Mistake]) -> Quality:
    """Goes down the list as a person would who corrects what is wrong.

    A finding hits a mistake of its picture that it overlaps with IoU 0.5, or any finding a
    picture whose labels are another's. A second finding of a corrected mistake does not count.
    """
    of_place: dict[int, list[int]] = {}
    for number, mistake in enumerate(mistakes):
        of_place.setdefault(mistake.place, []).append(number)
    found: list[int] = []
    hits: list[bool] = []
    in_time: list[int] = []
    for place, box in zip(ranking.place.tolist(), ranking.box, strict=True):
        here = [n for n in of_place.get(place, ()) if _points_at(box, mistakes[n])]
        new = [n for n in here if n not in found]
        if here and not new:
            continue
        hits.append(bool(new))
        found += new[:1]
        if len(hits) == len(mistakes):
            in_time = list(found)
    kinds = [mistake.kind for mistake in mistakes]
    in_time = in_time or found
    return Quality(
        sum(hits[:LOOKED_AT]) / LOOKED_AT,
        average_precision(hits, len(mistakes)),
        {
            kind: sum(kinds[n] == kind for n in in_time) / kinds.count(kind)
            for kind in dict.fromkeys(kinds)
        },
    )


def _points_at(box: FloatArray, mistake: Mistake) -> bool:
    if not len(mistake.boxes):
        return True
    if np.isnan(box[0]):
        return False
    return bool(pairwise_iou(box[None], mistake.boxes).max() >= 0.5)


def judge_pictures(values: FloatArray, mistakes: Sequence[Mistake]) -> Quality:
    """Pictures by a value, the most suspicious first: a hit has any mistake."""
    wrong = {mistake.place for mistake in mistakes}
    order = np.argsort(-values, kind="stable")
    hits = [int(place) in wrong for place in order]
    return Quality(sum(hits[:LOOKED_AT]) / LOOKED_AT, average_precision(hits, len(wrong)), {})


def of_pictures(ranking: Ranking, count: int) -> FloatArray:
    """`[count]` pictures by their most suspicious finding; none is below all."""
    values = np.full(count, -np.inf)
    np.maximum.at(values, ranking.place, ranking.value)
    return values


def average_precision(hits: Sequence[bool], total: int) -> float:
    """Sum over the hits of the precision there, over all there are to find."""
    if not total:
        return 0.0
    array = np.asarray(hits, float)
    precision = np.cumsum(array) / np.arange(1, len(array) + 1)
    return float((precision * array).sum() / total)
