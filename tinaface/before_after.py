"""What a training changed, on the same pictures: AP before and after, faces gained and lost.

Each model is looked at by its own threshold of one false alarm a picture, since scores of two
models may mean different things.
"""

from collections.abc import Sequence
from typing import Any

from tinaface import evaluation
from tinaface.boxes import Detections
from tinaface.changes import changed_boxes, one_alarm_thresholds
from tinaface.evaluation import FaceSet, VocJudgement
from tinaface.metrics import bootstrap, interval

SUBSET = "all"


def before_and_after(
    face_set: FaceSet,
    before: Sequence[Detections],
    after: Sequence[Detections],
    resamples: int = evaluation.RESAMPLES,
) -> dict[str, Any]:
    """The comparison of two models on one set of pictures, as plain JSON values.

    `before` and `after` hold `ap50`, its `interval` and the `threshold` looked by; `difference` is
    after less before, with its `interval`, and `is_distinguishable` from none; `changes` lists the
    boxes that differ, each with change, image, xyxy and score, by falling score.
    """
    first, second = (VocJudgement.of(face_set, SUBSET, found) for found in (before, after))
    draws = bootstrap(len(face_set.names), resamples)
    thresholds = one_alarm_thresholds(first, second)
    compared = evaluation.compare(second, first, draws)
    return {
        "pictures": len(face_set.names),
        "faces": int(first.ranking.n_faces.sum()),
        "before": _figures(first, draws, thresholds[0]),
        "after": _figures(second, draws, thresholds[1]),
        "difference": compared["difference"],
        "interval": compared["interval"],
        "is_distinguishable": compared["is_distinguishable"],
        "changes": [
            {
                "change": changed.change.value,
                "image": face_set.names[changed.picture],
                "xyxy": [round(corner, 1) for corner in changed.xyxy],
                "score": round(changed.score, 3),
            }
            for changed in changed_boxes(first, second, thresholds)
        ],
    }


def _figures(judgement: VocJudgement, draws: Any, threshold: float) -> dict[str, Any]:
    counts = judgement.ranking.at(threshold)
    return {
        "ap50": judgement.ap,
        "interval": interval(judgement.resampled_ap(draws)),
        # JSON knows no infinity; a model that finds nothing has no threshold.
        "threshold": threshold if threshold <= 1 else None,
        "found": counts.hits,
        "false_alarms": counts.false_alarms,
    }
