"""The WIDER FACE protocol against a plain, slow re-statement of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared import WIDER, needs_wider
from tinaface.boxes import Detections
from tinaface.wider import read_ground_truth
from tinaface.wider_eval import evaluate


def boxes_of(rows):
    return np.asarray(rows, np.float64).reshape(-1, 4)


def found(rows, scores):
    return Detections(boxes_of(rows), np.asarray(scores, np.float64))


def rows_of(*rows):
    return np.asarray(rows, np.intp)


def overlap_with_plus_one(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0]) + 1
    height = min(a[3], b[3]) - max(a[1], b[1]) + 1
    if width <= 0 or height <= 0:
        return 0.0
    area_a = (a[2] - a[0] + 1) * (a[3] - a[1] + 1)
    area_b = (b[2] - b[0] + 1) * (b[3] - b[1] + 1)
    return width * height / (area_a + area_b - width * height)


def evaluate_slowly(detections, gt_boxes, counted):
    """AP of one subset: specification 12.2, threshold by threshold and box by box."""
    everything = [score for image in detections for score in image.scores.tolist()]
    low, high = min(everything, default=0), max(everything, default=0)
    proposals, recalled = [0] * 1000, [0] * 1000
    n_faces = sum(len(rows) for rows in counted)
    for image, boxes, rows in zip(detections, gt_boxes, counted, strict=True):
        if len(boxes) == 0 or len(image) == 0:
            continue
        ranked = sorted(
            zip(image.scores.tolist(), image.xyxy.tolist(), strict=True), key=lambda pair: -pair[0]
        )
        is_proposal, n_recalled, done = [], [], set()
        for _, box in ranked:
            overlaps = [overlap_with_plus_one(box, face) for face in boxes.tolist()]
            best = overlaps.index(max(overlaps))
            is_proposal.append(True)
            if overlaps[best] >= 0.5:
                if best not in rows:
                    is_proposal[-1] = False
                else:
                    done.add(best)
            n_recalled.append(len(done))
        for t in range(1000):
            threshold = 1 - (t + 1) / 1000
            prefix = 0
            for score, _ in ranked:
                stretched = (score - low) / (high - low) if high > low else 1.0
                if stretched >= threshold:
                    prefix += 1
            if prefix:
                proposals[t] += sum(is_proposal[:prefix])
                recalled[t] += n_recalled[prefix - 1]
    if n_faces == 0:
        return None
    recall = [0.0] + [r / n_faces for r in recalled] + [1.0]
    precision = [0.0]
    precision += [r / p if p else 0.0 for r, p in zip(recalled, proposals, strict=True)]
    precision += [0.0]
    for i in range(len(precision) - 1, 0, -1):
        precision[i - 1] = max(precision[i - 1], precision[i])
    return sum((recall[i + 1] - recall[i]) * precision[i + 1] for i in range(len(recall) - 1))


@st.composite
def datasets(draw):
    """Tiny pictures on a small grid, where ties, duplicates and boxes without size are common."""

    def box():
        x, y = draw(st.integers(0, 5)), draw(st.integers(0, 5))
        return [x, y, x + draw(st.integers(0, 6)), y + draw(st.integers(0, 6))]

    images = []
    for _ in range(draw(st.integers(1, 4))):
        boxes = boxes_of([box() for _ in range(draw(st.integers(0, 5)))])
        n_found = draw(st.integers(0, 6))
        scores = [
            draw(st.sampled_from([0.02, 0.1, 0.1005, 0.5, 0.75, 1.0])) for _ in range(n_found)
        ]
        # Some detections copy a face, or each other, exactly.
        rows = []
        for _ in range(n_found):
            pool = [*boxes.tolist(), *rows]
            rows.append(draw(st.sampled_from(pool)) if pool and draw(st.booleans()) else box())
        kept = [row for row in range(len(boxes)) if draw(st.booleans())]
        kept += kept[: draw(st.integers(0, 1))]
        images.append((found(rows, scores), boxes, rows_of(*kept)))
    return tuple(zip(*images, strict=True))


@given(datasets())
def test_the_protocol_equals_its_plain_restatement(dataset):
    expected = evaluate_slowly(*dataset)

    ap = evaluate(dataset[0], dataset[1], {"all": dataset[2]})["all"].ap

    assert ap == (None if expected is None else pytest.approx(expected, abs=1e-12))


@given(datasets(), st.integers(0, 2**31))
def test_weights_equal_pictures_that_occur_several_times(dataset, seed):
    weights = np.random.default_rng(seed).integers(0, 4, len(dataset[0])).astype(np.float64)
    curve = evaluate(dataset[0], dataset[1], {"all": dataset[2]})["all"]
    repeated = [
        [item for item, weight in zip(part, weights, strict=True) for _ in range(int(weight))]
        for part in dataset
    ]
    scores = np.concatenate([image.scores for image in dataset[0]])
    kept = np.concatenate([*(image.scores for image in repeated[0]), np.zeros(0)])
    same_stretch = len(kept) == 0 or (kept.min() == scores.min() and kept.max() == scores.max())

    if same_stretch and sum(map(len, repeated[2])):
        expected = evaluate_slowly(*repeated)

        assert curve.weighted_ap(weights[None])[0] == pytest.approx(expected, abs=1e-12)


def test_a_perfect_detector_has_ap_1_and_a_blind_one_0():
    faces = [boxes_of([[0, 0, 9, 9], [20, 20, 40, 50]]), boxes_of([[5, 5, 8, 9]])]
    rows = [rows_of(0, 1), rows_of(0)]

    perfect = evaluate([found(f, np.linspace(0.5, 1, len(f))) for f in faces], faces, {"a": rows})
    blind = evaluate([Detections.none(), Detections.none()], faces, {"a": rows})

    assert perfect["a"].ap == pytest.approx(1)
    assert blind["a"].ap == 0


def test_faces_of_pictures_without_detections_count():
    faces = [boxes_of([[0, 0, 9, 9]]), boxes_of([[0, 0, 9, 9]])]

    curve = evaluate(
        [found(faces[0], [0.9]), Detections.none()], faces, {"a": [rows_of(0), rows_of(0)]}
    )["a"]

    assert curve.ap == pytest.approx(0.5)
    assert curve.recall[-1] == 0.5


def test_a_detection_on_an_ignored_face_is_no_proposal():
    faces = [boxes_of([[0, 0, 9, 9], [50, 50, 70, 70]])]
    detections = [found([[50, 50, 70, 70], [50, 50, 70, 70], [0, 0, 9, 9]], [0.9, 0.8, 0.7])]

    curve = evaluate(detections, faces, {"a": [rows_of(0)]})["a"]

    assert curve.ap == pytest.approx(1)


def test_a_second_detection_of_one_face_is_a_false_alarm():
    faces = [boxes_of([[0, 0, 9, 9]])]
    detections = [found([[0, 0, 9, 9], [0, 0, 9, 9]], [0.9, 0.8])]

    curve = evaluate(detections, faces, {"a": [rows_of(0)]})["a"]

    assert curve.precision[-1] == 0.5
    assert curve.recall[-1] == 1


def test_boxes_are_one_pixel_wider_than_their_corners_say():
    # As areas 0 of 1; counted as pixels 1 of 2.
    faces = [boxes_of([[0, 0, 0, 1]])]

    curve = evaluate([found([[0, 0, 0, 0]], [0.9])], faces, {"a": [rows_of(0)]})["a"]

    assert curve.ap == pytest.approx(1)


def test_scores_are_stretched_over_all_pictures_together():
    faces = [boxes_of([[0, 0, 9, 9]]), boxes_of([[0, 0, 9, 9]])]
    rows = [rows_of(0), rows_of(0)]

    curve = evaluate([found(faces[0], [0.4]), found(faces[1], [0.2])], faces, {"a": rows})["a"]

    assert curve.recall[0] == 0.5
    assert curve.recall[998] == 0.5
    assert curve.recall[999] == 1


def test_subsets_are_judged_apart():
    faces = [boxes_of([[0, 0, 9, 9], [50, 50, 60, 60]])]
    detections = [found([[0, 0, 9, 9]], [0.9])]

    curves = evaluate(detections, faces, {"one": [rows_of(0)], "two": [rows_of(0, 1)]})

    assert curves["one"].ap == pytest.approx(1)
    assert curves["two"].ap == pytest.approx(0.5)


def test_without_any_face_that_counts_there_is_no_ap():
    faces = [boxes_of([[0, 0, 9, 9]])]

    curve = evaluate([found(faces[0], [0.9])], faces, {"a": [rows_of()]})["a"]

    assert curve.ap is None
    assert np.isnan(curve.weighted_ap(np.ones((1, 1))))


def test_a_row_that_is_no_box_is_a_callers_mistake():
    with pytest.raises(ValueError, match="outside the 1 boxes"):
        evaluate([Detections.none()], [boxes_of([[0, 0, 9, 9]])], {"a": [rows_of(1)]})


@needs_wider
def test_the_ground_truth_itself_scores_what_counting_by_hand_says():
    truth = read_ground_truth(WIDER / "ground_truth")
    perfect = [Detections(boxes, np.full(len(boxes), 0.5)) for boxes in truth.gt_boxes]

    curves = evaluate(perfect, truth.gt_boxes, truth.counted)

    # Every box is found; only a double of a counted box may be a false alarm.
    assert [round(curves[k].ap, 3) for k in ("easy", "medium", "hard")] == [1, 1, 1]
