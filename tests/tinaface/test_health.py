"""A look through a data set finds each kind of damage, and nothing in a sound one."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.shared import FACES, needs_faces
from tinaface import labelme
from tinaface.cli import main
from tinaface.errors import DatasetError
from tinaface.health import KINDS, Health, examine
from tinaface.predictions import PredictionStore, Record


def add(root: Path, stem: str, *boxes: tuple[float, ...], label: str = "face") -> Path:
    """An image of 64 x 48 pixels, no two alike, with labels."""
    image = root / f"{stem}.png"
    image.parent.mkdir(parents=True, exist_ok=True)
    colour = tuple(np.frombuffer(stem.ljust(3).encode()[-3:], np.uint8))
    Image.new("RGB", (64, 48), colour).save(image)
    document = labelme.new(image.name, 48, 64)
    for box in boxes:
        document.add_box(np.asarray(box), label)
    labelme.write(document, image.with_suffix(".json"))
    return image.with_suffix(".json")


def replace(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def test_a_sound_data_set_has_no_findings(tmp_path: Path) -> None:
    add(tmp_path, "a", (1, 2, 11, 14), (20, 20, 30, 32))
    add(tmp_path, "sub/b")
    (tmp_path / "splits.json").write_text('{"train": ["a"]}')

    health = examine(tmp_path)

    assert health.findings == []
    assert (health.images, health.labelled, health.errors) == (2, 2, 0)
    assert health.faces_of == [2, 0]
    assert health.height_histogram()["8-16"] == 2


def test_classes_of_faces_in_a_file_are_whole_numbers() -> None:
    health = Health(faces_of=[0, 1, 1, 4, 5, 100, 200])

    counts = {name: count for name, count in health.faces_histogram().items() if count}

    assert counts == {"0": 1, "1": 2, "2-4": 1, "5-9": 1, "100+": 2}


def _png(size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size).save(file, "png")
    return file.getvalue()


def damage(root: Path, kind: str) -> None:
    """Puts one thing of a kind into a data set."""
    label = add(root, "images/a", (1, 2, 11, 14), (40, 20, 50, 32))
    match kind:
        case "unreadable label":
            label.write_text(label.read_text()[:50])
        case "unreadable image":
            label.with_suffix(".png").write_bytes(b"no picture")
        case "same stem":
            Image.new("RGB", (64, 48)).save(root / "images" / "a.bmp")
        case "orphan label":
            label.with_suffix(".png").unlink()
        case "unusable box":
            replace(label, "40.0", "NaN")
        case "empty box":
            replace(label, "50.0", "40.0")
        case "outside":
            replace(label, "50.0", "64.75")
            replace(label, "32.0", "40.0")
        case "repeated box":
            document = labelme.read(label)
            document.add_box(np.asarray((1, 2, 11, 13)))
            labelme.write(document, label)
        case "odd shape":
            replace(label, "32.0", "48.0")
            replace(label, "50.0", "43.0")
        case "size mismatch":
            replace(label, '"imageHeight": 48', '"imageHeight": 64')
            replace(label, '"imageWidth": 64', '"imageWidth": 48')
        case "label spelling":
            replace(label, '"face"', '"Face "')
            add(root, "images/b", (1, 2, 11, 14))
        case "unusual document":
            replace(label, labelme.FORMAT_VERSION, "9.0")
        case "turned picture":
            exif = Image.Exif()
            exif[0x0112] = 3
            Image.new("RGB", (64, 48)).save(label.with_suffix(".png"), exif=exif)
        case "alike names":
            (root / "images" / "A.png").write_bytes(_png((8, 8)))
        case "lost prediction":
            store = PredictionStore(root, "0123456789ab")
            for name in ("images/a.png", "images/gone.png"):
                store.append(Record(name, 64, 48))
        case "superseded prediction":
            store = PredictionStore(root, "0123456789ab")
            for _ in range(3):
                store.append(Record("images/a.png", 64, 48))
        case "same picture":
            copy = root / "test" / "images" / "other.png"
            copy.parent.mkdir(parents=True)
            copy.write_bytes(label.with_suffix(".png").read_bytes())


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"unreadable folder"}))
def test_each_kind_of_damage_is_found_once_and_named(tmp_path: Path, kind: str) -> None:
    damage(tmp_path, kind)

    health = examine(tmp_path)

    # Both images of a stem are meant.
    assert health.counts() == {kind: 2 if kind == "same stem" else 1}
    assert health.findings[0].text
    if kind not in ("orphan label", "lost prediction", "superseded prediction"):
        assert health.findings[0].image.endswith((".png", ".bmp"))


def test_a_broken_label_without_an_image_is_found_in_a_labels_folder(tmp_path: Path) -> None:
    add(tmp_path, "images/a")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "x.json").write_text("{")

    assert examine(tmp_path).counts() == {"unreadable label": 1}


def test_the_verb_prints_a_report_and_fails_on_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(tmp_path, "outside")
    assert main(["check", str(tmp_path)]) == 0
    assert "note: Boxes that reach out of the image: 1" in capsys.readouterr().out
    (tmp_path / "images" / "z\n.jpg").touch()

    assert main(["check", str(tmp_path)]) == 1

    text = capsys.readouterr().out
    assert "error: Images that cannot be read: 1" in text
    assert "images/z\\n.jpg: " in text


def test_the_verb_ends_with_one_json_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(tmp_path, "unreadable label")

    assert main(["check", str(tmp_path), "--json"]) == 1

    result = json.loads(capsys.readouterr().out)
    assert (result["images"], result["labelled"], result["errors"]) == (1, 0, 1)
    assert result["findings"][0]["path"] == "images/a.json"


def test_a_folder_that_is_not_there_is_a_dataset_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError):
        examine(tmp_path / "gone")


@needs_faces
@pytest.mark.slow
def test_the_photographs_have_no_errors() -> None:
    health = examine(FACES)

    assert health.errors == 0
    assert (health.images, len(health.heights)) == (2537, 15814)
