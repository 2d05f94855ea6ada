"""A rendered person covers pixels, turns, and has its face where the box says."""

import dataclasses

import numpy as np
import pytest

from tinaface.sample.people import Person, random_person
from tinaface.sample.render import Figure, Light, Pose, render


@pytest.fixture(scope="module")
def person() -> Person:
    somebody = random_person(np.random.default_rng(1), hat_share=0)
    return dataclasses.replace(somebody, hair="short", eyewear="none", mask=None)


def figure(person: Person, yaw: float = 0.0, head_height: float = 40) -> Figure:
    return render(person, Pose(yaw), Light(), head_height, bottom=-1.5)


def test_the_box_holds_all_of_the_face_and_touches_it_on_every_side(person: Person) -> None:
    drawn = figure(person)

    assert drawn.face_box is not None
    rows, columns = np.nonzero(drawn.face > 0.5)
    x0, y0, x1, y1 = drawn.face_box
    np.testing.assert_allclose(
        [x0, y0, x1, y1],
        [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1],
        atol=1.01,
    )


def test_a_head_has_the_height_asked_for_and_its_face_less(person: Person) -> None:
    small, large = figure(person, head_height=30), figure(person, head_height=60)

    for drawn, height in ((small, 30), (large, 60)):
        assert drawn.face_box is not None
        assert 0.65 * height < drawn.face_box[3] - drawn.face_box[1] < 0.9 * height


def test_colour_is_nothing_where_nobody_is(person: Person) -> None:
    drawn = figure(person)

    assert np.all(drawn.colour[drawn.cover == 0] == 0)
    assert np.all((drawn.cover >= 0) & (drawn.cover <= 1))
    assert drawn.cover[0, 0] == 0


def test_a_turned_face_is_narrower_and_the_back_of_a_head_has_none(person: Person) -> None:
    front, side, back = (figure(person, yaw) for yaw in (0, 70, 180))

    assert front.face_box is not None
    assert side.face_box is not None
    assert side.face.sum() < front.face.sum()
    assert back.face_box is None


def test_the_same_person_is_drawn_the_same_twice(person: Person) -> None:
    np.testing.assert_array_equal(figure(person).colour, figure(person).colour)
