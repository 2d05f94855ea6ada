"""Verdicts: kept in a file that may be damaged, and found again under another model."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tinaface.test_disagreements import FACE, found_in
from tinaface import review_folder, verdicts
from tinaface.disagreement_table import State
from tinaface.disagreements import Kind
from tinaface.verdicts import Judgement, Status, Verdict, Verdicts, append_line, box_key, states

IMAGE = "event/a b.jpg"


def verdict(judgement=Judgement.REJECT, kind=Kind.FP, box=FACE, image=IMAGE):
    return Verdict(image, kind, judgement, tuple(box))


def test_verdicts_and_statuses_are_read_again(tmp_path: Path):
    known = Verdicts(tmp_path)
    append_line(known.path, known.put(verdict()))
    append_line(known.path, known.put(verdict(Judgement.DOUBT, Kind.FN)))
    append_line(known.path, known.set_status("b.jpg", Status.REVIEWED))

    again = Verdicts(tmp_path)

    assert known.path == tmp_path / ".review" / "verdicts.jsonl"
    assert set(again) == set(known)
    assert again.of(IMAGE) == [verdict(), verdict(Judgement.DOUBT, Kind.FN)]
    assert again.status("b.jpg") is Status.REVIEWED


def test_a_verdict_taken_back_is_gone(tmp_path: Path):
    known = Verdicts(tmp_path)
    append_line(known.path, known.put(verdict()))
    append_line(known.path, known.withdraw(verdict()))

    assert known.of(IMAGE) == []
    assert Verdicts(tmp_path).of(IMAGE) == []


def test_the_newest_verdict_on_a_box_counts(tmp_path: Path):
    known = Verdicts(tmp_path)
    append_line(known.path, known.put(verdict(Judgement.DOUBT)))
    append_line(known.path, known.put(verdict(Judgement.REJECT)))

    assert Verdicts(tmp_path).of(IMAGE) == [verdict(Judgement.REJECT)]


def test_an_image_is_doubtful_while_a_verdict_in_it_is(tmp_path: Path):
    known = Verdicts(tmp_path)
    assert known.status(IMAGE) is Status.TODO

    known.put(verdict(Judgement.DOUBT))
    assert known.status(IMAGE) is Status.DOUBT
    known.set_status(IMAGE, Status.REVIEWED)
    assert known.status(IMAGE) is Status.REVIEWED
    known.set_status(IMAGE, Status.TODO)
    assert known.status(IMAGE) is Status.DOUBT


@given(
    rubbish=st.lists(
        st.one_of(
            st.binary(max_size=30),
            st.sampled_from(
                [
                    b"{}",
                    b"[]",
                    b"null",
                    b'{"image": 3, "status": "reviewed"}',
                    b'{"image": "a", "kind": "FP", "verdict": "reject", "xyxy": [1, 2, NaN, 4]}',
                    b'{"image": "a", "kind": "XX", "verdict": "reject", "xyxy": [1, 2, 3, 4]}',
                ]
            ),
        ),
        max_size=4,
    ),
    cut=st.integers(0, 40),
)
def test_damage_costs_only_the_damaged_lines(tmp_path_factory, rubbish, cut):
    root = tmp_path_factory.mktemp("set")
    path = Verdicts(root).path
    path.parent.mkdir()
    path.write_bytes(b"\n".join(rubbish) + b"\n" + Verdicts(root).put(verdict()).encode()[:cut])

    append_line(path, Verdicts(root).put(verdict(box=[1, 2, 3, 4])))

    assert verdict(box=[1, 2, 3, 4]) in Verdicts(root).of(IMAGE)


def test_damaged_lines_are_counted_and_stay(tmp_path: Path):
    path = Verdicts(tmp_path).path
    append_line(path, "not a verdict")

    known = Verdicts(tmp_path)

    assert known.damaged == 1
    assert path.read_text() == "not a verdict\n"


def test_a_read_only_data_set_has_its_verdicts_in_the_users_folder(tmp_path: Path, monkeypatch):
    elsewhere = tmp_path / "user"
    monkeypatch.setattr(review_folder.os, "access", lambda *_: False)
    monkeypatch.setattr(review_folder.platformdirs, "user_data_path", lambda *_, **__: elsewhere)
    known = Verdicts(tmp_path)

    append_line(known.path, known.put(verdict()))

    assert known.path.is_relative_to(elsewhere)
    assert Verdicts(tmp_path).of(IMAGE) == [verdict()]


def test_names_that_are_no_text_survive(tmp_path: Path):
    odd = "caf\udce9.jpg"
    known = Verdicts(tmp_path)
    append_line(known.path, known.put(verdict(image=odd)))

    assert Verdicts(tmp_path).of(odd) == [verdict(image=odd)]


@given(st.lists(st.floats(0, 20_000, width=64), min_size=4, max_size=4))
def test_a_box_has_one_name_in_either_precision(corners):
    box = np.array(corners).round(3)

    assert box_key(box) == box_key(box.astype(np.float32))


def test_a_rejected_prediction_stays_rejected_under_a_new_model():
    a_bit_aside = [[11.5, 9, 52, 60.5], [200, 10, 240, 60]]

    made = states([verdict()], found_in(a_bit_aside, [0.7, 0.8], []))

    assert made.tolist() == [State.SETTLED, State.OPEN]


def test_a_confirmed_label_is_asked_about_again_only_when_it_moves():
    confirmed = [verdict(Judgement.ACCEPT, Kind.FN)]
    moved = [FACE[0] + 1, *FACE[1:]]

    assert states(confirmed, found_in([], [], [FACE])).tolist() == [State.SETTLED]
    assert states(confirmed, found_in([], [], [moved])).tolist() == [State.OPEN]


def test_a_verdict_on_a_miss_says_nothing_of_a_loose_fit():
    loose = [FACE[0], FACE[1], FACE[2], FACE[3] + 30]
    found = found_in([loose], [0.6], [FACE])

    made = states([verdict(Judgement.ACCEPT, Kind.FN)], found)

    of_kind = dict(zip(found.kind.tolist(), made.tolist(), strict=True))
    assert of_kind == {Kind.FN: State.SETTLED, Kind.LOOSE: State.OPEN}


def test_an_accepted_prediction_whose_label_went_is_asked_about_again():
    made = states([verdict(Judgement.ACCEPT)], found_in([FACE], [0.8], []))

    assert made.tolist() == [State.OPEN]


def test_a_doubtful_one_is_put_off():
    made = states([verdict(Judgement.DOUBT)], found_in([FACE], [0.8], []))

    assert made.tolist() == [State.DOUBTFUL]


def test_a_line_names_image_box_kind_and_verdict(tmp_path: Path):
    fields = json.loads(Verdicts(tmp_path).put(verdict()))

    assert fields["image"] == IMAGE
    assert fields["box"] == box_key(np.array(FACE))
    assert (fields["kind"], fields["verdict"]) == ("FP", "reject")


def test_an_unreadable_file_is_an_error_that_says_so(tmp_path: Path):
    path = tmp_path / ".review" / verdicts.FILE_NAME
    path.mkdir(parents=True)

    with pytest.raises(verdicts.DatasetError, match="Cannot read verdicts"):
        Verdicts(tmp_path)
