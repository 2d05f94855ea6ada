"""Lets this process keep the memory it frees, for a training asks for the same again at once.

glibc gives every large block back to the system. A step of training frees and asks for some
hundred maps of megabytes, and the system must fill each of their pages with zeros again: in a
virtual machine that was nearly half of a step's processor time (`python -m tests.benchmarks
pipeline`, `system_share`, with and without `--gives-back`).
"""

import ctypes
import sys

# glibc's malloc.h
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8


def keep_freed_memory() -> bool:
    """Whether the C library of this process could be told; call it before any thread begins.

    No block is mapped by itself (mmap_max 0), nothing at the end of the heap is given back (a
    threshold of -1 is none), and all threads share one heap, for only the first can grow so.
    Source: mallopt(3).
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False  # another C library, as musl
    settings = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, -1), (_ARENA_MAX, 1))
    return all(mallopt(name, value) == 1 for name, value in settings)
