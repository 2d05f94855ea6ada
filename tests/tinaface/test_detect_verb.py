"""`python -m tinaface detect`, with a network that finds each picture whole."""

import json
import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from tests.fixtures import pictures
from tests.fixtures.detectors import random_weights
from tinaface import labelme, weights
from tinaface.boxes import Detections
from tinaface.cli import main
from tinaface.presets import PRESETS

PRESET = PRESETS["compact"]


@pytest.fixture
def seen(monkeypatch, tmp_path):
    """Settings of every look the network took; its weights are at `tmp_path/w.safetensors`."""
    settings_seen = []

    def detect(rgb, settings):
        settings_seen.append(settings)
        height, width = rgb.shape[:2]
        xyxy = np.array([[0, 0, width, height], [0, 0, 1, 1]], np.float32)
        return Detections(xyxy, np.array([0.9, 0.02], np.float32))

    predictor = SimpleNamespace(preset=PRESET, detect=detect)
    monkeypatch.setattr("tinaface.verbs.detect.load_predictor", lambda path: predictor)
    header = weights.WeightsHeader.of(PRESET, threshold=0.5)
    weights.write(tmp_path / "w.safetensors", header, {})
    return settings_seen


@pytest.fixture
def folder(tmp_path):
    """Two pictures, one of them in a subfolder."""
    folder = tmp_path / "photos"
    (folder / "party").mkdir(parents=True)
    pictures.bmp(folder)
    pictures.one_pixel(folder / "party")
    return folder


def detect(tmp_path, *words):
    return main(["detect", *map(str, words), "--weights", str(tmp_path / "w.safetensors")])


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_jsonl_holds_one_object_an_image(seen, folder, tmp_path):
    out = tmp_path / "out" / "found.jsonl"

    assert detect(tmp_path, folder, "--jsonl", out) == 0

    first, second = lines(out)
    assert first["image"] == "plain.bmp"
    assert second["image"] == "party/one-pixel.png"
    assert (first["width"], first["height"], first["error"]) == (64, 48, None)
    assert first["boxes"] == [[0, 0, 64, 48], [0, 0, 1, 1]]
    assert first["scores"] == [0.9, 0.02]


def test_a_dash_writes_to_stdout_and_progress_goes_to_stderr(seen, folder, tmp_path, capsys):
    detect(tmp_path, folder, "--jsonl", "-")

    out, err = capsys.readouterr()
    assert len([json.loads(line) for line in out.splitlines()]) == 2
    assert "2 of 2 images" in err


def test_a_line_is_on_disk_before_the_next_image_is_looked_at(seen, folder, tmp_path, monkeypatch):
    out = tmp_path / "found.jsonl"
    on_disk = []

    def detect_and_look(rgb, settings):
        on_disk.append(len(out.read_text().splitlines()))
        return Detections.none()

    predictor = SimpleNamespace(preset=PRESET, detect=detect_and_look)
    monkeypatch.setattr("tinaface.verbs.detect.load_predictor", lambda path: predictor)
    detect(tmp_path, folder, "--jsonl", out)

    assert on_disk == [0, 1]


def test_unreadable_images_have_an_error_object_and_the_run_goes_on(seen, folder, tmp_path):
    pictures.truncated_jpeg(folder)
    (folder / "empty.jpg").touch()
    out = tmp_path / "found.jsonl"

    code = detect(tmp_path, folder, folder / "missing.jpg", "--jsonl", out)

    assert code == 1
    found = {line["image"]: line for line in lines(out)}
    assert len(found) == 5
    for name in ("empty.jpg", "missing.jpg", "truncated.jpg"):
        assert set(found[name]["error"]) == {"what", "why", "remedy"}
    assert found["empty.jpg"]["width"] is None
    assert found["truncated.jpg"]["width"] == 640
    assert found["party/one-pixel.png"]["error"] is None


def test_out_writes_labelme_files_in_the_tree_of_the_images(seen, folder, tmp_path):
    out = tmp_path / "labels"

    assert detect(tmp_path, folder, "--out", out) == 0

    path = out / "party" / "one-pixel.json"
    document = labelme.read(path)
    assert (path.parent / document.image_path).resolve() == folder / "party" / "one-pixel.png"
    assert not os.path.isabs(document.image_path)
    assert document.image_size == (1, 1)
    (shape,) = labelme.read(out / "plain.json").shapes  # 0.02 is below the weights' threshold
    assert shape.label == "face"
    assert shape.box.tolist() == [0, 0, 64, 48]


def test_out_never_replaces_a_file_unasked(seen, folder, tmp_path):
    detect(tmp_path, folder, "--out", folder)
    document = labelme.read(folder / "plain.json")
    document.remove_shape(0)
    labelme.write(document, folder / "plain.json")

    code = detect(tmp_path, folder, "--out", folder)

    assert code == 1
    assert labelme.read(folder / "plain.json").shapes == []
    assert detect(tmp_path, folder, "--out", folder, "--overwrite") == 0
    assert len(labelme.read(folder / "plain.json").shapes) == 1


