"""What is found before a training begins, and how it is told."""

import json
import shutil

import pytest

from tests.tinaface.training.conftest import write_picture
from tinaface.cli import main
from tinaface.errors import DatasetError
from tinaface.training import preflight
from tinaface.training.config import TrainConfig
from tinaface.training.preflight import Level, look


def levels(looked):
    return {check.id: check.level for check in looked.checks}


def failed(looked):
    return [check.id for check in looked.checks if check.level is Level.FAILED]


def config(faces, **changes):
    return TrainConfig(**{"data": str(faces), "epochs": 1, **changes})


def test_a_sound_data_set_in_six_folders_passes_every_check(tmp_path):
    for split, count in (("train", 3), ("validate", 1)):
        (tmp_path / "set" / split / "labels").mkdir(parents=True)
        images = tmp_path / "set" / split / "images"
        images.mkdir()
        for number in range(count):
            write_picture(images, f"{split}{number}", seed=10 * len(split) + number)
            label = images / f"{split}{number}.json"
            label.rename(images.parent / "labels" / label.name)

    looked = look(config(tmp_path / "set"), tmp_path / "run")

    assert set(levels(looked).values()) == {Level.OK}
    assert looked.is_ready
    assert (len(looked.training), len(looked.validation)) == (3, 1)


def test_a_label_that_cannot_be_read_is_told_and_left_out(faces, tmp_path):
    (faces / "train" / "train0.json").write_text("{")

    looked = look(config(faces), tmp_path / "run")

    assert looked.is_ready
    assert levels(looked)["labels"] is Level.WARNING
    assert "train0.json" in looked.checks[0].text
    assert len(looked.training) == 5


def test_labels_none_of_which_can_be_read_are_refused(faces, tmp_path):
    for label in faces.glob("*/*.json"):
        label.write_text("{")

    looked = look(config(faces), tmp_path / "run")

    assert "labels" in failed(looked)
    assert "none of its 6 label files" in str(looked.errors[0])


def test_labels_without_a_face_are_refused(faces, tmp_path):
    for label in faces.glob("train/*.json"):
        content = json.loads(label.read_text())
        label.write_text(json.dumps({**content, "shapes": []}))

    assert failed(look(config(faces), tmp_path / "run")) == ["faces"]


def test_a_picture_in_both_sets_is_refused_by_its_content(faces, tmp_path):
    shutil.copy(faces / "train" / "train0.png", faces / "validate" / "validate0.png")

    looked = look(config(faces), tmp_path / "run")

    assert failed(looked) == ["overlap"]
    assert isinstance(looked.errors[0], DatasetError)


def test_a_picture_that_is_none_is_told(faces, tmp_path):
    (faces / "train" / "train3.png").write_bytes(b"no picture")

    looked = look(config(faces), tmp_path / "run")

    assert looked.is_ready
    assert levels(looked)["pictures"] is Level.WARNING


def test_a_training_without_validation_is_told(faces, tmp_path):
    looked = look(config(faces / "train"), tmp_path / "run")

    assert looked.is_ready
    assert levels(looked)["validation"] is Level.WARNING


def test_a_folder_that_holds_a_run_is_refused(faces, tmp_path):
    (tmp_path / "config.json").write_text("{}")

    assert failed(look(config(faces), tmp_path)) == ["folder"]


def test_a_full_disk_is_refused(faces, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=2**20)
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda path: usage)

    assert failed(look(config(faces), tmp_path / "run")) == ["disk"]


def test_too_little_memory_is_a_warning_that_names_the_remedy(faces, tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "available_memory", lambda: 2**29)

    looked = look(config(faces), tmp_path / "run")

    (memory,) = (check for check in looked.checks if check.id == "memory")
    assert memory.level is Level.WARNING
    assert "--accumulate" in memory.remedy


def test_wider_annotations_are_read_with_the_pictures_beside_them(faces, tmp_path):
    images = tmp_path / "WIDER_train" / "images" / "0--Parade"
    images.mkdir(parents=True)
    shutil.copy(faces / "train" / "train0.png", images / "a.png")
    (tmp_path / "wider_face_split").mkdir()
    text = tmp_path / "wider_face_split" / "wider_face_train_bbx_gt.txt"
    text.write_text("0--Parade/a.png\n2\n1 2 10 12 0 0 0 0 0 0\n5 6 9 9 0 0 0 1 0 0\n")

    found = config(text).training_set()

    assert found.truths[0].gt_boxes.tolist() == [[1, 2, 11, 14], [5, 6, 14, 15]]
    assert found.truths[0].is_ignored.tolist() == [False, True]
    before = found.fingerprint()
    text.write_text(text.read_text().replace("1 2 10 12", "1 2 10 13"))
    assert config(text).training_set().fingerprint() != before
    with pytest.raises(DatasetError, match="--images"):
        config(text, images=str(tmp_path)).training_set()


@pytest.mark.tf
@pytest.mark.slow
def test_check_lists_for_people_and_for_programs(faces, tmp_path, capsys):
    (faces / "train" / "train0.json").write_text("{")
    words = [
        "train",
        "--data",
        str(faces),
        "--epochs",
        "1",
        "--run",
        str(tmp_path / "r"),
        "--check",
    ]

    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("! 1 of 8 label files cannot be read")
    assert any(line.startswith("✓ TensorFlow") for line in lines)

    assert main([*words, "--json", "--from", str(tmp_path / "missing.safetensors")]) == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert not told["ready"]
    assert [c["id"] for c in told["checks"] if c["level"] == "failed"] == ["weights"]
    assert not (tmp_path / "r").exists()
