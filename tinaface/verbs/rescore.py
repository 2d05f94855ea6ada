"""`rescore`: teaches weights, on labelled pictures, what a detection's surroundings say of it."""

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tinaface import weights
from tinaface.errors import DatasetError
from tinaface.images import read_rgb
from tinaface.inference.loading import load_predictor
from tinaface.inference.rescoring import KEY
from tinaface.inference.settings import DetectSettings
from tinaface.training.labelled import DataChoice, LabelledSet, require_apart
from tinaface.verbs.labelled_data import add_labelled_data
from tinaface.verbs.progress import ProgressBar
from tinaface.weights import WeightsHeader

if TYPE_CHECKING:
    from tinaface.inference.predict import Predictor
    from tinaface.training.rescoring import Evidence

SUMMARY = "Learn on labelled pictures to rescore detections by what surrounds them."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options; those of the data are `train`'s, too."""
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE", help="to begin with")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="weights to write")
    add_labelled_data(parser)


def run(arguments: argparse.Namespace) -> int:
    """Writes the weights with their new model, and with what the validation pictures say of it."""
    if arguments.data is None:
        print("usage: give --data", file=sys.stderr)
        return 2
    fields = (one.name for one in dataclasses.fields(DataChoice))
    choice = DataChoice(**{name: getattr(arguments, name) for name in fields})
    training, validation = choice.training_set(), choice.validation_set()
    require_apart(training, validation)
    predictor = load_predictor(arguments.weights)
    evidence = _collect(predictor, training)
    faces, others = evidence.counts
    try:
        model = evidence.learn()
    except ValueError as error:
        raise DatasetError(
            what=f"Cannot learn from {arguments.data}",
            why=str(error),
            remedy="Give more labelled pictures, or keep the weights as they are",
        ) from error
    header, tensors = weights.read(arguments.weights)
    header = header.remade(extra={**header.extra, KEY: model.as_text()})
    weights.write(arguments.out, header, tensors)
    print(f"learned from {faces:,} detections of faces and {others:,} others")
    if len(validation):
        header = _measured(arguments.out, header, validation)
        weights.write(arguments.out, header, tensors)
    print(f"written {arguments.out}")
    return 0


def _collect(predictor: "Predictor", training: LabelledSet) -> "Evidence":
    from tinaface.training.rescoring import Evidence

    evidence = Evidence()
    settings = DetectSettings.for_preset(predictor.preset)
    bar = ProgressBar(len(training), "pictures")
    pairs = zip(training.entries, training.truths, strict=True)
    for done, (entry, truth) in enumerate(pairs, 1):
        try:
            rgb = read_rgb(entry.image)
        except DatasetError as error:
            bar.note(str(error))
        else:
            found, among = predictor.scored(rgb, settings)
            evidence.add(found, among, rgb.shape[:2], truth)
        bar.update(done)
    bar.close()
    return evidence


def _measured(path: Path, header: WeightsHeader, validation: LabelledSet) -> WeightsHeader:
    from tinaface.training.validate import Validation

    figures = Validation(validation)(path).figures
    print(f"AP50 {figures['ap50']:.4f} on {len(validation):,} validation pictures")
    return dataclasses.replace(header, ap=figures["ap50"], threshold=figures.get("threshold"))
