"""The table against a plain list of what it was given."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tinaface.test_disagreements import found_in, thresholds
from tests.tinaface.test_matching import scenes
from tinaface.disagreement_table import DisagreementTable, State
from tinaface.disagreements import Convention, Kind, find
from tinaface.matching import match
from tinaface.queue_order import Order, Queue


def found_in_scene(scene):
    xyxy, _, gt_boxes, _ = scene
    return find(match(*scene), gt_boxes, xyxy)


def all_open(found):
    return np.zeros(len(found), np.int8)


def table_of(*images):
    table = DisagreementTable()
    for number, found in enumerate(images):
        table.put(number, found, all_open(found))
    return table


def plain_counts(images, threshold):
    held = [found.kind[found.holds(threshold)] for found in images]
    return np.bincount(np.concatenate([np.zeros(0, np.int8), *held]), minlength=4).tolist()


images_of = st.lists(scenes().map(found_in_scene), max_size=6)


@given(images_of, thresholds)
def test_counts_are_the_sums_over_all_images(images, threshold):
    table = table_of(*images)

    counts = table.counts(threshold)

    assert list(counts[:4]) == plain_counts(images, threshold)
    assert counts.open == sum(counts[:4])
    by_image = table.counts_by_image(threshold, len(images))
    assert by_image.sum(axis=0).tolist() == list(counts[:4])


def test_a_queue_of_scores_holds_the_detections_of_that_range_only():
    gt_boxes = np.array([[0.0, 0, 40, 40], [50, 50, 60, 60]])
    xyxy = np.array([[80.0, 0, 90, 10], [80, 20, 90, 30], [80, 40, 90, 50]])
    scores = np.array([0.9, 0.5, 0.2])
    table = table_of(find(match(xyxy, scores, gt_boxes, np.zeros(2, bool)), gt_boxes, xyxy))

    queue = Queue(scores=(0.3, 0.9))

    assert table.length(0.1, queue) == 2
    assert [one.row for one in table.neighbours(0.1, queue, None, 9)] == [0, 1]
    assert table.length(0.6, queue) == 1
    assert table.length(0.1, Queue()) == 5


@given(images_of, st.data(), thresholds)
def test_an_image_compared_again_counts_once(images, data, threshold):
    table = table_of(*images)
    kept = dict(enumerate(images))
    for _ in range(data.draw(st.integers(0, 20))):
        number = data.draw(st.integers(0, 7))
        if data.draw(st.booleans()):
            kept[number] = data.draw(scenes().map(found_in_scene))
            table.put(number, kept[number], all_open(kept[number]))
        else:
            kept.pop(number, None)
            table.drop(number)

    assert list(table.counts(threshold)[:4]) == plain_counts(list(kept.values()), threshold)
    assert len(table) == sum(map(len, kept.values()))


def test_rows_of_replaced_images_are_swept_out():
    found = found_in([[i * 50, 0, i * 50 + 30, 40] for i in range(100)], [0.5] * 100, [])
    table = table_of(found, found)

    for _ in range(100):
        table.put(1, found, all_open(found))

    assert table.counts(0.5).fp == 200
    assert len(table._columns["kind"]) < 10_000


@given(images_of, thresholds, st.sampled_from(Order))
def test_the_queue_visits_every_open_row_once_in_either_direction(images, threshold, order):
    table, queue = table_of(*images), Queue(order)

    ahead, at = [], None
    while step := table.neighbours(threshold, queue, at, 1):
        at = step[0].rank
        ahead.append(step[0])
    back, at = [], None
    while step := table.neighbours(threshold, queue, at, -1):
        at = step[0].rank
        back.append(step[0])

    assert len(ahead) == table.counts(threshold).open == table.length(threshold, queue)
    assert back == ahead[::-1]
    assert ahead == table.neighbours(threshold, queue, None, len(ahead))
    assert [one.rank for one in ahead] == sorted(one.rank for one in ahead)
    assert [table.position(threshold, queue, one.rank) for one in ahead] == [*range(len(ahead))]


@given(images_of, thresholds)
def test_the_worst_comes_first(images, threshold):
    table = table_of(*images)

    costs = [one.cost for one in table.neighbours(threshold, Queue(), None, 1000)]

    assert costs == sorted(costs, reverse=True)


def test_other_orders_go_by_image_size_and_folder():
    small = found_in([[0, 0, 10, 12]], [0.6], [])
    large = found_in([[0, 0, 100, 120]], [0.9], [])
    table = table_of(large, small, large)
    table.set_folders([1, 0, 0])

    def images(order):
        return [one.image for one in table.neighbours(0.5, Queue(order), None, 9)]

    assert images(Order.IMAGE) == [0, 1, 2]
    assert images(Order.SIZE) == [0, 2, 1]
    assert images(Order.FOLDER) == [2, 1, 0]


def test_a_random_sample_is_drawn_once_and_shrinks_with_verdicts():
    found = found_in([[i * 50, 0, i * 50 + 30, 40] for i in range(10)], [0.5] * 10, [])
    table, queue = table_of(*[found] * 10), Queue(Order.RANDOM, seed=3, sample=20)
    drawn = table.neighbours(0.5, queue, None, 100)

    settled = all_open(found)
    settled[drawn[0].row] = State.SETTLED
    table.put(drawn[0].image, found, settled)

    assert len(drawn) == 20
    assert table.neighbours(0.5, queue, None, 100) == drawn[1:]
    others = table.neighbours(0.5, Queue(Order.RANDOM, seed=4, sample=20), None, 100)
    assert [one.rank for one in others] != [one.rank for one in drawn]


def test_doubtful_ones_wait_in_a_queue_of_their_own():
    found = found_in([[0, 0, 30, 40], [100, 0, 130, 40]], [0.5, 0.8], [])
    table = DisagreementTable()

    table.put(0, found, np.array([State.DOUBTFUL, State.OPEN], np.int8))

    assert (table.counts(0.5).fp, table.counts(0.5).doubtful) == (1, 1)
    assert [one.row for one in table.neighbours(0.5, Queue(), None, 9)] == [1]
    doubtful = table.neighbours(0.5, Queue(), None, 9, State.DOUBTFUL)
    assert [one.row for one in doubtful] == [0]


def test_a_convention_takes_pairs_out_of_the_queue_and_brings_them_back():
    labels = [[x, 0, x + 30.0, 40] for x in range(0, 30 * 50, 50)]
    taller = [[x0, y0 - 8, x1, y1 + 8] for x0, y0, x1, y1 in labels]
    table = table_of(found_in(taller, [0.9] * 30, labels))
    assert table.counts(0.5).loose == 30

    habit = table.estimate_convention()
    table.set_convention(habit)
    assert habit.height == pytest.approx(np.log(56 / 40), abs=1e-6)
    assert table.counts(0.5).loose == 0

    table.set_convention(Convention())
    assert table.counts(0.5).loose == 30


def test_the_disagreements_of_one_image_come_in_the_queues_order():
    found = found_in([[0, 0, 30, 40], [100, 0, 130, 40]], [0.6, 0.8], [[300, 0, 400, 130]])
    table = table_of(found, found)

    of_image = table.of_image(1, 0.7, Queue())

    assert [(one.image, one.kind) for one in of_image] == [(1, Kind.FN), (1, Kind.FP)]
