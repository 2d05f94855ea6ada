import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.training.plan import Length
from tests.app.pages.train.conftest import CHECKS
from tinaface import runs
from tinaface.runs import State
from tinaface.training.selection import Which
from tinaface.weights import file_hash

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

NOTHING, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


def undo(shop):
    shop.session.page.show("review")
    shop.key(Qt.Key.Key_Z, CONTROL)


def save_and_count(shop, page, fixed):
    """Saves, and waits until the page counts as many fixed pictures."""
    shop.session.save_now()
    shop.saved()
    shop.session.page.show("train")
    shop.until(lambda: page._data.counts.fixed == fixed)


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_page_counts_what_can_be_learned_and_checks_it_before_a_start(shop):
    page = shop.show_page()

    division = page._data.division
    assert len(division.train) + len(division.validate) == 20
    assert page.data.button(Which.ALL).text() == "All labelled (20)"
    assert page.data.button(Which.FIXED).text() == "Fixed (0)"
    assert page.checks.lines == ["✓ 20 label files can be read", "! Memory is short"]
    assert page.curves.empty.isVisible()


def test_start_hands_the_choice_to_a_training_of_its_own(shop, tmp_path):
    page = shop.show_page()
    click(page.start)
    shop.look(lambda: shop.trainer.job.status is not None)

    (command,) = shop.pretended.commands
    split = json.loads((shop.pretended.run / "split.json").read_text())
    assert command[command.index("--data") + 1] == str(tmp_path / "photographs")
    assert command[command.index("--from") + 1] == str(shop.models.shipped)
    assert "--gentle" in command
    assert split["train"] == list(page._data.division.train)
    assert not page.start.isEnabled()


def test_only_ticked_folders_are_learned(shop):
    page = shop.show_page()
    page.data.folders.item(1).setCheckState(Qt.CheckState.Unchecked)
    assert page.data.choice.folders == ("a",)

    def names():
        division = page._data.division  # None while it is counted anew
        return () if division is None else division.train

    shop.until(lambda: bool(names()) and all(name.startswith("a/") for name in names()))


def test_fixed_pictures_are_those_whose_labels_were_changed(shop):
    shop.key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    shop.key(Qt.Key.Key_Delete)
    shop.session.save_now()
    shop.until(lambda: bool(shop.trainer.fixed))

    shop.session.training_wanted.emit()  # as the review loop's message does
    page = shop.page
    shop.until(lambda: page._data.division is not None and bool(page._data.division.fixed))

    assert page.data.button(Which.FIXED).isChecked()
    assert page._data.division.fixed == ("a/0.jpg",)
    assert shop.session.page.id == "train"


def test_an_edit_that_was_undone_fixes_nothing(shop):
    page = shop.show_page()
    shop.session.page.show("review")
    for key, held in ((Qt.Key.Key_A, CONTROL), (Qt.Key.Key_Delete, NOTHING)):
        shop.key(key, held)
    save_and_count(shop, page, fixed=1)

    undo(shop)

    save_and_count(shop, page, fixed=0)
    assert page.data.button(Which.FIXED).text() == "Fixed (0)"


def test_a_box_drawn_and_undone_in_a_picture_without_labels_fixes_nothing(shop):
    (shop.session.root / "a" / "0.json").unlink()
    shop.session.rescan()
    shop.settle()
    page = shop.show_page()
    shop.session.page.show("review")
    shop.key(Qt.Key.Key_W)
    shop.drag((10, 10), (30, 40))
    save_and_count(shop, page, fixed=1)

    undo(shop)

    save_and_count(shop, page, fixed=0)
    assert page.data.button(Which.FIXED).text() == "Fixed (0)"


def test_a_check_that_fails_forbids_the_start_and_says_why(make_workshop):
    bad = {
        "checks": [
            {"id": "disk", "level": "failed", "text": "The disk is full", "remedy": "Empty it"}
        ]
    }
    shop = make_workshop(bad)
    shop.session.page.show("train")
    page = shop.page

    shop.until(lambda: bool(shop.trainer.preflight.fault))

    assert not page.start.isEnabled()
    assert page.why_not.text() == "The disk is full. Empty it"
    assert page.checks.lines == ["✗ The disk is full"]


def started(shop):
    page = shop.show_page()
    click(page.start)
    shop.look(lambda: shop.trainer.job.status is not None)
    return page


def test_the_progress_is_shown_and_the_curves_follow(shop):
    page = started(shop)
    shop.pretended.say(State.TRAINING, step=40, share=0.4, remaining_s=90, best_ap50=0.61)
    for step in range(3):
        shop.pretended.record(step=step, loss=3.0 - step, pictures_per_s=8.0)

    shop.look(lambda: len(shop.trainer.job.records) == 3)

    assert page.progress.title.text() == "Training"
    assert "40 %" in page.progress.detail.text()
    assert "1 min 30 s left" in page.progress.detail.text()
    assert page.curves.loss.drawn[0].values.tolist() == [3, 2, 1]
    assert not page.curves.empty.isVisible()


