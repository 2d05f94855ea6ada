"""Faults F48, F50 and F52 of the design, as far as the window is concerned."""

import pytest

from app.training.job import Training
from tests.app.pages.train.conftest import Workshop, make_workshop, shop  # noqa: F401
from tests.app.pages.train.test_page import click, started
from tests.app.training.pretended import NO_PROCESS
from tinaface.runs import State

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


def test_f48_a_training_goes_on_when_the_window_dies_and_the_next_one_finds_it(
    shop: Workshop,  # noqa: F811
):
    started(shop)
    shop.pretended.say(State.TRAINING, step=12)
    shop.pretended.record(step=12, loss=1.5)
    # The window dies here: nobody tells the training anything.
    folder = shop.trainer.job.folder
    shop.trainer.job._clock.stop()

    later = Training(folder, shop.pretended)
    later.find()
    shop.until(lambda: later.status is not None)

    assert later.run == shop.pretended.run
    assert later.is_alive
    assert shop.pretended.asked() == set()
    later.shut_down()


def test_f50_a_training_that_lost_its_power_goes_on_from_its_last_checkpoint(
    shop: Workshop,  # noqa: F811
):
    page = started(shop)
    shop.pretended.say(State.TRAINING, step=12)
    shop.pretended.live(NO_PROCESS)
    shop.look(lambda: not shop.trainer.is_training)

    assert "can go on from its last checkpoint" in page.progress.title.text()
    click(page.progress.resume)
    shop.until(lambda: len(shop.pretended.commands) == 2)
    assert shop.pretended.commands[1][-1] == "--resume"


def test_f52_a_set_without_labels_cannot_be_learned(shop: Workshop):  # noqa: F811
    root = shop.session.root
    assert root is not None
    for label in root.rglob("*.json"):
        label.unlink()
    shop.session.page.show("train")
    page = shop.page
    shop.until(lambda: page._data.division is not None)

    assert not page.start.isEnabled()
    assert page.why_not.text() == "There is nothing to learn"


def test_f52_a_loss_that_is_no_number_is_a_banner_with_what_to_do(shop: Workshop):  # noqa: F811
    page = started(shop)
    error = {"what": "The training diverged", "why": "the loss is NaN", "remedy": "Begin anew"}
    shop.pretended.end(State.FAILED, step=7, error=error)
    shop.look(lambda: not shop.trainer.is_training)

    assert page.progress.banner.isVisible()
    assert page.progress.banner.text().endswith("Begin anew.")
