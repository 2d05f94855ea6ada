"""`tinaface.convert.pth` gives the tensors that PyTorch wrote, bit for bit."""

import os
import re
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.shared import GOLDEN, needs_golden
from tests.tinaface.convert import written_pickles as written
from tinaface.convert import pth
from tinaface.errors import CheckpointError

FIXTURES = Path(__file__).parents[2] / "fixtures" / "checkpoints"
CASES = sorted(path.name for path in FIXTURES.glob("*.pth") if "refused" not in path.name)


def expected_of(case: str) -> dict[str, np.ndarray]:
    with np.load(FIXTURES / "expected.npz") as archive:
        rows = {key: archive[key] for key in archive.files}
    return {
        key.removeprefix(f"{case}/"): value
        for key, value in rows.items()
        if key.startswith(f"{case}/")
    }


def read_bytes(tmp_path: Path, content: bytes) -> pth.StateDict:
    path = tmp_path / "checkpoint.pth"
    path.write_bytes(content)
    return pth.read(path)


def assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    # Bytes rather than values, so that NaN and the sign of zero count.
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", CASES)
def test_every_form_that_pytorch_writes_is_read_exactly(name):
    expected = expected_of(re.sub(r"_(zip|legacy|protocol4|no_checksums)\.pth", "", name))

    state = pth.read(FIXTURES / name)

    assert list(state.tensors) == list(expected)
    for key, value in expected.items():
        assert_same(state.tensors[key], value)


def test_entries_beside_the_tensors_are_named_as_skipped(tmp_path):
    entries = {
        "weight": written.tensor(written.storage("0", "FloatStorage", 1), (1,), (1,)),
        "epoch": b"K\x03",
    }
    pickle = written.program(written.mapping(entries))

    state = read_bytes(tmp_path, written.zip_file(pickle, {"0": b"\0\0\x80?"}))

    assert list(state.tensors) == ["weight"]
    assert state.skipped == ("epoch",)


@pytest.mark.parametrize("byte_order", ["little", "big"])
def test_either_byte_order_gives_the_same_values(tmp_path, byte_order):
    expected = {
        "double": np.linspace(-1, 1, 7),
        "half": np.arange(6, dtype=np.float16).reshape(2, 3),
        "long": np.array([-1, 2**40]),
    }

    state = read_bytes(tmp_path, written.zip_state(expected, byte_order))

    for key, value in expected.items():
        assert_same(state.tensors[key], value)


def test_a_file_without_a_byte_order_is_little_endian(tmp_path):
    expected = np.array([1.5, -2.5], np.float32)
    pickle = written.state_program({"weight": expected})

    archive = written.zip_file(pickle, {"0": expected.tobytes()}, byte_order=None)

    assert_same(read_bytes(tmp_path, archive).tensors["weight"], expected)


def test_tensors_are_read_only(tmp_path):
    state = read_bytes(tmp_path, written.zip_state({"weight": np.zeros(3)}))

    with pytest.raises(ValueError, match="read-only"):
        state.tensors["weight"][0] = 1


@needs_golden
@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_the_golden_checkpoints_are_read_exactly(form):
    state = pth.read(GOLDEN / f"l_checkpoint_{form}.pth")

    with np.load(GOLDEN / "l_checkpoint_expected.npz") as expected:
        assert list(state.tensors) == expected.files
        for key in expected.files:
            assert_same(state.tensors[key], expected[key])


# What is wrong with a file is said by a CheckpointError.


@pytest.mark.parametrize(
    ("name", "culprit"),
    [
        ("sparse", "_rebuild_sparse_tensor"),
        ("float8", "float8_e4m3fn"),
        ("negated", "neg"),
        ("module", "torch.nn.modules.container.Sequential"),
        ("meta", "_rebuild_meta_tensor_no_storage"),
    ],
)
def test_what_is_no_plain_tensor_is_refused_by_name(name, culprit):
    with pytest.raises(CheckpointError) as caught:
        pth.read(FIXTURES / f"refused_{name}.pth")

    assert culprit in caught.value.why


