"""Which model's predictions are shown, and swapping two of them."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.messages import Messages
from app.predictions import Predictions
from tests.app.studio import Studio, make_folder, write_label
from tinaface.predictions import PredictionStore, Record
from tinaface.protocol import Found

OLD, NEW = "0123456789ab", "ba9876543210"
BOX_OF = {OLD: [1, 2, 20, 30], NEW: [40, 10, 60, 30]}


@pytest.fixture
def folder(tmp_path):
    """Two pictures that two models have looked at, one after the other."""
    made = make_folder(tmp_path / "photos", ("a.jpg", "b.jpg"))
    for model, box in BOX_OF.items():
        for name in ("a.jpg", "b.jpg"):
            boxes, scores = np.array([box]), np.array([0.9])
            PredictionStore(made, model).append(Record(name, 80, 60, boxes, scores, model=model))
    return made


@pytest.fixture
def messages():
    return Messages()


@pytest.fixture
def predictions(qtbot, folder, messages):
    shown = Predictions(messages)
    shown.open(folder)
    assert shown.finish(10)
    yield shown
    shown.shut_down()


def source_of(predictions, model):
    return next(source for source in predictions.sources if source.key == model)


def box_of(predictions, name="a.jpg"):
    return predictions.get(name).boxes[0].tolist()


def choose(predictions, model):
    predictions.choose(source_of(predictions, model))
    assert predictions.finish(10)


def just_found(model, box, name="a.jpg"):
    return Found(job=1, image=name, width=80, height=60, boxes=[box], scores=[0.8], model=model)


def test_the_models_of_a_folder_can_be_chosen_among(predictions):
    assert {source.key for source in predictions.sources} == {OLD, NEW}

    choose(predictions, OLD)

    assert predictions.shown.key == OLD
    assert box_of(predictions) == BOX_OF[OLD]


def test_swapping_shows_the_other_model_and_back(predictions):
    choose(predictions, OLD)
    predictions.choose_other(source_of(predictions, NEW))
    assert predictions.finish(10)
    assert predictions.record_of(predictions.other, "a.jpg").boxes[0].tolist() == BOX_OF[NEW]

    predictions.swap()
    swapped = box_of(predictions)
    predictions.swap()

    assert swapped == BOX_OF[NEW]
    assert (predictions.shown.key, predictions.other.key) == (OLD, NEW)


def test_without_a_second_model_nothing_is_swapped(predictions, qtbot):
    choose(predictions, OLD)

    with qtbot.assertNotEmitted(predictions.loaded):
        predictions.swap()

    assert predictions.shown.key == OLD


def test_a_chosen_model_is_not_overlaid_by_what_another_finds_later(predictions):
    predictions.add(just_found(NEW, [5, 5, 9, 9]), {})
    choose(predictions, OLD)

    assert box_of(predictions) == BOX_OF[OLD]


def test_detecting_with_another_model_shows_what_it_finds(predictions):
    choose(predictions, OLD)

    predictions.add(just_found(NEW, [5, 5, 9, 9]), {})

    assert box_of(predictions) == [5, 5, 9, 9]


def test_a_model_that_detected_for_the_first_time_becomes_a_source(predictions, qtbot):
    predictions.add(just_found("feedfeedfeed", [5, 5, 9, 9]), {})
    assert predictions.finish(10)

    with qtbot.waitSignal(predictions.sources_changed):
        predictions.look_for_sources()

    assert "feedfeedfeed" in {source.key for source in predictions.sources}


def test_a_file_of_another_program_can_be_compared_with(predictions, tmp_path):
    lines = tmp_path / "found.jsonl"
    lines.write_text(Record("images/a.jpg", 80, 60, np.array([[7, 7, 9, 9]]), np.ones(1)).to_line())

    predictions.choose_other(predictions.add_file(lines))
    assert predictions.finish(10)

    assert predictions.sources[0].title == "found.jsonl"
    assert predictions.record_of(predictions.other, "a.jpg").boxes.tolist() == [[7, 7, 9, 9]]


def test_an_unreadable_file_is_told_and_changes_nothing(predictions, messages, tmp_path):
    choose(predictions, OLD)
    broken = tmp_path / "broken.jsonl"
    broken.write_text("no record\n")

    predictions.choose(predictions.add_file(broken))
    assert predictions.finish(10)

    assert "broken.jsonl" in messages.posted[0].message.what
    assert predictions.shown.key == OLD


def test_p_swaps_the_boxes_and_moves_nothing_else(qtbot, folder):
    write_label(folder / "a.json", [[1, 2, 20, 30]])
    studio = Studio(qtbot, folder)
    studio.open(folder)
    session, canvas = studio.session, studio.window.canvas
    predictions = session.predictions
    predictions.choose(source_of(predictions, OLD))
    predictions.choose_other(source_of(predictions, NEW))
    studio.settle()
    session.document.select([0])
    canvas.zoom_to(3)
    before = canvas.viewport.zoom, canvas.viewport.offset

    studio.key(Qt.Key.Key_P)
    studio.settle()

    assert session.document.predictions.xyxy.tolist() == [BOX_OF[NEW]]
    assert (canvas.viewport.zoom, canvas.viewport.offset) == before
    assert session.document.selection == {0}
    assert not session.has_unsaved
    studio.close()


def test_p_does_nothing_before_a_second_model_is_chosen(qtbot, folder):
    studio = Studio(qtbot, folder)
    studio.open(folder)
    before = studio.session.document.predictions.xyxy.tolist()

    studio.key(Qt.Key.Key_P)
    studio.settle()

    assert studio.session.document.predictions.xyxy.tolist() == before
    studio.close()
