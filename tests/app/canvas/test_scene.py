import numpy as np
import pytest

from app.canvas.colours import ON_DARK
from app.canvas.raster import DASH, DOT, SOLID
from app.canvas.scene import DASHES, Overlay, Texts, build_scene
from app.comparison import Agreement
from tests.app.documents import document_from, document_of, rectangle
from tinaface.boxes import Detections

FOUND, LOOSE, MISSED, IGNORED = range(4)


@pytest.fixture
def document():
    """A found, a loosely found, a missed and an ignored face, and one false alarm."""
    shapes = [
        rectangle([10, 10, 30, 30]),
        rectangle([50, 10, 70, 30], "Face"),
        rectangle([90, 10, 110, 30]),
        rectangle([130, 10, 150, 30], ignore=True),
    ]
    document = document_from(shapes)
    boxes = np.array([[10, 10, 30, 30], [50, 10, 70, 24], [20, 60, 40, 80.0]])
    document.set_predictions(Detections(boxes, np.array([0.9, 0.8, 0.7])))
    return document


def row_of(scene, index, is_prediction=False):
    row = scene.row_of(index, is_prediction)
    assert row is not None
    return row


def agreements(scene, is_prediction):
    return {
        int(index): Agreement(int(agreement))
        for index, agreement, kind in zip(
            scene.index, scene.agreement, scene.is_prediction, strict=True
        )
        if kind == is_prediction
    }


def test_matching_gives_every_box_and_prediction_its_agreement(document):
    scene = build_scene(document, ON_DARK, Overlay.BOTH)

    assert agreements(scene, is_prediction=False) == {
        FOUND: Agreement.TP,
        LOOSE: Agreement.LOOSE,
        MISSED: Agreement.FN,
        IGNORED: Agreement.NONE,
    }
    assert agreements(scene, is_prediction=True) == {
        0: Agreement.TP,
        1: Agreement.LOOSE,
        2: Agreement.FP,
    }


def test_raising_the_threshold_makes_found_faces_missed(document):
    document.threshold = 0.85

    scene = build_scene(document, ON_DARK, Overlay.BOTH)

    assert agreements(scene, is_prediction=False)[LOOSE] is Agreement.FN
    assert list(agreements(scene, is_prediction=True)) == [0]


def test_every_verdict_has_a_mark_that_is_not_its_colour(document):
    scene = build_scene(document, ON_DARK, Overlay.BOTH)

    marks = [scene.mark(row_of(scene, box)) for box in (FOUND, LOOSE, MISSED, IGNORED)]

    assert marks == ["✓", "≈", "?", "ø"]
    assert scene.mark(row_of(scene, 2, is_prediction=True)) == "+"


def test_ground_truth_is_solid_and_predictions_are_dashed_or_dotted(document):
    scene = build_scene(document, ON_DARK, Overlay.BOTH)

    assert DASHES[scene.dash[row_of(scene, MISSED)]] == SOLID
    assert DASHES[scene.dash[row_of(scene, 0, is_prediction=True)]] == DOT
    assert DASHES[scene.dash[row_of(scene, 2, is_prediction=True)]] == DASH


def test_a_loose_pair_is_linked(document):
    scene = build_scene(document, ON_DARK, Overlay.BOTH)

    linked = [row_of(scene, 1, is_prediction=True), row_of(scene, LOOSE)]
    assert scene.links.tolist() == [linked]


def test_without_predictions_nothing_is_compared():
    scene = build_scene(document_of([[10, 10, 30, 30]]), ON_DARK, Overlay.BOTH)

    assert agreements(scene, is_prediction=False) == {0: Agreement.NONE}


def test_a_model_that_found_nothing_missed_everything():
    document = document_of([[10, 10, 30, 30]])

    document.set_predictions(Detections.none())

    scene = build_scene(document, ON_DARK, Overlay.BOTH)
    assert agreements(scene, is_prediction=False) == {0: Agreement.FN}


