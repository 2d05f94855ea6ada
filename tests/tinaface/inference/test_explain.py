"""Which step removed the best box of a face, on maps small enough to think through."""

import dataclasses

import numpy as np
import pytest

from tests.fixtures.presets import HAND_MADE
from tinaface.inference.explain import Step, explain
from tinaface.inference.postprocess import View, candidates, select
from tinaface.inference.settings import DetectSettings
from tinaface.network.anchors import level_anchors, level_sizes

PRESET = HAND_MADE
SIDE = 256
VIEW = View(height=SIDE, width=SIDE, scale_x=1.0, scale_y=1.0)
SETTINGS = dataclasses.replace(DetectSettings.for_preset(PRESET), score_floor=0.1, nms_iou=0.45)
SURE, LIKELY, FAINT, NEVER = 8.0, 1.0, -1.0, -12.0


class Maps:
    """Raw output without any face, to put boxes into."""

    def __init__(self):
        self.anchors = level_anchors(PRESET, SIDE, SIDE)
        count = len(PRESET.anchors.scales)
        sizes = level_sizes(PRESET, SIDE, SIDE)
        self.raw = {
            "class_logits": [np.full((*size, count), NEVER, np.float32) for size in sizes],
            "box_deltas": [np.zeros((*size, 4 * count), np.float32) for size in sizes],
            "iou_logits": [np.full((*size, count), NEVER, np.float32) for size in sizes],
        }

    def put(self, level, row, logit):
        """A box in its anchor's place; gives the box."""
        for name in ("class_logits", "iou_logits"):
            self.raw[name][level].reshape(-1)[row] = logit
        return self.anchors[level][row]

    def row_at(self, level, x, y):
        """The first anchor of the cell at a place."""
        columns = self.raw["class_logits"][level].shape[1]
        stride = PRESET.strides[level]
        return ((y // stride) * columns + x // stride) * len(PRESET.anchors.scales)


def asked(maps, face, settings=SETTINGS, threshold=0.5):
    return explain([(maps.raw, VIEW)], PRESET, settings, np.asarray(face, float), threshold)


@pytest.fixture
def maps():
    return Maps()


def test_a_box_that_was_kept_is_said_to_be(maps):
    face = maps.put(2, maps.row_at(2, 128, 128), SURE)

    found = asked(maps, face)

    assert found.step is Step.KEPT
    assert found.iou == pytest.approx(1, abs=1e-4)
    assert found.xyxy == pytest.approx(face.tolist(), abs=1e-3)
    assert found.level == round(np.log2(PRESET.strides[2]))
    assert found.anchor == pytest.approx((face[2] - face[0], face[3] - face[1]), abs=1e-3)


def test_a_box_below_the_threshold_is_hidden_by_it(maps):
    face = maps.put(2, maps.row_at(2, 128, 128), LIKELY)

    found = asked(maps, face, threshold=0.9)

    assert found.step is Step.THRESHOLD
    assert 0.1 < found.score < 0.9


def test_a_box_below_the_floor_never_was_a_candidate(maps):
    face = maps.put(2, maps.row_at(2, 128, 128), FAINT)

    assert asked(maps, face).step is Step.FLOOR


def test_a_suppressed_box_names_its_rival(maps):
    row = maps.row_at(2, 128, 128)
    face = maps.put(2, row, LIKELY)
    rival = maps.put(2, row + 1, SURE)

    # A face so small that the rival overlaps it by less than half.
    small = [face[0] + 4, face[1] + 6, face[2] - 3, face[3] - 6]
    found = asked(maps, small)

    assert found.step is Step.SUPPRESSED
    assert found.rival == pytest.approx(rival.tolist(), abs=1e-3)
    assert found.rival_score > found.score
    assert found.rival_iou > SETTINGS.nms_iou


def test_without_any_box_near_the_closest_is_told(maps):
    found = asked(maps, [100, 100, 101, 250])

    assert found.step is Step.NONE_NEAR
    assert 0 < found.iou < 0.5


def test_too_many_better_candidates_of_a_level_are_told(maps):
    face = maps.put(2, maps.row_at(2, 64, 64), LIKELY)
    for x in (160, 192, 224):
        maps.put(2, maps.row_at(2, x, 192), SURE)

    settings = dataclasses.replace(SETTINGS, candidates_per_level=3)

    assert asked(maps, face, settings).step is Step.TOP_K


def test_a_box_under_the_least_height_is_told(maps):
    face = maps.put(2, maps.row_at(2, 128, 128), SURE)

    settings = dataclasses.replace(SETTINGS, least_height=200.0)

    assert asked(maps, face, settings).step is Step.SIZE


@pytest.mark.parametrize("seed", range(8))
def test_the_answer_agrees_with_the_detection(seed):
    maps, draw = Maps(), np.random.default_rng(seed)
    for level in range(len(PRESET.strides)):
        for name in ("class_logits", "iou_logits"):
            values = maps.raw[name][level]
            values[...] = draw.normal(-3, 3, values.shape)
        maps.raw["box_deltas"][level][...] = draw.normal(
            0, 0.3, maps.raw["box_deltas"][level].shape
        )
    # Before box voting, which moves what is kept: a candidate's own box is explained.
    unmoved = dataclasses.replace(SETTINGS, votes=False)
    kept = select(candidates(maps.raw, PRESET, VIEW, unmoved), unmoved)

    for _ in range(20):
        x, y = draw.uniform(0, 200, 2)
        side = draw.uniform(8, 60)
        found = asked(maps, [x, y, x + side, y + 1.3 * side])
        is_kept = bool((np.abs(kept.xyxy - found.xyxy).max(axis=1) < 1e-2).any())
        assert is_kept == (found.step in (Step.KEPT, Step.THRESHOLD)) or (
            found.step is Step.NONE_NEAR
        )
