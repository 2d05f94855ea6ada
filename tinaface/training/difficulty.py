"""WIDER FACE's easy, medium and hard faces among the pictures that judge a training.

Light: no TensorFlow.
"""

from pathlib import Path

from tinaface import wider
from tinaface.evaluation import FaceSet, benchmark_set
from tinaface.training.labelled import LabelledSet


def benchmark_of(labelled: LabelledSet, source: Path) -> FaceSet | None:
    """The benchmark's own truth of these pictures, one for one.

    Args:
        source: the folder or the annotation text that names them; WIDER FACE's ground truth is
            looked for beside it.

    Returns None where there is no ground truth, or where a picture is none of its own. Raises
    DatasetError for ground truth that cannot be read.
    """
    folder = wider.find_ground_truth(source.parent if source.is_file() else source)
    if folder is None:
        return None
    truth = benchmark_set(folder)
    row_of = {name: row for row, name in enumerate(truth.names)}
    names = [
        wider.without_image_suffix("/".join(entry.image.parts[-2:])) for entry in labelled.entries
    ]
    if not names or not all(name in row_of for name in names):
        return None
    rows = [row_of[name] for name in names]
    return FaceSet(
        tuple(names),
        tuple(truth.gt_boxes[row] for row in rows),
        {name: tuple(kept[row] for row in rows) for name, kept in truth.counted.items()},
    )
