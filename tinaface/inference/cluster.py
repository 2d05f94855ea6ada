"""Detection on a Ray cluster: Ray Data hands shards to processes that each hold a network.

What Ray brings: it finds free processors and GPUs, starts a process again that died, and gives its
shard to another one. What is ours: shards that are replaced whole (`shards.py`), so that repeated
work leaves one record an image. Ray is the extra `cluster`, and loads when it is called.
"""

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinaface.errors import MissingLibraryError, TinaFaceError
from tinaface.inference.files import detect_files
from tinaface.inference.loading import load_predictor
from tinaface.inference.settings import DetectSettings
from tinaface.inference.shards import Shard, ShardFolder

_RETRIES = 3


@dataclass(frozen=True)
class ShardOutcome:
    """What one shard came to.

    Attributes:
        images, unreadable, faces: counted; faces at the least score that was asked for.
        pid: process that did it.
    """

    images: int
    unreadable: int
    faces: int
    seconds: float
    pid: int


class ShardDetector:
    """Finds the faces of shard after shard; Ray makes one in each process of its pool."""

    def __init__(self, weights: str, settings: dict[str, object], folder: str) -> None:
        self._predictor = load_predictor(Path(weights))
        self._settings = DetectSettings.for_preset(self._predictor.preset, settings)
        self._folder = ShardFolder(Path(folder))

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Writes one shard and gives the fields of its outcome."""
        shard = Shard.from_text(row["shard"])
        began = time.monotonic()
        results = detect_files(
            lambda rgb: self._predictor.detect(rgb, self._settings),
            (Path(image.path) for image in shard.images),
        )
        records = [
            result.record(image.name) for image, result in zip(shard.images, results, strict=True)
        ]
        self._folder.write(shard, records)
        return {
            "images": len(records),
            "unreadable": sum(record.error is not None for record in records),
            "faces": sum(len(record.scores) for record in records),
            "seconds": time.monotonic() - began,
            "pid": os.getpid(),
        }


def detect_on_cluster(
    shards: Sequence[Shard],
    folder: ShardFolder,
    weights: Path,
    settings: dict[str, object],
    on_done: Callable[[ShardOutcome], None],
) -> None:
    """Detects on the cluster that RAY_ADDRESS names, or on one of this machine alone.

    A shard that fails for good is left out; the next run with --resume takes it again.

    Args:
        settings: changes of the preset's own, in the words of `DetectSettings.for_preset`.
        on_done: takes each shard's outcome as it comes.

    Raises:
        MissingLibraryError: Ray is not installed.
        TinaFaceError: the cluster cannot be reached.
    """
    ray = _load_ray()
    had_cluster = ray.is_initialized()
    if not had_cluster:
        _connect(ray)
    try:
        resources = ray.cluster_resources()
        gpus, processors = int(resources.get("GPU", 0)), int(resources.get("CPU", 1))
        pool = min(gpus or max(processors // 2, 1), len(shards))
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.max_errored_blocks = -1
        # A block is what Ray repeats after a death: one shard each.
        rows = ray.data.from_items(
            [{"shard": shard.to_text()} for shard in shards], override_num_blocks=len(shards)
        )
        outcomes = rows.map(
            ShardDetector,
            fn_constructor_args=(str(weights.absolute()), settings, str(folder.path.absolute())),
            compute=ray.data.ActorPoolStrategy(size=pool),
            num_gpus=1 if gpus else 0,
            num_cpus=1,
            max_restarts=-1,
            # Not for ever, as is Ray's rule: a picture may be what kills the process.
            max_task_retries=_RETRIES,
        )
        # Ray tells of dead processes on stdout, where ours may be one JSON object.
        with contextlib.redirect_stdout(sys.stderr):
            for row in outcomes.iter_rows():
                on_done(ShardOutcome(**row))
    finally:
        if not had_cluster:
            ray.shutdown()


def _load_ray() -> Any:
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingLibraryError(
            what="Cannot detect on a cluster",
            why=f"Ray cannot be loaded ({error})",
            remedy="Install it: python -m pip install -e '.[cluster]'",
        ) from error
    # It narrates each plan and its progress; ours is shown already.
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray


def _connect(ray: Any) -> None:
    try:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise TinaFaceError(
            what="Cannot reach the Ray cluster",
            why=str(error).splitlines()[0],
            remedy="Check RAY_ADDRESS, or unset it to use this machine alone",
        ) from error