def test_two_images_of_one_stem_have_two_label_files(seen, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    pictures.bmp(folder)
    (folder / "plain.png").write_bytes(pictures.one_pixel(tmp_path).path.read_bytes())

    detect(tmp_path, folder, "--out", tmp_path / "labels")

    sizes = {path.name: labelme.read(path).image_size for path in (tmp_path / "labels").iterdir()}
    assert sizes == {"plain.json": (48, 64), "plain.png.json": (1, 1)}


def test_names_that_collide_are_given_in_full(seen, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        pictures.bmp(tmp_path / name)
    pictures.one_pixel(tmp_path / "two")
    out = tmp_path / "found.jsonl"

    detect(tmp_path, tmp_path / "one", tmp_path / "two", "--jsonl", out)

    full = [(tmp_path / name / "plain.bmp").as_posix() for name in ("one", "two")]
    assert [line["image"] for line in lines(out)] == [full[0], "one-pixel.png", full[1]]


def test_a_split_file_chooses_images_by_stem(seen, folder, tmp_path):
    splits = tmp_path / "splits.json"
    splits.write_text('{"validate": ["one-pixel"]}')
    out = tmp_path / "found.jsonl"

    detect(tmp_path, folder, "--split-file", splits, "--split", "validate", "--jsonl", out)

    assert [line["image"] for line in lines(out)] == ["party/one-pixel.png"]


def test_a_split_without_a_file_is_a_subfolder(seen, folder, tmp_path):
    out = tmp_path / "found.jsonl"

    detect(tmp_path, folder, "--split", "party", "--jsonl", out)

    assert [line["image"] for line in lines(out)] == ["party/one-pixel.png"]


def test_resume_goes_on_after_the_last_whole_line(seen, folder, tmp_path):
    out = tmp_path / "found.jsonl"
    detect(tmp_path, folder, "--jsonl", out)
    whole = out.read_text()
    first_line = whole.splitlines(keepends=True)[0]
    out.write_text(first_line + '{"image": "party/one-pi')
    seen.clear()

    detect(tmp_path, folder, "--jsonl", out, "--resume")

    assert len(seen) == 1
    assert [line["image"] for line in lines(out)] == ["plain.bmp", "party/one-pixel.png"]


def test_names_that_are_no_text_are_detected_and_written(seen, folder, tmp_path):
    odd = "caf\udce9\n.png"
    try:
        (folder / "plain.bmp").rename(folder / odd)
    except OSError:
        pytest.skip("this file system takes no such name")
    out = tmp_path / "found.jsonl"

    assert detect(tmp_path, folder, "--jsonl", out) == 0
    assert detect(tmp_path, folder) == 0

    assert lines(out)[0]["image"] == odd


def test_options_reach_the_network(seen, folder, tmp_path):
    words = ["--score", "0.2", "--nms-iou", "0.3", "--size", "320x480", "--tta", "flip"]

    detect(tmp_path, folder, *words, "--tile", "512")

    settings = seen[0]
    assert (settings.score_floor, settings.nms_iou) == (0.2, 0.3)
    assert (settings.resize.short_side, settings.resize.long_side) == (320, 480)
    assert (settings.tta, settings.tile) == ("flip", 512)


def test_json_ends_with_one_object(seen, folder, tmp_path, capsys):
    detect(tmp_path, folder, "--json")

    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (summary["images"], summary["unreadable"], summary["faces"]) == (2, 0, 2)
    assert summary["model"] == weights.file_hash(tmp_path / "w.safetensors")


def test_the_cost_of_augmentation_is_told_before_it_runs(seen, folder, tmp_path, capsys):
    detect(tmp_path, folder, "--tta", "flip")

    assert "about 2 times the work" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["--score", "2"], ["--size", "640"], ["--long-side", "0"], ["--tile", "5"], ["--tta", "x"]],
)
def test_values_out_of_range_are_usage_errors(seen, folder, tmp_path, words):
    with pytest.raises(SystemExit) as left:
        detect(tmp_path, folder, *words)

    assert left.value.code == 2


def test_a_folder_without_images_is_an_error(seen, tmp_path, capsys):
    (tmp_path / "nothing").mkdir()

    assert detect(tmp_path, tmp_path / "nothing") == 1
    assert "There is no image in" in capsys.readouterr().err


def test_weights_that_are_not_there_are_an_error(folder, tmp_path, capsys):
    assert detect(tmp_path, folder) == 1
    assert "there is no such file" in capsys.readouterr().err


@pytest.mark.tf
def test_a_network_of_weights_finds_something_in_a_picture(folder, tmp_path):
    path = random_weights(tmp_path)
    out = tmp_path / "found.jsonl"

    assert main(["detect", str(folder), "--weights", str(path), "--jsonl", str(out)]) == 0

    assert sum(len(line["boxes"]) for line in lines(out)) > 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_ends_the_run_with_a_remedy(seen, folder, tmp_path, capsys):
    assert detect(tmp_path, folder, "--jsonl", "/dev/full") == 1

    assert "go on with --resume" in capsys.readouterr().err


def test_a_cluster_writes_folders_of_lines_only(seen, folder, tmp_path, capsys):
    assert detect(tmp_path, folder, "--ray", "--jsonl", "-") == 1
    assert "--jsonl DIR" in capsys.readouterr().err


def test_without_ray_it_is_said_how_to_get_it(seen, folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)

    assert detect(tmp_path, folder, "--ray", "--jsonl", tmp_path / "found") == 1
    assert "'.[cluster]'" in capsys.readouterr().err
