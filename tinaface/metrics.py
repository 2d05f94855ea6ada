"""What a detector is worth on a set of pictures: precision and recall, AP, intervals, two compared.

All figures come from `matching`, so the window and the command line count alike. A `Ranking` is
every detection that counts, best first; from it each figure is read off without matching again.

AP is the area under precision over recall with every step of recall used, precision made falling
from the right (PASCAL VOC 2010, at IoU 0.5). COCO's AP is the mean over IoU 0.5, 0.55, … 0.95 of
precision at 101 recalls (pycocotools 2.0, one class).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tinaface.boxes import FloatArray, IndexArray
from tinaface.matching import ABSORBED, BoolArray, Matching, Overlaps

# Names, least height and height not reached any more, in pixels.
HEIGHT_BINS = (
    ("<16", 0.0, 16.0),
    ("16-32", 16.0, 32.0),
    ("32-96", 32.0, 96.0),
    (">96", 96.0, math.inf),
)


def height_figure(name: str) -> str:
    """What AP at IoU 0.5 of one of the bins is called among figures: `ap50_16_to_32`."""
    words = name.replace("<", "under_").replace(">", "over_").replace("-", "_to_")
    return f"ap50_{words}"


# pycocotools gives these bits; 0.55 written as such differs from its own by one of them.
COCO_IOUS = np.linspace(0.5, 0.95, 10)
_COCO_RECALLS = np.linspace(0.0, 1.0, 101)


class Counts(NamedTuple):
    """How a set of pictures looks at one score threshold."""

    threshold: float
    hits: int
    false_alarms: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of the detections that found a face; 0 without detections."""
        found = self.hits + self.false_alarms
        return self.hits / found if found else 0.0

    @property
    def recall(self) -> float:
        """Share of the faces that were found; 0 without faces."""
        faces = self.hits + self.missed
        return self.hits / faces if faces else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where nothing is found."""
        all_boxes = 2 * self.hits + self.false_alarms + self.missed
        return 2 * self.hits / all_boxes if all_boxes else 0.0


class Interval(NamedTuple):
    """The middle 95 % of what resampled pictures give."""

    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Ranking:
    """The detections of a set of pictures that are right or wrong, by descending score.

    Equal scores stand in the order of the pictures, and within one in its order of turns.

    Attributes:
        scores: `[K]`, falling.
        is_hit: `[K]` found a face, else a false alarm.
        image: `[K]` rows of the pictures.
        detection: `[K]` rows of the detections within their pictures.
        n_faces: `[I]` faces of each picture that count.
    """

    scores: FloatArray
    is_hit: BoolArray
    image: IndexArray
    detection: IndexArray
    n_faces: IndexArray

    @cached_property
    def hits(self) -> IndexArray:
        """`[K]` faces found down to each place."""
        return np.cumsum(self.is_hit)

    @cached_property
    def false_alarms(self) -> IndexArray:
        """`[K]` false alarms down to each place."""
        return np.cumsum(~self.is_hit)

    @property
    def precision(self) -> FloatArray:
        """`[K]` share of hits down to each place."""
        return self.hits / np.arange(1, len(self.scores) + 1)

    @property
    def recall(self) -> FloatArray:
        """`[K]` share of the faces found down to each place; 0 without faces."""
        return self.hits / max(int(self.n_faces.sum()), 1)

    def at(self, threshold: float) -> Counts:
        """Hits, false alarms and missed faces with the detections of at least this score."""
        count = int(np.searchsorted(-self.scores, -threshold, side="right"))
        hits = int(self.hits[count - 1]) if count else 0
        return Counts(threshold, hits, count - hits, int(self.n_faces.sum()) - hits)

    def of_pictures(self, is_wanted: BoolArray) -> "Ranking":
        """The ranking of some of the pictures, `[I]`; the rows of the pictures stay."""
        kept = is_wanted[self.image]
        return Ranking(
            self.scores[kept],
            self.is_hit[kept],
            self.image[kept],
            self.detection[kept],
            np.where(is_wanted, self.n_faces, 0),
        )

    def at_false_alarms(self, a_picture: float = 1.0) -> Counts | None:
        """The lowest threshold that gives at most so many false alarms a picture on average.

        None where even the best score alone gives more, or where nothing was detected. No
        threshold parts equal scores, so they are taken or left together.
        """
        if not len(self.scores):
            return None
        ends = np.flatnonzero(np.append(self.scores[1:] != self.scores[:-1], True))
        within = ends[self.false_alarms[ends] <= a_picture * len(self.n_faces)]
        return self.at(float(self.scores[within[-1]])) if len(within) else None


def rank(matchings: Sequence[Matching], limit: int | None = None) -> Ranking:
    """The ranking of matched pictures.

    Args:
        limit: best detections taken of each picture, all if None.
    """
    return _ranked([(m, m.is_target, m.matched_gt != ABSORBED) for m in matchings], limit)


def rank_heights(pictures: Sequence[Overlaps], low: float, high: float) -> Ranking:
    """The ranking for faces of `low <= height < high` pixels alone.

    Other faces neither help nor hurt: a detection takes one only if no face of the wanted heights
    is left for it, and is not counted then. Nor is a detection without a face whose own height is
    outside.
    """
    parts = []
    for overlaps in pictures:
        is_wanted = of_heights(overlaps, low, high)
        matching = overlaps.match(preferred=is_wanted)
        own = overlaps.xyxy[:, 3] - overlaps.xyxy[:, 1]
        is_judged = (matching.matched_gt != ABSORBED) & (own >= low) & (own < high)
        found = np.flatnonzero(matching.matched_gt >= 0)
        is_judged[found] = is_wanted[matching.matched_gt[found]]
        parts.append((matching, is_wanted, is_judged))
    return _ranked(parts)


def of_heights(overlaps: Overlaps, low: float, high: float) -> BoolArray:
    """`[M]` the faces that count and have `low <= height < high`."""
    heights = overlaps.gt_boxes[:, 3] - overlaps.gt_boxes[:, 1]
    return overlaps.is_target & (heights >= low) & (heights < high)


def rank_faces(matchings: Sequence[Matching], is_wanted: Sequence[BoolArray]) -> Ranking:
    """The hits on some of the faces, `[M]` of each picture, alone.

    It has no false alarms, as nobody can say which kind of face a box without one was meant for.
    So recall can be read off it, and precision can not.
    """
    parts = []
    for matching, wanted in zip(matchings, is_wanted, strict=True):
        is_counted = matching.is_target & wanted
        is_judged = matching.matched_gt >= 0
        is_judged[is_judged] = is_counted[matching.matched_gt[is_judged]]
        parts.append((matching, is_counted, is_judged))
    return _ranked(parts)


def _ranked(
    parts: Sequence[tuple[Matching, BoolArray, BoolArray]], limit: int | None = None
) -> Ranking:
    """From each picture's matching, its faces that count, and its detections that do."""
    scores: list[FloatArray] = [np.zeros(0)]
    is_hit = [np.zeros(0, bool)]
    image = [np.zeros(0, np.intp)]
    detection = [np.zeros(0, np.intp)]
    for row, (matching, _, is_judged) in enumerate(parts):
        order = np.argsort(-matching.scores, kind="stable")[:limit]
        order = order[is_judged[order]]
        scores.append(matching.scores[order])
        is_hit.append(matching.matched_gt[order] >= 0)
        image.append(np.full(len(order), row, np.intp))
        detection.append(order)
    joined = np.concatenate(scores)
    by_score = np.argsort(-joined, kind="stable")
    return Ranking(
        joined[by_score],
        np.concatenate(is_hit)[by_score],
        np.concatenate(image)[by_score],
        np.concatenate(detection)[by_score],
        np.array([np.count_nonzero(is_wanted) for _, is_wanted, _ in parts], np.intp),
    )