def test_the_lengths_tell_how_long_they_take_here(make_workshop):
    shop = make_workshop({**CHECKS, "pace": {"batches": 10, "seconds_per_batch": 3.0}})

    page = shop.show_page()

    assert "about" in page.plan.length(Length.FULL).text()
    assert page.plan.pace.text() == "Measured here: 30 s a pass"


def test_stop_pause_and_evaluate_reach_the_training(shop):
    page = started(shop)
    shop.pretended.say(State.TRAINING, step=4)
    shop.look(lambda: shop.trainer.job.status.state is State.TRAINING)

    click(page.progress.pause)
    shop.look(lambda: shop.pretended.asked() == {"pause"})
    assert page.progress.pause.text() == "Go on"
    click(page.progress.pause)
    shop.look(lambda: shop.pretended.asked() == set())
    click(page.progress.evaluate)
    click(page.progress.stop)
    shop.look(lambda: shop.pretended.asked() == {"stop", "validate"})

    assert page.progress.title.text() == "Stopping after this step…"
    assert not page.progress.stop.isEnabled()


def test_a_diverged_training_has_a_banner_and_can_go_on(shop):
    page = started(shop)
    error = {"what": "The training diverged", "why": "the loss is NaN", "remedy": "Begin anew"}
    shop.pretended.end(State.FAILED, step=7, error=error)
    shop.look(lambda: not shop.trainer.is_training)

    assert page.progress.banner.isVisible()
    assert page.progress.banner.text() == "The training diverged: the loss is NaN. Begin anew."
    click(page.progress.resume)
    shop.until(lambda: len(shop.pretended.commands) == 2)
    assert shop.pretended.commands[1][-1] == "--resume"


def finished(shop, name="best"):
    page = started(shop)
    weights = shop.pretended.run / runs.BEST
    weights.write_bytes(shop.models.shipped.read_bytes().replace(b"0.5", b"0.6"))
    config = {"data": {"training": {"hash": "abc", "pictures": 17}, "validation": {"pictures": 7}}}
    (shop.pretended.run / runs.CONFIG).write_text(json.dumps(config))
    shop.pretended.end(State.FINISHED, step=9, share=1.0)
    shop.look(lambda: not shop.trainer.is_training)
    shop.until(lambda: shop.trainer.comparison.result is not None)
    return page, weights


def test_before_and_after_show_nothing_that_was_said_to_a_terminal(shop):
    seen = []
    shop.trainer.comparison.changed.connect(lambda: seen.append(shop.page.outcome.state.text()))

    finished(shop)

    assert "Measuring before and after…" in seen
    assert not any("4 pictures" in text for text in seen)


def cells(page):
    grid = page.outcome._table
    return [
        [grid.itemAtPosition(row, column).widget().text() for column in range(7)]
        for row in range(1, grid.rowCount())
        if grid.itemAtPosition(row, 0) is not None
    ]


def test_the_end_shows_before_and_after_with_intervals(shop):
    page, _ = finished(shop)

    assert page.tabs.currentWidget() is page.outcome
    assert cells(page)[0] == [
        "Held out", "4", "0.500", "0.600", "+0.100", "+0.050 to +0.150", "better"
    ]  # fmt: skip
    assert not page.outcome.warning.isVisible()


def test_a_fall_on_the_held_out_pictures_is_a_warning(make_workshop):
    page, _ = finished(make_workshop(difference=-0.1))

    assert "the new model is worse" in page.outcome.warning.text()
    assert page.outcome.warning.isVisible()


def test_a_fall_that_may_be_chance_is_called_so(make_workshop):
    page, _ = finished(make_workshop(difference=-0.01, is_distinguishable=False))

    assert "may be chance" in page.outcome.warning.text()
    assert cells(page)[0][-1] == "not distinguishable"


def test_a_kept_model_is_named_chosen_and_can_detect_again(shop):
    page, weights = finished(shop)
    page.outcome.name.setText("beach")
    click(page.outcome.keep)
    shop.until(lambda: len(shop.trainer.models.models) == 2)

    kept = shop.trainer.models.models[1]
    assert (kept.name, kept.hash) == ("beach", file_hash(weights))
    assert (kept.pedigree.parent, kept.pedigree.data) == (file_hash(shop.models.shipped), "abc")
    assert (kept.pedigree.ap_before, kept.pedigree.ap_after) == (0.5, 0.6)
    assert kept.pedigree.judged == 7
    assert shop.detection.weights == kept.path
    assert page.models.table.item(1, 0).text() == "● beach"
    assert not page.outcome.keep.isVisible()
    click(page.outcome.detect)
    shop.until(lambda: shop.detection.is_busy)
    shop.until(lambda: not shop.detection.is_busy)


