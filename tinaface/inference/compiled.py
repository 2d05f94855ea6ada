"""A network compiled for this computer's processor, which takes half of TensorFlow's time.

TensorFlow runs each operation of the graph by itself; LiteRT (`tf.lite`) folds every norm into its
convolution and runs both with XNNPACK's kernels. The numbers are those of the graph but for
rounding, which is checked before a compiled network is used. Only networks for computers without a
GPU are compiled: the reference's stay as its golden vectors know them.
"""

import contextlib
import hashlib
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import platformdirs
import tensorflow as tf

from tinaface.atomic import replace_file
from tinaface.boxes import FloatArray
from tinaface.inference.postprocess import RawOutput
from tinaface.network.detector import OUTPUTS, Detector
from tinaface.presets import MobileBackbone
from tinaface.review_folder import APPLICATION

# Setting up for another size of input costs half of a pass, and 330 bytes a pixel are held for each
# size that is ready. So few large ones are, and more of the small ones that second looks are.
_LARGE_SIZES, _SMALL_SIZES = 4, 8
_SMALL_PIXELS = 2**17
# Counted up when layers come to be computed by other operations: kept networks are of the old ones.
_GRAPH_VERSION = 2
# Compiled networks that stay in the cache folder, some 5 MB each.
_KEPT_FILES = 8
# A file begins with the SHA-256 of the rest.
_CHECKSUM_BYTES = 32
# Largest difference to the graph's map that is rounding, as a share of the largest value there.
_ROUNDING = 1e-3
_CHECKED_SIZE = (64, 96)


class CompiledNetwork:
    """The three outputs of a detector for one picture of any size.

    Args:
        flatbuffer: what LiteRT's converter gave.
        levels: how many levels the detector has.
    """

    def __init__(self, flatbuffer: bytes, levels: int):
        self._levels = levels
        self._large = _Interpreters(flatbuffer, _LARGE_SIZES)
        self._small = _Interpreters(flatbuffer, _SMALL_SIZES)

    def __call__(self, x: FloatArray) -> RawOutput:
        """Maps `[rows, columns, channels]` of `[H, W, 3]` float32 RGB minus mean, padded."""
        height, width = x.shape[:2]
        interpreters = self._small if height * width <= _SMALL_PIXELS else self._large
        flat = iter(interpreters.of((height, width)).run(x))
        return {name: [next(flat) for _ in range(self._levels)] for name in OUTPUTS}


class _Interpreters:
    """Interpreters that are set up for the sizes asked for last."""

    def __init__(self, flatbuffer: bytes, count: int):
        # All made now: each one greets on stderr.
        self._unused = [_Interpreter(flatbuffer) for _ in range(count)]
        self._by_size: dict[tuple[int, int], _Interpreter] = {}

    def of(self, size: tuple[int, int]) -> "_Interpreter":
        """One that is set up for a height and width."""
        interpreter = self._by_size.pop(size, None)
        if interpreter is None:
            interpreter = self._unused.pop() if self._unused else self._longest_unasked()
            interpreter.resize(size)
        self._by_size[size] = interpreter  # the last one asked is the last one
        return interpreter

    def _longest_unasked(self) -> "_Interpreter":
        return self._by_size.pop(next(iter(self._by_size)))


class _Interpreter:
    """One interpreter, set up for one size at a time."""

    def __init__(self, flatbuffer: bytes):
        with warnings.catch_warnings():
            # TensorFlow announces that a package of its own will hold this; ours is pinned.
            warnings.filterwarnings("ignore", message=".*tf.lite.Interpreter is deprecated")
            self._interpreter = tf.lite.Interpreter(
                model_content=flatbuffer, num_threads=os.cpu_count()
            )
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = self._interpreter.get_output_details()
        self._outputs.sort(key=lambda one: _place(one["name"]))

    def resize(self, size: tuple[int, int]) -> None:
        self._interpreter.resize_tensor_input(self._input, [1, *size, 3], strict=True)
        self._interpreter.allocate_tensors()

    def run(self, x: FloatArray) -> Iterator[FloatArray]:
        """Copies of the outputs, `[rows, columns, channels]` each."""
        self._interpreter.set_tensor(self._input, x[None])
        self._interpreter.invoke()
        return (self._interpreter.get_tensor(one["index"])[0] for one in self._outputs)


