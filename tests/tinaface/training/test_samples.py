"""Which validation pictures people are shown, and that a round comes back from its line."""

import json
from pathlib import Path

import numpy as np

from tinaface.boxes import Detections
from tinaface.dataset import GroundTruth
from tinaface.training.samples import (
    MOST_BOXES,
    MOST_FACES,
    PICTURES,
    SampleRound,
    choose,
    round_of,
    sample_of,
)


def truth(faces, ignored=0):
    corners = np.arange(faces, dtype=np.float32)[:, None] * 20
    boxes = np.concatenate([corners, corners, corners + 10, corners + 12], axis=1)
    return GroundTruth(boxes, np.arange(faces) < ignored)


def detections(count):
    corners = np.arange(count, dtype=np.float32)[:, None]
    scores = np.linspace(0.1, 0.9, count, dtype=np.float32)
    return Detections(np.hstack([corners, corners, corners + 10, corners + 12]), scores)


def test_a_round_comes_back_from_its_line():
    one = sample_of(Path("/photos/ü 1.jpg"), truth(3), detections(4), threshold=0.3)
    written = SampleRound(step=7, threshold=0.3, ap50=0.25, samples=(one,))

    read = round_of(json.loads(json.dumps(written.as_record())))

    assert (read.step, read.threshold, read.ap50) == (7, 0.3, 0.25)
    assert read.samples[0].image == one.image
    np.testing.assert_allclose(read.samples[0].gt_boxes, one.gt_boxes)
    np.testing.assert_allclose(read.samples[0].found.xyxy, one.found.xyxy)
    np.testing.assert_allclose(read.samples[0].found.scores, one.found.scores, atol=1e-4)


def test_a_line_of_anything_else_is_no_round():
    assert round_of({"step": 3, "loss": 1.0}) is None
    assert round_of({"step": 3, "threshold": 0.5, "ap50": 0.1, "pictures": [{"image": 4}]}) is None


def test_samples_are_of_few_faces_each_from_all_over_the_set():
    faces = [0, MOST_FACES + 1, *[1] * 98]

    rows = choose([truth(number) for number in faces])

    assert len(rows) == PICTURES
    assert (rows[0], rows[-1]) == (2, 99)
    assert max(np.diff(rows)) - min(np.diff(rows)) <= 1


def test_a_small_set_shows_its_crowds_and_then_its_empty_pictures_too():
    truths = [truth(number) for number in (0, MOST_FACES + 1, 2)]

    assert choose(truths, count=2) == [1, 2]
    assert choose(truths) == [0, 1, 2]
    assert choose([]) == []


def test_a_sample_keeps_the_faces_that_count_and_the_best_boxes_above_the_threshold():
    crowd = detections(2 * MOST_BOXES)

    kept = sample_of(Path("a.jpg"), truth(3, ignored=1), crowd, threshold=0.2)

    assert len(kept.gt_boxes) == 2
    assert len(kept.found) == MOST_BOXES
    assert kept.found.scores.min() > np.sort(crowd.scores)[-MOST_BOXES - 1]
    assert kept.image.is_absolute()
    assert len(sample_of(Path("a.jpg"), truth(1), detections(9), 0.5).found) == 5
