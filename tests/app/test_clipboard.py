import json

import numpy as np
import pytest
from PySide6.QtCore import QMimeData

from app.clipboard import MIME_TYPE, boxes_in, copied
from tests.app.documents import document_from, rectangle


@pytest.fixture
def document():
    shapes = [rectangle([10, 10, 30, 40]), rectangle([50, 20, 80, 60], "head", ignore=True)]
    return document_from(shapes, size=(100, 200))


def holding(content):
    data = QMimeData()
    data.setData(MIME_TYPE, content)
    return data


def test_copied_boxes_come_back_with_their_labels_and_picture_size(document):
    document.select([1])

    found = boxes_in(copied(document))

    assert found is not None
    assert found.xyxy.tolist() == [[50, 20, 80, 60]]
    assert found.labels == ["head"]
    assert found.flags == [{"ignore"}]
    assert found.size == (100, 200)


def test_pasted_boxes_carry_their_flags_in_one_step(document):
    boxes = np.array([[10.0, 60, 20, 70], [30, 60, 40, 70]])

    document.paste(boxes, ["face", "face"], [frozenset({"ignore", "blur"}), frozenset()])

    assert document.is_ignored[2:].tolist() == [True, False]
    assert document.shape(2).flags == {"ignore": True, "blur": True}
    assert document.selection == {2, 3}
    assert document.undo_stack.count() == 1


def test_f57_ten_thousand_boxes_are_pasted_as_one_command(document):
    boxes = np.tile([[10.0, 10, 20, 20]], (10_000, 1))

    document.paste(boxes)

    assert document.undo_stack.count() == 1
    assert len(document.gt_boxes) == 10_002


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"boxes": [[1, 2, 3]], "labels": ["face"], "flags": [[]], "size": [9, 9]}',
        b'{"boxes": [[1, 2, 3, 4]], "labels": [], "flags": [[]], "size": [9, 9]}',
        b'{"boxes": [[1, 2, 3, 4]], "labels": ["face"], "flags": [], "size": [9, 9]}',
        b'{"boxes": [[1, 2, NaN, 4]], "labels": ["face"], "flags": [[]], "size": [9, 9]}',
        b'{"boxes": [[5, 2, 1, 4]], "labels": ["face"], "flags": [[]], "size": [9, 9]}',
        json.dumps({"boxes": [], "labels": [], "flags": [], "size": [0, 9]}).encode(),
    ],
)
def test_f57_foreign_data_is_no_boxes(content):
    assert boxes_in(holding(content)) is None


def test_a_clipboard_with_text_holds_no_boxes():
    data = QMimeData()
    data.setText("face 10 10")

    assert boxes_in(data) is None
