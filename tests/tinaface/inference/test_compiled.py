import dataclasses

import numpy as np
import pytest

from tests.fixtures.detectors import random_weights
from tinaface.inference.settings import DetectSettings
from tinaface.presets import PRESETS

pytestmark = pytest.mark.tf

SETTINGS = DetectSettings.for_preset(PRESETS["compact"], {"score": 0.05})


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory):
    return random_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module", autouse=True)
def cache_folder(tmp_path_factory):
    """A cache of this module's own: any other test that detects compiles into the common one."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def graph(weights_file):
    from tinaface.inference.predict import Predictor

    return Predictor(weights_file)


@pytest.fixture(scope="module")
def compiled(weights_file):
    from tinaface.inference.predict import Predictor

    predictor = Predictor(weights_file, compiles=True)
    assert predictor._compiled is not None
    return predictor


@pytest.fixture
def kept_file(cache_folder, compiled):
    """The file in the cache folder, put back as it was."""
    (path,) = cache_folder.glob("**/*.tflite")
    content = path.read_bytes()
    yield path
    path.write_bytes(content)


def picture(height, width):
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def assert_same(found, expected):
    assert len(found) == len(expected)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-4)
    # Boxes whose scores are equal but for rounding may change places.
    apart = np.abs(found.xyxy[:, None] - expected.xyxy[None]).max(axis=-1)
    assert apart.min(axis=0).max(initial=0) < 0.02
    assert apart.min(axis=1).max(initial=0) < 0.02


def test_a_compiled_network_finds_what_the_graph_finds_whatever_sizes_come_and_go(graph, compiled):
    sizes = [(64, 96), (96, 64), (33, 90), (130, 70), (200, 40), (64, 96), (1, 300), (96, 64)]
    assert len(set(sizes)) > 4  # more than are held at once
    for size in sizes:
        assert_same(
            compiled.detect(picture(*size), SETTINGS), graph.detect(picture(*size), SETTINGS)
        )


def test_small_sizes_do_not_take_the_place_of_a_large_one(compiled):
    network = compiled._compiled
    network(np.zeros((512, 512, 3), np.float32))
    ready = dict(network._large._by_size)

    for height in range(64, 64 + 32 * 10, 32):
        network(np.zeros((height, 64, 3), np.float32))

    assert network._large._by_size == ready


def test_mirrored_looks_and_tiles_are_those_of_the_graph(graph, compiled):
    settings = dataclasses.replace(SETTINGS, tta="flip", tile=256)
    rgb = picture(64, 300)

    assert_same(compiled.detect(rgb, settings), graph.detect(rgb, settings))


def test_it_is_compiled_once_a_computer(compiled, weights_file, kept_file, monkeypatch):
    from tinaface.inference import compiled as module
    from tinaface.inference.predict import Predictor

    monkeypatch.setattr(module, "_flatbuffer", lambda detector: pytest.fail("compiled again"))

    assert Predictor(weights_file, compiles=True)._compiled is not None


@pytest.mark.parametrize("content", [b"", b"no network", None])
def test_a_damaged_file_in_the_cache_is_replaced(weights_file, kept_file, content):
    from tinaface.inference.predict import Predictor

    whole = kept_file.read_bytes()
    kept_file.write_bytes(whole[:-5000] if content is None else content)
    predictor = Predictor(weights_file, compiles=True)

    assert predictor._compiled is not None
    assert len(predictor.detect(picture(64, 64), SETTINGS))
    assert len(kept_file.read_bytes()) == len(whole)


def test_a_compiled_network_of_other_numbers_is_not_used(weights_file, compiled, monkeypatch):
    from tinaface.inference import compiled as module
    from tinaface.inference.predict import Predictor
    from tinaface.network.detector import build_detector

    other = module._flatbuffer(build_detector(PRESETS["compact"]))
    monkeypatch.setattr(module, "_kept_flatbuffer", lambda detector: other)

    assert Predictor(weights_file, compiles=True)._compiled is None


def test_without_a_place_to_keep_it_it_is_compiled_each_time(tmp_path, weights_file, monkeypatch):
    from tinaface.inference.predict import Predictor

    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    assert Predictor(weights_file, compiles=True)._compiled is not None


def test_networks_for_a_gpu_stay_in_the_graph():
    from tinaface.inference.compiled import compile_network
    from tinaface.network.detector import build_detector

    assert compile_network(build_detector(PRESETS["seed"])) is None
