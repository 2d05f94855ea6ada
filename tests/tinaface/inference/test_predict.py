import dataclasses

import numpy as np
import pytest

from tests.fixtures.detectors import random_weights
from tinaface import weights
from tinaface.inference.postprocess import View, candidates, select
from tinaface.inference.rescoring import KEY, Rescoring
from tinaface.inference.settings import DetectSettings
from tinaface.presets import PIXEL_MEAN, PRESETS

pytestmark = pytest.mark.tf

CLOSER = DetectSettings.for_preset(PRESETS["compact"], {"score": 0.05})
# Random weights see a crowd in every picture.
SETTINGS = dataclasses.replace(CLOSER, looks_closer_from=None)


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    from tinaface.inference.predict import Predictor

    return Predictor(random_weights(tmp_path_factory.mktemp("weights")))


def picture(height, width):
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def assert_same(found, expected):
    assert len(found) == len(expected) > 0
    np.testing.assert_allclose(found.xyxy, expected.xyxy, atol=0.02)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-4)


def test_detections_are_those_of_the_network_on_the_padded_picture(predictor):

    rgb = picture(100, 130)
    padded = np.zeros((1, 128, 192, 3), np.float32)
    padded[0, :100, :130] = rgb - np.array(PIXEL_MEAN, np.float32)

    found = predictor.detect(rgb, SETTINGS)

    raw = predictor._detector(padded)
    maps = {name: [np.asarray(level)[0] for level in levels] for name, levels in raw.items()}
    expected = candidates(maps, predictor.preset, View(100, 130, 1, 1), SETTINGS)
    assert_same(found, select(expected, SETTINGS))


def test_pictures_of_any_size_share_one_trace(predictor):
    for size in [(64, 64), (33, 90), (1, 1), (1, 300)]:
        predictor.detect(picture(*size), SETTINGS)

    assert predictor._forward.experimental_get_tracing_count() == 1


def test_flip_finds_in_the_mirrored_picture_the_mirrored_faces(predictor):
    settings = dataclasses.replace(SETTINGS, tta="flip")
    rgb = picture(96, 128)

    found = predictor.detect(rgb, settings)
    mirrored = predictor.detect(np.ascontiguousarray(rgb[:, ::-1]), settings)

    back = mirrored.xyxy[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + [128, 0, 128, 0]
    order, mirrored_order = np.lexsort(found.xyxy.T), np.lexsort(back.T)
    np.testing.assert_allclose(found.xyxy[order], back[mirrored_order], atol=0.02)


def test_a_crowd_is_looked_at_closer(predictor):
    rgb = picture(100, 130)

    found = predictor.detect(rgb, CLOSER)

    assert [view.scale_x for _, view, _ in predictor._looks(rgb, CLOSER)] == [1, 2]
    plain = predictor.detect(rgb, SETTINGS)
    assert len(found) > len(plain)
    assert_same(predictor.detect(rgb, dataclasses.replace(CLOSER, tile=512)), plain)


def test_shrinking_without_antialias_samples_between_the_four_nearest_pixels():
    from tinaface.inference.predict import resize

    rgb = picture(9, 12)

    shrunk = resize(rgb, (3, 4), antialias=False)

    np.testing.assert_array_equal(shrunk, rgb[1::3, 1::3])


def test_shrinking_with_antialias_averages():
    from tinaface.inference.predict import resize

    rgb = np.zeros((8, 8, 3), np.uint8)
    rgb[::2] = 200

    np.testing.assert_allclose(resize(rgb, (4, 4), antialias=True)[1:3], 100, atol=14)


def test_enlarging_is_linear_between_centres_of_pixels():
    from tinaface.inference.predict import resize

    rgb = np.repeat(np.array([[0, 100]], np.uint8)[..., None], 3, axis=2)

    for antialias in (False, True):
        enlarged = resize(rgb, (1, 4), antialias=antialias)
        np.testing.assert_array_equal(enlarged[0, :, 0], [0, 25, 75, 100])


def test_a_picture_in_tiles_gives_boxes_of_the_whole_picture(predictor):
    settings = dataclasses.replace(SETTINGS, tile=256)
    rgb = picture(300, 520)

    found = predictor.detect(rgb, settings)

    assert len(found) > 0
    assert found.xyxy.min() >= 0
    assert found.xyxy[:, 2].max() > 300
    assert np.all(found.xyxy[:, 2:] <= [520, 300])


def test_rescored_detections_above_a_floor_are_those_of_a_lower_floor(predictor, tmp_path):
    from tinaface.inference.predict import Predictor

    path = tmp_path / "rescoring.safetensors"
    header, tensors = weights.read(random_weights(tmp_path))
    model = Rescoring([0.0] * 10, [1.0] * 10, [0.0, 1.0] + [0.0] * 8 + [-1.0] + [0.0] * 55)
    extra = {KEY: model.as_text()}
    weights.write(path, dataclasses.replace(header, extra=extra), tensors)
    rescoring = Predictor(path)
    rgb = picture(100, 130)

    plain = predictor.detect(rgb, dataclasses.replace(SETTINGS, score_floor=0.01))
    every = rescoring.detect(rgb, dataclasses.replace(SETTINGS, score_floor=0.0))
    some = rescoring.detect(rgb, dataclasses.replace(SETTINGS, score_floor=0.3))

    assert 0 < len(some) < len(every)
    assert_same(some, every.more_than(0.3))
    assert sorted(map(tuple, every.xyxy.tolist())) == sorted(map(tuple, plain.xyxy.tolist()))
    assert every.scores.tolist() != plain.scores.tolist()

    face = every.xyxy[5].astype(np.float64)
    explained = rescoring.explain(rgb, SETTINGS, face, threshold=0.999)
    assert explained.score in [pytest.approx(float(score), abs=1e-5) for score in every.scores]
