"""How fast this computer trains: remembered in the cache folder, for an estimate before a start.

A training leaves what it measured; before the first one `calibration` takes a few steps. Light.
"""

import contextlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from tinaface.atomic import replace_file
from tinaface.review_folder import APPLICATION
from tinaface.training.config import TrainConfig


@dataclass(frozen=True)
class Workload:
    """What decides how long a batch takes, on one device.

    Attributes:
        crop: side of the training square in pixels.
        batch: samples.
        is_partial: part of the network is left as it is, which spares its gradients.
    """

    preset: str
    crop: int
    batch: int
    precision: str
    is_partial: bool = False

    @staticmethod
    def of(config: TrainConfig) -> "Workload":
        """That of a run's batches."""
        crop = config.trained_preset.schedule.crop
        return Workload(
            config.preset,
            crop,
            config.pictures_per_batch,
            config.precision,
            bool(config.restraint.fixed),
        )

    @property
    def key(self) -> str:
        """Its name in the file, with that of the computer: caches may lie on a shared disk."""
        computer = f"{platform.node()} {os.cpu_count()} {importlib.metadata.version('tensorflow')}"
        part = " partial" if self.is_partial else ""
        return f"{computer} {self.preset} {self.crop} {self.batch} {self.precision}{part}"


def remembered(workload: Workload) -> float | None:
    """Seconds that a batch takes here; None where nobody has measured it."""
    seconds = _read().get(workload.key)
    return float(seconds) if isinstance(seconds, int | float) and seconds > 0 else None


def remember(workload: Workload, seconds: float) -> None:
    """Keeps what a batch takes; where that cannot be written, it is measured again next time."""
    content = {**_read(), workload.key: round(seconds, 4)}
    with contextlib.suppress(OSError):
        _path().parent.mkdir(parents=True, exist_ok=True)
        replace_file(_path(), json.dumps(content, indent=1).encode() + b"\n", is_synced=False)


def median_seconds(batch: int, samples_per_s: Sequence[float]) -> float | None:
    """Seconds a batch, of the reports of a training; the first one pays for the start."""
    later = sorted(samples_per_s[1:])
    return batch / later[len(later) // 2] if later and later[len(later) // 2] > 0 else None


def _read() -> dict[str, object]:
    try:
        content = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _path() -> Path:
    return platformdirs.user_cache_path(APPLICATION, appauthor=False) / "pace.json"
