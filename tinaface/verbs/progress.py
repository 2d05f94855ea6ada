"""Progress of a verb on stderr: one line redrawn on a terminal, a plain line now and then else."""

import shutil
import sys
import time
from typing import TextIO

_REDRAW_S = 0.1
_PLAIN_EVERY_S = 10.0
_BAR = 24


class ProgressBar:
    """Shows how many of `total` things are done, how fast, and how long it will still take."""

    def __init__(self, total: int, unit: str, stream: TextIO | None = None) -> None:
        self._total, self._unit = total, unit
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._start = self._first = time.monotonic()
        self._shown = 0.0 if self._is_terminal else self._start
        self._has_line = False

    def update(self, done: int) -> None:
        """Tells that so many are done."""
        now = time.monotonic()
        if done <= 1:
            self._first = now  # the first one pays for what the others find ready
        every = _REDRAW_S if self._is_terminal else _PLAIN_EVERY_S
        if now - self._shown < every and done < self._total:
            return
        self._shown = now
        text = f"{done:,} of {self._total:,} {self._unit}{self._pace(done, now)}"
        if not self._is_terminal:
            self._stream.write(text + "\n")
            self._stream.flush()
            return
        full = round(_BAR * done / self._total) if self._total else _BAR
        width = shutil.get_terminal_size().columns - 1
        line = f"[{'#' * full}{'.' * (_BAR - full)}] {text}"[:width]
        self._stream.write(f"\r\x1b[K{line}")
        self._stream.flush()
        self._has_line = True

    def note(self, text: str) -> None:
        """A line of its own, above the bar."""
        self._clear()
        self._stream.write(text + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Leaves the last line where it is."""
        if self._has_line:
            self._stream.write("\n")
            self._has_line = False

    def _clear(self) -> None:
        if self._has_line:
            self._stream.write("\r\x1b[K")
            self._has_line = False

    def _pace(self, done: int, now: float) -> str:
        if done < 2 or now <= self._first:
            return ""
        per_second = (done - 1) / (now - self._first)
        if done >= self._total:
            return f", {per_second:.1f} a second"
        left = round((self._total - done) / per_second)
        return f", {per_second:.1f} a second, {left // 60}:{left % 60:02d} left"
