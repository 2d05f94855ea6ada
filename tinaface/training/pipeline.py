"""Batches of augmented pictures, in an order that depends on the seed and the step alone.

Sample n of epoch e is the same wherever a run is resumed, and whatever the threads do: the
epoch's permutation comes from (seed, epoch), the augmentation's draws from (seed, epoch, place).
"""

import itertools
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tinaface.dataset import Entry, GroundTruth
from tinaface.errors import TinaFaceError
from tinaface.images import read_rgb
from tinaface.presets import Schedule
from tinaface.training.augment import Sample, augment, mosaic, quarter

Rgb = npt.NDArray[np.uint8]
# Index of a picture, and the seed of its augmentation.
_Sampled = tuple[int, tuple[int, int]]
# Threads that decode and augment, ahead of the network by up to as many pictures. One a core: where
# the processor computes the network, too, its own threads get their share; where a GPU does, one
# thread could not feed it.
_LOADERS = min(max(os.cpu_count() or 1, 2), 16)


class Batch(NamedTuple):
    """What one step learns from.

    Attributes:
        images: `[B, S, S, 3]` float32, RGB minus mean.
        gt_boxes: `[B, G, 4]` in pixels of the square; G is the most faces of a picture of this
            batch, or the schedule's `max_faces`; rows of zeros are padding.
        face_counts: `[B]` int32, rows of `gt_boxes` that are faces.
        ignored_boxes: `[B, K, 4]` faces that count neither way, padded alike.
    """

    images: tf.Tensor
    gt_boxes: tf.Tensor
    face_counts: tf.Tensor
    ignored_boxes: tf.Tensor


class PictureStore:
    """Decoded pictures, kept until a bound is reached; may be read from several threads.

    First come, first kept: each epoch reads every picture once, so that throwing out the least
    recently used one would always throw out what is needed next.
    """

    def __init__(self, entries: Sequence[Entry], limit_bytes: int):
        self._entries = entries
        self._limit_bytes = limit_bytes
        self._kept: dict[int, Rgb] = {}
        self.kept_bytes = 0
        self._lock = threading.Lock()
        self.unreadable: dict[int, TinaFaceError] = {}

    def read(self, index: int) -> Rgb:
        """`[H, W, 3]` of one entry. Raises what is wrong with its file."""
        picture = self._kept.get(index)
        if picture is not None:
            return picture
        picture = read_rgb(self._entries[index].image)
        with self._lock:
            if self.kept_bytes + picture.nbytes <= self._limit_bytes:
                self._kept[index] = picture
                self.kept_bytes += picture.nbytes
        return picture

    def read_or_next(self, index: int) -> tuple[int, Rgb]:
        """The picture of an entry, or of the next one that can be read, and whose it is.

        A damaged file must not end a training of hours, and the next one takes its place whenever
        the run is resumed. Raises what is wrong with the first, where none can be read.
        """
        for place in range(len(self._entries)):
            taken = (index + place) % len(self._entries)
            if taken in self.unreadable:
                continue
            try:
                return taken, self.read(taken)
            except TinaFaceError as error:
                self.unreadable[taken] = error
        raise self.unreadable[index]


