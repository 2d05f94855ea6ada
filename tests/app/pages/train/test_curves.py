import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.application import make_application
from app.pages.train.curves import Curves
from app.theme import Theme
from app.training.series import DIFFICULTIES, HEIGHTS

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

LOW, HIGH = HEIGHTS["<16"], HEIGHTS[">96"]
OLD = [{"step": 5, "validation_ap50": 0.3}]


def records(**figures):
    return [{"step": 5, "validation_ap50": 0.5, **figures}, {"step": 6, "loss": 1.0}]


@pytest.fixture
def curves(qtbot):
    made = Curves(Theme(make_application(), "light"))
    qtbot.addWidget(made)
    made.show()
    return made


def choose(curves, text):
    """Goes through the choice by keys until it names what is wanted."""
    choice = curves.ap.choice
    QTest.keyClick(choice, Qt.Key.Key_Home)
    while choice.currentText() != text:
        before = choice.currentIndex()
        QTest.keyClick(choice, Qt.Key.Key_Down)
        assert choice.currentIndex() != before, text
    return [one.values.tolist() for one in curves.ap.plot.drawn]


def offered(curves):
    choice = curves.ap.choice
    return [choice.itemText(place) for place in range(choice.count())]


def test_where_only_ap_was_measured_there_is_nothing_to_choose(curves):
    curves.show_run(records(), [OLD])

    assert not curves.ap.choice.isVisible()
    assert [one.values.tolist() for one in curves.ap.plot.drawn] == [[0.5]]


def test_ap_is_drawn_by_height_or_of_one_height_alone(curves):
    curves.show_run(records(**{LOW: 0.2, HIGH: 0.8}), [OLD])

    assert offered(curves) == ["AP: all faces", "AP: by height", "AP: <16 px", "AP: >96 px"]
    assert choose(curves, "AP: by height") == [[0.2], [], [], [0.8]]
    assert choose(curves, "AP: >96 px") == [[0.8]]
    assert ">96 px" in curves.ap.legend.text().replace("&gt;", ">")


def test_ap_is_drawn_by_difficulty_where_it_was_measured(curves):
    curves.show_run(records(**dict.fromkeys(DIFFICULTIES.values(), 0.1)), [])

    assert offered(curves)[1:] == ["AP: by difficulty", "AP: easy", "AP: medium", "AP: hard"]
    assert choose(curves, "AP: by difficulty") == [[0.1]] * 3


def test_all_earlier_runs_stand_behind_one_curve_and_the_newest_behind_several(curves):
    curves.show_run(records(**{LOW: 0.2, HIGH: 0.8}), [records(**{LOW: 0.1})] * 3)

    choose(curves, "AP: <16 px")
    assert len(curves.ap.plot.listDataItems()) == 1 + 3
    choose(curves, "AP: by height")
    assert len(curves.ap.plot.listDataItems()) == 4 + 4


def test_a_choice_stays_while_records_come_in(curves):
    curves.show_run(records(**{LOW: 0.2}), [])
    choose(curves, "AP: <16 px")
    curves.show_run([*records(**{LOW: 0.2}), {"step": 9, LOW: 0.4, HIGH: 0.9}], [])

    assert curves.ap.choice.currentText() == "AP: <16 px"
    assert [one.values.tolist() for one in curves.ap.plot.drawn] == [[0.2, 0.4]]


def test_a_point_alone_stands_in_the_whole_run_with_its_value_beside_it(curves):
    plot = curves.ap.plot
    run = [{"step": step, "loss": 1.0} for step in range(1, 41)]
    run[29]["validation_ap50"] = 0.763

    curves.show_run(run, [])

    (left, right), (bottom, top) = plot.plotItem.vb.viewRange()
    assert left < 0 < 30 < 40 < right < 44
    assert bottom < 0 < 1 < top < 1.1
    assert plot.alone.isVisible()
    assert plot.alone.toPlainText().strip() == "0.763"


def test_from_the_second_point_on_the_axes_fit_the_curve(curves):
    plot = curves.ap.plot
    run = [{"step": 10, "validation_ap50": 0.70}]
    curves.show_run(run, [])

    curves.show_run([*run, {"step": 20, "validation_ap50": 0.72}], [])
    plot.plotItem.vb.updateAutoRange()

    (left, right), (bottom, top) = plot.plotItem.vb.viewRange()
    assert 0 < left < 10 < 20 < right
    assert 0.6 < bottom < 0.70 < 0.72 < top < 0.8
    assert not plot.alone.isVisible()


def test_a_first_loss_is_shown_from_zero_on(curves):
    curves.show_run([{"step": 1, "loss": 3.0}], [])

    _, (bottom, top) = curves.loss.plotItem.vb.viewRange()
    assert bottom < 0 < 3 < top < 4


def test_a_rate_that_never_changes_is_seen_for_what_it_is(curves):
    curves.show_run([{"step": step, "rate": 0.001} for step in range(1, 9)], [])
    curves.rate.plotItem.vb.updateAutoRange()

    (left, right), (bottom, top) = curves.rate.plotItem.vb.viewRange()
    assert bottom < 0 < 0.001 < top < 0.002
    assert left <= 1 < 8 <= right
