"""`check --suspicious` lists the labels that are probably wrong, and why."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tinaface.cli import main
from tinaface.predictions import PredictionStore, read_jsonl

SAMPLE = Path(__file__).parents[3] / "data" / "sample"


def test_the_most_suspicious_labels_are_printed_with_their_reasons(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["check", str(SAMPLE), "--suspicious", "3"])

    lines = capsys.readouterr().out.split("suspicious labels: ")[1].splitlines()
    assert code == 0
    assert len(lines) == 1 + 3
    assert lines[1].startswith("   98% validate/images/night_walk.jpg: missing at 175, 241, ")
    assert lines[1].endswith("a face is found, score 0.99, where no label is")


def test_the_json_object_holds_them(capsys: pytest.CaptureFixture[str]) -> None:
    predictions = str(SAMPLE / "predictions.jsonl")

    main(["check", str(SAMPLE), "--suspicious", "2", "--predictions", predictions, "--json"])

    found = json.loads(capsys.readouterr().out)["suspicious"]
    assert [one["kind"] for one in found] == ["missing", "duplicate"]
    assert all(0.5 < one["probability"] <= 1 and one["reason"] for one in found)


def test_predictions_alone_are_a_mistake_of_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(SAMPLE), "--predictions", "p.jsonl"]) == 2
    assert "--suspicious" in capsys.readouterr().err


def test_with_progress_the_report_comes_before_the_labels_are_weighed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["check", str(SAMPLE), "--suspicious", "2", "--json", "--progress"])

    *_, report, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert "suspicious" not in report
    assert last == report | {"suspicious": last["suspicious"]}


def test_of_several_models_one_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "set"
    shutil.copytree(SAMPLE, folder)
    known = read_jsonl(SAMPLE / "predictions.jsonl")
    one = next(record for record in known if record.image.endswith("market.jpg"))
    PredictionStore(folder, "other").append(replace(one, model="other"))
    wanted = ["check", str(folder), "--suspicious", "9", "--json"]

    main([*wanted, "--model", "other"])

    found = json.loads(capsys.readouterr().out)["suspicious"]
    assert {suspicion["image"] for suspicion in found} == {one.image}
    assert main(wanted) == 1
    assert "Name one" in capsys.readouterr().err
