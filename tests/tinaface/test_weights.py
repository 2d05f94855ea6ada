import os
import stat
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy

from tinaface import weights
from tinaface.errors import CheckpointError
from tinaface.presets import PRESETS
from tinaface.weights import WeightsHeader

HEADER = WeightsHeader.of(
    PRESETS["compact"], source="run 7", date="2026-01-02", ap=0.81, extra={"epochs": "30"}
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "face.safetensors"


def test_what_was_written_is_read(path):
    tensors = {"a/kernel": np.arange(6, dtype=np.float32).reshape(2, 3), "steps": np.int64(7)}

    weights.write(path, HEADER, tensors)

    header, found = weights.read(path)
    assert header == HEADER == weights.read_header(path)
    assert found.keys() == tensors.keys()
    for name, value in tensors.items():
        np.testing.assert_array_equal(found[name], value)
        assert found[name].dtype == value.dtype


def test_a_view_is_written_by_its_values(path):
    square = np.arange(9, dtype=np.float32).reshape(3, 3)

    weights.write(path, HEADER, {"a": square.T})

    np.testing.assert_array_equal(weights.read(path)[1]["a"], square.T)


def test_extra_text_may_not_hide_the_headers_own():
    with pytest.raises(ValueError, match="preset"):
        WeightsHeader("compact", "0", "batch", extra={"preset": "other"})


def test_a_new_file_has_the_rights_of_any_new_file(path):
    weights.write(path, HEADER, {})
    other = path.with_name("other")
    other.touch()

    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    weights.write(path, HEADER, {"a": np.zeros(2)})
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(CheckpointError, match="No space left"):
        weights.write(path, HEADER, {"a": np.ones(2)})
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "header"),
        (b"\x80\x02}q\x00." * 20, "header"),
        (safetensors.numpy.save({"a": np.zeros(2)}), "names the format None"),
        (
            safetensors.numpy.save({}, {"format": weights.FORMAT, "preset": "compact"}),
            "lacks network_hash, norm",
        ),
        (
            safetensors.numpy.save(
                {},
                {
                    "format": weights.FORMAT,
                    "preset": "compact",
                    "network_hash": "0",
                    "norm": "batch",
                    "ap": "good",
                },
            ),
            "gives ap as 'good'",
        ),
    ],
    ids=["empty", "a pickle", "a stranger's", "half a header", "a number in words"],
)
def test_f46_another_file_is_refused_with_the_reason(path, content, why):
    path.write_bytes(content)

    with pytest.raises(CheckpointError, match=why):
        weights.read(path)


def test_f46_a_cut_file_is_refused(path):
    weights.write(path, HEADER, {"a": np.zeros(100)})
    path.write_bytes(path.read_bytes()[:-50])

    with pytest.raises(CheckpointError):
        weights.read_header(path)


def test_a_missing_file_is_named(path):
    for read in (weights.read, weights.read_header, weights.file_hash):
        with pytest.raises(CheckpointError, match=r"face\.safetensors"):
            read(path)


def test_the_hash_follows_the_content(path):
    path.write_bytes(b"")

    assert weights.file_hash(path) == "e3b0c44298fc"


def test_weights_are_read_without_tensorflow():
    code = "import sys, tinaface.weights; print('tensorflow' in sys.modules)"

    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )

    assert answer.stdout.strip() == "False"