@pytest.mark.parametrize("name", ["flat_zip.pth", "flat_legacy.pth"])
def test_a_file_cut_off_anywhere_is_refused(tmp_path, name):
    content = (FIXTURES / name).read_bytes()

    for length in range(0, len(content), 7):
        with pytest.raises(CheckpointError):
            read_bytes(tmp_path, content[:length])


def test_bytes_after_the_last_legacy_storage_are_refused(tmp_path):
    content = (FIXTURES / "flat_legacy.pth").read_bytes()

    with pytest.raises(CheckpointError, match="1 bytes follow"):
        read_bytes(tmp_path, content + b"\0")


def test_a_legacy_storage_of_another_size_than_declared_is_refused(tmp_path):
    pickle = written.state_program({"weight": np.zeros(2, np.float32)}, tail=b"N")
    keys = b"](" + written.text("0") + b"e"
    good = written.legacy_file(pickle, keys, struct.pack("<q", 2) + bytes(8))
    bad = written.legacy_file(pickle, keys, struct.pack("<q", 1) + bytes(8))

    assert read_bytes(tmp_path, good).tensors["weight"].shape == (2,)
    with pytest.raises(CheckpointError, match="has 1 elements, expected 2"):
        read_bytes(tmp_path, bad)


@pytest.mark.parametrize("size", [7, 9])
def test_a_record_of_another_size_than_declared_is_refused(tmp_path, size):
    pickle = written.state_program({"weight": np.zeros(2, np.float32)})

    with pytest.raises(CheckpointError, match=f"has {size} bytes, expected 8"):
        read_bytes(tmp_path, written.zip_file(pickle, {"0": bytes(size)}))


@pytest.mark.parametrize(
    ("shape", "strides", "offset"),
    [
        ((5,), (1,), 0),
        ((2,), (1,), 3),
        ((2, 2), (3, 1), 0),
        ((1,), (1,), 4),
        ((2,), (-1,), 1),
        ((2,), (1,), -1),
        ((-1,), (1,), 0),
        ((2,), (1, 1), 0),
        ((2,), (2**100,), 0),
        ((2**100,), (0,), 0),
        ((2**20, 2**20), (0, 0), 0),
        ((0, 2**40, 2**40), (1, 1, 1), 0),
        ((1,) * 33, (1,) * 33, 0),
    ],
)
def test_a_tensor_outside_its_storage_is_refused(tmp_path, shape, strides, offset):
    stored = written.storage("0", "FloatStorage", 4)
    body = written.mapping({"weight": written.tensor(stored, shape, strides, offset)})

    with pytest.raises(CheckpointError, match=r"an? .*tensor"):
        read_bytes(tmp_path, written.zip_file(written.program(body), {"0": bytes(16)}))


def test_an_empty_tensor_may_begin_anywhere(tmp_path):
    stored = written.storage("0", "FloatStorage", 4)
    body = written.mapping({"weight": written.tensor(stored, (3, 0), (1, 1), 99)})

    state = read_bytes(tmp_path, written.zip_file(written.program(body), {"0": bytes(16)}))

    assert state.tensors["weight"].shape == (3, 0)


@pytest.mark.parametrize("count", [2**40, 2**80, -1])
def test_a_storage_larger_than_the_file_is_refused(tmp_path, count):
    stored = written.storage("0", "FloatStorage", count)
    body = written.mapping({"weight": written.tensor(stored, (4,), (1,))})

    with pytest.raises(CheckpointError):
        read_bytes(tmp_path, written.zip_file(written.program(body), {"0": bytes(16)}))


def test_one_key_for_storages_of_two_sizes_is_refused(tmp_path):
    body = written.mapping(
        {
            "small": written.tensor(written.storage("0", "FloatStorage", 1), (1,), (1,)),
            "large": written.tensor(written.storage("0", "FloatStorage", 9), (9,), (1,)),
        }
    )

    with pytest.raises(CheckpointError, match="two storages are called '0'"):
        read_bytes(tmp_path, written.zip_file(written.program(body), {"0": bytes(4)}))