def test_a_name_that_is_taken_cannot_be_kept(shop):
    page, _ = finished(shop)
    page.outcome.name.setText("Compact")

    assert not page.outcome.keep.isEnabled()
    assert page.outcome.problem.text() == "another model has it"


def test_staying_with_the_old_model_is_remembered_and_keeps_nothing(shop):
    page, _ = finished(shop)
    click(page.outcome.drop)

    assert "stayed with the old model" in page.outcome.state.text()
    assert len(shop.trainer.models.models) == 1
    assert not page.outcome.keep.isVisible()


def test_a_changed_face_leads_to_its_picture(shop):
    page, _ = finished(shop)
    assert page.outcome.change.itemText(0) == "Gained faces (1)"
    page.outcome.changes.setCurrentCell(0, 0)
    page.outcome.changes.setFocus()
    page.outcome.changes.itemActivated.emit(page.outcome.changes.item(0, 0))
    shop.settle()

    assert shop.session.page.id == "review"
    assert shop.session.name == "b/3.jpg"


def test_a_training_waits_for_the_detector(shop):
    page = shop.show_page()
    shop.detection.detect_listed()
    click(page.start)

    assert shop.trainer.is_waiting
    assert page.progress.title.text() == "Waits for the detector"
    assert shop.pretended.commands == []
    shop.until(lambda: len(shop.pretended.commands) == 1)
    assert not shop.detection.is_busy


def test_a_training_that_waits_can_be_taken_back(shop):
    page = shop.show_page()
    shop.detection.detect_listed()
    click(page.start)
    click(page.progress.cancel)
    shop.until(lambda: not shop.detection.is_busy)

    assert not shop.trainer.is_waiting
    assert shop.pretended.commands == []


def test_a_training_makes_room_for_the_detector_and_goes_on_by_itself(shop):
    page = started(shop)
    shop.pretended.say(State.TRAINING, step=3)
    shop.look(lambda: shop.trainer.job.status.state is State.TRAINING)

    shop.detection.detect_listed()
    shop.until(lambda: shop.pretended.asked() == {"pause"})
    assert "while faces are detected" in page.progress.title.text()
    shop.until(lambda: not shop.detection.is_busy)
    shop.until(lambda: shop.pretended.asked() == set())


def test_a_pause_of_the_users_own_stays_after_a_detection(shop):
    started(shop)
    shop.pretended.say(State.PAUSED, step=3)
    shop.trainer.job.pause()
    shop.look(lambda: shop.trainer.job.is_paused)

    shop.detection.detect_listed()
    shop.until(lambda: not shop.detection.is_busy)

    assert shop.pretended.asked() == {"pause"}


def test_the_top_bar_says_how_far_the_training_is_and_leads_to_it(shop):
    started(shop)
    shop.session.page.show("review")
    shop.pretended.say(State.TRAINING, step=40, share=0.4, remaining_s=90)
    shop.look(lambda: shop.trainer.job.status.step == 40)

    chip = shop.window.top_bar.training
    assert chip.text() == "Training 40 % · 1 min 30 s left"
    click(chip)
    assert shop.session.page.id == "train"
    shop.pretended.end(State.FINISHED, step=40)
    shop.look(lambda: not shop.trainer.is_training)
    assert not chip.isVisible()


def test_weights_so_far_can_be_tried_without_choosing_them(shop):
    page = started(shop)
    (shop.pretended.run / runs.BEST).write_bytes(shop.models.shipped.read_bytes())
    shop.pretended.say(State.TRAINING, step=4)
    shop.look(lambda: page.progress.try_out.isEnabled())

    click(page.progress.try_out)
    shop.until(lambda: not shop.detection.is_busy)
    shop.settle()

    assert shop.session.page.id == "review"
    assert len(shop.window.canvas.document.predictions) > 0
    assert shop.detection.weights == shop.models.shipped


def test_each_run_gets_a_proposed_name_of_its_own(shop):
    page, _ = finished(shop)
    assert page.outcome.name.text() == f"photographs {shop.pretended.run.name[:8]}"
    page.outcome.name.selectAll()
    QTest.keyClicks(page.outcome.name, "beach")
    click(page.outcome.keep)
    shop.until(lambda: len(shop.trainer.models.models) == 2)

    click(page.start)
    shop.look(lambda: len(shop.pretended.commands) == 2 and shop.trainer.job.notes is not None)

    assert page.outcome.name.text().startswith("photographs")
