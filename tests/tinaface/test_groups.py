"""Results by folder, height and flag add up to those of all."""

import numpy as np
import pytest

from tests.tinaface.judged import ELSEWHERE, FACES, detections, faces, judged
from tests.tinaface.test_evaluation import write_picture
from tinaface.evaluation import labelme_set
from tinaface.groups import Kind, folder_of, groups, missed_faces

NAMES = ("images/party/a.jpg", "images/party/b.jpg", "images/sport/c.jpg")


@pytest.fixture
def found():
    """Of three pictures with three faces each: the big one of each, and one false alarm."""
    return [
        detections((FACES[0], 0.9), (ELSEWHERE, 0.6)),
        detections((FACES[0], 0.8)),
        detections((FACES[0], 0.4)),
    ]


@pytest.fixture
def face_set():
    blurred = np.array([True, False, True])
    return faces(NAMES, [FACES] * 3, {"blur": (blurred,) * 3, "pose": (~blurred & False,) * 3})


@pytest.fixture
def by_name(face_set, found):
    return {group.name: group for group in groups(face_set, judged(face_set, found))}


def test_the_folders_of_the_layout_are_not_named():
    assert [folder_of(name) for name in ("images/0--Parade/a.jpg", "train/images/b.jpg", "c")] == [
        "0--Parade",
        "train",
        "",
    ]


def test_folders_share_hits_and_false_alarms_out(by_name):
    party, sport = by_name["party"].at(0.5), by_name["sport"].at(0.3)

    assert (party.hits, party.false_alarms, party.missed) == (2, 1, 4)
    assert (sport.hits, sport.false_alarms, sport.missed) == (1, 0, 2)


def test_folders_add_up_to_all(face_set, found, by_name):
    whole = judged(face_set, found).ranking.at(0.3)
    parts = [by_name[name].at(0.3) for name in ("party", "sport")]

    assert sum(part.hits for part in parts) == whole.hits
    assert sum(part.false_alarms for part in parts) == whole.false_alarms
    assert sum(part.missed for part in parts) == whole.missed


def test_a_group_knows_its_pictures(by_name):
    assert by_name["party"].pictures.tolist() == [0, 1]
    assert by_name["sport"].pictures.tolist() == [2]


def test_heights_are_judged_for_themselves(by_name):
    assert by_name["32-96"].at(0.3).recall == 1
    assert by_name["<16"].at(0.3).hits == 0
    assert by_name["<16"].at(0.3).false_alarms == 1


def test_of_flagged_faces_only_recall_is_known(by_name):
    blur = by_name["blur"]

    assert (blur.n_faces, blur.at(0.3).hits, blur.at(0.3).missed) == (6, 3, 3)
    assert not blur.has_precision
    assert blur.ap is None


def test_a_flag_that_no_face_carries_is_no_group(by_name):
    assert "pose" not in by_name


def test_every_group_says_its_kind(face_set, found):
    kinds = [group.kind for group in groups(face_set, judged(face_set, found))]

    assert kinds == [Kind.FOLDER] * 2 + [Kind.HEIGHT] * 4 + [Kind.FLAG]


@pytest.mark.parametrize("name", ["party", "sport", "<16", "16-32", "32-96", "blur"])
def test_the_missed_faces_of_a_group_are_as_many_as_it_counts(face_set, found, by_name, name):
    judgement = judged(face_set, found)

    pictures, rows = missed_faces(face_set, judgement, by_name[name], 0.5)

    assert len(pictures) == len(rows) == by_name[name].at(0.5).missed


def test_missed_faces_are_named_by_picture_and_row(face_set, found, by_name):
    pictures, rows = missed_faces(face_set, judged(face_set, found), by_name["sport"], 0.3)

    assert (pictures.tolist(), rows.tolist()) == ([2, 2], [1, 2])


def test_flags_come_from_labelme_files(tmp_path):
    boxes = [[0, 0, 10, 10], [20, 0, 30, 10]]
    write_picture(tmp_path, "a", boxes, {1: {"blur": True, "occlusion": False}})

    face_set = labelme_set(tmp_path)

    assert face_set.flags["blur"][0].tolist() == [False, True]
    assert not face_set.flags["occlusion"][0].any()
