"""Figures of a set of pictures against plain re-statements, pycocotools, and their laws."""

import contextlib
import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tinaface.test_matching import boxes_of, match_slowly, scenes
from tinaface.matching import ABSORBED, find_overlaps
from tinaface.metrics import (
    HEIGHT_BINS,
    average_precision,
    bootstrap,
    coco_average_precision,
    interval,
    rank,
    rank_heights,
    resampled_ap,
)

datasets = st.lists(scenes(), min_size=1, max_size=4)


def overlaps_of(dataset):
    return [find_overlaps(*scene) for scene in dataset]


def ranking_of(dataset):
    return rank([overlaps.match() for overlaps in overlaps_of(dataset)])


def targets_of(scene):
    _, _, gt_boxes, is_ignored = scene
    sides = gt_boxes[:, 2:] - gt_boxes[:, :2]
    return ~is_ignored & (sides > 0).all(axis=1)


def rows_slowly(dataset):
    """Number of faces, and (score, is hit) of each detection that counts, best first."""
    rows = []
    for scene in dataset:
        matched = match_slowly(*scene, 0.5)
        for row in np.argsort(-scene[1], kind="stable"):
            if matched[row] != ABSORBED:
                rows.append((scene[1][row], matched[row] >= 0))
    return sum(targets_of(scene).sum() for scene in dataset), sorted(rows, key=lambda row: -row[0])


def ap_slowly(n_faces, rows):
    """Each hit adds one step of recall, at the best precision reached there or later."""
    if not n_faces:
        return None
    precision = []
    for count in range(1, len(rows) + 1):
        precision.append(sum(is_hit for _, is_hit in rows[:count]) / count)
    return sum(max(precision[i:]) for i, (_, is_hit) in enumerate(rows) if is_hit) / n_faces


def approx(value):
    return None if value is None else pytest.approx(value, abs=1e-12)


@given(datasets)
def test_ap_equals_its_plain_restatement(dataset):
    assert average_precision(ranking_of(dataset)) == approx(ap_slowly(*rows_slowly(dataset)))


@given(datasets, st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9, 0.95]))
def test_counts_at_a_threshold_are_those_of_the_detections_above_it(dataset, threshold):
    n_faces, rows = rows_slowly(dataset)
    above = [is_hit for score, is_hit in rows if score >= threshold]

    counts = ranking_of(dataset).at(threshold)

    assert (counts.hits, counts.false_alarms) == (sum(above), len(above) - sum(above))
    assert counts.hits + counts.missed == n_faces


