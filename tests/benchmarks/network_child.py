"""One engine in a process of its own: a forward pass for every line that comes in.

`python -m tests.benchmarks.network_child ENGINE PRESET HEIGHT WIDTH THREADS FOLDER`, started by
`network_speed`. Answers each line with a JSON object; the outputs of the first pass go to FOLDER.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tinaface import weights
from tinaface.presets import PRESETS, Preset

Picture = npt.NDArray[np.float32]
# Outputs by name, a map a level.
Forward = Callable[[Picture], Mapping[str, list[npt.NDArray[np.float32]]]]

WEIGHTS = "weights.safetensors"


def tensorflow_forward(preset: Preset, threads: int, folder: Path) -> Forward:
    """Ours, as `detect` runs it: traced once for every size. Leaves its weights in the folder."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    from tests.tinaface.network.own_maps import fill
    from tinaface.network.detector import build_detector, save_detector

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    detector = build_detector(preset)
    fill(detector)
    save_detector(detector, folder / WEIGHTS, weights.WeightsHeader.of(preset))
    predict = tf.function(
        lambda x: detector(x, training=False),
        input_signature=[tf.TensorSpec([None, None, None, 3])],
    )
    return lambda x: {k: [y.numpy() for y in v] for k, v in predict(tf.constant(x)).items()}


def torch_forward(preset: Preset, threads: int, folder: Path) -> Forward:
    """The restatement, in the layout that is the faster one for it."""
    import torch

    from tests.benchmarks.torch_network import TorchNetwork

    torch.set_num_threads(threads)
    network = TorchNetwork(preset, weights.read(folder / WEIGHTS)[1], channels_last=True)
    return lambda x: {k: [y.numpy() for y in v] for k, v in network(x).items()}


ENGINES = {"tensorflow": tensorflow_forward, "torch": torch_forward}


def main(arguments: list[str]) -> None:
    engine, preset, height, width, threads, folder = arguments
    forward = ENGINES[engine](PRESETS[preset], int(threads), Path(folder))
    x = np.random.default_rng(0).normal(0, 60, (1, int(height), int(width), 3)).astype(np.float32)
    # The answers alone reach the parent: libraries may greet on stdout.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answers.write("{}\n")
    answers.flush()
    for number, _ in enumerate(sys.stdin):
        wall, cpu = time.perf_counter(), time.process_time()
        outputs = forward(x)
        result = {
            "wall_s": time.perf_counter() - wall,
            "cpu_s": time.process_time() - cpu,
            # Linux counts in KiB.
            "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        }
        if number == 0:
            flat = {f"{k}/{i}": y for k, v in outputs.items() for i, y in enumerate(v)}
            np.savez(Path(folder) / f"{engine}.npz", **flat)
        answers.write(json.dumps(result) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
