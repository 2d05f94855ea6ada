import numpy as np
import pytest

from tests.shared import GOLDEN, needs_golden
from tinaface.network.anchors import level_anchors, level_sizes
from tinaface.presets import PRESETS

PAPER = PRESETS["paper-bn"]


@needs_golden
@pytest.mark.tf
@pytest.mark.parametrize("path", sorted(GOLDEN.glob("d_anchors*.npz")), ids=lambda p: p.stem)
def test_anchors_equal_the_reference_to_the_last_bit(path):
    from tests.golden.checks_network import check_anchors

    assert [m for m in check_anchors(path) if not m.passed] == []


def test_640_pixels_have_the_anchors_that_the_paper_counts():
    levels = level_anchors(PAPER, 640, 640)

    assert [len(level) for level in levels] == [76800, 19200, 4800, 1200, 300, 75]


def test_an_anchor_is_centred_on_the_corner_of_its_cell():
    sizes, levels = level_sizes(PAPER, 96, 160), level_anchors(PAPER, 96, 160)

    row, column, anchor = 3, 7, 1
    index = (row * sizes[0][1] + column) * 3 + anchor
    x0, y0, x1, y1 = levels[0][index]

    assert ((x0 + x1) / 2, (y0 + y1) / 2) == (7 * 4, 3 * 4)


def test_anchors_keep_their_area_and_are_taller_than_wide():
    levels = level_anchors(PAPER, 128, 128)

    for stride, anchors in zip(PAPER.strides, levels, strict=True):
        width, height = (anchors[:3, 2:] - anchors[:3, :2]).T
        np.testing.assert_allclose(height / width, 1.3, rtol=1e-5)
        sides = stride * np.asarray(PAPER.anchors.scales)
        np.testing.assert_allclose(np.sqrt(width * height), sides, rtol=1e-5)


def test_odd_sizes_have_a_cell_for_the_last_pixels():
    assert level_sizes(PAPER, 129, 127)[:2] == [(33, 32), (17, 16)]


def test_anchors_may_stand_in_the_middle_and_grow_from_level_to_level():
    preset = PRESETS["compact"]

    levels = level_anchors(preset, 64, 64)

    sides = [np.sqrt((a[:2, 2:] - a[:2, :2]).prod(axis=1)).tolist() for a in levels]
    np.testing.assert_allclose(sides, [[8, 16], [32, 64], [128, 256]], rtol=1e-5)
    centres = [((a[0, :2] + a[0, 2:]) / 2).tolist() for a in levels]
    np.testing.assert_allclose(centres, [[2, 2], [4, 4], [8, 8]], atol=1e-5)
