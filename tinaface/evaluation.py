"""Judges the detections of a set of pictures, by the VOC or the WIDER FACE protocol.

A set of pictures has one or more subsets of faces that count: "all", or easy, medium and hard.
What does not count on a subset is ignored there, neither found nor missed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from tinaface import dataset, wider
from tinaface.boxes import Detections, FloatArray, IndexArray
from tinaface.errors import DatasetError, DocumentError
from tinaface.matching import BoolArray, Matching, Overlaps, find_overlaps
from tinaface.metrics import (
    HEIGHT_BINS,
    Ranking,
    average_precision,
    coco_average_precision,
    interval,
    rank,
    rank_heights,
    resampled_ap,
)
from tinaface.wider_eval import WiderCurve, evaluate

ProtocolName = Literal["voc", "wider"]

PROTOCOLS: Mapping[ProtocolName, str] = {
    "voc": "PASCAL VOC: all-point AP at IoU 0.5",
    "wider": "WIDER FACE, official: 1,000 thresholds, IoU with +1",
}
RESAMPLES = 500
"""Draws of pictures behind an interval, unless another number is asked for."""


@dataclass(frozen=True, eq=False)
class FaceSet:
    """Pictures and the faces marked in them.

    Attributes:
        names: of the pictures, each once.
        gt_boxes: `[N, 4]` of each picture.
        counted: for each subset and picture, the rows of the faces that count.
        images: where the pictures lie; None where only their names are known.
        flags: for each flag and picture `[N]`, the faces that carry it; empty where unknown.
        unreadable: the errors of label files that could not be read; their pictures are left out.
    """

    names: tuple[str, ...]
    gt_boxes: tuple[FloatArray, ...]
    counted: dict[str, tuple[IndexArray, ...]]
    images: tuple[Path, ...] | None = None
    flags: Mapping[str, tuple[BoolArray, ...]] = field(default_factory=dict)
    unreadable: tuple[DocumentError, ...] = ()


def labelme_set(
    root: Path,
    split_file: Path | None = None,
    split: str | None = None,
    on_file: Callable[[], None] = lambda: None,
) -> FaceSet:
    """The labelled pictures below a folder; flagged faces are ignored.

    Args:
        on_file: called for each label file; what it raises ends the reading.

    Raises:
        DatasetError: there is no labelled picture, or a split is not whole.
        DocumentError: no label file at all can be read.
    """
    entries = dataset.labelled_images(root, split_file, split)
    if not entries:
        raise DatasetError(
            what=f"No labelled picture in {root}",
            why="no image there has a Labelme file of its name",
            remedy="Give the folder that holds the images, or those and a folder of labels",
        )
    truths: dict[Path, dataset.GroundTruth] = {}
    unreadable = []
    for entry in entries:
        on_file()
        try:
            truths[entry.image] = dataset.ground_truth(entry)
        except DocumentError as error:
            unreadable.append(error)
    if not truths:
        raise unreadable[0]
    return FaceSet(
        tuple(image.relative_to(root).as_posix() for image in truths),
        tuple(truth.gt_boxes for truth in truths.values()),
        {"all": tuple(np.flatnonzero(~truth.is_ignored) for truth in truths.values())},
        tuple(truths),
        {
            flag: tuple(truth.flags[flag] for truth in truths.values())
            for flag in dataset.FACE_FLAGS
        },
        tuple(unreadable),
    )


def annotated_set(path: Path) -> FaceSet:
    """The pictures of a WIDER FACE annotation text; faces marked invalid are ignored."""
    annotations = wider.read_annotations(path)
    if not annotations:
        raise DatasetError(
            what=f"Cannot judge by {path}",
            why="it names no picture",
            remedy="Give an annotation text of WIDER FACE",
        )
    return FaceSet(
        tuple(annotation.name for annotation in annotations),
        tuple(annotation.gt_boxes for annotation in annotations),
        {"all": tuple(np.flatnonzero(~annotation.is_invalid) for annotation in annotations)},
    )


def benchmark_set(folder: Path, annotations: Path | None = None) -> FaceSet:
    """The pictures of WIDER FACE's own ground truth, its easy, medium and hard faces.

    Args:
        folder: with the `.mat` files.
        annotations: an annotation text, to judge only the pictures that it names.
    """
    truth = wider.read_ground_truth(folder)
    rows = list(range(len(truth.names)))
    if annotations is not None:
        wanted = {wider.without_image_suffix(a.name) for a in wider.read_annotations(annotations)}
        strangers = sorted(wanted - set(truth.names))
        if strangers:
            raise DatasetError(
                what=f"{len(strangers)} pictures of {annotations} are not in {folder}",
                why=f"the ground truth knows no picture {strangers[0]!r}",
                remedy="Give annotations of the validation pictures",
            )
        rows = [row for row in rows if truth.names[row] in wanted]
    return FaceSet(
        tuple(truth.names[row] for row in rows),
        tuple(truth.gt_boxes[row] for row in rows),
        {name: tuple(kept[row] for row in rows) for name, kept in truth.counted.items()},
    )


class Judgement(Protocol):
    """What one protocol finds on one subset."""

    @property
    def ap(self) -> float | None:
        """The protocol's average precision; None where no face counts."""

    def figures(self) -> dict[str, object]:
        """Everything it finds, as plain JSON values."""

    def resampled_ap(self, draws: FloatArray) -> FloatArray:
        """`[R]` AP with the pictures as often as each row of `[R, I]` says; NaN without faces."""


