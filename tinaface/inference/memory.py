"""How large a picture the network can look at in the memory that is free now."""

import os
from pathlib import Path

from tinaface.presets import Preset

# Bytes of maps alive at once a pixel of input and channel of the neck. Measured peaks: 1.6 for
# paper-bn (256 channels, 640 to 800 pixels), 5.2 for compact (64 channels, compiled, 1024), which
# the share below has room for.
_BYTES_A_PIXEL_AND_CHANNEL = 4
# The rest belongs to the picture itself, to other programs, and to what is not foreseen.
_SHARE = 0.5
_LEAST_SIDE = 512
# Where the system does not tell: what a small computer has left.
_UNKNOWN = 4 * 2**30


def longest_side(preset: Preset) -> int:
    """Side of the largest square input that fits, a multiple of 32."""
    pixels = _SHARE * available_bytes() / (_BYTES_A_PIXEL_AND_CHANNEL * preset.neck_channels)
    return max(int(pixels**0.5) // 32 * 32, _LEAST_SIDE)


def available_bytes() -> int:
    """Memory that can be had without swapping: of the machine, or of the container if less."""
    limits = [limit for limit in (_of_machine(), _of_container()) if limit is not None]
    return min(limits, default=_UNKNOWN)


def _of_machine() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                return int(value.split()[0]) * 1024
    except (OSError, ValueError):
        pass  # no Linux
    try:
        # All memory there is, of which about half is free on a computer in use.
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, OSError, ValueError):
        return None


def _of_container() -> int | None:
    """What the control group leaves us; None without a limit."""
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text("ascii"))
        return max(limit - int((group / "memory.current").read_text("ascii")), 0)
    except (OSError, ValueError):
        return None
