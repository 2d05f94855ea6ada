"""Reads what the suspicion of a folder's labels is made from: its labels and stored predictions."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tinaface import dataset, images
from tinaface.errors import DatasetError, DocumentError
from tinaface.evaluation import FaceSet
from tinaface.submission import read_submission
from tinaface.suspicion.evidence import LabelledPicture


def read_pictures(
    root: Path,
    predictions: Path,
    split_file: Path | None = None,
    split: str | None = None,
    on_error: Callable[[DocumentError], None] = lambda error: None,
    model: str | None = None,
) -> list[LabelledPicture]:
    """The labelled pictures below a folder that a model has looked at.

    Args:
        predictions: as `tinaface evaluate --predictions` takes them.
        on_error: is told of label files that cannot be read; their pictures are left out.
        model: hash of the one that looked, where several did.

    Raises:
        DatasetError: no such folder or predictions, or none of these pictures.
    """
    truths: dict[Path, dataset.GroundTruth] = {}
    for entry in dataset.labelled_images(root, split_file, split):
        try:
            truths[entry.image] = dataset.ground_truth(entry)
        except DocumentError as error:
            on_error(error)
    if not truths:
        raise DatasetError(
            what=f"No labelled picture in {root}",
            why="no image there has a Labelme file of its name that can be read",
            remedy="Give the folder that holds the images, or those and a folder of labels",
        )
    names = tuple(image.relative_to(root).as_posix() for image in truths)
    boxes = tuple(truth.gt_boxes for truth in truths.values())
    everything = {"all": tuple(np.arange(len(one)) for one in boxes)}
    pairing = read_submission(predictions, FaceSet(names, boxes, everything), model).pairing
    # What nobody has looked at would seem full of labels that no face answers.
    not_looked_at = set(pairing.missing)
    return [
        LabelledPicture(name, truth.gt_boxes, truth.is_ignored, found, _size(image), truth.labels)
        for name, (image, truth), found in zip(
            names, truths.items(), pairing.detections, strict=True
        )
        if name not in not_looked_at
    ]


def _size(image: Path) -> tuple[int, int] | None:
    try:
        return images.read_size(image)
    except DatasetError:
        return None