def average_precision(ranking: Ranking) -> float | None:
    """AP as the module's docstring has it; None where no face counts."""
    ap = _weighted_ap(ranking, np.ones(len(ranking.n_faces)))
    return None if math.isnan(ap) else ap


def _weighted_ap(ranking: Ranking, weights: FloatArray) -> float:
    """AP if each picture occurred as often as `[I]` says; NaN without faces."""
    n_faces = float(weights @ ranking.n_faces)
    if not n_faces:
        return math.nan
    weight = weights[ranking.image]
    # Precision is highest at hits, so the envelope and the steps of recall need only those.
    places = np.flatnonzero(ranking.is_hit)
    gained = weight[places]
    found = np.cumsum(weight)[places]
    precision = np.divide(np.cumsum(gained), found, out=np.zeros_like(found), where=found > 0)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(gained @ envelope / n_faces)


def coco_average_precision(
    pictures: Sequence[Overlaps], limits: Sequence[int | None] = (100,)
) -> list[float | None]:
    """COCO's AP at IoU 0.5:0.95 for each of the limits; None where no face counts.

    Args:
        limits: best detections taken of each picture. COCO's own measure takes 100, which cuts
            crowds; None takes all.
    """
    if not any(overlaps.is_target.any() for overlaps in pictures):
        return [None for _ in limits]
    precisions = np.zeros((len(limits), len(COCO_IOUS)))
    for column, iou in enumerate(COCO_IOUS):
        matchings = [
            overlaps.match(iou, ignore_threshold=iou, prefers_later=True) for overlaps in pictures
        ]
        for row, limit in enumerate(limits):
            ranking = rank(matchings, limit)
            envelope = np.maximum.accumulate(ranking.precision[::-1])[::-1]
            places = np.searchsorted(ranking.recall, _COCO_RECALLS, side="left")
            reached = places[places < len(envelope)]
            precisions[row, column] = envelope[reached].sum() / len(_COCO_RECALLS)
    return [float(mean) for mean in precisions.mean(axis=1)]


def bootstrap(n_images: int, rounds: int = 1000, seed: int = 0) -> npt.NDArray[np.float64]:
    """`[rounds, n_images]` how often each picture occurs in a draw of as many, with replacement."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(n_images, np.full(n_images, 1 / n_images), rounds).astype(np.float64)


def resampled_ap(ranking: Ranking, weights: FloatArray) -> FloatArray:
    """`[R]` AP of each row of `bootstrap`; NaN where its pictures hold no face."""
    return np.array([_weighted_ap(ranking, row) for row in weights])


def interval(values: FloatArray) -> Interval | None:
    """The middle 95 % of the values that are a number; None where there is none.

    Of one run's resampled AP it is the interval of that AP. Of the difference of two runs' AP over
    the same draws it is the interval of the difference: if it holds 0, the two are not
    distinguishable on these pictures.
    """
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(float(low), float(high))
