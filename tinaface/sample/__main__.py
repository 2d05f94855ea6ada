"""Makes the bundled sample: `python -m tinaface.sample [FOLDER]`, `data/sample` if none is given.

Writes `train`, `validate` and `test`, each with `images` and `labels`; `predictions.jsonl`;
and `planted_errors.json`, the mistakes in the labels. The same seed gives the same files.
"""

import argparse
import json
import logging
import sys
from pathlib import Path

import numpy as np

from tinaface import labelme
from tinaface.predictions import Record
from tinaface.sample.plans import PLANS
from tinaface.sample.planted import Label, exact_labels, plant, predictions
from tinaface.sample.scenes import stage_scene

log = logging.getLogger("tinaface.sample")

SEED = 2011
# No network made these predictions; the window shows this name.
MODEL = "sample"
_JPEG_QUALITY = 86


def main() -> int:
    """Makes all pictures; some minutes of computing."""
    parser = argparse.ArgumentParser(prog="python -m tinaface.sample", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("data/sample"))
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    root: Path = arguments.folder
    labels: dict[str, list[Label]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    lines: list[str] = []
    for number, plan in enumerate(PLANS):
        rng = np.random.default_rng([arguments.seed, number])
        scene = stage_scene(plan, rng)
        image = root / plan.split / "images" / f"{plan.name}.jpg"
        image.parent.mkdir(parents=True, exist_ok=True)
        scene.image.save(image, quality=_JPEG_QUALITY)
        name = image.relative_to(root).as_posix()
        labels[name], sizes[name] = exact_labels(scene), plan.size
        found = predictions(scene, rng)
        height, width = plan.size
        lines.append(
            Record(name, width, height, found.xyxy, found.scores, model=MODEL).to_line() + "\n"
        )
        log.info("%s: %d faces", name, len(labels[name]))
    mistakes = plant(labels, sizes, np.random.default_rng(arguments.seed))
    for name in labels:
        _write_labels(root / name, labels[name], sizes[name])
    (root / "predictions.jsonl").write_text("".join(lines), "ascii")
    text = json.dumps([mistake.as_dict() for mistake in mistakes], indent=1)
    (root / "planted_errors.json").write_text(text + "\n", "utf-8")
    log.info("%d pictures, %d planted errors in %s", len(PLANS), len(mistakes), root)
    return 0


def _write_labels(image: Path, labels: list[Label], size: tuple[int, int]) -> None:
    path = image.parents[1] / "labels" / f"{image.stem}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    document = labelme.new(labelme.relative_image_path(image, path), *size)
    for label in labels:
        place = document.add_box(np.asarray(label.box))
        for name, value in label.flags.items():
            document.set_flag(place, name, value)
    labelme.write(document, path, overwrite=True)


if __name__ == "__main__":
    sys.exit(main())
