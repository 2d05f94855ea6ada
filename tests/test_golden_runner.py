"""`python -m tests.golden DIR` fails on a miss, on an unknown file and on an empty folder."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.golden import __main__ as runner
from tests.shared import GOLDEN, needs_golden
from tinaface.convert import pth

FIXTURES = Path(__file__).parent / "fixtures" / "checkpoints"


@pytest.fixture
def folder(tmp_path):
    """A folder of checkpoint files of our own, as a judge with another seed would bring."""
    shutil.copy(FIXTURES / "flat_zip.pth", tmp_path / "l_checkpoint_zip.pth")
    shutil.copy(FIXTURES / "flat_legacy.pth", tmp_path / "l_checkpoint_legacy.pth")
    tensors = pth.read(FIXTURES / "flat_zip.pth").tensors
    np.savez(tmp_path / "l_checkpoint_expected.npz", **tensors)
    return tmp_path


def test_files_that_agree_pass_with_one_closing_line(folder, capsys):
    code = runner.main([str(folder)])

    assert code == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(" passed, 0 failed")


def test_one_differing_value_is_a_miss(folder, capsys):
    with np.load(folder / "l_checkpoint_expected.npz") as archive:
        expected = {key: archive[key] for key in archive.files}
    expected["bn1.bias"] = np.nextafter(expected["bn1.bias"], np.float32(1))
    np.savez(folder / "l_checkpoint_expected.npz", **expected)

    code = runner.main([str(folder)])

    misses = [line for line in capsys.readouterr().out.splitlines() if line.endswith("MISS")]
    assert code == 1
    assert len(misses) == 2
    assert all("bn1.bias" in line for line in misses)


def test_a_file_that_no_check_knows_fails(folder, capsys):
    np.savez(folder / "z_unheard_of.npz", a=1)

    assert runner.main([str(folder)]) == 1
    assert "no check knows this file" in capsys.readouterr().out


def test_a_broken_file_fails_and_the_others_are_still_checked(folder, capsys):
    (folder / "l_checkpoint_legacy.pth").write_bytes(b"broken")

    assert runner.main([str(folder)]) == 1
    out = capsys.readouterr().out
    assert "check broke: CheckpointError" in out
    assert out.count("conv1.weight differs") == 1


def test_a_folder_without_golden_files_fails(tmp_path):
    assert runner.main([str(tmp_path)]) == 1


@needs_golden
@pytest.mark.tf
def test_every_shared_golden_file_has_a_check():
    paths = [path for path in GOLDEN.iterdir() if path.suffix in (".npz", ".pth")]

    assert [path.name for path in paths if runner.find_check(path) is None] == []
