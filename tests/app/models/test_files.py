"""The list of images: batches, filter, rows and places, signs."""

import numpy as np
import pytest
from PySide6.QtCore import QAbstractListModel
from pytestqt.modeltest import ModelTester

from app.models.files import FilesModel, Sign
from app.scan import FoundImage
from tinaface.image_order import ImageOrder

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
    model.sort_by(ImageOrder.RANDOM, 3)
    model.append(images("d/one.jpg"))
    model.keep(["d/one.jpg"], "kept")
    model.keep_all()
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


def test_an_order_moves_rows_and_knows_where_hidden_images_would_stand(model: FilesModel):
    model.put_facts(NAMES, {"boxes": np.array([1.0, 4, 2, 3])})

    model.sort_by(ImageOrder.MOST_BOXES)

    assert model.names() == ["a/Two.jpg", "b/three.jpg", "b/one.png", "a/one.jpg"]
    assert [model.row_of(name) for name in model.names()] == [0, 1, 2, 3]
    model.set_filter("boxes<4 -name:three")
    assert model.names() == ["b/one.png", "a/one.jpg"]
    assert model.row_of("b/three.jpg") is None
    assert model.row_near("b/three.jpg") == 0
    assert model.neighbour("a/Two.jpg", 1) == "b/one.png"


def test_a_kept_selection_and_the_filter_both_decide(model: FilesModel):
    model.keep(["a/one.jpg", "b/one.png", "gone.jpg"], "some")

    assert (model.names(), model.kept_title) == (["a/one.jpg", "b/one.png"], "some")
    model.set_filter("png")
    assert model.names() == ["b/one.png"]
    model.append(images("c/four.png"))
    assert model.names() == ["b/one.png"]
    model.keep_all()
    assert model.names() == ["b/one.png", "c/four.png"]


def test_what_is_known_of_images_decides_once_rows_are_arranged_anew(model: FilesModel):
    model.set_filter("boxes>2")
    assert model.names() == []

    model.put_facts(["b/three.jpg", "gone.jpg"], {"boxes": np.array([3.0, 9])})
    model.rearrange()

    assert model.names() == ["b/three.jpg"]


def test_labels_and_edits_can_be_asked_for(model: FilesModel):
    model.set_sign("b/three.jpg", Sign.UNSAVED, True)
    model.set_filter("modified -labelled")

    assert model.names() == ["b/three.jpg"]
    model.set_sign("b/three.jpg", Sign.LABELS, True)
    model.rearrange()
    assert model.names() == []


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


def test_rows_say_no_folder_that_all_images_share(qapp):
    model = FilesModel()
    model.append(images("images/a.jpg", "images/b.jpg"))
    assert [model.title(row) for row in range(2)] == [("", "a.jpg"), ("", "b.jpg")]
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))

    model.append(images("more/c.jpg"))

    assert model.title(0) == ("images/", "a.jpg")
    assert told == [(0, 2)]
    model.clear()
    model.append(images("more/c.jpg"))
    assert model.title(0) == ("", "c.jpg")
