"""The list of images: batches, filter, rows and places, signs."""

import pytest
from PySide6.QtCore import QAbstractListModel
from pytestqt.modeltest import ModelTester

from app.models.files import FilesModel, Sign
from app.scan import FoundImage

NAMES = ["a/one.jpg", "a/Two.jpg", "b/one.png", "b/three.jpg"]


def images(*names: str) -> list[FoundImage]:
    """Found images; those of folder `a` have labels."""
    return [FoundImage(name, name.startswith("a/")) for name in names]


@pytest.fixture
def model(qapp) -> FilesModel:
    made = FilesModel()
    made.append(images(*NAMES))
    return made


def test_it_keeps_qts_rules_while_it_is_filled_and_filtered(
    qtmodeltester: ModelTester, model: QAbstractListModel
):
    assert isinstance(model, FilesModel)
    qtmodeltester.check(model)

    model.append(images("c/four.jpg"))
    model.set_filter("one")
    model.append(images("c/one.jpg", "c/five.jpg"))
    model.clear()


def test_every_word_of_the_filter_must_be_in_the_path_whatever_the_case(model: FilesModel):
    model.set_filter("JPG  t")

    assert model.names() == ["a/Two.jpg", "b/three.jpg"]
    assert (model.rowCount(), model.total) == (2, 4)


def test_new_batches_pass_the_filter_too(model: FilesModel):
    model.set_filter("one")

    model.append(images("c/one.jpg", "c/two.jpg"))

    assert model.names() == ["a/one.jpg", "b/one.png", "c/one.jpg"]


def test_rows_follow_the_filter(model: FilesModel):
    assert model.row_of("b/one.png") == 2

    model.set_filter("one")

    assert model.row_of("b/one.png") == 1
    assert model.row_of("a/Two.jpg") is None
    assert model.row_of("unknown.jpg") is None
    assert model.row_near("a/Two.jpg") == 1


def test_a_sign_is_told_to_the_views_of_that_row(qtbot, model: FilesModel):
    with qtbot.waitSignal(model.dataChanged) as caught:
        model.set_sign("b/one.png", Sign.UNSAVED, True)

    assert caught.args[0].row() == 2
    assert model.sign(2) == Sign.UNSAVED
    assert model.sign(0) == Sign.LABELS


def test_signs_of_many_replace_the_earlier_ones(model: FilesModel):
    model.set_signs(["a/one.jpg"], Sign.PREDICTIONS)
    model.set_signs(["b/one.png", "gone.jpg"], Sign.PREDICTIONS)

    assert [bool(model.sign(row) & Sign.PREDICTIONS) for row in range(4)] == [
        False,
        False,
        True,
        False,
    ]


def test_a_fault_is_in_the_tooltip_and_spoken(model: FilesModel):
    from PySide6.QtCore import Qt

    model.set_fault("a/one.jpg", "it is empty")

    assert "it is empty" in model.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert "fault" in model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    model.set_fault("a/one.jpg", "")
    assert model.sign(0) == Sign.LABELS
