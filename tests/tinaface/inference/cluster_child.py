"""Detects on a small Ray cluster and kills its process after the first shard; see test_cluster.

`python -m tests.tinaface.inference.cluster_child PHOTOS OUT` prints how many processes died.
"""

import json
import os
import signal
import sys
from pathlib import Path

import ray

from tinaface.inference.cluster import ShardOutcome, detect_on_cluster
from tinaface.inference.shards import Image, ShardFolder
from tinaface.weights import default_weights


def main(photos: Path, out: Path) -> None:
    """One process at a time, little memory, and one violent death."""
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        object_store_memory=100 * 2**20,
    )
    folder = ShardFolder(out)
    folder.open({}, resumes=False)
    images = [Image(str(path), path.name) for path in sorted(photos.iterdir())]
    pids: list[int] = []

    def kill_first(outcome: ShardOutcome) -> None:
        if not pids:
            os.kill(outcome.pid, signal.SIGKILL)
        pids.append(outcome.pid)

    detect_on_cluster(folder.plan(images, 2), folder, default_weights(), {}, kill_first)
    ray.shutdown()  # it tells of the dead process until its end
    sys.stdout.write(json.dumps(len(set(pids))) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
