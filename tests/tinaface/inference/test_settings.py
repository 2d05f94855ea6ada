import json

import pytest

from tinaface.inference.settings import DetectSettings, padded_size, resized_size
from tinaface.presets import PRESETS, Resize

PAPER, COMPACT = PRESETS["paper-bn"], PRESETS["compact"]


@pytest.mark.parametrize(
    ("size", "expected"),
    [((480, 640), (1100, 1467)), ((100, 400), (413, 1650)), ((3000, 2000), (1650, 1100))],
)
def test_the_benchmark_rule_fills_1100_by_1650_and_enlarges(size, expected):
    assert resized_size(DetectSettings.for_preset(PAPER).resize, *size) == expected


@pytest.mark.parametrize(
    ("size", "expected"), [((480, 640), (480, 640)), ((2560, 1280), (1024, 512))]
)
def test_compact_leaves_pictures_as_they_are_up_to_1024(size, expected):
    assert resized_size(DetectSettings.for_preset(COMPACT).resize, *size) == expected


def test_a_picture_is_enlarged_up_to_the_largest_factor_alone():
    assert resized_size(Resize(None, 1000, largest_factor=1.5), 300, 400) == (450, 600)
    assert resized_size(Resize(None, 1000, largest_factor=1.5), 900, 400) == (1000, 444)
    assert resized_size(Resize(None, 1000, largest_factor=None), 300, 400) == (750, 1000)


def test_padding_reaches_the_next_multiple():
    assert padded_size(PAPER.inference.resize, 33, 64) == (64, 64)
    assert padded_size(COMPACT.inference.resize, 65, 64) == (128, 64)


def test_the_seed_pads_to_its_fixed_input():
    seed = DetectSettings.for_preset(PRESETS["seed"]).resize

    assert resized_size(seed, 480, 640) == (480, 640)
    assert padded_size(seed, 480, 640) == (640, 640)


def test_a_thread_of_a_picture_keeps_at_least_one_pixel():
    assert resized_size(DetectSettings.for_preset(COMPACT).resize, 1, 20_000) == (1, 1024)


def test_a_long_side_shrinks_and_leaves_the_preset_to_say_whether_it_enlarges():
    small = {"long_side": 320}

    assert resized_size(DetectSettings.for_preset(COMPACT, small).resize, 480, 640) == (240, 320)
    assert resized_size(DetectSettings.for_preset(COMPACT, small).resize, 48, 64) == (48, 64)
    assert resized_size(DetectSettings.for_preset(PAPER, small).resize, 48, 64) == (240, 320)


def test_a_size_is_filled_whichever_way_the_picture_is_turned():
    resize = DetectSettings.for_preset(COMPACT, {"size": [480, 640]}).resize

    assert resized_size(resize, 100, 200) == (320, 640)
    assert resized_size(resize, 200, 100) == (640, 320)


@pytest.mark.parametrize(
    "options",
    [
        {"score": 1.5},
        {"score": "0.5"},
        {"score": True},
        {"least_height": float("nan")},
        {"least_height": "x"},
        {"max_detections": -1},
        {"max_detections": 2.5},
        {"tile": "a"},
        {"tile": 300.5},
        {"tta": "much"},
        {"size": [640]},
        {"size": "640x640"},
        {"long_side": 0},
        {"long_side": "640"},
        {"no_such": 1},
        {"tile": 10},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=r"must|unknown"):
        DetectSettings.for_preset(COMPACT, options)


def test_settings_are_stored_as_plain_json():
    stored = DetectSettings.for_preset(COMPACT, {"score": 0.3, "tta": "flip"}).as_dict()

    assert json.loads(json.dumps(stored)) == stored
    assert (stored["score_floor"], stored["tta"]) == (0.3, "flip")
