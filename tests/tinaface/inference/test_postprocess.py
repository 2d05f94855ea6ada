import dataclasses

import numpy as np
import pytest

from tests.fixtures.presets import HAND_MADE
from tinaface.boxes import Detections
from tinaface.inference.postprocess import View, best_candidates, candidates, fused_scores, select
from tinaface.inference.settings import DetectSettings

PRESET = HAND_MADE
SETTINGS = DetectSettings.for_preset(PRESET)


def raw_with_one_face(height, width, level, row, column):
    """Raw output whose only face is anchor 2 (the largest) of one cell, unmoved."""
    raw = {"class_logits": [], "box_deltas": [], "iou_logits": []}
    for index, stride in enumerate(PRESET.strides):
        rows, columns = -(-height // stride), -(-width // stride)
        logits = np.full((rows, columns, 3), -20, np.float32)
        if index == level:
            logits[row, column, 2] = 20
        raw["class_logits"].append(logits)
        raw["box_deltas"].append(np.zeros((rows, columns, 12), np.float32))
        raw["iou_logits"].append(np.full((rows, columns, 3), 20, np.float32))
    return raw


def only_box(raw, view):
    found = candidates(raw, PRESET, view, SETTINGS)
    assert len(found) == 1
    return found.xyxy[0]


SIDE = 16 * np.array([1 / 1.3**0.5, 1.3**0.5]) / 2  # half of P3's largest anchor


def test_an_unmoved_anchor_stands_on_the_corner_of_its_cell():
    box = only_box(raw_with_one_face(128, 160, 0, row=5, column=7), View(128, 160, 1, 1))

    centre = np.array([56, 40])
    expected = np.concatenate([centre - SIDE, centre + SIDE])
    np.testing.assert_allclose(box, expected, rtol=1e-6)


def test_boxes_are_undone_from_scale_shift_and_tile():
    raw = raw_with_one_face(128, 160, 0, row=5, column=7)
    view = View(128, 160, 2.0, 0.5, left=1, top=2, tile_x=100, tile_y=200)

    box = only_box(raw, view)

    centre = [(56 - 1 + 100) / 2, (40 - 2 + 200) / 0.5]
    np.testing.assert_allclose((box[:2] + box[2:]) / 2, centre, rtol=1e-6)


def test_a_mirrored_view_is_mirrored_back():
    raw = raw_with_one_face(128, 160, 0, row=5, column=7)

    box = only_box(raw, View(128, 150, 1, 1, is_flipped=True))

    np.testing.assert_allclose((box[0] + box[2]) / 2, 150 - 56, rtol=1e-6)


@pytest.mark.parametrize(("cuts", "count"), [((False,) * 4, 1), ((True, False, False, False), 0)])
def test_a_box_at_an_edge_counts_unless_the_edge_cuts_the_picture(cuts, count):
    raw = raw_with_one_face(128, 160, 0, row=5, column=0)

    assert len(candidates(raw, PRESET, View(128, 160, 1, 1, cuts=cuts), SETTINGS)) == count


def test_boxes_lower_than_the_least_height_of_the_original_go():
    raw = raw_with_one_face(128, 160, 0, row=5, column=7)
    settings = dataclasses.replace(SETTINGS, least_height=9.0)

    assert len(candidates(raw, PRESET, View(128, 160, 1, 2.1), settings)) == 0
    assert len(candidates(raw, PRESET, View(128, 160, 1, 2.0), settings)) == 1


def test_a_view_may_give_large_faces_alone():
    raw = raw_with_one_face(128, 160, 0, row=5, column=7)  # 18.2 pixels high

    assert len(candidates(raw, PRESET, View(128, 160, 1, 1, least_height=19), SETTINGS)) == 0
    assert len(candidates(raw, PRESET, View(128, 160, 1, 1, least_height=18), SETTINGS)) == 1


def test_the_score_is_tempered_by_the_predicted_iou():
    p, iou = 0.9, 0.6

    score = fused_scores(np.log(np.array([p / (1 - p)])), np.log(np.array([iou / (1 - iou)])), 0.4)

    np.testing.assert_allclose(score, p**0.8 * iou**1.2)


def test_scores_of_extreme_logits_are_finite():
    extreme = np.array([-1e4, 1e4], np.float32)

    np.testing.assert_array_equal(fused_scores(extreme, extreme, 0.4), [0, 1])


def test_a_score_at_the_floor_does_not_pass():
    found = Detections(np.array([[0, 0, 20, 20]], np.float32), np.array([0.5], np.float32))

    assert len(select(found, dataclasses.replace(SETTINGS, score_floor=0.5))) == 0
    assert len(select(found, dataclasses.replace(SETTINGS, score_floor=0.499))) == 1


def test_paper_tta_moves_each_box_to_the_mean_of_its_candidates():
    xyxy = np.array([[0, 0, 20, 20], [0, 0, 20, 24]], np.float32)
    found = Detections(xyxy, np.array([0.75, 0.25], np.float32))

    (box,) = select(found, dataclasses.replace(SETTINGS, tta="paper")).xyxy

    np.testing.assert_allclose(box, [0, 0, 20, 21])


def test_a_preset_that_votes_moves_a_face_to_the_mean_of_the_boxes_around_it():
    xyxy = np.array([[0, 0, 10, 10], [2, 0, 12, 10], [50, 50, 60, 60]], np.float32)
    found = Detections(xyxy, np.array([0.8, 0.4, 0.3], np.float32))

    plain = select(found, dataclasses.replace(SETTINGS, votes=False))
    voted = select(found, SETTINGS)

    assert plain.xyxy.tolist() == [xyxy[0].tolist(), xyxy[2].tolist()]
    np.testing.assert_allclose(voted.xyxy, [[2 / 3, 0, 10 + 2 / 3, 10], xyxy[2]], atol=1e-5)
    assert voted.scores.tolist() == plain.scores.tolist()


@pytest.mark.parametrize("most", range(9))
def test_the_best_candidates_are_kept_and_of_equals_the_first(most):
    scores = np.array([0.5, 0.9, 0.5, 0.1, 0.5, 0.9, 0.5, 0.7, 0.2])

    kept = best_candidates(scores, dataclasses.replace(SETTINGS, candidates_per_level=most))

    assert kept.tolist() == sorted(np.argsort(-scores, kind="stable")[:most].tolist())
