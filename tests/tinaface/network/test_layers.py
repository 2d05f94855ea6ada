"""Every layer of the network through the one shared check."""

import dataclasses
from functools import partial

import pytest

from tests.fixtures.presets import HAND_MADE
from tests.tinaface.network.layer_check import LayerCase, check_layer
from tinaface.network.backbone import Backbone, Bottleneck
from tinaface.network.conv import Conv2D, ConvNorm
from tinaface.network.deform_conv import DeformConv2D
from tinaface.network.detector import build_detector
from tinaface.network.head import Head
from tinaface.network.inception import ContextBlock
from tinaface.network.mobile import DepthwiseConv2D, MobileBackbone, SeparablePair
from tinaface.network.neck import FeaturePyramid
from tinaface.network.norm import BatchNorm, GroupNorm
from tinaface.presets import Backbone as BackboneSettings
from tinaface.presets import MobileBackbone as MobileSettings
from tinaface.presets import Norm

pytestmark = [pytest.mark.tf, pytest.mark.slow]

BATCH = Norm("batch")
GROUP = Norm("group", groups=2)
NARROW = dataclasses.replace(
    HAND_MADE,
    backbone=BackboneSettings(4, (2, 4, 4, 4), (1, 2, 1, 1), deformable=(False, False, True, True)),
    neck_channels=8,
)


def a_detector(name, dtype, **changes):
    return build_detector(dataclasses.replace(NARROW, **changes), dtype=dtype)


CASES = {
    "conv": LayerCase(
        partial(Conv2D, 5, 3, strides=2),
        [(2, 7, 8, 3)],
        [(2, 4, 4, 5)],
        {"kernel": (3, 3, 3, 5), "bias": (5,)},
    ),
    "group norm": LayerCase(
        partial(GroupNorm, 2), [(2, 5, 3, 6)], [(2, 5, 3, 6)], {"gamma": (6,), "beta": (6,)}
    ),
    "batch norm": LayerCase(
        partial(BatchNorm),
        [(2, 5, 3, 6)],
        [(2, 5, 3, 6)],
        {"gamma": (6,), "beta": (6,), "moving_mean": (6,), "moving_variance": (6,)},
    ),
    "conv and norm": LayerCase(
        partial(ConvNorm, 4, 3, GROUP, relu=True),
        [(1, 6, 5, 3)],
        [(1, 6, 5, 4)],
        {"conv/kernel": (3, 3, 3, 4), "norm/gamma": (4,), "norm/beta": (4,)},
    ),
    "deformable conv": LayerCase(
        partial(DeformConv2D, 5, 3, strides=2),
        [(2, 7, 6, 4)],
        [(2, 4, 3, 5)],
        {"kernel": (3, 3, 4, 5), "offset_kernel": (3, 3, 4, 18), "offset_bias": (18,)},
        tolerance=5e-2,  # offsets of float16 move the samples
    ),
    "bottleneck": LayerCase(
        partial(Bottleneck, 4, BATCH, strides=2, projects=True, deformable=False),
        [(2, 8, 7, 6)],
        [(2, 4, 4, 16)],
    ),
    "backbone": LayerCase(
        partial(Backbone, NARROW.backbone, GROUP),
        [(1, 64, 96, 3)],
        [(1, 16, 24, 8), (1, 8, 12, 16), (1, 4, 6, 16), (1, 2, 3, 16)],
        tolerance=0.1,
    ),
    "depthwise conv": LayerCase(
        partial(DepthwiseConv2D, strides=2),
        [(2, 7, 8, 3)],
        [(2, 4, 4, 3)],
        {"kernel": (3, 3, 3, 1)},
    ),
    "separable pair": LayerCase(
        partial(SeparablePair, 6, BATCH),
        [(2, 5, 4, 3)],
        [(2, 5, 4, 6)],
    ),
    "mobile backbone": LayerCase(
        partial(MobileBackbone, MobileSettings(4, 4, ((4, 6), (8,), (8, 10), (12,))), GROUP),
        [(1, 64, 96, 3)],
        [(1, 16, 24, 6), (1, 8, 12, 8), (1, 4, 6, 10), (1, 2, 3, 12)],
        tolerance=0.1,
    ),
    "mobile backbone without a stride in its stem": LayerCase(
        partial(
            MobileBackbone,
            MobileSettings(4, 4, ((4, 6), (8,), (8, 10), (12,)), stem_stride=1),
            GROUP,
        ),
        [(1, 64, 96, 3)],
        [(1, 32, 48, 6), (1, 16, 24, 8), (1, 8, 12, 10), (1, 4, 6, 12)],
        tolerance=0.1,
    ),
    "feature pyramid": LayerCase(
        partial(FeaturePyramid, 8, (2, 3, 4, 5, 6, 7), BATCH),
        [(1, 17, 23, 4), (1, 9, 12, 6), (1, 5, 6, 8), (1, 3, 3, 10)],
        [(1, 17, 23, 8), (1, 9, 12, 8), (1, 5, 6, 8), (1, 3, 3, 8), (1, 2, 2, 8), (1, 1, 1, 8)],
    ),
    "context block": LayerCase(
        partial(ContextBlock, 16, GROUP), [(1, 9, 7, 16)], [(1, 9, 7, 16)], tolerance=5e-2
    ),
    "head": LayerCase(
        partial(Head, 8, 2, 3, BATCH),
        [(2, 5, 6, 8)],
        [(2, 5, 6, 3), (2, 5, 6, 12), (2, 5, 6, 3)],
    ),
    "head without towers": LayerCase(
        partial(Head, 8, 0, 3, BATCH),
        [(2, 5, 6, 8)],
        [(2, 5, 6, 3), (2, 5, 6, 12), (2, 5, 6, 3)],
    ),
    "detector": LayerCase(
        a_detector,
        [(1, 64, 96, 3)],
        # keras.tree orders a dict by its keys: box deltas, class logits, IoU logits
        [
            (1, rows, columns, channels)
            for channels in (12, 3, 3)
            for rows, columns in ((8, 12), (4, 6), (2, 3), (1, 2), (1, 1), (1, 1))
        ],
        tolerance=0.1,
    ),
    "detector with a head a level": LayerCase(
        partial(
            a_detector,
            levels=(2, 3, 4, 5),
            head=dataclasses.replace(NARROW.head, shared=False),
            norm=GROUP,
        ),
        [(1, 64, 64, 3)],
        [(1, side, side, channels) for channels in (12, 3, 3) for side in (16, 8, 4, 2)],
        tolerance=0.1,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_layer_keeps_its_contract(case, tmp_path):
    check_layer(case, tmp_path)
