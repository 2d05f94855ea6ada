"""How long closing may take: all threads and processes that end then share one span of time."""

import contextlib
import time
from collections.abc import Callable, Iterator

QUIT_S = 4.5
"""From the wish to quit to the end, with what is waited for beside it below 5 s."""
_SAVING_SHARE = 0.7
"""Of it; the rest is for threads to end."""
_GRACE_S = 0.05
"""What is not held up ends within it."""

_ends_at: float | None = None


@contextlib.contextmanager
def closing(within_s: float = QUIT_S) -> Iterator[None]:
    """While it lasts, all that waits by `patience` waits no longer than this altogether."""
    global _ends_at
    before, _ends_at = _ends_at, time.monotonic() + within_s
    try:
        yield
    finally:
        _ends_at = before


def saved(finish: Callable[[float], bool]) -> tuple[bool, float]:
    """Saves within its share, and says whether all is saved and how many seconds are left."""
    began = time.monotonic()
    is_saved = finish(_SAVING_SHARE * QUIT_S)
    return is_saved, QUIT_S - (time.monotonic() - began)


def patience(wanted_s: float) -> float:
    """How many seconds to wait for something to end."""
    if _ends_at is None:
        return wanted_s
    return min(wanted_s, max(_ends_at - time.monotonic(), _GRACE_S))
