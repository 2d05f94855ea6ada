"""Detection on a Ray cluster of this machine, in processes of its own: Ray leaves its children to
the end of the process, which the tests count as a fault."""

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tinaface.predictions import open_predictions

pytestmark = [
    pytest.mark.tf,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason="needs Ray: pip install -e '.[cluster]'"
    ),
]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for number in range(6):
        pixels = rng.integers(0, 255, (64, 96, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


def call(*words):
    """The last line, as JSON, and the exit code of a Python program."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.returncode


def test_a_killed_process_leaves_exactly_one_record_an_image(photos, tmp_path):
    processes, _ = call("tests.tinaface.inference.cluster_child", photos, tmp_path)

    assert processes > 1
    lines = [
        json.loads(line)
        for path in tmp_path.glob("part-*.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert sorted(one["image"] for one in lines) == sorted(path.name for path in photos.iterdir())
    assert [one["image"] for one in lines if one["error"]] == ["broken.png"]


def test_the_command_goes_on_where_it_was_stopped(photos, tmp_path):
    words = ["tinaface", "detect", photos, "--ray", "--jsonl", tmp_path, "--shard", 3, "--json"]
    whole, code = call(*words)
    next(tmp_path.glob("part-*")).unlink()

    rest, _ = call(*words, "--resume")

    assert code == 1  # broken.png
    assert (whole["images"], whole["missing"], whole["shards"]) == (7, 0, 3)
    assert rest["shards"] == 1
    assert len(open_predictions(tmp_path).images()) == 7
