"""Order and content of the batches."""

import dataclasses
import itertools

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from tinaface.dataset import GroundTruth, ground_truth, labelled_images  # noqa: E402
from tinaface.errors import DatasetError  # noqa: E402
from tinaface.presets import Schedule  # noqa: E402
from tinaface.training.pipeline import Order, Part, PictureStore, batches  # noqa: E402

pytestmark = pytest.mark.tf

SCHEDULE = Schedule(crop=64)


def stream(entries, schedule=SCHEDULE, first_batch=0, truths=None, batch=4):
    truths = truths or [ground_truth(entry) for entry in entries]
    order = Order.of(truths, schedule, batch, seed=5)
    store = PictureStore(entries, 2**20)
    return iter(batches(store, truths, order, schedule, first_batch))


def test_every_epoch_holds_every_picture_and_fills_its_last_batch():
    order = Order([1] * 10, batch=4, seed=0)

    epoch = [index for index, _ in itertools.islice(order.samples(0), 12)]

    assert sorted(epoch[:10]) == list(range(10))
    assert epoch[10:] == epoch[:2]


def test_crowds_come_more_often_where_the_schedule_says_so():
    truths = [
        GroundTruth(np.zeros((count, 4), np.float32), np.zeros(count, bool))
        for count in (0, 1, 2, 8, 18, 500)
    ]

    once = Order.of(truths, Schedule(), batch=4, seed=0)
    often = Order.of(truths, Schedule(crowd_repeats=6), batch=4, seed=0)

    assert once.repeats == [1] * 6
    assert often.repeats == [1, 1, 1, 2, 3, 6]
    assert [i for i, _ in itertools.islice(often.samples(0), 14)].count(5) == 6


def test_two_epochs_differ_in_order_and_in_draws():
    samples = list(itertools.islice(Order([1] * 10, batch=5, seed=0).samples(0), 20))

    assert [index for index, _ in samples[:10]] != [index for index, _ in samples[10:]]
    assert len({draws for _, draws in samples}) == 20


def test_samples_from_a_later_batch_on_are_those_of_the_whole_run():
    order = Order([1, 1, 2, 1, 1, 1, 1], batch=3, seed=1)
    whole = list(itertools.islice(order.samples(0), 40))

    later = list(itertools.islice(order.samples(5), 20))

    assert later == whole[15:35]


MOSAICS = Schedule(crop=64, zoom=(0.6, 2.0), batch=4, mosaics=2)


def test_an_epoch_with_mosaics_takes_four_pictures_for_each():
    order = Order([1] * 22, batch=4, seed=0, mosaics=3)

    assert order.pictures == 13
    assert order.batches_per_epoch == 2
    epoch = [index for index, _ in itertools.islice(order.samples(0), 26)]
    assert sorted(epoch[:22]) == list(range(22))


def test_mosaics_are_spread_evenly_and_grow_with_the_batch():
    truths = [GroundTruth(np.zeros((1, 4), np.float32), np.zeros(1, bool))] * 9

    order = Order.of(truths, MOSAICS, batch=8, seed=0)

    assert [order.is_mosaic(place) for place in range(8)] == [False, True] * 4
    assert Order.of(truths, SCHEDULE, batch=8, seed=0).mosaics == 0


def test_a_batch_of_pictures_and_mosaics_has_one_size_and_its_faces_first(faces):
    batch = next(stream(labelled_images(faces / "train"), MOSAICS))

    assert batch.images.shape == (4, 64, 64, 3)
    assert batch.gt_boxes.shape[0] == batch.ignored_boxes.shape[0] == 4
    for boxes, count in zip(batch.gt_boxes, batch.face_counts, strict=True):
        assert np.count_nonzero(np.any(boxes, axis=1)) == count
        assert np.all(np.any(boxes[: int(count)], axis=1))


