"""Picks follow keys and clicks, and stay with their tiles when others come and go."""

import numpy as np

from app.errors.picking import Picking


def test_the_first_place_is_picked_at_the_start() -> None:
    assert Picking(5).places.tolist() == [0]
    assert Picking(0).places.tolist() == []


def test_moving_picks_what_is_arrived_at_and_stops_at_the_ends() -> None:
    picking = Picking(5)

    picking.move(2)
    assert picking.places.tolist() == [2]
    picking.move(99)
    assert (picking.places.tolist(), picking.current) == ([4], 4)
    picking.move(-99)
    assert picking.places.tolist() == [0]


def test_extending_picks_all_between_and_can_shrink_again() -> None:
    picking = Picking(9)
    picking.take_only(3)

    picking.move(3, extends=True)
    assert picking.places.tolist() == [3, 4, 5, 6]
    picking.move(-4, extends=True)
    assert picking.places.tolist() == [2, 3]


def test_one_can_move_without_picking_and_toggle_there() -> None:
    picking = Picking(5)

    picking.move(3, only_moves=True)
    picking.toggle(3)
    assert picking.places.tolist() == [0, 3]
    picking.toggle(0)
    assert picking.places.tolist() == [3]


def test_picks_stay_with_what_was_picked() -> None:
    picking = Picking(6)
    picking.take_only(2)
    picking.extend_to(4)

    moved = picking.moved_to(5, np.array([1, -1, 3]), current=3)

    assert (moved.places.tolist(), moved.current) == ([1, 3], 3)


def test_where_all_picked_are_gone_what_came_up_is_picked() -> None:
    picking = Picking(6)
    picking.take_only(5)

    assert picking.moved_to(5, np.array([-1]), -1).places.tolist() == [4]
    assert picking.moved_to(0, np.array([-1]), -1).places.tolist() == []
