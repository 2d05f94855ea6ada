import pytest
from PySide6.QtCore import QLocale, QTimer
from PySide6.QtWidgets import QApplication, QInputDialog

from app.pages.train.start_form import title_of
from tests.app.pages.train.test_page import click
from tests.tinaface.test_models import write_weights
from tinaface.models import Pedigree

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


@pytest.fixture
def kept(shop, tmp_path):
    """A kept model beside the shipped one, which is chosen for detection."""
    trained = write_weights(tmp_path / "run" / "best.safetensors", 1.0, ap=0.6)
    shop.trainer.models.keep(trained, "beach", Pedigree(source="holidays", pictures=1234))
    shop.until(lambda: len(shop.trainer.models.models) == 2)
    shop.detection.choose_weights(shop.models.shipped)
    shop.session.page.show("train")
    shop.page.tabs.setCurrentWidget(shop.page.models)
    shop.until(lambda: not shop.trainer.preflight.is_running)
    shop.page.models.table.selectRow(1)
    return shop


def row(shop, number):
    table = shop.page.models.table
    return [table.item(number, column).text() for column in range(table.columnCount())]


def test_models_are_listed_with_what_they_learned(kept):
    assert row(kept, 0)[:2] == ["● compact", "0.500"]
    assert row(kept, 1)[:2] + row(kept, 1)[3:5] == ["beach", "0.600", "holidays", "1234"]


def test_the_detection_panel_and_the_page_offer_the_same_models(kept):
    panel, start = kept.window.detection_panel.weights, kept.page.plan.start

    assert [panel.itemText(place) for place in range(2)] == [
        "compact · AP 0.500",
        "beach · AP 0.600",
    ]
    assert [start.itemText(place) for place in range(2)] == [
        "compact (shipped) · AP 0.500",
        "beach · AP 0.600",
    ]


def test_decimals_of_a_model_are_those_of_the_language(kept):
    before = QLocale()
    QLocale.setDefault(QLocale("de"))
    try:
        kept.detection.choose_weights(kept.models.shipped)
        told = [title_of(kept.trainer.models.models[1], "mitgeliefert")]
        told.append(kept.detection.model.description)
    finally:
        QLocale.setDefault(before)

    assert "AP 0,600" in told[0]
    assert "AP 0,500" in told[1]


def test_a_model_of_the_list_can_be_chosen_for_detection(kept):
    click(kept.page.models.use)

    assert kept.detection.weights == kept.trainer.models.models[1].path
    assert row(kept, 1)[0] == "● beach"
    assert not kept.page.models.use.isEnabled()


def test_the_shipped_model_can_be_neither_renamed_nor_removed(kept):
    kept.page.models.table.selectRow(0)

    assert not kept.page.models.rename.isEnabled()
    assert not kept.page.models.remove.isEnabled()


def test_a_renamed_model_stays_the_chosen_one(kept):
    click(kept.page.models.use)

    def answer():
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QInputDialog)
        dialog.setTextValue("sea")
        dialog.accept()

    QTimer.singleShot(0, answer)
    click(kept.page.models.rename)
    kept.until(lambda: row(kept, 1)[0] == "● sea")

    assert kept.detection.weights.stem == "sea"


def test_a_removed_model_gives_way_to_the_shipped_one_and_can_come_back(kept):
    click(kept.page.models.use)
    click(kept.page.models.remove)
    kept.until(lambda: len(kept.trainer.models.models) == 1)
    kept.until(lambda: kept.detection.weights == kept.models.shipped)

    (posted,) = kept.session.messages.posted
    assert posted.message.what == "beach was removed"
    posted.message.offers[0].call()
    kept.until(lambda: len(kept.trainer.models.models) == 2)
    assert row(kept, 1)[0] == "beach"


THRESHOLD_OF_THE_SHIPPED, THRESHOLD_OF_THE_NEW = 0.4, 0.7


def keep_and_choose(shop, tmp_path, judged):
    """A new model, judged on some pictures, is kept and chosen, as after a training."""
    new = write_weights(tmp_path / "run/new.safetensors", 2.0, ap=0.9, threshold=0.7)
    shop.trainer.models.keep(new, "new", Pedigree(judged=judged))
    shop.until(lambda: shop.detection.weights.stem == "new")


def test_a_model_judged_on_three_pictures_leaves_the_threshold_and_says_why(shop, tmp_path):
    keep_and_choose(shop, tmp_path, judged=3)

    (posted,) = shop.session.messages.posted
    assert shop.session.threshold == THRESHOLD_OF_THE_SHIPPED
    assert "stays at 0.40" in posted.message.what
    assert "0.70" in posted.message.why
    assert "3 pictures" in posted.message.why
    assert "AP 0.900 on 3 pictures" in shop.detection.model.description
    posted.message.offers[0].call()
    assert shop.session.threshold == THRESHOLD_OF_THE_NEW
    assert shop.session.messages.posted == []


def test_a_model_judged_on_many_pictures_moves_the_threshold_and_tells_it(shop, tmp_path):
    keep_and_choose(shop, tmp_path, judged=300)

    (posted,) = shop.session.messages.posted
    assert shop.session.threshold == THRESHOLD_OF_THE_NEW
    assert "0.70" in posted.message.what
    posted.message.offers[0].call()
    assert shop.session.threshold == THRESHOLD_OF_THE_SHIPPED


def test_another_name_leaves_a_slider_that_was_moved(shop, tmp_path):
    keep_and_choose(shop, tmp_path, judged=300)
    shop.session.set_threshold(0.55)
    new = shop.trainer.models.find(shop.detection.weights)

    shop.trainer.models.rename(new, "sea")
    shop.until(lambda: shop.detection.weights.stem == "sea")

    assert shop.session.threshold == 0.55
