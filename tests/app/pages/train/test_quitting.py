import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from tests.app.pages.train.test_page import started
from tinaface.runs import State

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


def answer(text):
    """Presses a button of the question that the next event brings."""

    def press():
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        next(button for button in box.buttons() if button.text() == text).click()

    QTimer.singleShot(0, press)


@pytest.fixture
def training(shop):
    started(shop)
    shop.pretended.say(State.TRAINING, step=4)
    shop.look(lambda: shop.trainer.job.status.state is State.TRAINING)
    return shop


def test_whoever_stays_keeps_window_and_training(training):
    answer("Stay")

    assert not training.window.close()
    assert training.window.isVisible()
    assert training.pretended.asked() == set()


def test_a_training_may_go_on_in_the_background(training):
    answer("Keep training in the background")

    assert training.window.close()
    assert training.pretended.asked() == set()


def test_a_training_may_stop_with_a_checkpoint(training):
    answer("Stop with a checkpoint")

    assert training.window.close()
    assert training.pretended.asked() == {"stop"}


def test_a_training_that_made_room_for_the_detector_goes_on_when_the_window_is_gone(training):
    training.detection.detect_listed()
    training.until(lambda: training.pretended.asked() == {"pause"})
    answer("Keep training in the background")

    assert training.window.close()
    assert training.pretended.asked() == set()


def test_without_a_training_nothing_is_asked(shop):
    assert shop.window.close()
