"""A user walks the review loop by its keys: next, verdict, undo, done."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.app.loop.dataset import (
    LEFT,
    LEFT_LOOSE,
    LEFT_TWICE,
    RIGHT,
    one_of_each,
    write_predictions,
    write_set,
)
from tests.app.studio import Studio, boxes_of
from tinaface.disagreements import Kind
from tinaface.verdicts import Judgement, Status, Verdicts

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

CTRL = Qt.KeyboardModifier.ControlModifier
PLAIN = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path)
    made.session.settings.reduce_motion = True
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return one_of_each(tmp_path / "set")


def counts(studio: Studio):
    return studio.session.loop.comparison.counts()


def key(studio: Studio, *keys: Qt.Key, held: Qt.KeyboardModifier = PLAIN) -> None:
    """Presses keys one after the other, and waits for what each starts."""
    for one in keys:
        studio.key(one, held)
        studio.settle()
        studio.settle()  # an image that came may have led to a verdict being written


def go_to(studio: Studio, name: str, kind: Kind) -> None:
    """Presses F until this disagreement is current."""
    for _ in range(10):
        key(studio, Qt.Key.Key_F)
        target = studio.session.loop.queue.target()
        if studio.session.name == name and target is not None and target.kind is kind:
            return
    raise AssertionError(f"no {kind.name} in {name}")


def verdicts_on_disk(folder: Path) -> list[tuple[str, Kind, Judgement]]:
    return [(one.image, one.kind, one.judgement) for one in Verdicts(folder)]


def as_points(box: list[float]) -> list[list[float]]:
    return [box[:2], box[2:]]


def test_the_whole_data_set_is_counted_and_follows_the_threshold(studio: Studio, folder: Path):
    studio.open(folder)

    assert counts(studio)[:4] == (1, 2, 1, 1)
    assert studio.window.top_bar.counts.text() == "+1  ?2  ≈1  ‖1"

    studio.session.set_threshold(0.93)

    assert counts(studio)[:4] == (0, 5, 0, 1)
    assert studio.window.top_bar.counts.text() == "+0  ?5  ≈0  ‖1"


def test_f_goes_to_the_worst_in_whatever_image_and_on(studio: Studio, folder: Path):
    studio.open(folder)

    seen = []
    for _ in range(6):
        key(studio, Qt.Key.Key_F)
        target = studio.session.loop.queue.target()
        seen.append((studio.session.name, target.kind, target.cost))

    costs = [cost for _, _, cost in seen[:5]]
    assert costs == sorted(costs, reverse=True)
    assert {(name, kind) for name, kind, _ in seen[:5]} == {
        ("a.jpg", Kind.FP),
        ("b.jpg", Kind.FN),
        ("c.jpg", Kind.LOOSE),
        ("d.jpg", Kind.DUP),
        ("d.jpg", Kind.FN),
    }
    assert seen[5] == seen[0], "after the last one it begins again"

    key(studio, Qt.Key.Key_F, held=SHIFT)
    assert studio.session.name == seen[4][0]


def test_f_selects_the_box_and_shows_it_with_no_more_beside_the_picture_than_must_be(
    studio: Studio, folder: Path
):
    studio.open(folder)

    go_to(studio, "b.jpg", Kind.FN)

    canvas, document = studio.window.canvas, studio.session.document
    assert document.gt_boxes[list(document.selection)].tolist() == [RIGHT]
    x0, y0, x1, y1 = canvas.box_in_view(document.gt_boxes[1])
    height, width = canvas.viewport.view_size
    assert min(x0, y0) > 0
    assert x1 < width
    assert y1 < height
    # At the zoom that is the most for so small a picture it does not fill the view.
    left, top = canvas.viewport.to_view(0, 0)
    right, bottom = canvas.viewport.to_view(80, 60)
    assert left == pytest.approx(width - right)
    assert top == pytest.approx(height - bottom)


@pytest.mark.parametrize(
    ("image", "kind", "press", "left", "stored"),
    [
        ("a.jpg", Kind.FP, Qt.Key.Key_E, [LEFT, RIGHT], Judgement.ACCEPT),
        ("a.jpg", Kind.FP, Qt.Key.Key_Return, [LEFT, RIGHT], Judgement.ACCEPT),
        ("a.jpg", Kind.FP, Qt.Key.Key_R, [LEFT], Judgement.REJECT),
        ("a.jpg", Kind.FP, Qt.Key.Key_G, [LEFT, RIGHT], Judgement.IGNORE),
        ("a.jpg", Kind.FP, Qt.Key.Key_X, [LEFT], Judgement.DOUBT),
        ("b.jpg", Kind.FN, Qt.Key.Key_E, [LEFT, RIGHT], Judgement.ACCEPT),
        ("b.jpg", Kind.FN, Qt.Key.Key_R, [LEFT], Judgement.REJECT),
        ("b.jpg", Kind.FN, Qt.Key.Key_G, [LEFT, RIGHT], Judgement.IGNORE),
        ("c.jpg", Kind.LOOSE, Qt.Key.Key_E, [LEFT], Judgement.ACCEPT),
        ("c.jpg", Kind.LOOSE, Qt.Key.Key_R, [LEFT], Judgement.REJECT),
        ("c.jpg", Kind.LOOSE, Qt.Key.Key_S, [LEFT_LOOSE], Judgement.SWAP),
        ("d.jpg", Kind.DUP, Qt.Key.Key_E, [LEFT, LEFT_TWICE], Judgement.ACCEPT),
        ("d.jpg", Kind.DUP, Qt.Key.Key_R, [LEFT], Judgement.REJECT),
    ],
)
def test_a_verdict_key_does_what_the_table_says_and_undo_takes_it_back(
    studio: Studio, folder: Path, image: str, kind: Kind, press, left, stored: Judgement
):
    label = (folder / image).with_suffix(".json")
    before = label.read_bytes()
    studio.open(folder)
    all_before = counts(studio)
    go_to(studio, image, kind)

    key(studio, press)
    studio.saved()

    assert boxes_of(label) == [as_points(box) for box in left]
    assert verdicts_on_disk(folder) == [(image, kind, stored)]
    assert counts(studio).open < all_before.open
    ignored = [shape["flags"].get("ignore") for shape in json.loads(label.read_text())["shapes"]]
    assert (True in ignored) == (stored is Judgement.IGNORE)
    assert (studio.session.name, studio.session.loop.queue.target().kind) != (image, kind), (
        "the next one comes by itself"
    )

    key(studio, Qt.Key.Key_Z, held=CTRL)
    studio.saved()

    assert studio.session.name == image, "undo is never done in an image that is not shown"
    assert studio.session.loop.queue.target().kind is kind
    assert label.read_bytes() == before
    assert verdicts_on_disk(folder) == []
    assert counts(studio) == all_before


def test_a_verdict_that_changes_no_box_writes_no_label_file(studio: Studio, folder: Path):
    stamps = {path: path.stat().st_mtime_ns for path in folder.glob("*.json")}
    studio.open(folder)
    go_to(studio, "a.jpg", Kind.FP)

    key(studio, Qt.Key.Key_R)
    assert not studio.session.has_unsaved
    studio.window.close()

    assert {path: path.stat().st_mtime_ns for path in folder.glob("*.json")} == stamps


def test_undo_goes_back_verdict_by_verdict(studio: Studio, folder: Path):
    studio.open(folder)
    key(studio, Qt.Key.Key_F, Qt.Key.Key_E, Qt.Key.Key_E, Qt.Key.Key_E)
    assert len(verdicts_on_disk(folder)) == 3

    left = []
    for _ in range(3):
        key(studio, Qt.Key.Key_Z, held=CTRL)
        left.append(len(verdicts_on_disk(folder)))

    assert left == [2, 1, 0]
    assert counts(studio)[:4] == (1, 2, 1, 1)


def test_undo_after_leafing_stays_in_the_image(studio: Studio, folder: Path):
    studio.open(folder)
    key(studio, Qt.Key.Key_F, Qt.Key.Key_R)
    verdicts = verdicts_on_disk(folder)
    studio.session.go_to("b.jpg")
    studio.settle()
    studio.session.go_to("c.jpg")
    studio.settle()

    key(studio, Qt.Key.Key_Z, held=CTRL)

    assert studio.session.name == "c.jpg"
    assert verdicts_on_disk(folder) == verdicts


def test_redo_gives_the_verdict_again(studio: Studio, folder: Path):
    studio.open(folder)
    go_to(studio, "a.jpg", Kind.FP)
    key(studio, Qt.Key.Key_R)
    key(studio, Qt.Key.Key_Z, held=CTRL)

    key(studio, Qt.Key.Key_Y, held=CTRL)

    assert verdicts_on_disk(folder) == [("a.jpg", Kind.FP, Judgement.REJECT)]
    assert counts(studio).fp == 0


def test_verdicts_survive_a_new_model(studio: Studio, folder: Path):
    studio.open(folder)
    go_to(studio, "a.jpg", Kind.FP)
    key(studio, Qt.Key.Key_R)
    go_to(studio, "b.jpg", Kind.FN)
    key(studio, Qt.Key.Key_E)
    a_bit_aside = [RIGHT[0] + 1, *RIGHT[1:]]
    write_predictions(folder, {"a.jpg": ([LEFT, a_bit_aside], [0.95, 0.8])}, "ffffffffffff")
    write_predictions(folder, {"b.jpg": ([LEFT], [0.7])}, "ffffffffffff")

    studio.open(folder)

    assert studio.session.predictions.shown.key == "ffffffffffff"
    assert counts(studio)[:4] == (0, 0, 0, 0)


def test_a_doubtful_one_is_passed_over_and_found_by_u(studio: Studio, folder: Path):
    studio.open(folder)
    go_to(studio, "a.jpg", Kind.FP)
    key(studio, Qt.Key.Key_X)

    assert (counts(studio).fp, counts(studio).doubtful) == (0, 1)
    for _ in range(5):
        key(studio, Qt.Key.Key_F)
        assert studio.session.name != "a.jpg"
    key(studio, Qt.Key.Key_U)
    assert studio.session.name == "a.jpg"
    assert studio.session.loop.book.status("a.jpg") is Status.DOUBT

    key(studio, Qt.Key.Key_R)

    assert (counts(studio).fp, counts(studio).doubtful) == (0, 0)
    assert studio.session.loop.book.status("a.jpg") is Status.TODO


def test_space_marks_the_image_and_goes_to_the_next_of_the_queue(studio: Studio, folder: Path):
    studio.open(folder)
    key(studio, Qt.Key.Key_F)
    first = studio.session.name

    key(studio, Qt.Key.Key_Space)

    assert Verdicts(folder).status(first) is Status.REVIEWED
    assert studio.session.name != first
    assert counts(studio).open == 5, "the open disagreements stay visible"

    studio.session.go_to(first)
    studio.settle()
    key(studio, Qt.Key.Key_Space, held=SHIFT)
    assert Verdicts(folder).status(first) is Status.TODO


def test_shift_d_passes_over_reviewed_images(studio: Studio, folder: Path):
    studio.open(folder)
    studio.session.loop.book.set_status("b.jpg", Status.REVIEWED)

    key(studio, Qt.Key.Key_D, held=SHIFT)
    assert studio.session.name == "c.jpg"
    key(studio, Qt.Key.Key_A, held=SHIFT)
    assert studio.session.name == "a.jpg"


def test_the_end_of_the_queue_says_what_was_done(studio: Studio, folder: Path):
    studio.open(folder)

    key(studio, Qt.Key.Key_F)
    while counts(studio).open:
        key(studio, Qt.Key.Key_E)
    key(studio, Qt.Key.Key_F)

    (posted,) = studio.session.messages.posted
    assert "Nothing is left" in posted.message.what
    assert "5 verdicts" in posted.message.why


def test_the_hint_line_says_what_a_verdict_would_do_to_the_labels(studio: Studio, folder: Path):
    studio.open(folder)
    told = {}

    for _ in range(5):
        key(studio, Qt.Key.Key_F)
        target = studio.session.loop.queue.target()
        assert target is not None
        told[target.kind] = studio.window.centre.hints.text()

    assert told[Kind.FP].startswith("E add, R no face, ")
    assert told[Kind.FN].startswith("E keep, R delete, ")
    assert told[Kind.LOOSE].startswith("E agree, R prediction wrong, ")
    assert told[Kind.DUP].startswith("E keep both, R delete one, ")


def test_that_nothing_can_be_compared_is_taken_back_when_predictions_come(
    studio: Studio, tmp_path: Path
):
    folder = write_set(tmp_path / "bare", {"a.jpg": [LEFT]}, {})
    studio.open(folder)
    studio.until(lambda: not studio.session.loop.comparison.is_running)
    key(studio, Qt.Key.Key_F)
    (posted,) = studio.session.messages.posted
    assert "nothing to compare" in posted.message.what

    write_predictions(folder, {"a.jpg": ([RIGHT], [0.9])})
    predictions = studio.session.predictions
    predictions.look_for_sources()
    studio.until(lambda: bool(predictions.sources))
    predictions.choose(predictions.sources[0])

    studio.until(lambda: not studio.session.messages.posted)


def test_nobody_judges_unseen(studio: Studio, folder: Path):
    studio.open(folder)
    studio.session.go_to("b.jpg")
    studio.settle()

    key(studio, Qt.Key.Key_R)
    assert verdicts_on_disk(folder) == []
    assert studio.session.document.selection == {1}

    key(studio, Qt.Key.Key_R)
    assert verdicts_on_disk(folder) == [("b.jpg", Kind.FN, Judgement.REJECT)]


def test_a_key_that_comes_before_the_picture_judges_nothing(studio: Studio, folder: Path):
    studio.open(folder)
    go_to(studio, "a.jpg", Kind.FP)

    studio.session.go_to("b.jpg")  # its picture is on its way, and a.jpg still on the canvas
    for early in (Qt.Key.Key_R, Qt.Key.Key_Space, Qt.Key.Key_X):
        QTest.keyClick(studio.window.canvas, early)
    studio.settle()
    studio.settle()

    assert studio.session.name == "b.jpg"
    assert verdicts_on_disk(folder) == []
    assert studio.session.loop.book.status("b.jpg") is Status.TODO


def test_undo_right_after_a_verdict_does_not_wait_for_the_next_picture(
    studio: Studio, folder: Path
):
    studio.open(folder)
    go_to(studio, "b.jpg", Kind.FN)

    QTest.keyClick(studio.window.canvas, Qt.Key.Key_R)
    QTest.keyClick(studio.window.canvas, Qt.Key.Key_Z, CTRL)
    studio.settle()
    studio.settle()

    assert studio.session.name == "b.jpg"
    assert len(studio.session.document.gt_boxes) == 2
    assert verdicts_on_disk(folder) == []


def test_back_at_once_arrives_where_one_was(studio: Studio, folder: Path):
    studio.open(folder)
    go_to(studio, "b.jpg", Kind.FN)

    QTest.keyClick(studio.window.canvas, Qt.Key.Key_F)
    QTest.keyClick(studio.window.canvas, Qt.Key.Key_F, SHIFT)
    studio.settle()
    studio.settle()

    assert studio.session.name == "b.jpg"
    assert studio.session.loop.queue.target().kind is Kind.FN
    assert not studio.session.loop.queue.is_travelling


def test_a_box_moved_by_hand_is_counted_at_once(studio: Studio, folder: Path):
    studio.open(folder)
    go_to(studio, "c.jpg", Kind.LOOSE)

    studio.session.document.set_boxes([0], studio.session.document.predictions.xyxy[[0]])

    assert counts(studio).loose == 0


def test_labels_changed_by_another_program_are_counted_again(studio: Studio, folder: Path):
    studio.open(folder)
    studio.session.go_to("b.jpg")
    studio.settle()
    (folder / "b.json").write_bytes((folder / "a.json").read_bytes())

    studio.session.look_again()
    studio.settle()

    assert counts(studio).fn == 1


def test_in_a_folder_without_labels_predictions_are_accepted_one_by_one(
    studio: Studio, tmp_path: Path
):
    folder = write_set(tmp_path / "new", {}, {"a.jpg": ([LEFT, RIGHT], [0.9, 0.8])})
    studio.open(folder)

    key(studio, Qt.Key.Key_F, Qt.Key.Key_E, Qt.Key.Key_E)
    studio.saved()

    assert boxes_of(folder / "a.json") == [as_points(LEFT), as_points(RIGHT)]


def test_images_without_labels_wait_until_they_have_some(studio: Studio, tmp_path: Path):
    folder = write_set(
        tmp_path / "mixed",
        {"a.jpg": [LEFT]},
        {"a.jpg": ([LEFT], [0.9]), "b.jpg": ([LEFT, RIGHT], [0.9, 0.8])},
    )
    studio.open(folder)
    assert counts(studio).open == 0

    studio.session.go_to("b.jpg")
    studio.settle()
    studio.session.document.accept_prediction(0)

    assert counts(studio)[:4] == (1, 0, 0, 0)


def test_verdicts_can_be_given_on_locked_labels_but_boxes_stay(studio: Studio, folder: Path):
    studio.open(folder)
    go_to(studio, "b.jpg", Kind.FN)
    studio.session.document.is_locked = True

    key(studio, Qt.Key.Key_R)
    assert verdicts_on_disk(folder) == []
    key(studio, Qt.Key.Key_E)

    assert verdicts_on_disk(folder) == [("b.jpg", Kind.FN, Judgement.ACCEPT)]


def test_the_list_shows_which_images_are_reviewed(studio: Studio, folder: Path):
    from app.models.files import Sign

    studio.open(folder)
    studio.session.go_to("b.jpg")
    studio.settle()
    key(studio, Qt.Key.Key_Space)

    assert studio.session.files.has_sign("b.jpg", Sign.REVIEWED)
    studio.open(folder)
    assert studio.session.files.has_sign("b.jpg", Sign.REVIEWED)
    assert not studio.session.files.has_sign("a.jpg", Sign.REVIEWED)


def test_another_order_begins_at_its_start(studio: Studio, folder: Path):
    studio.open(folder)
    menu = {action.objectName(): action for action in studio.window.top_bar.counts.menu().actions()}

    menu["image"].trigger()
    studio.settle()
    seen = [studio.session.name]
    for _ in range(4):
        key(studio, Qt.Key.Key_F)
        seen.append(studio.session.name)

    assert seen == ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "d.jpg"]


def test_swap_mends_a_label_that_sits_beside_its_face(studio: Studio, tmp_path: Path):
    beside = [RIGHT[0] + 9, RIGHT[1], RIGHT[2] + 9, RIGHT[3]]
    folder = write_set(tmp_path / "shifted", {"a.jpg": [beside]}, {"a.jpg": ([RIGHT], [0.9])})
    studio.open(folder)
    assert counts(studio)[:4] == (1, 1, 0, 0)

    key(studio, Qt.Key.Key_F, Qt.Key.Key_S)
    studio.saved()

    assert boxes_of(folder / "a.json") == [as_points(RIGHT)]
    assert counts(studio).open == 0


def test_swap_without_a_prediction_near_says_so(studio: Studio, folder: Path):
    studio.open(folder)
    go_to(studio, "b.jpg", Kind.FN)

    key(studio, Qt.Key.Key_S)

    assert verdicts_on_disk(folder) == []
    assert "no prediction near" in studio.window.centre.hints.text()


def test_an_image_without_faces_that_is_done_gets_an_empty_label_file(
    studio: Studio, tmp_path: Path
):
    folder = write_set(tmp_path / "new", {}, {"a.jpg": ([], []), "b.jpg": ([], [])})
    studio.open(folder)

    key(studio, Qt.Key.Key_D, Qt.Key.Key_A)
    assert not list(folder.glob("*.json")), "looking says nothing"
    key(studio, Qt.Key.Key_Space)
    studio.until(lambda: (folder / "a.json").exists())

    assert boxes_of(folder / "a.json") == []
    assert not (folder / "b.json").exists()
