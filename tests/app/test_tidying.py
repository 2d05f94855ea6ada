"""Odd shapes become boxes and boxes come into the picture, each in one step."""

from app.tidying import clip_to_picture, convert_others
from tests.app.documents import document_from, document_of, rectangle


def other(kind, points, **more):
    return {**rectangle([0, 0, 1, 1]), "shape_type": kind, "points": points, **more}


def test_polygons_and_circles_become_boxes_in_one_step_and_come_back_by_undo():
    ring = [[10, 10], [40, 15], [30, 50]]
    shapes = [
        rectangle([60, 20, 80, 40]),
        other("polygon", ring, label="head", flags={"blur": True}, mine=7),
        other("circle", [[100, 50], [110, 50]]),
        other("point", [[5, 5]]),
    ]
    document = document_from(shapes)

    assert convert_others(document) == 2

    assert document.gt_boxes.tolist() == [[60, 20, 80, 40], [10, 10, 40, 50], [90, 40, 110, 60]]
    assert document.labels[1] == "head"
    assert document.shape(1).fields["mine"] == 7
    assert document.shape(1).flags == {"blur": True}
    assert [shape.shape_type for shape in document.other_shapes] == ["point"]
    document.undo_stack.undo()
    assert len(document.gt_boxes) == 1
    assert document.other_shapes[0].points == ring


def test_a_converted_mask_is_a_box_for_labelme_too():
    document = document_from([other("mask", [[10, 10], [30, 40]], mask="bitmap")])

    convert_others(document)

    assert document.gt_boxes.tolist() == [[10, 10, 30, 40]]
    assert document.shape(0).fields["mask"] is None


def test_without_other_shapes_there_is_nothing_to_convert():
    document = document_of([[10, 10, 30, 40]])

    assert convert_others(document) == 0
    assert document.undo_stack.count() == 0


def test_boxes_are_clipped_to_the_picture_in_one_step():
    document = document_of([[-5, 10, 20, 120], [30, 30, 40, 40], [-9, -9, 5, 5]], size=(100, 200))
    document.select([0])
    assert clip_to_picture(document) == 1
    document.select([])

    assert clip_to_picture(document) == 1

    assert document.gt_boxes.tolist() == [[0, 10, 20, 100], [30, 30, 40, 40], [0, 0, 5, 5]]
    assert document.undo_stack.count() == 2
