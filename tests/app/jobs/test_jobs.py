import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.jobs.jobs import TRAINING
from tests.app.pages.train.test_page import started
from tests.app.studio import make_folder
from tinaface.predictions import PredictionStore, stored_models
from tinaface.runs import State

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def queued(shop):
    """A detection that waits for its `go`, and three behind it: of a/1, a/2 and a/3."""
    image = shop.session.root / "a/0.jpg"
    image.rename(image.with_name("0-hold.jpg"))
    shop.session.open(shop.session.root)
    shop.settle()
    shop.found = []
    shop.detection._client.found.connect(lambda found: shop.found.append(found.image))
    for name in ("a/0-hold.jpg", "a/1.jpg", "a/2.jpg", "a/3.jpg"):
        shop.detection._detect([name], urgent=False)
    shop.view = shop.window.detection_panel.jobs
    shop.until(shop.view.isVisible)
    return shop


def go(shop):
    (shop.session.root / "go").touch()
    shop.until(lambda: not shop.detection.is_busy)


def waiting(shop):
    return [job.names[0] for job in shop.detection.queue.waiting]


def choose(shop, row):
    shop.view.list.setFocus()
    shop.view.list.setCurrentRow(row)


def lines(shop):
    view = shop.view.list
    return [view.item(row).text() for row in range(view.count())]


def test_what_waits_is_listed_behind_what_is_at_work(queued):
    assert [line.partition(" ")[0] == "▶" for line in lines(queued)] == [True] + [False] * 3
    assert waiting(queued) == ["a/1.jpg", "a/2.jpg", "a/3.jpg"]

    go(queued)
    queued.until(lambda: not queued.view.isVisible())
    assert queued.found == ["a/0-hold.jpg", "a/1.jpg", "a/2.jpg", "a/3.jpg"]


def test_a_waiting_job_is_moved_by_keys_and_done_in_its_new_place(queued):
    choose(queued, 3)
    QTest.keyClick(queued.view.list, Qt.Key.Key_Up, CONTROL)
    QTest.keyClick(queued.view.list, Qt.Key.Key_Up, CONTROL)
    assert waiting(queued) == ["a/3.jpg", "a/1.jpg", "a/2.jpg"]
    QTest.keyClick(queued.view.list, Qt.Key.Key_Down, CONTROL)
    assert waiting(queued) == ["a/1.jpg", "a/3.jpg", "a/2.jpg"]

    go(queued)
    assert queued.found == ["a/0-hold.jpg", "a/1.jpg", "a/3.jpg", "a/2.jpg"]


def test_a_waiting_job_is_moved_by_mouse_and_stays_the_chosen_one(queued):
    choose(queued, 1)
    QTest.mouseClick(queued.view.down, Qt.MouseButton.LeftButton)
    QTest.mouseClick(queued.view.down, Qt.MouseButton.LeftButton)

    assert waiting(queued) == ["a/2.jpg", "a/3.jpg", "a/1.jpg"]
    assert queued.view.list.currentRow() == 3
    assert not queued.view.down.isEnabled()
    assert queued.view.up.isEnabled()


def test_a_job_at_work_cannot_be_moved_nor_anything_before_it(queued):
    choose(queued, 0)
    assert not queued.view.up.isEnabled()
    assert not queued.view.down.isEnabled()
    QTest.keyClick(queued.view.list, Qt.Key.Key_Down, CONTROL)
    choose(queued, 1)
    QTest.keyClick(queued.view.list, Qt.Key.Key_Up, CONTROL)

    assert waiting(queued) == ["a/1.jpg", "a/2.jpg", "a/3.jpg"]
    assert queued.detection.queue.at_work[0].names == ["a/0-hold.jpg"]


def test_a_waiting_job_is_taken_back_by_key(queued):
    choose(queued, 2)
    QTest.keyClick(queued.view.list, Qt.Key.Key_Delete)

    go(queued)
    assert queued.found == ["a/0-hold.jpg", "a/1.jpg", "a/3.jpg"]


def test_stop_ends_what_waits_too(queued):
    queued.detection.stop()
    go(queued)

    assert queued.found == ["a/0-hold.jpg"]


