"""The journal gives every edit back, whatever of its end is missing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinaface import journal, labelme
from tinaface.journal import JournalWriter, Unsaved, splices
from tinaface.labelme import LabelmeDocument
from tinaface.owner import Owner
from tinaface.recovery import recover

TEXT = """{
  "version": "5.0.1",
  "shapes": [
    {"label": "face", "points": [[1, 2], [30, 40.5]], "shape_type": "rectangle", "flags": {}},

    {"label": "face", "points": [[5, 5], [9.0, 9]], "shape_type": "rectangle", "flags": {}}
  ],
  "imagePath": "a.jpg", "imageData": null, "mine": [1.0, 2]
}"""


class Edited:
    """A document whose edits are journalled as the window does it."""

    def __init__(self, folder: Path, image: str = "a.jpg", text: str = TEXT) -> None:
        self.folder, self.image = folder, image
        self.path = folder / Path(image).with_suffix(".json")
        self.path.write_text(text)
        self.document = labelme.read(self.path)
        self.writer = JournalWriter(folder / ".review", folder)
        self.writer.open(image, self.path, self.document.snapshot())
        self.shapes, self.n = list(self.document.shapes), 0

    def edited(self) -> None:
        now = list(self.document.shapes)
        changes = splices(self.shapes, now)
        self.writer.edit(self.image, self.n + 1, self.n, len(self.shapes), changes)
        self.shapes, self.n = now, self.n + 1

    def add(self, *box: float) -> None:
        self.document.add_box(np.array(box, float))
        self.edited()

    def unsaved(self) -> list[Unsaved]:
        return list(journal.read(self.writer.path).unsaved(self.folder))


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    return Edited(tmp_path)


def test_edits_that_the_file_lacks_are_given_back_to_the_byte(edited: Edited):
    edited.add(1, 2, 3.5, 4)
    edited.document.set_box(0, np.array([2.0, 2, 31, 40.5]))
    edited.edited()
    taken = edited.document.remove_shape(1)
    edited.edited()
    edited.document.insert_shape(1, taken)
    edited.edited()

    (lost,) = edited.unsaved()

    assert lost.document.to_text() == edited.document.to_text()
    assert (lost.image, lost.label_path, lost.edits) == ("a.jpg", edited.path, 4)
    assert not lost.is_changed_since


def test_what_is_saved_need_not_be_recovered(edited: Edited):
    edited.add(1, 2, 3.5, 4)
    labelme.write(edited.document, edited.path)

    assert edited.unsaved() == []


def test_only_the_edits_after_a_save_are_counted_and_the_file_is_known(edited: Edited):
    edited.add(1, 2, 3.5, 4)
    edited.writer.saving("a.jpg", 1, labelme.fingerprint(edited.document.to_text().encode()))
    labelme.write(edited.document, edited.path)
    edited.add(5, 2, 9, 4)

    (lost,) = edited.unsaved()

    assert lost.edits == 1
    assert not lost.is_changed_since


@pytest.mark.parametrize("is_there", [True, False])
def test_a_file_in_an_unknown_state_is_marked(edited: Edited, is_there: bool):
    edited.add(1, 2, 3.5, 4)
    edited.path.write_text(TEXT.replace("30", "31")) if is_there else edited.path.unlink()

    (lost,) = edited.unsaved()

    assert lost.is_changed_since


def test_edits_that_were_given_up_stay_so(edited: Edited):
    edited.add(1, 2, 3.5, 4)
    edited.writer.drop("a.jpg")

    assert edited.unsaved() == []


def test_an_ended_journal_is_gone(edited: Edited):
    edited.add(1, 2, 3.5, 4)
    edited.writer.end()

    assert not edited.writer.path.exists()


@given(cut=st.integers(0, 600), rubbish=st.sampled_from([b"", b"\x00\x00\n", b'{"edit": 3}\n']))
def test_f53_a_damaged_tail_costs_no_edit_before_it(tmp_path_factory, cut: int, rubbish: bytes):
    edited = Edited(tmp_path_factory.mktemp("journal"))
    texts = [TEXT]
    sizes = [edited.writer.size]
    for left in range(5):
        edited.add(left, 2, left + 20, 40)
        texts.append(edited.document.to_text())
        sizes.append(edited.writer.size)
    edited.writer.close()
    content = edited.writer.path.read_bytes()
    kept = max(len(content) - cut, sizes[0])
    edited.writer.path.write_bytes(content[:kept] + rubbish)
    whole = sum(kept >= size for size in sizes) - 1
    # The record is whole without the line's end.
    whole += any(kept == size - 1 for size in sizes[1:]) and not rubbish

    lost = edited.unsaved()

    assert [one.document.to_text() for one in lost] == texts[whole : whole + 1][: bool(whole)]


def test_f53_a_damaged_line_in_between_stops_the_image_there_and_says_so(edited: Edited):
    edited.add(1, 2, 3.5, 4)
    first = edited.document.to_text()
    edited.add(2, 2, 4, 5)
    edited.add(3, 2, 5, 6)
    lines = edited.writer.path.read_bytes().splitlines(keepends=True)
    lines[-2] = lines[-2][:20] + b"\x00" * 30 + b"\n"
    edited.writer.path.write_bytes(b"".join(lines))

    (lost,) = edited.unsaved()

    assert lost.document.to_text() == first
    assert lost.is_cut


def test_the_newest_of_two_sections_of_an_image_counts(edited: Edited):
    edited.add(1, 2, 3.5, 4)
    labelme.write(edited.document, edited.path)
    again = labelme.read(edited.path)
    edited.writer.open("a.jpg", edited.path, again.snapshot())
    again.add_box(np.array([7.0, 7, 8, 8]))
    edited.writer.edit("a.jpg", 1, 0, 3, [(3, 0, again.shapes[3:])])

    (lost,) = edited.unsaved()

    assert lost.document.to_text() == again.to_text()


def test_f37_names_that_are_no_unicode_are_journalled(tmp_path: Path):
    name = os.fsdecode(b"caf\xe9 \n\xf0\x9f\x98\x80.jpg")
    edited = Edited(tmp_path, name)
    edited.add(1, 2, 3.5, 4)

    (lost,) = edited.unsaved()

    assert (lost.image, lost.label_path) == (name, edited.path)


def test_a_journal_of_a_living_process_is_no_orphan(edited: Edited):
    assert not journal.read(edited.writer.path).is_orphan


def test_a_journal_of_a_dead_process_is_an_orphan(tmp_path: Path):
    script = (
        "import sys; from pathlib import Path; from tinaface.journal import JournalWriter\n"
        "print(JournalWriter(Path(sys.argv[1]), Path(sys.argv[1])).path)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )

    assert journal.read(Path(done.stdout.strip())).is_orphan


def test_an_earlier_process_of_the_same_number_keeps_its_journal(tmp_path: Path):
    first = JournalWriter(tmp_path, tmp_path)

    assert JournalWriter(tmp_path, tmp_path).path != first.path
    assert len(journal.journals([tmp_path])) == 2


def test_a_process_that_got_a_dead_ones_number_is_another(edited: Edited):
    lines = edited.writer.path.read_text().splitlines()
    head = json.loads(lines[0])
    head["owner"]["started"] = "1"
    edited.writer.path.write_text("\n".join([json.dumps(head), *lines[1:]]))

    assert journal.read(edited.writer.path).is_orphan
    assert not Owner.from_dict(head["owner"]).may_live


@given(
    before=st.lists(st.integers(0, 9), max_size=8),
    after=st.lists(st.integers(0, 9), max_size=8),
)
def test_splices_turn_one_list_into_the_other(before: list[int], after: list[int]):
    box = LabelmeDocument(TEXT).shapes[0]
    pool = [box.with_field("label", str(number)) for number in range(10)]
    old, new = [pool[i] for i in before], [pool[i] for i in after]

    changed = list(old)
    for at, cut, put in splices(old, new):
        changed[at : at + cut] = put

    assert changed == new


def test_a_deleted_journal_is_noticed(edited: Edited):
    edited.writer.path.unlink()

    with pytest.raises(OSError, match="deleted"):
        edited.add(1, 2, 3.5, 4)


@pytest.mark.parametrize("drops", [True, False])
def test_recovered_labels_hold_the_picture_inside_as_is_wanted(tmp_path: Path, drops: bool):
    (tmp_path / "a.jpg").write_bytes(b"a picture")
    text = TEXT.replace('"imageData": null', '"imageData": "aGVsbG8="')
    edited = Edited(tmp_path, text=text)
    edited.add(1, 2, 3.5, 4)

    recovered = recover(edited.unsaved(), [], None, lambda image: drops and image == "a.jpg")

    assert not recovered.faults
    assert labelme.read(edited.path).has_image_data == (not drops)
