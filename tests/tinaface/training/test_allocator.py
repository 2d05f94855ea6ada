import subprocess
import sys
from pathlib import Path

import pytest

# Blocks as large as a training's maps, asked for and freed again and again.
FAULTS = """
import resource, numpy
from tinaface.training.allocator import keep_freed_memory
if {keeps}:
    print(keep_freed_memory())
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work():
    for _ in range(20):
        blocks = [numpy.ones(size << 20, numpy.uint8) for size in (40, 7, 13)]
        del blocks
work()
before = faults()
work()
print(faults() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's C library")
def test_memory_that_was_freed_is_taken_again_without_the_system():
    def printed(keeps):
        script = FAULTS.format(keeps=keeps)
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True,
            cwd=Path(__file__).parents[3],
        )  # fmt: skip
        return done.stdout.split()

    (without,) = printed(False)
    told, kept = printed(True)

    if told != "True":
        pytest.skip("this C library has no mallopt")
    assert int(kept) < int(without) / 20