def test_the_image_in_view_still_goes_first(queued):
    queued.session.go_to("b/5.jpg")
    queued.settle()
    queued.detection.detect_image()

    go(queued)

    # The pretended worker looks at requests between two jobs only.
    assert queued.found[:2] == ["a/0-hold.jpg", "b/5.jpg"]


def test_what_is_found_stays_in_its_folder_when_another_is_opened_meanwhile(queued, tmp_path):
    asked, other = queued.session.root, make_folder(tmp_path / "others", ("x.jpg",))
    queued.open(other)
    (asked / "go").touch()
    queued.until(lambda: not queued.detection.is_busy)
    queued.settle()

    assert stored_models(other) == []
    (model,) = stored_models(asked)
    assert sorted(PredictionStore(asked, model).images()) == [
        "a/0-hold.jpg",
        "a/1.jpg",
        "a/2.jpg",
        "a/3.jpg",
    ]


def test_a_killed_worker_ends_what_waits_and_all_of_it_can_be_tried_again(queued):
    (queued.session.root / "a/2.jpg").rename(queued.session.root / "a/2-die.jpg")
    queued.detection.queue.waiting[1].names[0] = "a/2-die.jpg"

    go(queued)

    assert queued.detection.queue.waiting == []
    assert queued.detection._left_undone == ["a/2.jpg", "a/3.jpg"]
    assert queued.pretended.commands == []


def wait_for_detector(shop):
    """Asks for a training, which waits for the detections."""
    page = shop.page
    shop.session.page.show("train")
    shop.until(lambda: page.start.isEnabled())
    page.start.click()
    shop.session.page.show("review")
    shop.until(lambda: shop.view.isVisible() and len(lines(shop)) == 5)


def begin_to_learn(shop):
    """Lets the training say that it is at work."""
    shop.pretended.say(State.TRAINING, step=1)
    job = shop.trainer.job
    shop.look(lambda: job.status is not None and job.status.state is State.TRAINING)


def test_a_training_that_waits_can_go_before_detections_which_then_wait_for_its_end(queued):
    wait_for_detector(queued)
    choose(queued, 4)
    for _ in range(2):
        QTest.keyClick(queued.view.list, Qt.Key.Key_Up, CONTROL)
    assert waiting(queued) == ["a/1.jpg"]

    go(queued)
    queued.until(lambda: len(queued.pretended.commands) == 1)
    assert queued.found == ["a/0-hold.jpg", "a/1.jpg"]
    begin_to_learn(queued)
    assert queued.pretended.asked() == set()
    assert [job.number == TRAINING for job in queued.view._jobs.listed] == [True, False, False]

    queued.pretended.end(State.FINISHED)
    queued.look(lambda: len(queued.found) == 4)


def test_a_training_at_work_stays_and_what_is_moved_before_it_begins_at_once(queued):
    wait_for_detector(queued)
    choose(queued, 4)
    for _ in range(3):
        QTest.keyClick(queued.view.list, Qt.Key.Key_Up, CONTROL)
    go(queued)
    queued.until(lambda: len(queued.pretended.commands) == 1)
    begin_to_learn(queued)

    choose(queued, 0)
    assert not queued.view.down.isEnabled()
    choose(queued, 1)
    QTest.keyClick(queued.view.list, Qt.Key.Key_Up, CONTROL)

    queued.until(lambda: queued.found[1:] == ["a/1.jpg"])
    assert len(queued.detection.queue.held) == 2


def test_a_training_that_is_taken_back_gives_way_to_what_was_behind_it(queued):
    wait_for_detector(queued)
    choose(queued, 4)
    QTest.keyClick(queued.view.list, Qt.Key.Key_Up, CONTROL)
    QTest.keyClick(queued.view.list, Qt.Key.Key_Delete)

    go(queued)

    assert len(queued.found) == 4
    assert queued.pretended.commands == []


def test_one_detection_alone_shows_no_list(shop):
    started(shop)
    assert not shop.window.detection_panel.jobs.isVisibleTo(shop.window.detection_panel)
