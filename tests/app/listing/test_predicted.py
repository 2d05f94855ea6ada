"""`predictions>N` in the search box counts what a model found, at the threshold of the slider."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.listing import predicted
from tests.app.studio import Studio, make_folder
from tinaface.predictions import PredictionStore, Record

NAMES = ("a.jpg", "b.jpg", "c.jpg", "d.jpg")
SCORES = {"a.jpg": (0.9, 0.8, 0.3), "b.jpg": (0.6,), "c.jpg": ()}


def record(name: str, scores: tuple[float, ...], model: str = "0123456789ab") -> Record:
    boxes = np.array([[at, 5, at + 4, 10] for at in range(len(scores))], np.float32)
    return Record(name, 80, 60, boxes.reshape(-1, 4), np.array(scores, np.float32), model=model)


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    root = make_folder(tmp_path / "photographs", NAMES)
    store = PredictionStore(root, "0123456789ab")
    for name, scores in SCORES.items():
        store.append(record(name, scores))
    made = Studio(qtbot, tmp_path)
    made.open(root)
    made.until(lambda: made.session.predictions.shown is not None)
    made.session.set_threshold(0.5)
    yield made
    made.close()


def lists(studio: Studio, *names: str) -> None:
    """Waits until the list holds these images."""
    studio.until(lambda: studio.session.files.names() == list(names))


def test_it_counts_those_above_the_threshold(studio: Studio):
    studio.session.files.set_filter("predictions>1")
    lists(studio, "a.jpg")

    studio.session.files.set_filter("predictions>=1")
    lists(studio, "a.jpg", "b.jpg")


def test_an_image_that_no_model_has_seen_has_no_number(studio: Studio):
    studio.session.files.set_filter("predictions<1")
    lists(studio, "c.jpg")

    studio.session.files.set_filter("-predictions>1")
    lists(studio, "b.jpg", "c.jpg")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The images whose predictions were read to be counted."""
    names: list[str] = []
    scores_of = predicted._scores_of

    def reading(batch, *others):
        names.extend(batch)
        return scores_of(batch, *others)

    monkeypatch.setattr(predicted, "_scores_of", reading)
    return names


def test_another_threshold_counts_anew_and_reads_nothing(studio: Studio, read: list[str]):
    studio.session.files.set_filter("predictions>1")
    lists(studio, "a.jpg")
    read.clear()

    studio.session.set_threshold(0.85)
    lists(studio)
    studio.session.files.set_filter("predictions=1")
    lists(studio, "a.jpg")

    assert not read


def test_nothing_is_read_before_it_is_asked_for(studio: Studio, read: list[str]):
    studio.session.files.set_filter("predicted")
    lists(studio, "a.jpg", "b.jpg", "c.jpg")
    studio.session.set_threshold(0.4)
    assert not read

    studio.session.files.set_filter("predictions>0")
    lists(studio, "a.jpg", "b.jpg")
    assert read == list(NAMES)


def test_what_is_found_just_now_counts(studio: Studio):
    studio.session.files.set_filter("predictions>2")
    lists(studio)

    predictions = studio.session.predictions
    predictions._fresh["d.jpg"] = record("d.jpg", (0.9, 0.8, 0.7, 0.1))
    predictions.changed.emit("d.jpg")

    lists(studio, "d.jpg")
