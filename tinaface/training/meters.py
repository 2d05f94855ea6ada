"""What a training measures of itself: time at work, and means between two reports."""

import contextlib
import time
from collections.abc import Iterator

import numpy as np

from tinaface.training.step import Update

_REPORT_EVERY_S = 10.0


class Stopwatch:
    """Time at work, earlier processes' included, pauses not."""

    def __init__(self, seconds: float):
        self._began = time.monotonic() - seconds

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """While entered, no time passes."""
        at = time.monotonic()
        yield
        self._began += time.monotonic() - at


class Meter:
    """Means of the figures since the last report."""

    def __init__(self, pictures_per_step: int):
        self._pictures_per_step = pictures_per_step
        self._rows: list[dict[str, float]] = []
        self._since = time.monotonic()

    def add(self, update: Update, rate: float) -> None:
        self._rows.append({**update.losses, "gradient_norm": update.gradient_norm, "rate": rate})

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self._since > _REPORT_EVERY_S

    def take(self) -> dict[str, float]:
        elapsed = time.monotonic() - self._since
        figures = {
            name: float(np.mean([row[name] for row in self._rows])) for name in self._rows[0]
        }
        figures["pictures_per_s"] = len(self._rows) * self._pictures_per_step / elapsed
        self._rows, self._since = [], time.monotonic()
        return figures
