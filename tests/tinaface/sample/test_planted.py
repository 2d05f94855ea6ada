"""The committed sample: labels, planted mistakes and predictions agree with each other."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from tinaface.boxes import pairwise_iou
from tinaface.dataset import ground_truth, labelled_images
from tinaface.health import examine
from tinaface.predictions import read_jsonl
from tinaface.sample.plans import PLANS
from tinaface.sample.planted import PLANTED, Label, exact_labels, plant, predictions
from tinaface.sample.scenes import Face, Scene

SAMPLE = Path(__file__).parents[3] / "data" / "sample"


def scene(*faces: Face) -> Scene:
    return Scene(Image.new("RGB", (600, 400)), list(faces))


def labels(count: int = 12) -> dict[str, list[Label]]:
    """Images with four faces of 30 x 40 each."""
    boxes = [(100.0 * place + 50, 100.0, 100.0 * place + 80, 140.0) for place in range(4)]
    return {f"{number}.jpg": [Label(box, {}) for box in boxes] for number in range(count)}


def test_hidden_and_tiny_faces_count_neither_way_and_the_worst_are_left_out() -> None:
    big = (10.0, 10.0, 40.0, 50.0)
    found = exact_labels(
        scene(
            Face(big, 1.0, 0.0, 0.0),
            Face(big, 0.6, 0.0, 70.0),
            Face(big, 0.3, 0.0, 0.0),
            Face(big, 0.05, 0.0, 0.0),
            Face((10.0, 10.0, 15.0, 17.0), 1.0, 0.0, 0.0),
        )
    )

    assert [label.flags for label in found] == [
        {},
        {"occlusion": True, "pose": True},
        {"ignore": True, "occlusion": True},
        {"ignore": True},
    ]


def test_as_many_mistakes_are_planted_as_planned_and_the_labels_hold_them() -> None:
    exact, changed = labels(), labels()

    mistakes = plant(changed, dict.fromkeys(changed, (400, 600)), np.random.default_rng(3))

    kinds = [mistake.kind for mistake in mistakes]
    assert {kind: kinds.count(kind) for kind in PLANTED} == PLANTED
    for mistake in mistakes:
        there = [label.box for label in changed[mistake.image]]
        was = [label.box for label in exact[mistake.image]]
        assert mistake.wrong is None or mistake.wrong in there
        assert mistake.right is None or mistake.right in was
        assert (mistake.right in there) == (mistake.kind == "duplicated")


def test_predictions_are_sorted_inside_the_picture_and_find_large_faces() -> None:
    large = Face((100.0, 100.0, 200.0, 230.0), 1.0, 0.0, 0.0)

    found = predictions(scene(large), np.random.default_rng(0))

    assert np.all(np.diff(found.scores) <= 0)
    assert found.scores.min() >= 0.01
    assert np.all((found.xyxy >= 0) & (found.xyxy <= [600, 400, 600, 400]))
    assert pairwise_iou(found.xyxy[:1], np.asarray([large.box], np.float32))[0, 0] > 0.6


# ---- what is committed ----


def test_the_sample_has_six_folders_and_no_damage() -> None:
    counts = [len(labelled_images(SAMPLE, split=split)) for split in ("train", "validate", "test")]

    assert sum(counts) == len(PLANS)
    assert min(counts) >= 5
    assert examine(SAMPLE).errors == 0


def test_the_sample_is_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*.jpg")) < 4 << 20


def test_every_planted_error_of_the_sample_is_in_its_labels() -> None:
    truth = {
        entry.image.relative_to(SAMPLE).as_posix(): ground_truth(entry).gt_boxes
        for entry in labelled_images(SAMPLE)
    }
    mistakes = json.loads((SAMPLE / "planted_errors.json").read_text("utf-8"))

    assert len(mistakes) == sum(PLANTED.values())
    for mistake in mistakes:
        boxes = truth[mistake["image"]]
        wrong, right = (
            None if box is None else np.isclose(boxes, box, atol=0.06).all(axis=1).any()
            for box in (mistake["wrong"], mistake["right"])
        )
        assert wrong in (None, True)
        assert right in (None, mistake["kind"] == "duplicated")


def test_the_samples_predictions_find_most_faces_and_are_no_copies_of_the_labels() -> None:
    found = {record.image: record for record in read_jsonl(SAMPLE / "predictions.jsonl")}
    hits = exact = faces = 0
    for entry in labelled_images(SAMPLE):
        record = found[entry.image.relative_to(SAMPLE).as_posix()]
        truth = ground_truth(entry)
        boxes = truth.gt_boxes[~truth.is_ignored]
        best = pairwise_iou(boxes, record.boxes).max(axis=1, initial=0)
        faces += len(boxes)
        hits += int((best > 0.5).sum())
        exact += int((best > 0.999).sum())

    assert hits > 0.6 * faces
    assert exact < 0.05 * faces
    assert min(record.scores.min() for record in found.values()) < 0.05
