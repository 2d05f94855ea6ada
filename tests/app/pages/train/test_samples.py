import json

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.app.pages.train.test_page import started
from tinaface import runs
from tinaface.boxes import Detections
from tinaface.training.samples import Sample, SampleRound

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

FACE = [[10, 10, 30, 40]]


def evaluated(shop, step, boxes):
    """What a training writes at a validation: boxes found in one picture, and its figures."""
    found = Detections(
        np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), 0.8, np.float32)
    )
    image = shop.session.root / "a/0.jpg"
    shown = SampleRound(step, 0.4, step / 100, (Sample(image, np.array(FACE, np.float32), found),))
    with (shop.pretended.run / runs.SAMPLES).open("a") as file:
        file.write(json.dumps(shown.as_record()) + "\n")
    shop.pretended.record(step=step, validation_ap50=step / 100)


@pytest.fixture
def evaluated_twice(shop):
    page = started(shop)
    evaluated(shop, 10, [])
    evaluated(shop, 20, [*FACE, [50, 50, 60, 60]])
    shop.look(lambda: page.samples.slider.maximum() == 1)
    page.tabs.setCurrentWidget(page.samples)
    return shop


def test_the_newest_evaluation_is_shown_with_what_it_found(evaluated_twice):
    samples = evaluated_twice.page.samples

    assert samples.about.text() == "step 20 · AP 0.200 · boxes from score 0.40"
    assert samples.view.captions == ["1 of 1 found, 1 extra"]
    assert not samples.empty.isVisible()


def test_an_earlier_evaluation_can_be_chosen_by_keys_and_stays(evaluated_twice):
    shop, samples = evaluated_twice, evaluated_twice.page.samples
    QTest.keyClick(samples.slider, Qt.Key.Key_Left)
    evaluated(shop, 30, FACE)
    shop.look(lambda: samples.slider.maximum() == 2)

    assert samples.view.captions == ["0 of 1 found, 0 extra"]
    QTest.keyClick(samples.slider, Qt.Key.Key_End)
    assert samples.shown.step == 30


def test_labels_and_predictions_are_drawn_over_the_picture(evaluated_twice):
    shop, view = evaluated_twice, evaluated_twice.page.samples.view
    view.grab()  # asks for the pictures
    shop.until(lambda: not shop.page._sample_rounds.is_busy)
    both = view.grab().toImage()

    QTest.keyClick(shop.page.samples.slider, Qt.Key.Key_Left)

    assert view.grab().toImage() != both
    assert shop.page._sample_rounds.picture(shop.session.root / "a/0.jpg").image is not None


def test_a_picture_that_is_gone_leaves_a_sign_and_its_reason(shop):
    page = started(shop)
    evaluated(shop, 10, [])
    (shop.session.root / "a/0.jpg").unlink()
    page.tabs.setCurrentWidget(page.samples)
    shop.look(lambda: bool(page.samples.view.captions))

    page.samples.view.grab()
    shop.until(lambda: not page._sample_rounds.is_busy)

    page.samples.view.grab()
    assert "0.jpg" in page.samples.view._tip(page.samples.shown.samples[0]).splitlines()[1]


def test_a_window_that_is_opened_later_shows_the_evaluations_so_far(evaluated_twice):
    from app.training.sample_rounds import SampleRounds

    shop, later = evaluated_twice, SampleRounds()
    later.follow(shop.trainer.job.run)
    shop.until(lambda: len(later.rounds) == 2)

    assert [one.step for one in later.rounds] == [10, 20]
    later.shut_down()


def test_before_the_first_evaluation_the_page_says_what_will_be_there(shop):
    page = started(shop)
    page.tabs.setCurrentWidget(page.samples)

    assert page.samples.empty.isVisible()
    assert not page.samples.view.isVisible()
