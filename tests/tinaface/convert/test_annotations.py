"""Annotations keep every face and attribute on the way between the formats."""

import json
import os
import shutil

import numpy as np
import PIL.Image
import pytest

from tests.shared import WIDER, needs_wider
from tinaface import cli, dataset, labelme, wider
from tinaface.convert import annotations
from tinaface.errors import DatasetError

TEXT = """\
0--Parade/a.b.jpg
3
449 330 122 149 2 1 0 0 1 1
10 20 5 6 0 0 0 1 0 0
1 2 3 4 1 0 1 0 2 0
0--Parade/empty.jpg
0
0 0 0 0 0 0 0 0 0 0
1--Handshaking/c.jpg
1
7 8 9 10 0 0 0 0 0 0
"""


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "gt.txt"
    path.write_text(TEXT)
    return path


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    for name in ("0--Parade/a.b.jpg", "0--Parade/empty.jpg", "1--Handshaking/c.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.new("RGB", (640, 480)).save(folder / name)
    return folder


def last(steps):
    *_, count = steps
    return count


def to_labelme(text, folder, **options):
    return last(annotations.wider_to_labelme(text, folder, **options))


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_wider_to_labelme_and_back_gives_the_same_text(tmp_path, text, pictures):
    there = to_labelme(text, tmp_path / "set", image_folder=pictures, placement="link")
    back = last(annotations.labelme_to_wider(tmp_path / "set", tmp_path / "back.txt"))

    assert (tmp_path / "back.txt").read_text() == TEXT
    for count in (there, back):
        assert (count.pictures, count.faces, count.ignored, count.failed) == (3, 4, 1, [])


@needs_wider
def test_the_official_validation_text_survives_the_way_there_and_back(tmp_path):
    official = wider.read_annotations(WIDER / "wider_face_split" / "wider_face_val_bbx_gt.txt")
    # Every 40th picture: the whole text takes as long as all other tests of this room.
    sample = official[::40]
    lines = []
    for annotation in sample:
        lines += [annotation.name, str(len(annotation.gt_boxes))]
        for (x0, y0, x1, y1), row in zip(
            annotation.gt_boxes.astype(int).tolist(), annotation.attributes.tolist(), strict=True
        ):
            lines.append(" ".join(map(str, [x0, y0, x1 - x0, y1 - y0, *row])))
    (tmp_path / "val.txt").write_text("\n".join(lines) + "\n")
    to_labelme(tmp_path / "val.txt", tmp_path / "set")
    for annotation in sample:
        image = tmp_path / "set" / "images" / annotation.name
        image.parent.mkdir(parents=True, exist_ok=True)
        image.touch()

    last(annotations.labelme_to_wider(tmp_path / "set", tmp_path / "back.txt"))

    back = {each.name: each for each in wider.read_annotations(tmp_path / "back.txt")}
    assert len(back) == len(sample)
    for annotation in sample:
        np.testing.assert_array_equal(back[annotation.name].gt_boxes, annotation.gt_boxes)
        np.testing.assert_array_equal(back[annotation.name].attributes, annotation.attributes)


def test_documents_say_flags_levels_size_and_where_the_picture_is(tmp_path, text, pictures):
    to_labelme(text, tmp_path / "set", image_folder=pictures)
    path = tmp_path / "set" / "labels" / "0--Parade" / "a.b.json"

    document = labelme.read(path)
    first, second, _ = document.shapes

    assert document.image_size == (480, 640)
    assert (path.parent / document.image_path).resolve() == pictures / "0--Parade" / "a.b.jpg"
    assert first.flags == {"blur": True, "occlusion": True, "pose": True, "invalid": False}
    assert first.fields["wider"]["blur"] == 2
    assert second.is_ignored
    np.testing.assert_array_equal(first.box, [449, 330, 571, 479])


def test_a_placed_set_is_found_by_the_scan_with_its_labels(tmp_path, text, pictures):
    for placement in ("link", "copy"):
        folder = tmp_path / placement / "train"
        to_labelme(text, folder, image_folder=pictures, placement=placement)

        entries = dataset.labelled_images(folder)

        assert len(entries) == 3
        assert os.path.islink(entries[0].image) == (placement == "link")
        assert len(dataset.ground_truth(entries[0]).gt_boxes) == 3


def test_a_flag_toggled_in_labelme_wins_over_the_stored_level(tmp_path, text, pictures):
    to_labelme(text, tmp_path / "set", image_folder=pictures, placement="link")
    path = tmp_path / "set" / "labels" / "0--Parade" / "a.b.json"

    def toggle(content):
        content["shapes"][0]["flags"] |= {"blur": False, "invalid": True}
        content["shapes"][2]["flags"]["pose"] = True

    edit(path, toggle)
    last(annotations.labelme_to_wider(tmp_path / "set", tmp_path / "back.txt"))

    lines = (tmp_path / "back.txt").read_text().splitlines()
    assert lines[2] == "449 330 122 149 0 1 0 1 1 1"
    assert lines[4] == "1 2 3 4 1 0 1 0 2 1"


def test_a_picture_that_cannot_be_read_is_skipped_and_named(tmp_path, text, pictures):
    (pictures / "0--Parade" / "empty.jpg").write_bytes(b"no picture")

    count = to_labelme(text, tmp_path / "set", image_folder=pictures)

    assert count.pictures == 2
    assert "empty.jpg" in str(count.failed[0])


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "gt.txt").write_text("../../evil.jpg\n1\n1 2 3 4 0 0 0 0 0 0\n")

    count = to_labelme(tmp_path / "gt.txt", tmp_path / "a" / "b")

    assert "leads out of the folder" in str(count.failed[0])
    assert not list(tmp_path.rglob("*.json"))


