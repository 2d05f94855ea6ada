"""`python -m tinaface evaluate`, run as a user runs it."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.tinaface.test_evaluation import write_picture
from tinaface.boxes import Detections
from tinaface.cli import main
from tinaface.predictions import PredictionStore, Record
from tinaface.wider import read_result, write_result


@pytest.fixture
def faces(tmp_path):
    """Two pictures with three faces, one of them ignored."""
    folder = tmp_path / "faces"
    write_picture(folder, "a", [[0, 0, 40, 40], [50, 0, 90, 40]], {1: {"ignore": True}})
    write_picture(folder, "b", [[0, 0, 20, 20]])
    return folder


def write_lines(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def record(image, boxes=(), scores=(), **more):
    fields = {"image": image, "width": 100, "height": 80, "boxes": boxes, "scores": scores}
    return {**fields, "error": None, **more}


@pytest.fixture
def predictions(tmp_path):
    """Half of the faces found, one ignored one too, and one false alarm below."""
    return write_lines(
        tmp_path / "found.jsonl",
        record("images/a.png", [[0, 0, 40, 41], [50, 0, 90, 40]], [0.9, 0.95]),
        record("images/b.png", [[60, 60, 80, 80]], [0.3]),
    )


def evaluate(capsys, *arguments):
    """Exit code, the text for people, and the object on the last line."""
    code = main(["evaluate", *map(str, arguments)])
    out = capsys.readouterr().out
    return code, out, json.loads(out.splitlines()[-1])


def test_the_last_line_is_one_json_object_below_a_table(capsys, faces, predictions):
    code, out, result = evaluate(capsys, "--data", faces, "--predictions", predictions)

    assert code == 0
    assert "AP50" in out
    assert result["images"] == 2
    assert result["subsets"]["all"]["faces"] == 2
    assert result["subsets"]["all"]["ap50"] == pytest.approx(0.5)
    assert result["subsets"]["all"]["recall_1fppi"] == 0.5
    assert result["subsets"]["all"]["heights"]["32-96"] == {"faces": 1, "ap50": 1.0}


def test_with_json_standard_output_holds_nothing_else(capsys, faces, predictions):
    main(["evaluate", "--data", str(faces), "--predictions", str(predictions), "--json"])

    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 1
    assert json.loads(captured.out)["protocol"] == "voc"
    assert "AP50" in captured.err


def test_a_labelme_folder_is_judged_by_the_wider_protocol_too(capsys, faces, predictions):
    _, out, result = evaluate(
        capsys, "--protocol", "wider", "--data", faces, "--predictions", predictions
    )

    assert "official" in out
    assert result["subsets"]["all"]["ap"] == pytest.approx(0.5)


def test_pictures_without_prediction_strangers_and_doubles_are_counted_and_said(
    capsys, faces, tmp_path
):
    path = write_lines(
        tmp_path / "found.jsonl",
        record("images/a.png", [[0, 0, 9, 9]], [0.9]),
        record("a.png", [[0, 0, 40, 40]], [0.8]),
        record("images/none.png"),
    )

    _, out, result = evaluate(capsys, "--data", faces, "--predictions", path)

    assert (result["missing"], result["unknown"], result["duplicates"]) == (1, 1, 1)
    assert "1 pictures have no prediction" in out
    assert "images/none.png" in out
    assert result["subsets"]["all"]["ap50"] == pytest.approx(0.5)


def test_of_two_records_of_one_name_the_newer_counts(capsys, faces, tmp_path):
    path = write_lines(
        tmp_path / "found.jsonl",
        record("images/a.png", [[0, 0, 9, 9]], [0.9]),
        record("images/a.png", [[0, 0, 40, 40]], [0.8]),
        record("images/b.png"),
    )

    _, out, result = evaluate(capsys, "--data", faces, "--predictions", path)

    assert result["duplicates"] == 1
    assert "1 predictions were replaced by a newer one" in out
    assert result["detections"] == 1


def test_pictures_that_could_not_be_read_and_damaged_lines_are_said(capsys, faces, tmp_path):
    path = write_lines(
        tmp_path / "found.jsonl",
        record("images/a.png", error={"what": "cut"}),
        record("images/b.png"),
    )
    path.write_text(path.read_text() + "no record\n")

    _, out, result = evaluate(capsys, "--data", faces, "--predictions", path)

    assert (result["failed"], result["damaged"]) == (1, 1)
    assert "1 pictures could not be read" in out


def test_pictures_left_out_for_damaged_labels_are_said(capsys, faces, predictions):
    (faces / "labels" / "b.json").write_text("{")

    _, out, result = evaluate(capsys, "--data", faces, "--predictions", predictions)

    assert (result["images"], result["unreadable_labels"]) == (1, 1)
    assert "1 pictures are left out" in out
    assert "b.json" in out


def test_predictions_of_other_pictures_are_an_error_and_not_an_ap_of_0(capsys, faces, tmp_path):
    path = write_lines(tmp_path / "found.jsonl", record("elsewhere/x.png"))

    code = main(["evaluate", "--data", str(faces), "--predictions", str(path)])

    assert code == 1
    assert "elsewhere/x.png" in capsys.readouterr().err


def test_result_files_give_the_figures_of_the_lines_they_were_written_from(
    capsys, faces, predictions, tmp_path
):
    results = tmp_path / "results"
    *_, from_lines = evaluate(
        capsys, "--data", faces, "--predictions", predictions, "--results", results
    )

    *_, from_files = evaluate(capsys, "--data", faces, "--predictions", results)

    assert (results / "images" / "a.txt").is_file()
    for key in ("ap50", "coco_ap", "recall_1fppi", "heights"):
        assert from_files["subsets"]["all"][key] == from_lines["subsets"]["all"][key]


def test_the_predictions_stored_in_a_data_set_are_found_there(capsys, faces):
    PredictionStore(faces, "0123456789ab").append(
        Record("images/a.png", 100, 80, np.array([[0, 0, 40, 40]]), np.array([0.9]))
    )

    *_, result = evaluate(capsys, "--data", faces, "--predictions", faces)

    assert result["subsets"]["all"]["ap50"] == pytest.approx(0.5)


def test_the_stored_predictions_of_several_models_are_not_mixed(capsys, faces):
    for model in ("0123456789ab", "ba9876543210"):
        PredictionStore(faces, model).append(Record("images/a.png", 100, 80))

    code = main(["evaluate", "--data", str(faces), "--predictions", str(faces)])

    assert code == 1
    assert "2 models" in capsys.readouterr().err


def test_truncated_boxes_are_written_and_judged(capsys, faces, tmp_path):
    path = write_lines(
        tmp_path / "found.jsonl",
        record("images/a.png", [[0.9, 0.9, 40.9, 40.9]], [0.8]),
        record("images/b.png"),
    )
    results = tmp_path / "results"

    evaluate(capsys, "--data", faces, "--predictions", path, "--results", results, "--truncate")

    assert read_result(results / "images" / "a.txt").xyxy.tolist() == [[0, 0, 40, 40]]


def test_two_predictions_are_compared_with_an_interval(capsys, faces, predictions, tmp_path):
    better = write_lines(
        tmp_path / "better.jsonl",
        record("images/a.png", [[0, 0, 40, 40]], [0.9]),
        record("images/b.png", [[0, 0, 20, 20]], [0.8]),
    )

    _, out, result = evaluate(
        capsys, "--data", faces, "--predictions", better, "--compare", predictions
    )

    difference = result["compare"]["differences"]["all"]
    assert difference["difference"] == pytest.approx(0.5)
    assert difference["interval"][0] <= 0.5 <= difference["interval"][1]
    assert difference["only_first_finds"] == 1
    assert "first - second" in out


def test_annotation_text_and_result_files_are_judged_by_the_official_protocol(capsys, tmp_path):
    text = tmp_path / "list.txt"
    text.write_text("e/a.jpg\n2\n0 0 40 40 0 0 0 0 0 0\n50 0 9 9 0 0 0 1 0 0\n")
    found = Detections(np.array([[0.0, 0, 40, 40], [50, 0, 59, 9]]), np.array([0.5, 0.9]))
    write_result(tmp_path / "results", "e/a.jpg", found)

    *_, result = evaluate(
        capsys,
        *("--protocol", "wider", "--annotations", text, "--predictions", tmp_path / "results"),
    )

    assert result["subsets"]["all"]["ap"] == pytest.approx(1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--predictions", "x"],
        ["--data", "x", "--ground-truth", "x", "--predictions", "x"],
        ["--annotations", "x", "--split", "x", "--predictions", "x"],
        ["--data", "x", "--split-file", "x", "--predictions", "x"],
        ["--annotations", "x", "--weights", "x"],
        ["--data", "x", "--predictions", "x", "--resamples", "-1"],
    ],
)
def test_options_that_contradict_each_other_are_a_usage_error(capsys, arguments):
    assert main(["evaluate", *arguments]) == 2
    assert "usage" in capsys.readouterr().err


def test_judging_predictions_imports_neither_tensorflow_nor_qt(faces, predictions):
    program = (
        "import sys\n"
        "from tinaface.cli import main\n"
        "code = main(sys.argv[1:])\n"
        "heavy = {'tensorflow', 'keras', 'PySide6', 'PyQt5', 'scipy'} & sys.modules.keys()\n"
        "sys.exit(f'{heavy} imported' if heavy else code)"
    )
    arguments = ["evaluate", "--data", faces, "--predictions", predictions, "--json"]

    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
