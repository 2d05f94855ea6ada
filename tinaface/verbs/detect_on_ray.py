"""`detect --ray`: the same on a cluster, into a folder of shards."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tinaface import weights
from tinaface.inference.cluster import ShardOutcome, detect_on_cluster
from tinaface.inference.settings import DetectSettings
from tinaface.inference.shards import Image, ShardFolder
from tinaface.presets import PRESETS
from tinaface.verbs.progress import ProgressBar
from tinaface.verbs.rule import rule_options
from tinaface.verbs.sources import Source
from tinaface.weights import WeightsHeader


def detect_on_ray(
    arguments: argparse.Namespace,
    sources: Sequence[Source],
    path: Path,
    header: WeightsHeader,
    unlisted: int,
) -> int:
    """Detects all images that have no record yet. 0 if each has one and was read, else 1."""
    options = rule_options(arguments)
    settings = DetectSettings.for_preset(PRESETS[header.preset], options)
    folder = ShardFolder(Path(arguments.jsonl))
    model = weights.file_hash(path)
    description = {"model": model, "settings": settings.as_dict()}
    folder.open(description, resumes=arguments.resume)
    images = [Image(str(source.path.absolute()), source.name) for source in sources]
    shards = folder.plan(images, arguments.shard)
    planned = sum(len(shard.images) for shard in shards)
    bar = ProgressBar(planned, "images")
    outcomes: list[ShardOutcome] = []

    def count(outcome: ShardOutcome) -> None:
        outcomes.append(outcome)
        bar.update(sum(one.images for one in outcomes))

    began = time.monotonic()
    if shards:
        detect_on_cluster(shards, folder, path, options, count)
    bar.close()
    done = sum(outcome.images for outcome in outcomes)
    unreadable = sum(outcome.unreadable for outcome in outcomes)
    told = {
        "images": done,
        "missing": planned - done,
        "unreadable": unreadable,
        "unlisted_folders": unlisted,
        "faces": sum(outcome.faces for outcome in outcomes),
        "shards": len(outcomes),
        "seconds": round(time.monotonic() - began, 3),
        **description,
    }
    if arguments.json:
        print(json.dumps(told), flush=True)
    else:
        sys.stderr.write(
            f"{told['faces']:,} faces in {done:,} images, in {len(outcomes):,} files of "
            f"{folder.path}\n"
        )
        if planned > done:
            sys.stderr.write(f"{planned - done:,} images are missing: go on with --resume\n")
    return 0 if done == planned and not (unreadable or unlisted) else 1
