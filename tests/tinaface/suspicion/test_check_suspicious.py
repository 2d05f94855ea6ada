"""`check --suspicious` lists the labels that are probably wrong, and why."""

import json
from pathlib import Path

import pytest

from tinaface.cli import main

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