@given(datasets, st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_the_threshold_of_a_false_alarm_rate_is_the_lowest_that_keeps_it(dataset, a_picture):
    ranking = ranking_of(dataset)
    allowed = a_picture * len(dataset)
    fitting = [
        score for score in ranking.scores.tolist() if ranking.at(score).false_alarms <= allowed
    ]

    counts = ranking.at_false_alarms(a_picture)

    assert (None if counts is None else counts.threshold) == min(fitting, default=None)


@st.composite
def tall_scenes(draw):
    """Heights on both sides of each bin's bounds."""
    height = st.sampled_from([8, 15, 16, 17, 31, 32, 40, 95, 96, 120])

    def box():
        x, y = draw(st.integers(0, 3)) * 8, draw(st.integers(0, 3)) * 8
        return [x, y, x + draw(st.integers(8, 100)), y + draw(height)]

    xyxy = boxes_of([box() for _ in range(draw(st.integers(0, 6)))])
    scores = np.array([draw(st.sampled_from([0.25, 0.5, 0.9])) for _ in xyxy])
    gt_boxes = boxes_of([box() for _ in range(draw(st.integers(0, 5)))])
    return xyxy, scores, gt_boxes, np.array([draw(st.booleans()) for _ in gt_boxes], bool)


@given(st.lists(tall_scenes(), min_size=1, max_size=3), st.sampled_from(HEIGHT_BINS))
def test_ap_of_a_height_bin_equals_its_plain_restatement(dataset, height_bin):
    _, low, high = height_bin
    n_faces, rows = 0, []
    for scene in dataset:
        xyxy, scores, gt_boxes, is_ignored = scene
        heights = gt_boxes[:, 3] - gt_boxes[:, 1]
        wanted = targets_of(scene) & (heights >= low) & (heights < high)
        n_faces += wanted.sum()
        matched = match_slowly(xyxy, scores, gt_boxes, is_ignored, 0.5, wanted)
        for row in np.argsort(-scores, kind="stable"):
            if matched[row] >= 0:
                if wanted[matched[row]]:
                    rows.append((scores[row], True))
            elif matched[row] != ABSORBED and low <= xyxy[row, 3] - xyxy[row, 1] < high:
                rows.append((scores[row], False))
    rows.sort(key=lambda row: -row[0])

    ap = average_precision(rank_heights(overlaps_of(dataset), low, high))

    assert ap == approx(ap_slowly(n_faces, rows))


def coco_slowly(dataset, limit):
    """COCO's AP, one threshold, detection and recall at a time."""
    if not any(targets_of(scene).any() for scene in dataset):
        return None
    means = []
    for iou_threshold in np.linspace(0.5, 0.95, 10):
        n_faces, rows = 0, []
        for xyxy, scores, gt_boxes, is_ignored in dataset:
            n_faces += targets_of((xyxy, scores, gt_boxes, is_ignored)).sum()
            free = targets_of((xyxy, scores, gt_boxes, is_ignored))
            for row in sorted(range(len(xyxy)), key=lambda i: -scores[i])[:limit]:
                shared = np.prod(
                    np.maximum(
                        np.minimum(xyxy[row, 2:], gt_boxes[:, 2:])
                        - np.maximum(xyxy[row, :2], gt_boxes[:, :2]),
                        0,
                    ),
                    axis=1,
                )
                own = np.prod(xyxy[row, 2:] - xyxy[row, :2])
                union = own + np.prod(gt_boxes[:, 2:] - gt_boxes[:, :2], axis=1) - shared
                best, best_iou = None, iou_threshold
                for face in np.flatnonzero(free):
                    if union[face] and shared[face] / union[face] >= best_iou:
                        best, best_iou = face, shared[face] / union[face]
                if best is not None:
                    free[best] = False
                    rows.append((scores[row], True))
                elif not (own and any(shared[is_ignored] / own >= iou_threshold)):
                    rows.append((scores[row], False))
        rows.sort(key=lambda row: -row[0])
        hits = np.cumsum([is_hit for _, is_hit in rows])
        precision = hits / np.arange(1, len(rows) + 1)
        total = 0.0
        for recall in np.linspace(0, 1, 101):
            reached = np.flatnonzero(hits / n_faces >= recall)
            total += precision[reached].max() if len(reached) else 0.0
        means.append(total / 101)
    return sum(means) / len(means)


@settings(max_examples=50)
@given(datasets)
def test_coco_ap_equals_its_plain_restatement(dataset):
    limits = (1, 3, None)

    aps = coco_average_precision(overlaps_of(dataset), limits)

    assert aps == [approx(coco_slowly(dataset, limit)) for limit in limits]


def coco_by_pycocotools(dataset):
    coco = pytest.importorskip("pycocotools.coco", reason="pycocotools (extra benchmark) not here")
    cocoeval = pytest.importorskip("pycocotools.cocoeval")
    faces, found = [], []
    for image, (xyxy, scores, gt_boxes, is_ignored) in enumerate(dataset, start=1):
        for (x0, y0, x1, y1), ignored in zip(gt_boxes.tolist(), is_ignored, strict=True):
            faces.append(
                {
                    "id": len(faces) + 1,
                    "image_id": image,
                    "category_id": 1,
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "area": (x1 - x0) * (y1 - y0),
                    "iscrowd": int(ignored),
                }
            )
        for (x0, y0, x1, y1), score in zip(xyxy.tolist(), scores.tolist(), strict=True):
            box = [x0, y0, x1 - x0, y1 - y0]
            found.append({"image_id": image, "category_id": 1, "bbox": box, "score": score})
    truth = coco.COCO()
    truth.dataset = {
        "info": {},
        "images": [{"id": image} for image in range(1, len(dataset) + 1)],
        "categories": [{"id": 1}],
        "annotations": faces,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluation = cocoeval.COCOeval(truth, truth.loadRes(found), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats[0]


def test_coco_ap_equals_pycocotools():
    rng = np.random.default_rng(3)
    dataset = []
    for _ in range(30):
        corner = rng.integers(0, 400, (rng.integers(1, 12), 2))
        gt_boxes = np.hstack([corner, corner + rng.integers(4, 90, corner.shape)]).astype(float)
        near = np.repeat(gt_boxes, 2, axis=0) + rng.integers(-4, 5, (2 * len(gt_boxes), 4))
        far = rng.integers(0, 300, (15, 2))
        xyxy = np.vstack([near, np.hstack([far, far + rng.integers(5, 60, far.shape)])])
        xyxy = xyxy[(xyxy[:, 2:] > xyxy[:, :2]).all(axis=1)]
        scores = rng.integers(1, 40, len(xyxy)) / 40
        dataset.append((xyxy, scores, gt_boxes, rng.uniform(size=len(gt_boxes)) < 0.2))

    [ap] = coco_average_precision(overlaps_of(dataset))

    assert ap == pytest.approx(coco_by_pycocotools(dataset), abs=1e-12)


@given(datasets, st.integers(0, 2**31))
def test_weights_equal_pictures_that_occur_several_times(dataset, seed):
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 4, len(dataset))
    # No two scores are equal, so that only the copies of one detection tie.
    dataset = [(xyxy, rng.uniform(size=len(xyxy)), *truth) for xyxy, _, *truth in dataset]
    repeated = [
        scene for scene, weight in zip(dataset, weights, strict=True) for _ in range(weight)
    ]
    expected = ap_slowly(*rows_slowly(repeated)) if repeated else None

    ap = resampled_ap(ranking_of(dataset), weights[None].astype(float))[0]

    assert ap == pytest.approx(math.nan if expected is None else expected, abs=1e-12, nan_ok=True)


def faces_and_finds(n_images, recall, seed):
    """Pictures of four faces each, found at random, with false alarms of lower scores."""
    rng = np.random.default_rng(seed)
    faces = boxes_of([[x, 0, x + 10, 10] for x in (0, 20, 40, 60)])
    dataset = []
    for _ in range(n_images):
        found = faces[rng.uniform(size=4) < recall]
        wrong = boxes_of([[0, 50, 10, 60]])
        scores = np.append(rng.uniform(0.3, 1, len(found)), rng.uniform(0, 0.6))
        dataset.append((np.vstack([found, wrong]), scores, faces, np.zeros(4, bool)))
    return dataset


def test_the_interval_of_an_ap_holds_it_and_narrows_with_more_pictures():
    few, many = (ranking_of(faces_and_finds(n, 0.8, 1)) for n in (20, 500))

    of_few, of_many = (
        interval(resampled_ap(ranking, bootstrap(len(ranking.n_faces), 200)))
        for ranking in (few, many)
    )

    assert of_few.low < average_precision(few) < of_few.high
    assert of_many.low < average_precision(many) < of_many.high
    assert of_many.high - of_many.low < 0.5 * (of_few.high - of_few.low)


def test_two_runs_are_told_apart_by_the_interval_of_their_difference_alone():
    weights = bootstrap(300, 200)
    worse, better = (
        resampled_ap(ranking_of(faces_and_finds(300, recall, seed)), weights)
        for recall, seed in ((0.7, 1), (0.8, 2))
    )
    again = resampled_ap(ranking_of(faces_and_finds(300, 0.8, 3)), weights)

    clear, unclear = interval(better - worse), interval(again - better)

    assert 0 < clear.low < clear.high
    assert unclear.low < 0 < unclear.high


def test_draws_are_repeatable_and_of_as_many_pictures():
    draws = bootstrap(7, 50, seed=4)

    np.testing.assert_array_equal(draws, bootstrap(7, 50, seed=4))
    assert (draws.sum(axis=1) == 7).all()


def test_precision_and_recall_of_a_small_set_counted_by_hand():
    faces = boxes_of([[0, 0, 10, 10], [20, 0, 30, 10]])
    detections = boxes_of([[0, 0, 10, 10], [50, 0, 60, 10], [20, 0, 30, 10]])
    ranking = ranking_of([(detections, np.array([0.9, 0.8, 0.7]), faces, np.zeros(2, bool))])

    assert ranking.precision.tolist() == [1, 1 / 2, 2 / 3]
    assert ranking.recall.tolist() == [0.5, 0.5, 1]
    assert average_precision(ranking) == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert ranking.at(0.8) == (0.8, 1, 1, 1)
    assert ranking.at_false_alarms(0) == (0.9, 1, 0, 1)
    assert ranking.at_false_alarms(1) == (0.7, 2, 1, 0)


def test_equal_scores_are_taken_or_left_together():
    face = boxes_of([[0, 0, 10, 10]])
    wrong = boxes_of([[50, 0, 60, 10], [70, 0, 80, 10]])
    scores = np.array([0.5, 0.5, 0.5])

    ranking = ranking_of([(np.vstack([face, wrong]), scores, face, np.array([False]))])

    assert ranking.at_false_alarms(1) is None
    assert ranking.at_false_alarms(2).recall == 1


def test_a_set_without_faces_has_no_ap():
    nothing = (boxes_of([]), np.zeros(0), boxes_of([]), np.zeros(0, bool))

    ranking = ranking_of([nothing])

    assert average_precision(ranking) is None
    assert coco_average_precision(overlaps_of([nothing])) == [None]
    assert ranking.at_false_alarms() is None
    assert interval(resampled_ap(ranking, bootstrap(1, 10))) is None