def _place(name: str) -> int:
    """Of an output among those of the graph: they are called Identity, Identity_1 and so on."""
    number = re.search(r"\d+$", name)
    return int(number[0]) if number else 0


def compile_network(detector: Detector) -> CompiledNetwork | None:
    """The detector as it is now, from the cache folder if it was compiled before.

    None where the graph is the better choice: a GPU, a network for one, a TensorFlow without
    LiteRT, or a result that is not the graph's.
    """
    is_light = isinstance(detector.preset.backbone, MobileBackbone)
    if not is_light or not hasattr(tf, "lite") or tf.config.list_physical_devices("GPU"):
        return None
    try:
        compiled = CompiledNetwork(_kept_flatbuffer(detector), len(detector.preset.levels))
        return compiled if _agrees(compiled, detector) else None
    except (ValueError, RuntimeError, tf.errors.OpError):
        return None  # a converter or kernels that do not know an operation: slower, but right


def _kept_flatbuffer(detector: Detector) -> bytes:
    """From the cache folder, else compiled now and kept there if it can be written."""
    path = _cache_folder() / f"{_digest(detector)}.tflite"
    with contextlib.suppress(OSError):
        content = path.read_bytes()
        # LiteRT does not check what it reads: a file that was cut short would end the process.
        if hashlib.sha256(content[_CHECKSUM_BYTES:]).digest() == content[:_CHECKSUM_BYTES]:
            return content[_CHECKSUM_BYTES:]
    flatbuffer = _flatbuffer(detector)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, hashlib.sha256(flatbuffer).digest() + flatbuffer)
        _forget_old(path.parent)
    return flatbuffer


def _flatbuffer(detector: Detector) -> bytes:
    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.float32)])
    def flat_outputs(x: tf.Tensor) -> list[tf.Tensor]:
        outputs = detector(x, training=False)
        return [level for name in OUTPUTS for level in outputs[name]]

    function = flat_outputs.get_concrete_function()
    flatbuffer: bytes = tf.lite.TFLiteConverter.from_concrete_functions(
        [function], detector
    ).convert()
    return flatbuffer


def _agrees(compiled: CompiledNetwork, detector: Detector) -> bool:
    """Whether both give the same maps of a picture of noise."""
    noise = np.random.default_rng(0).uniform(-120, 130, (*_CHECKED_SIZE, 3)).astype(np.float32)
    ours, graphs = compiled(noise), detector(noise[None], training=False)
    return all(
        one.shape == other.shape[1:] and _is_rounding(one - other[0], other)
        for name in OUTPUTS
        for one, other in zip(ours[name], graphs[name], strict=True)
    )


def _is_rounding(difference: FloatArray, values: FloatArray) -> bool:
    return bool(np.abs(difference).max() < _ROUNDING * max(1.0, np.abs(values).max()))


def _digest(detector: Detector) -> str:
    """Of the weights, of the library that compiles, and of what it is given."""
    versions = f"{tf.__version__} {_GRAPH_VERSION} {detector.preset.network_hash}"
    digest = hashlib.sha256(versions.encode())
    for variable in detector.variables:
        digest.update(np.asarray(variable).tobytes())
    return digest.hexdigest()[:24]


def _cache_folder() -> Path:
    return platformdirs.user_cache_path(APPLICATION, appauthor=False) / "networks"


def _forget_old(folder: Path) -> None:
    newest_first = sorted(folder.glob("*.tflite"), key=lambda path: -path.stat().st_mtime)
    for path in newest_first[_KEPT_FILES:]:
        path.unlink(missing_ok=True)