@pytest.mark.parametrize("schedule", [SCHEDULE, MOSAICS])
def test_batches_from_a_later_one_on_are_those_of_the_whole_run(faces, schedule):
    entries = labelled_images(faces / "train")
    whole = stream(entries, schedule)
    for _ in range(2):
        next(whole)

    resumed = stream(entries, schedule, first_batch=2)
    for left, right in zip(next(whole), next(resumed), strict=True):
        np.testing.assert_array_equal(left, right)


def test_padding_follows_the_most_faces_of_the_batch(faces):
    batch = next(stream(labelled_images(faces / "train")))

    assert batch.gt_boxes.shape[1] == max(batch.face_counts.numpy())
    for boxes, count in zip(batch.gt_boxes.numpy(), batch.face_counts.numpy(), strict=True):
        assert np.all(boxes[count:] == 0)
        assert np.all(boxes[:count, 2:] > boxes[:count, :2])


def test_the_padded_tensor_of_the_seed_keeps_the_largest_and_ignores_the_rest(faces):
    entries = labelled_images(faces / "train")[:1]
    sides = np.arange(1, 9)
    corners = np.full((8, 2), 30.0)
    boxes = np.concatenate([corners, corners + sides[:, None]], axis=1).astype(np.float32)
    truth = GroundTruth(boxes, np.zeros(8, bool))
    schedule = dataclasses.replace(SCHEDULE, max_faces=5, uses_ignore=True, crop_scales=(1.0,))

    batch = next(stream(entries, schedule, truths=[truth], batch=1))

    assert batch.gt_boxes.shape == (1, 5, 4)
    assert batch.face_counts.numpy().tolist() == [5]
    kept = batch.gt_boxes[0].numpy()
    ignored = batch.ignored_boxes[0].numpy()
    assert len(ignored) == 3
    assert (ignored[:, 3] - ignored[:, 1]).max() < (kept[:, 3] - kept[:, 1]).min()


def test_faces_too_small_to_learn_are_ignored(faces):
    entries = labelled_images(faces / "train")
    schedule = dataclasses.replace(SCHEDULE, least_face=1000.0, uses_ignore=True)

    batch = next(stream(entries, schedule))

    assert batch.gt_boxes.shape[1] == 0
    assert batch.ignored_boxes.shape[1] > 0


def test_the_next_picture_takes_the_place_of_one_that_cannot_be_read(faces):
    entries = labelled_images(faces / "train")[:3]
    entries[2].image.write_bytes(b"no picture")
    store = PictureStore(entries, 2**20)

    taken, picture = store.read_or_next(2)

    assert taken == 0
    assert picture is store.read(0)
    assert entries[2].name in str(store.unreadable[2])


def test_pictures_none_of_which_can_be_read_end_the_training(faces):
    entries = labelled_images(faces / "train")[:1]
    entries[0].image.write_bytes(b"no picture")

    with pytest.raises(DatasetError, match=entries[0].name):
        PictureStore(entries, 0).read_or_next(0)


@pytest.mark.parametrize("mosaics", [0, 2])
def test_parts_of_a_batch_are_together_the_whole_one(mosaics):
    order = Order([1] * 10, batch=6, seed=3, mosaics=mosaics)
    whole = list(itertools.islice(order.samples(1), 4 * order.pictures))

    parts = [
        list(itertools.islice(Part(start, start + 2, 1).of(order, 1), 8)) for start in (0, 2, 4)
    ]

    joined = [
        picture
        for step in range(4)
        for part in parts
        for sample in part[2 * step : 2 * step + 2]
        for picture in sample
    ]
    assert joined == whole


def test_the_store_keeps_no_more_than_its_bound(faces):
    entries = labelled_images(faces / "train")
    one = 72 * 96 * 3
    store = PictureStore(entries, 2 * one)

    pictures = [store.read(index) for index in range(4)]

    again = [store.read(index) is picture for index, picture in enumerate(pictures)]
    assert again == [True, True, False, False]