@dataclass(frozen=True)
class Order:
    """Which picture comes when.

    Attributes:
        repeats: `[N]` times each picture of the training set comes in an epoch.
        batch: samples a batch; each epoch's last one is filled from that epoch's beginning.
        mosaics: samples of a batch that take four pictures and not one, spread evenly.
    """

    repeats: Sequence[int]
    batch: int
    seed: int
    mosaics: int = 0

    @staticmethod
    def of(truths: Sequence[GroundTruth], schedule: Schedule, batch: int, seed: int) -> "Order":
        """The order of a training set by the schedule's rule for crowds."""
        faces = np.array([np.count_nonzero(~truth.is_ignored) for truth in truths])
        repeats = np.clip(np.round(np.sqrt(faces / 2)), 1, schedule.crowd_repeats)
        mosaics = schedule.mosaics * batch // schedule.batch
        return Order([int(count) for count in repeats], batch, seed, mosaics)

    @property
    def pictures(self) -> int:
        """Pictures a batch."""
        return self.batch + 3 * self.mosaics

    @property
    def batches_per_epoch(self) -> int:
        return -(-sum(self.repeats) // self.pictures)

    def is_mosaic(self, place: int) -> bool:
        """Whether the sample at a place of each batch takes four pictures."""
        return (place + 1) * self.mosaics // self.batch > place * self.mosaics // self.batch

    def samples(self, first_batch: int) -> Iterator[_Sampled]:
        """Endless (index, augmentation seed) from the first picture of a 0-based batch on."""
        epoch, skipped = divmod(first_batch, self.batches_per_epoch)
        start = skipped * self.pictures
        indices = np.repeat(np.arange(len(self.repeats)), self.repeats)
        while True:
            root = np.random.SeedSequence([self.seed, epoch])
            permutation = np.random.Generator(np.random.Philox(root)).permutation(indices)
            permutation = np.resize(permutation, self.batches_per_epoch * self.pictures)
            draws = int(root.generate_state(1)[0]) >> 1  # a positive int32
            for place in range(start, len(permutation)):
                yield int(permutation[place]), (draws, place)
            epoch, start = epoch + 1, 0


@dataclass(frozen=True)
class Part:
    """The places of each batch that one process takes: `start` to `stop`, `piece` a device."""

    start: int
    stop: int
    piece: int

    def of(self, order: Order, first_batch: int) -> Iterator[tuple[_Sampled, ...]]:
        """This part's endless samples from a batch on, each the one picture or four it takes."""
        pictures = order.samples(first_batch)
        for place in itertools.cycle(range(order.batch)):
            sample = tuple(itertools.islice(pictures, 4 if order.is_mosaic(place) else 1))
            if self.start <= place < self.stop:
                yield sample


def batches(
    store: PictureStore,
    truths: Sequence[GroundTruth],
    order: Order,
    schedule: Schedule,
    first_batch: int = 0,
    part: Part | None = None,
) -> tf.data.Dataset:
    """An endless dataset of `Batch` from a 0-based batch on.

    Args:
        part: of each batch that is given, in pieces for single devices; None for all in one.
    """
    part = part or Part(0, order.batch, order.batch)

    def load(index: npt.NDArray[np.int32]) -> tuple[Rgb, object, object]:
        taken, picture = store.read_or_next(int(index))
        truth = truths[taken]
        boxes = truth.gt_boxes.astype(np.float32)
        return (
            picture,
            boxes[~truth.is_ignored],
            boxes[truth.is_ignored],
        )

    def read(count: int, rule: Schedule) -> tf.data.Dataset:
        """The pictures of this part's samples that take `count`, augmented by a rule."""

        @tf.autograph.experimental.do_not_convert
        def to_sample(index: tf.Tensor, seed: tf.Tensor) -> Batch:
            image, gt_boxes, ignored = tf.numpy_function(
                load, [index], [tf.uint8, tf.float32, tf.float32], stateful=False
            )
            sample = Sample(
                tf.ensure_shape(image, [None, None, 3]),
                tf.ensure_shape(gt_boxes, [None, 4]),
                tf.ensure_shape(ignored, [None, 4]),
            )
            return _finish(augment(sample, seed, rule), rule)

        pictures = tf.data.Dataset.from_generator(
            lambda: (
                picture
                for sample in part.of(order, first_batch)
                if len(sample) == count
                for picture in sample
            ),
            output_signature=(tf.TensorSpec([], tf.int32), tf.TensorSpec([2], tf.int32)),
        )
        return pictures.map(to_sample, num_parallel_calls=_LOADERS, deterministic=True)

    samples = read(1, schedule)
    if order.mosaics:
        rule = quarter(schedule)
        fours = read(4, rule).padded_batch(4, _shapes(rule), drop_remainder=True)
        turns = [int(order.is_mosaic(place)) for place in range(part.start, part.stop)]
        choices = tf.data.Dataset.from_tensor_slices(tf.constant(turns, tf.int64)).repeat()
        samples = tf.data.Dataset.choose_from_datasets([samples, fours.map(_mosaic)], choices)
    batched = samples.padded_batch(part.piece, _shapes(schedule), drop_remainder=True).prefetch(2)
    # Nothing here is left to be tuned, and the thread that would tune sleeps for up to a minute,
    # for which the end of a training would have to wait.
    untuned = tf.data.Options()
    untuned.autotune.enabled = False
    return batched.with_options(untuned)


def _shapes(schedule: Schedule) -> Batch:
    return Batch([schedule.crop, schedule.crop, 3], [schedule.max_faces, 4], [], [None, 4])


@tf.autograph.experimental.do_not_convert
def _mosaic(fours: Batch) -> Batch:
    """One sample of four."""
    image, gt_boxes = mosaic(fours.images, fours.gt_boxes)
    _, ignored = mosaic(fours.images, fours.ignored_boxes)
    return Batch(image, gt_boxes, tf.reduce_sum(fours.face_counts), ignored)


def _finish(sample: Sample, schedule: Schedule) -> Batch:
    """Sorts the faces of one augmented sample into what is learned and what is ignored."""
    gt_boxes, ignored = sample.gt_boxes, sample.ignored_boxes
    if schedule.least_face:
        is_tiny = gt_boxes[:, 3] - gt_boxes[:, 1] < schedule.least_face
        ignored = tf.concat([ignored, tf.boolean_mask(gt_boxes, is_tiny)], axis=0)
        gt_boxes = tf.boolean_mask(gt_boxes, ~is_tiny)
    if schedule.max_faces is not None:
        sizes = gt_boxes[:, 2:] - gt_boxes[:, :2]
        largest_first = tf.gather(gt_boxes, tf.argsort(-sizes[:, 0] * sizes[:, 1], stable=True))
        ignored = tf.concat([ignored, largest_first[schedule.max_faces :]], axis=0)
        gt_boxes = largest_first[: schedule.max_faces]
    return Batch(sample.image, gt_boxes, tf.shape(gt_boxes)[0], ignored)
