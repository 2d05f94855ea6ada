"""cleanlab's ranking of labels ("ObjectLab"), in an environment that has cleanlab.

Runs as a script of its own, with nothing of this project: reads JSON from standard input,
`{"images": [{"labels": [[x0, y0, x1, y1]], "boxes": [...], "scores": [...]}], "high": 0.95, "low":
0.5}`, and writes `{"image": [...], "overlooked": [[...]], "badloc": [[...]]}`: qualities in 0..1,
of each image, of each detection (null where cleanlab does not judge it) and of each label.
"""

import json
import sys

import numpy as np
from cleanlab.object_detection import rank


def main() -> None:
    request = json.load(sys.stdin)
    labels, predictions = [], []
    for number, image in enumerate(request["images"]):
        boxes = np.asarray(image["labels"], float).reshape(-1, 4)
        labels.append(
            {"bboxes": boxes, "labels": np.zeros(len(boxes), int), "image_name": str(number)}
        )
        found = np.asarray(image["boxes"], float).reshape(-1, 4)
        scores = np.asarray(image["scores"], float).reshape(-1, 1)
        predictions.append(np.asarray([np.concatenate([found, scores], axis=1)]))
    # The function behind `get_label_quality_scores`, which has no thresholds to choose.
    qualities = rank._get_subtype_label_quality_scores(
        labels,
        predictions,
        high_probability_threshold=request["high"],
        low_probability_threshold=request["low"],
    )
    overlooked = rank.compute_overlooked_box_scores(
        labels=labels, predictions=predictions, high_probability_threshold=request["high"]
    )
    badloc = rank.compute_badloc_box_scores(
        labels=labels, predictions=predictions, low_probability_threshold=request["low"]
    )
    answer = {
        "image": qualities.tolist(),
        "overlooked": [[None if np.isnan(v) else float(v) for v in one] for one in overlooked],
        "badloc": [list(map(float, one)) for one in badloc],
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