def test_a_compressed_record_is_refused_before_it_grows(tmp_path):
    pickle = written.state_program({"weight": np.zeros(2**20, np.float32)})
    bomb = written.zip_file(pickle, {"0": bytes(2**22)}, compression=zipfile.ZIP_DEFLATED)

    assert len(bomb) < 2**16
    with pytest.raises(CheckpointError, match="compressed"):
        read_bytes(tmp_path, bomb)


def test_records_that_share_their_bytes_are_refused(tmp_path):
    size = 4096
    state = {f"weight{n}": np.zeros(size // 4, np.float32) for n in range(4)}
    archive = bytearray(
        written.zip_file(written.state_program(state), {str(n): bytes(size) for n in range(4)})
    )
    # Point every storage's entry in the directory at the first storage's bytes, and cut the rest.
    first = archive.index(b"archive/data/0") - 30
    end = archive.index(b"archive/data/1") - 30
    directory = archive.index(b"PK\x01\x02")
    tail = archive[directory:]
    for number in range(4):
        entry = tail.index(f"archive/data/{number}".encode()) - 46
        tail[entry + 42 : entry + 46] = struct.pack("<I", first)
    marker = tail.index(b"PK\x05\x06")
    tail[marker + 16 : marker + 20] = struct.pack("<I", end)

    with pytest.raises(CheckpointError, match="overlap"):
        read_bytes(tmp_path, bytes(archive[:end] + tail))


def test_a_damaged_byte_in_a_storage_is_noticed(tmp_path):
    archive = written.zip_state({"weight": np.full(64, 1.0, np.float32)})

    with pytest.raises(CheckpointError, match="checksum"):
        read_bytes(tmp_path, archive.replace(b"\x80?" * 1, b"\x81?", 1))


def test_a_second_pickle_behind_the_first_is_refused(tmp_path):
    pickle = written.state_program({"weight": np.zeros(1, np.float32)})

    with pytest.raises(CheckpointError, match="more than one pickle"):
        read_bytes(tmp_path, written.zip_file(pickle + b"N.", {"0": bytes(4)}))


def test_two_records_of_one_name_are_refused(tmp_path):
    path = tmp_path / "twice.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", written.program(b"}"))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("archive/data.pkl", written.program(b"}"))

    with pytest.raises(CheckpointError, match=r"one data\.pkl"):
        pth.read(path)


def test_a_torchscript_program_is_refused(tmp_path):
    path = tmp_path / "script.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", written.program(b"}"))
        archive.writestr("net/constants.pkl", written.program(b")"))

    with pytest.raises(CheckpointError, match="TorchScript"):
        pth.read(path)


def test_two_keys_that_differ_by_the_prefix_alone_are_refused(tmp_path):
    state = {"weight": np.zeros(1), "module.weight": np.ones(1)}

    with pytest.raises(CheckpointError, match="two tensors are called 'weight'"):
        read_bytes(tmp_path, written.zip_state(state))


def test_a_file_without_tensors_says_what_it_holds(tmp_path):
    pickle = written.program(written.mapping({"epoch": b"K\x03", "args": b"}"}))

    with pytest.raises(CheckpointError, match="a dict of 'epoch', 'args'"):
        read_bytes(tmp_path, written.zip_file(pickle, {}))


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "missing.pth", tmp_path, tmp_path / "pipe"):
        with pytest.raises(CheckpointError, match=path.name):
            pth.read(path)


def test_files_of_other_kinds_are_refused(tmp_path):
    for content in (b"", b"PK\x05\x06" + bytes(18), b"\x89PNG\r\n", b"GIF89a", bytes(1000)):
        with pytest.raises(CheckpointError):
            read_bytes(tmp_path, content)