def judge(
    protocol: ProtocolName, face_set: FaceSet, detections: Sequence[Detections]
) -> dict[str, Judgement]:
    """The judgement on each subset, given the detections of each picture."""
    if protocol == "wider":
        curves = evaluate(detections, face_set.gt_boxes, face_set.counted)
        return {name: WiderJudgement(curve) for name, curve in curves.items()}
    return {name: VocJudgement.of(face_set, name, detections) for name in face_set.counted}


@dataclass(frozen=True, eq=False)
class WiderJudgement:
    """The official WIDER FACE protocol on one subset."""

    curve: WiderCurve

    @property
    def ap(self) -> float | None:
        return self.curve.ap

    def figures(self) -> dict[str, object]:
        return {"faces": int(self.curve.n_boxes.sum()), "ap": self.ap}

    def resampled_ap(self, draws: FloatArray) -> FloatArray:
        return self.curve.weighted_ap(draws)


@dataclass(frozen=True, eq=False)
class VocJudgement:
    """VOC's AP at IoU 0.5 on one subset; COCO's; what one false alarm a picture buys."""

    pictures: Sequence[Overlaps]

    @staticmethod
    def of(face_set: FaceSet, subset: str, detections: Sequence[Detections]) -> "VocJudgement":
        pictures = []
        for found, gt_boxes, rows in zip(
            detections, face_set.gt_boxes, face_set.counted[subset], strict=True
        ):
            is_ignored = np.ones(len(gt_boxes), bool)
            is_ignored[rows] = False
            pictures.append(find_overlaps(found.xyxy, found.scores, gt_boxes, is_ignored))
        return VocJudgement(pictures)

    @cached_property
    def matchings(self) -> list[Matching]:
        """Of each picture, at IoU 0.5."""
        return [overlaps.match() for overlaps in self.pictures]

    @cached_property
    def ranking(self) -> Ranking:
        """Of all pictures."""
        return rank(self.matchings)

    @property
    def ap(self) -> float | None:
        return average_precision(self.ranking)

    def by_height(self) -> dict[str, Ranking]:
        """For the faces of each of HEIGHT_BINS alone."""
        return {name: rank_heights(self.pictures, low, high) for name, low, high in HEIGHT_BINS}

    def figures(self) -> dict[str, object]:
        counts = self.ranking.at_false_alarms(1.0)
        coco_ap, coco_ap_all = coco_average_precision(self.pictures, limits=(100, None))
        return {
            "faces": int(self.ranking.n_faces.sum()),
            "ap50": self.ap,
            "coco_ap": coco_ap,
            "coco_ap_all_detections": coco_ap_all,
            "recall_1fppi": 0.0 if counts is None else counts.recall,
            "precision_1fppi": None if counts is None else counts.precision,
            "threshold_1fppi": None if counts is None else counts.threshold,
            "heights": {
                name: {"faces": int(ranking.n_faces.sum()), "ap50": average_precision(ranking)}
                for name, ranking in self.by_height().items()
            },
        }

    def resampled_ap(self, draws: FloatArray) -> FloatArray:
        return resampled_ap(self.ranking, draws)

    def found_faces(self) -> list[BoolArray]:
        """Of each picture the faces found at one false alarm a picture."""
        counts = self.ranking.at_false_alarms(1.0)
        threshold = np.inf if counts is None else counts.threshold
        found = []
        for matching in self.matchings:
            is_found = np.zeros(len(matching.is_target), bool)
            is_found[matching.matched_gt[matching.hits(threshold)]] = True
            found.append(is_found)
        return found


def figures(judged: Mapping[str, Judgement], draws: FloatArray | None) -> dict[str, dict[str, Any]]:
    """What is found on each subset, and the interval of its AP, as plain JSON values."""
    return {
        name: {
            **judgement.figures(),
            "interval": None if draws is None else interval(judgement.resampled_ap(draws)),
        }
        for name, judgement in judged.items()
    }


def compare(first: Judgement, second: Judgement, draws: FloatArray | None) -> dict[str, object]:
    """By how much the first is better than the second on the same pictures, as JSON values.

    `difference` of the two AP, its `interval` over the same draws of pictures, and whether it
    `is_distinguishable` from none; without draws neither is known. By the VOC protocol also how
    many faces only one of them finds, each at its own threshold of one false alarm a picture.
    """
    both = None
    if draws is not None:
        both = interval(first.resampled_ap(draws) - second.resampled_ap(draws))
    comparison: dict[str, object] = {
        "difference": None if first.ap is None or second.ap is None else first.ap - second.ap,
        "interval": both,
        "is_distinguishable": None if both is None else not both.low <= 0 <= both.high,
    }
    if isinstance(first, VocJudgement) and isinstance(second, VocJudgement):
        pairs = list(zip(first.found_faces(), second.found_faces(), strict=True))
        comparison["only_first_finds"] = sum(int((a & ~b).sum()) for a, b in pairs)
        comparison["only_second_finds"] = sum(int((b & ~a).sum()) for a, b in pairs)
    return comparison