def test_documents_that_people_edited_are_replaced_only_when_asked(tmp_path, text, pictures):
    options = {"image_folder": pictures, "placement": "link"}
    to_labelme(text, tmp_path / "set", **options)
    path = tmp_path / "set" / "labels" / "1--Handshaking" / "c.json"
    edit(path, lambda content: content["shapes"].clear())

    refused = to_labelme(text, tmp_path / "set", **options)
    assert len(refused.failed) == 1
    assert labelme.read(path).shapes == []

    to_labelme(text, tmp_path / "set", overwrite=True, **options)
    assert len(labelme.read(path).shapes) == 1


def test_coco_holds_sizes_boxes_and_ignored_faces_as_crowds(tmp_path, text, pictures):
    to_labelme(text, tmp_path / "set", image_folder=pictures, placement="link")

    last(annotations.labelme_to_coco(tmp_path / "set", tmp_path / "coco.json"))

    content = json.loads((tmp_path / "coco.json").read_text())
    assert content["images"][0]["file_name"] == "0--Parade/a.b.jpg"
    assert content["images"][0]["height"] == 480
    assert content["annotations"][0]["bbox"] == [449, 330, 122, 149]
    assert [each["iscrowd"] for each in content["annotations"]] == [0, 1, 0, 0]


def test_yolo_lines_are_shares_of_the_picture_without_ignored_faces(tmp_path, text, pictures):
    to_labelme(text, tmp_path / "set", image_folder=pictures, placement="link")

    count = last(annotations.labelme_to_yolo(tmp_path / "set", tmp_path / "yolo"))

    lines = (tmp_path / "yolo" / "labels" / "0--Parade" / "a.b.txt").read_text().splitlines()
    assert len(lines) == 2
    _, x, y, w, h = map(float, lines[0].split())
    np.testing.assert_allclose(
        [x * 640, y * 480, w * 640, h * 480], [510, 404.5, 122, 149], atol=1e-3
    )
    assert count.left_out == 1


def test_shapes_that_are_no_faces_are_counted_as_left_out(tmp_path, text, pictures):
    to_labelme(text, tmp_path / "set", image_folder=pictures, placement="link")
    path = tmp_path / "set" / "labels" / "1--Handshaking" / "c.json"
    edit(path, lambda content: content["shapes"][0].update(label="hand"))

    count = last(annotations.labelme_to_wider(tmp_path / "set", tmp_path / "back.txt"))

    assert (count.faces, count.left_out) == (3, 1)


def test_a_folder_without_labels_is_refused(tmp_path, pictures):
    with pytest.raises(DatasetError, match="no picture in it has a label file"):
        last(annotations.labelme_to_wider(pictures, tmp_path / "back.txt"))


def test_six_folders_whose_pictures_share_names_are_refused(tmp_path, text, pictures):
    for split in ("train", "test"):
        to_labelme(text, tmp_path / "set" / split, image_folder=pictures, placement="link")

    with pytest.raises(DatasetError, match="two of its pictures would be called"):
        last(annotations.labelme_to_wider(tmp_path / "set", tmp_path / "back.txt"))


# The verb.


def test_the_verb_fills_one_split_of_the_six_folders(tmp_path, text, pictures, capsys):
    options = ["--split", "validate", "--images", str(pictures), "--place", "copy", "--json"]
    code = cli.main(["convert", "dataset", str(text), str(tmp_path / "set"), *options])

    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert (result["target"], result["pictures"], result["faces"]) == ("labelme", 3, 4)
    assert (tmp_path / "set" / "validate" / "images" / "1--Handshaking" / "c.jpg").is_file()
    assert (tmp_path / "set" / "validate" / "labels" / "1--Handshaking" / "c.json").is_file()


def test_the_verb_exits_1_when_a_picture_was_skipped(tmp_path, text, pictures, capsys):
    shutil.rmtree(pictures / "1--Handshaking")

    code = cli.main(
        ["convert", "dataset", str(text), str(tmp_path / "set"), "--images", str(pictures)]
    )

    assert code == 1
    assert "c.jpg" in capsys.readouterr().err


def test_the_verb_refuses_options_that_would_have_no_effect(tmp_path, pictures, capsys):
    code = cli.main(
        ["convert", "dataset", str(pictures), str(tmp_path / "x.txt"), "--split", "train"]
    )

    assert code == 1
    assert "--split" in capsys.readouterr().err


def test_the_verb_refuses_a_target_that_the_source_cannot_become(tmp_path, text, capsys):
    code = cli.main(["convert", "dataset", str(text), str(tmp_path / "x"), "--to", "coco"])

    assert code == 1
    assert "Choose another --to" in capsys.readouterr().err
