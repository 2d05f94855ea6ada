"""Detections handed in to be judged: read from wherever they are stored, paired with the pictures.

Window and command line read them here, so that both count the same boxes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinaface import wider
from tinaface.errors import DatasetError
from tinaface.evaluation import FaceSet
from tinaface.pairing import Pairing, pair
from tinaface.predictions import (
    PredictionFiles,
    PredictionStore,
    open_predictions,
    stored_models,
)


@dataclass(frozen=True)
class Submission:
    """The detections to judge, and what else was found with them.

    Attributes:
        failed: pictures that could not be read when faces were looked for.
        superseded: stored predictions that a newer one of the same name replaced.
        damaged: stored lines that are no prediction.
    """

    pairing: Pairing
    failed: int = 0
    superseded: int = 0
    damaged: int = 0

    def counts(self) -> dict[str, int]:
        """How many detections there are, and how much did not fit, as plain JSON values."""
        return {
            "detections": sum(map(len, self.pairing.detections)),
            "missing": len(self.pairing.missing),
            "unknown": len(self.pairing.unknown),
            "duplicates": len(self.pairing.duplicates) + self.superseded,
            "failed": self.failed,
            "damaged": self.damaged,
        }


def read_submission(path: Path, face_set: FaceSet, model: str | None = None) -> Submission:
    """Stored predictions: JSON lines, in a file or in a folder, else official result files.

    Args:
        model: hash of the one whose predictions count, of several that are stored in a data set.

    Raises DatasetError where there are none, those of several models, or none for these pictures.
    """
    models = stored_models(path) if path.is_dir() else []
    if model in models:
        models = [model]
    if len(models) > 1:
        raise DatasetError(
            what=f"Cannot choose among the predictions of {path}",
            why=f"{len(models)} models have looked at it: {', '.join(models)}",
            remedy=f"Name one: {path / '.review' / 'pred' / models[0]}",
        )
    if path.is_dir() and not models and next(path.rglob("*.jsonl"), None) is None:
        submission = Submission(pair(face_set.names, wider.read_results(path)))
        _refuse_strangers(submission, face_set, str(path))
        return submission
    files = PredictionStore(path, models[0]) if models else open_predictions(path)
    return submission_of(files, face_set, str(path))


def submission_of(
    files: PredictionFiles,
    face_set: FaceSet,
    source: str,
    on_record: Callable[[], None] = lambda: None,
) -> Submission:
    """The predictions of one model, already open.

    Args:
        source: where they come from, for the message of an error.
        on_record: called for each record; what it raises ends the reading.

    Raises DatasetError where none is for these pictures.
    """
    records = []
    for record in files.records():
        on_record()
        records.append(record)
    submission = Submission(
        pair(face_set.names, ((record.image, record.detections) for record in records)),
        failed=sum(record.error is not None for record in records),
        superseded=files.superseded,
        damaged=files.damaged,
    )
    _refuse_strangers(submission, face_set, source)
    return submission


def _refuse_strangers(submission: Submission, face_set: FaceSet, source: str) -> None:
    """Figures of nothing but missed faces would look like those of a bad detector."""
    pairing = submission.pairing
    if len(pairing.missing) == len(face_set.names) and pairing.unknown:
        raise DatasetError(
            what=f"None of the predictions in {source} is for one of these pictures",
            why=f"they are for {pairing.unknown[0]!r} and the like, "
            f"the pictures are {face_set.names[0]!r} and the like",
            remedy="Give the predictions of these pictures",
        )
