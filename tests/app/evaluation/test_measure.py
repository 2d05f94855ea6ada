"""Evaluations without a window: WIDER FACE's own subsets, and predictions of unusual names."""

import json

import numpy as np
import pytest

from app.evaluation.measure import GivenUpError, Request, measure, with_figures
from app.evaluation.picked import detections_between, mistakes_in
from app.prediction_sources import Source, source_of_file
from tests.shared import WIDER, needs_wider
from tests.tinaface.test_evaluation import write_picture
from tinaface.cli import main
from tinaface.evaluation import benchmark_set
from tinaface.groups import Kind
from tinaface.predictions import PredictionStore, Record

MODEL = "0123456789ab"


@pytest.fixture
def folder(tmp_path):
    """Two pictures, of the second nothing is stored."""
    write_picture(tmp_path, "a", [[0, 0, 40, 40], [50, 0, 60, 10]])
    write_picture(tmp_path, "b", [[0, 0, 20, 20]])
    boxes, scores = np.array([[0, 0, 40, 40], [70, 60, 90, 79]]), np.array([0.9, 0.4])
    PredictionStore(tmp_path, MODEL).append(Record("images/a.png", 100, 80, boxes, scores))
    return tmp_path


@pytest.fixture
def measured(folder):
    return measure(Request(folder, "voc", Source(MODEL, "model")), [])


def test_pictures_without_predictions_count_as_empty(measured):
    assert measured.first.submission.counts()["missing"] == 1
    assert measured.first.voc.ranking.n_faces.tolist() == [2, 1]


def test_an_evaluation_that_nobody_waits_for_gives_up(folder, measured):
    with pytest.raises(GivenUpError):
        measure(measured.request, [], lambda: False)


def test_lines_are_of_all_faces_and_of_the_heights_that_occur(measured):
    assert [line.name for line in measured.first.lines] == ["all", "<16", "16-32", "32-96"]


def test_both_ends_of_a_range_of_scores_are_in_it(measured):
    line = measured.first.lines[0]
    low, high = float(np.float32(0.4)), float(np.float32(0.9))

    both = detections_between(measured, line, low, high, ("hit", "alarm"))
    one = detections_between(measured, line, low + 0.001, high, ("hit", "alarm"))

    assert both.xyxy.tolist() == [[0, 0, 40, 40], [70, 60, 90, 79]]
    assert [both.kinds[row] for row in both.what] == ["hit", "alarm"]
    assert one.xyxy.tolist() == [[0, 0, 40, 40]]


def test_mistakes_name_false_alarms_and_missed_faces(measured):
    small = next(group for group in measured.groups if group.name == "<16")
    folder = next(group for group in measured.groups if group.kind is Kind.FOLDER)

    assert mistakes_in(measured, small, 0.3, ("alarm", "missed")).xyxy.tolist() == [[50, 0, 60, 10]]
    everything = mistakes_in(measured, folder, 0.3, ("alarm", "missed"))
    assert [everything.kinds[row] for row in everything.what] == ["alarm", "missed", "missed"]
    assert everything.pictures() == ["images/a.png", "images/b.png"]


@needs_wider
@pytest.mark.slow
def test_easy_medium_and_hard_are_those_of_the_command_line(tmp_path, capsys):
    truth = WIDER / "ground_truth"
    face_set = benchmark_set(truth)
    rows = [row for row, boxes in enumerate(face_set.gt_boxes) if 1 <= len(boxes) <= 9][:40]
    lines = tmp_path / "found.jsonl"
    rng = np.random.default_rng(0)
    records = []
    for row in rows:
        boxes = face_set.gt_boxes[row] + rng.normal(0, 2, (len(face_set.gt_boxes[row]), 4))
        records.append(Record(face_set.names[row], None, None, boxes, rng.random(len(boxes))))
    lines.write_text("".join(record.to_line() + "\n" for record in records))
    listed = [f"images/{face_set.names[row]}.jpg" for row in rows]

    found = with_figures(
        measure(Request(tmp_path, "wider", source_of_file(lines), truth=truth), listed)
    )

    arguments = ["--ground-truth", str(truth), "--predictions", str(lines), "--protocol", "wider"]
    assert main(["evaluate", "--json", *arguments]) == 0
    expected = json.loads(capsys.readouterr().out)
    assert json.loads(json.dumps(found.first.figures)) == expected["subsets"]
    assert [line.name for line in found.first.lines] == ["easy", "medium", "hard"]
    assert found.images[rows[0]] == listed[0]
