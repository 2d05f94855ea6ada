"""The table of boxes and predictions says what the document holds."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.models.boxes import BoxesModel
from tests.app.documents import document_of
from tinaface.boxes import Detections

BOXES = [[10, 10, 30, 40], [100, 20, 140, 70]]


def detections(*rows: tuple[float, float, float, float, float]) -> Detections:
    """Detections from x0, y0, x1, y1, score."""
    array = np.array(rows, np.float32).reshape(-1, 5)
    return Detections(array[:, :4].copy(), array[:, 4].copy())


@pytest.fixture
def model(qapp) -> BoxesModel:
    document = document_of(BOXES)
    document.set_predictions(
        detections((10, 10, 30, 40, 0.6), (60, 60, 80, 90, 0.9), (5, 5, 9, 9, 0.1))
    )
    made = BoxesModel()
    made.set_document(document)
    made.document = document
    return made


def texts(model: BoxesModel, row: int) -> list[str]:
    return [
        model.index(row, column).data(Qt.ItemDataRole.DisplayRole)
        for column in range(model.columnCount())
    ]


def test_it_keeps_qts_rules(qtmodeltester, model: BoxesModel):
    qtmodeltester.check(model)


def test_ground_truth_comes_first_then_visible_predictions_best_first(model: BoxesModel):
    assert [texts(model, row)[0] for row in range(model.rowCount())] == ["GT", "GT", "Pred", "Pred"]
    assert [texts(model, row)[5] for row in range(4)] == ["", "", "0.90", "0.60"]


def test_a_row_tells_place_size_and_match(model: BoxesModel):
    assert texts(model, 0) == ["GT", "10", "10", "20", "30", "", "✓"]
    assert texts(model, 1)[6] == "?"
    assert texts(model, 2)[6] == "+"
    assert texts(model, 3)[6] == "✓"


def test_the_threshold_changes_rows_and_matches(model: BoxesModel):
    model.document.threshold = 0.8

    assert model.rowCount() == 3
    assert texts(model, 0)[6] == "?"


def test_rows_lead_to_boxes_and_predictions(model: BoxesModel):
    assert (model.gt_row(1), model.prediction_place(1)) == (1, None)
    assert (model.gt_row(2), model.prediction_place(2)) == (None, 1)


def test_the_documents_selection_is_found_in_the_rows(model: BoxesModel):
    model.document.select([0, 1])
    assert model.rows_of_selection() == [0, 1]

    model.document.select_prediction(0)
    assert model.rows_of_selection() == [3]