def test_one_kind_alone_is_not_compared(document):
    scene = build_scene(document, ON_DARK, Overlay.GT)

    assert set(scene.agreement.tolist()) == {Agreement.NONE}
    assert not scene.is_prediction.any()


def test_hidden_boxes_are_left_out(document):
    document.set_hidden([LOOSE], True)

    scene = build_scene(document, ON_DARK, Overlay.BOTH)

    assert scene.row_of(LOOSE, False) is None
    assert len(scene.links) == 0


def test_old_predictions_are_marked(document):
    document.set_predictions(document.predictions, are_stale=True)

    scene = build_scene(document, ON_DARK, Overlay.BOTH)

    assert scene.text(row_of(scene, 0, is_prediction=True), Texts.SCORE).endswith("⟳")


def test_the_label_is_written_where_it_is_not_face(document):
    scene = build_scene(document, ON_DARK, Overlay.GT)

    assert scene.text(row_of(scene, LOOSE), Texts.SCORE) == "Face"
    assert scene.text(row_of(scene, MISSED), Texts.SCORE) == ""
    assert scene.text(row_of(scene, MISSED), Texts.ALL) == "face"


def test_the_size_is_written_at_the_chosen_box(document):
    scene = build_scene(document, ON_DARK, Overlay.GT)

    text = scene.text(row_of(scene, MISSED), Texts.SCORE, with_size=True)

    assert text == "face 20\N{MULTIPLICATION SIGN}20"


def test_flags_are_written_at_the_chosen_box_and_where_all_is_written(document):
    row = len(document.gt_boxes) - 1
    for name in ("occlusion", "blur", "ignore"):
        document.set_flag([row], name, True)
    scene = build_scene(document, ON_DARK, Overlay.GT)
    at = row_of(scene, row)

    assert "(" not in scene.text(at, Texts.SCORE)
    assert "(blurred, occluded)" in scene.text(at, Texts.ALL)
    assert "(blurred, occluded)" in scene.text(at, Texts.SCORE, with_size=True)
    assert scene.text(at, Texts.ALL).endswith("ø")


def test_a_loaded_box_below_the_smallest_size_is_warned_of():
    scene = build_scene(document_of([[10, 10, 11, 30]]), ON_DARK, Overlay.GT)

    assert scene.mark(0) == "⚠"


def test_shapes_that_are_no_box_become_lines_and_broken_ones_are_left_out():
    shapes = [
        {"label": "a", "points": [[0, 0], [9, 0], [9, 9]], "shape_type": "polygon", "flags": {}},
        {"label": "b", "points": [[5, 5], [5, 8]], "shape_type": "circle", "flags": {}},
        {"label": "c", "points": [["x", None]], "shape_type": "polygon", "flags": {}},
    ]

    scene = build_scene(document_from(shapes), ON_DARK, Overlay.GT)

    triangle, circle = scene.others
    assert triangle.tolist() == [[0, 0], [9, 0], [9, 9], [0, 0]]
    np.testing.assert_allclose(np.hypot(*(circle - [5, 5]).T), 3)


def test_a_preview_moves_only_the_boxes_it_names(document):
    scene = build_scene(document, ON_DARK, Overlay.BOTH)

    moved = scene.with_boxes(np.array([MISSED]), np.array([[0.0, 0, 5, 5]]))

    changed = np.flatnonzero((moved.xyxy != scene.xyxy).any(axis=1))
    assert changed.tolist() == [row_of(scene, MISSED)]


def test_a_box_that_is_no_face_is_neither_found_nor_missed():
    document = document_from([rectangle([10, 10, 30, 30], "dog"), rectangle([50, 10, 70, 30])])
    document.set_predictions(Detections(np.array([[10, 10, 30, 30.0]]), np.array([0.9])))

    scene = build_scene(document, ON_DARK, Overlay.BOTH)

    assert agreements(scene, is_prediction=False) == {0: Agreement.NONE, 1: Agreement.FN}
    assert agreements(scene, is_prediction=True) == {0: Agreement.FP}
