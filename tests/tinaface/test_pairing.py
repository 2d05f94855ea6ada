"""Predictions find their images by name."""

import numpy as np
import pytest

from tinaface.boxes import Detections
from tinaface.pairing import pair


def found(score):
    return Detections(np.array([[0.0, 0.0, 1.0, 1.0]]), np.array([score]))


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("images/x.jpg", "images/x.jpg"),
        ("images/x.jpg", "x.jpg"),
        ("images/x.jpg", "x"),
        ("x.jpg", "/somewhere/images/x.jpg"),
        ("0--Parade/x", "WIDER_val/images/0--Parade/x.jpg"),
        ("images/a.b.jpg", "a.b"),
        ("images/x.jpg", "images\\x.jpg"),
        ("x.png", "x.jpg"),
    ],
)
def test_a_name_that_is_the_end_of_the_other_is_the_same_image(image, name):
    pairing = pair([image, "other/y.jpg"], [(name, found(0.5))])

    assert pairing.detections[0].scores.tolist() == [0.5]
    assert pairing.missing == ["other/y.jpg"]


@pytest.mark.parametrize("name", ["train/x.jpg", "xx.jpg", "x.jpg/more", "z.jpg", ""])
def test_another_folder_or_a_part_of_a_word_is_another_image(name):
    pairing = pair(["validate/x.jpg"], [(name, found(0.5))])

    assert pairing.unknown == [name]
    assert len(pairing.detections[0]) == 0


def test_a_name_that_two_images_answer_to_is_unknown():
    pairing = pair(["a/x.jpg", "b/x.jpg"], [("x.jpg", found(0.5)), ("b/x.jpg", found(0.7))])

    assert pairing.unknown == ["x.jpg"]
    assert pairing.missing == ["a/x.jpg"]


def test_suffixes_tell_images_of_one_stem_apart():
    pairing = pair(["x.jpg", "x.png"], [("x.png", found(0.7)), ("x.jpg", found(0.5))])

    assert [d.scores[0] for d in pairing.detections] == [0.5, 0.7]


def test_the_image_itself_comes_before_one_further_down():
    pairing = pair(["a/x.jpg", "x.jpg"], [("x.jpg", found(0.5))])

    assert pairing.missing == ["a/x.jpg"]


def test_of_two_predictions_for_one_image_the_later_counts_and_the_other_is_named():
    pairing = pair(["a/x.jpg"], [("a/x.jpg", found(0.5)), ("x.jpg", found(0.7))])

    assert pairing.detections[0].scores.tolist() == [0.7]
    assert pairing.duplicates == ["a/x.jpg"]


def test_two_images_of_one_name_are_a_callers_mistake():
    with pytest.raises(ValueError, match="one name"):
        pair(["x.jpg", "x.jpg"], [])
