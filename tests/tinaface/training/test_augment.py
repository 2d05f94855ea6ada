"""Augmentation where the draws are our own: what is random has the law it should have."""

import dataclasses

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from tinaface.presets import PIXEL_MEAN, Schedule  # noqa: E402
from tinaface.training import augment  # noqa: E402
from tinaface.training.augment import Sample  # noqa: E402

pytestmark = pytest.mark.tf

REFERENCE = Schedule(crop=64)
BOXES = tf.constant([[20.0, 30, 40, 50]])
NONE = tf.zeros([0, 4])


def seeds(count):
    return [tf.constant([7, place], tf.int32) for place in range(count)]


def picture(height=80, width=120):
    rng = np.random.default_rng(0)
    return tf.constant(rng.integers(0, 256, (height, width, 3)), tf.uint8)


def test_the_same_seed_gives_the_same_sample():
    sample = Sample(picture(), BOXES, NONE)

    first = augment.augment(sample, tf.constant([3, 4]), REFERENCE)
    second = augment.augment(sample, tf.constant([3, 4]), REFERENCE)

    for left, right in zip(first, second, strict=True):
        np.testing.assert_array_equal(left, right)


def test_a_sample_has_the_side_of_the_schedule_and_its_boxes_inside():
    for seed in seeds(20):
        sample = augment.augment(Sample(picture(), BOXES, NONE), seed, REFERENCE)

        assert sample.image.shape == (64, 64, 3)
        assert len(sample.gt_boxes) == 1
        assert np.all((sample.gt_boxes >= 0) & (sample.gt_boxes <= 64))


def test_every_share_of_the_shorter_side_is_drawn_equally_often():
    shares = (0.3, 0.45, 0.6, 0.8, 1.0)
    draw = tf.function(augment.draw_side_by_share, reduce_retracing=True)

    sides = [int(draw(seed, tf.constant(100), tf.constant(140), shares)) for seed in seeds(1000)]

    counts = np.bincount(sides, minlength=101)[[30, 45, 60, 80, 100]]
    assert counts.sum() == 1000
    assert np.all(np.abs(counts - 200) < 5 * np.sqrt(1000 * 0.2 * 0.8))


def test_zoom_is_log_uniform():
    draw = tf.function(augment.draw_side_by_zoom, reduce_retracing=True)

    factors = np.array([64 / int(draw(seed, 64, (0.5, 2.0))) for seed in seeds(1000)])

    assert factors.min() >= 0.49
    assert factors.max() <= 2.01
    assert abs(np.mean(factors < 1) - 0.5) < 5 * 0.5 / np.sqrt(1000)


def test_crops_of_the_reference_lie_inside_the_picture():
    for seed in seeds(20):
        patches = augment.draw_patches(seed, tf.constant(90), tf.constant(60), tf.constant(40))

        assert len(patches) == augment.CROP_TRIES
        assert np.all(patches[:, :2] >= 0)
        assert np.all(patches[:, 2:] <= [60, 90])
        assert np.all(patches[:, 2:] - patches[:, :2] == 40)


def test_without_any_face_the_last_try_is_taken():
    patches = tf.constant([[0, 0, 9, 9], [5, 5, 14, 14]])

    chosen = augment.first_patch_with_face(patches, NONE)

    assert chosen.numpy().tolist() == [5, 5, 14, 14]


def test_a_share_of_the_crops_lies_anywhere():
    schedule = dataclasses.replace(REFERENCE, zoom=(4.0, 4.0))  # most squares miss the face

    def found(share):
        rule = dataclasses.replace(schedule, anywhere=share)
        samples = [augment.augment(Sample(picture(), BOXES, NONE), s, rule) for s in seeds(40)]
        return sum(len(sample.gt_boxes) for sample in samples)

    assert found(0.0) == 40
    assert found(1.0) < 10
    assert 10 < found(0.5) < 35


def test_a_crop_larger_than_the_picture_is_padded_with_the_mean_colour():
    sample = Sample(tf.cast(picture(40, 40), tf.float32), NONE, NONE)

    cropped = augment.crop(sample, tf.constant([-10, -20, 60, 50]))

    assert cropped.image.shape == (70, 70, 3)
    np.testing.assert_allclose(cropped.image[0, 0], PIXEL_MEAN, rtol=1e-6)
    np.testing.assert_allclose(cropped.image[20:60, 10:50], sample.image, atol=1e-4)


def test_a_face_cut_by_the_crop_is_ignored_where_the_preset_says_so():
    sample = Sample(tf.zeros([80, 120, 3]), BOXES, NONE)
    patch = tf.constant([35, 30, 75, 70])  # the centre is left of it

    reference = augment.crop(sample, patch)
    ours = augment.crop(sample, patch, ignores_cut=True)

    assert len(reference.gt_boxes) == len(reference.ignored_boxes) == len(ours.gt_boxes) == 0
    assert ours.ignored_boxes.numpy().tolist() == [[0, 0, 5, 20]]


def test_half_of_the_pictures_are_distorted():
    draw = tf.function(augment.draw_distortion)

    draws = [draw(seed) for seed in seeds(1000)]

    share = np.mean([bool(each.is_on) for each in draws])
    assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(1000)
    assert all(float(d.contrast_first) == 1 or float(d.contrast_last) == 1 for d in draws)
    assert max(abs(float(d.shift)) for d in draws) <= 32
    assert max(abs(float(d.hue)) for d in draws) <= 18


def test_a_distorted_picture_stays_within_its_range():
    image = tf.cast(picture(), tf.float32)

    for seed in seeds(30):
        changed = augment.distort(image, augment.draw_distortion(seed)).numpy()

        assert changed.min() >= 0
        assert changed.max() <= 255


def test_flipping_twice_is_the_identity():
    sample = Sample(tf.cast(picture(), tf.float32), BOXES, NONE)

    twice = augment.flip(augment.flip(sample))

    np.testing.assert_array_equal(twice.image, sample.image)
    np.testing.assert_array_equal(twice.gt_boxes, sample.gt_boxes)


def test_a_mosaic_lays_four_pictures_out_as_they_are_read():
    images = np.arange(4, dtype=np.float32)[:, None, None, None] * np.ones((4, 2, 2, 3), np.float32)

    picture, _ = augment.mosaic(tf.constant(images), tf.zeros([4, 0, 4]))

    np.testing.assert_array_equal(
        picture[:, :, 0], [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]
    )


def test_a_mosaic_moves_boxes_with_their_pictures_and_drops_padding():
    boxes = np.zeros((4, 2, 4), np.float32)
    boxes[1, 0] = 1, 2, 3, 4
    boxes[2, 0] = 5, 6, 7, 8
    boxes[2, 1] = 0, 0, 9, 9

    _, moved = augment.mosaic(tf.zeros([4, 10, 10, 3]), tf.constant(boxes))

    np.testing.assert_array_equal(moved, [[11, 2, 13, 4], [5, 16, 7, 18], [0, 10, 9, 19]])


def test_a_quarter_of_a_mosaic_shows_as_much_in_half_the_side():
    rule = augment.quarter(Schedule(crop=320, zoom=(0.6, 2.0)))

    assert (rule.crop, rule.zoom) == (160, (0.3, 1.0))
