"""Small judged sets of pictures, for tests of what is read off them."""

import numpy as np

from tinaface.boxes import Detections
from tinaface.evaluation import FaceSet, VocJudgement

FACES = ([0, 0, 40, 40], [50, 0, 60, 10], [0, 50, 20, 70])
ELSEWHERE = [70, 50, 80, 60]


def detections(*rows):
    """Detections from rows of a box and a score."""
    boxes = np.array([box for box, _ in rows], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([score for _, score in rows], np.float32))


def faces(names, boxes, flags=None):
    """A set in which every face counts."""
    gt_boxes = tuple(np.array(one, np.float32).reshape(-1, 4) for one in boxes)
    counted = {"all": tuple(np.arange(len(one)) for one in gt_boxes)}
    return FaceSet(tuple(names), gt_boxes, counted, flags=flags or {})


def judged(face_set, found):
    """The judgement of the set's one subset."""
    return VocJudgement.of(face_set, "all", found)
