"""Which anchor learns which face: the assigner of the specification, section 8.1, in TensorFlow.

Padding costs nothing here: a row of zeros has IoU 0 with every anchor, so it claims none. All
shapes may be unknown when traced, so that one trace serves any number of faces and any size.
"""

from typing import NamedTuple

import tensorflow as tf

# The reference's one threshold: at least this IoU makes a positive, less a negative.
POSITIVE_IOU = 0.35
# An anchor of which more than this share lies on an ignored face counts neither way.
IGNORED_IOF = 0.5
# IoU values held at once: 32 MiB of float32, whatever the number of faces and anchors.
_CHUNK_ELEMENTS = 2**23


class _Overlaps(NamedTuple):
    """What the anchors need to know of all faces, each `[B, N]`.

    Attributes:
        best: largest IoU with any face.
        first: row of the first face that reaches it.
        claim: 1 + row of the last face whose own best anchor this is, 0 for none.
    """

    best: tf.Tensor
    first: tf.Tensor
    claim: tf.Tensor


def intersection(left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """Shared areas of boxes `[..., 4]` that broadcast against each other."""
    width = tf.minimum(left[..., 2], right[..., 2]) - tf.maximum(left[..., 0], right[..., 0])
    height = tf.minimum(left[..., 3], right[..., 3]) - tf.maximum(left[..., 1], right[..., 1])
    return tf.maximum(width, 0) * tf.maximum(height, 0)


def area(boxes: tf.Tensor) -> tf.Tensor:
    """`[...]` areas of boxes `[..., 4]`."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def iou(left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """IoU of boxes that broadcast, the union floored at 1e-6 as in the reference."""
    shared = intersection(left, right)
    return shared / tf.maximum(area(left) + area(right) - shared, 1e-6)


def shares_inside(anchors: tf.Tensor, side: int) -> tf.Tensor:
    """`[N]` the share of each of `[N, 4]` anchors that lies inside a square picture."""
    picture = tf.constant([0, 0, side, side], anchors.dtype)
    return intersection(anchors, picture) / area(anchors)


def assign_anchors(
    anchors: tf.Tensor,
    gt_boxes: tf.Tensor,
    ignored_boxes: tf.Tensor | None = None,
    ignored_iof: float | None = None,
    least_claim: float = POSITIVE_IOU,
) -> tf.Tensor:
    """`[B, N]` int32: 1 + row of the face an anchor learns, 0 for background, -1 for neither.

    Args:
        anchors: `[N, 4]` of all levels.
        gt_boxes: `[B, G, 4]`, rows of zeros are padding.
        ignored_boxes: `[B, K, 4]` faces that count neither way. None: the reference as released,
            which trains them as background.
        ignored_iof: the reference's own, unreleased rule alone: an anchor with more than this
            share inside an ignored face has IoU -1 with every face. None: our rule for presets
            with `uses_ignore`, see `_is_near_ignored`; it never takes an anchor from a real face.
        least_claim: a face takes its best anchor if their IoU is at least this.

    Ties follow the reference: the first of equal faces wins an anchor; then each face in order
    takes the anchors whose IoU with it equals its largest, so later faces overwrite earlier ones.
    """
    is_removed = None
    if ignored_boxes is not None and ignored_iof is not None:
        is_removed = _largest_iof(anchors, ignored_boxes) > ignored_iof
    overlaps = _overlaps(anchors, gt_boxes, least_claim=least_claim, is_removed=is_removed)
    assigned = tf.where(overlaps.best >= POSITIVE_IOU, overlaps.first + 1, 0)
    assigned = tf.where(overlaps.claim > 0, overlaps.claim, assigned)
    if is_removed is not None:
        return tf.where(is_removed, -1, assigned)
    if ignored_boxes is not None:
        is_ignored = (assigned == 0) & _is_near_ignored(anchors, ignored_boxes)
        return tf.where(is_ignored, -1, assigned)
    return assigned


def _is_near_ignored(anchors: tf.Tensor, ignored_boxes: tf.Tensor) -> tf.Tensor:
    """`[B, N]` whether an anchor would have learned an ignored face, or lies mostly on one.

    "Would have learned" includes the best anchors of a face too small to reach POSITIVE_IOU:
    exactly those would otherwise be told that there is nothing.
    """
    overlaps = _overlaps(anchors, ignored_boxes, least_claim=1e-6)
    is_on = _largest_iof(anchors, ignored_boxes) > IGNORED_IOF
    return is_on | (overlaps.best >= POSITIVE_IOU) | (overlaps.claim > 0)


def _overlaps(
    anchors: tf.Tensor,
    boxes: tf.Tensor,
    least_claim: float,
    is_removed: tf.Tensor | None = None,
) -> _Overlaps:
    """The overlaps of all anchors with all boxes, a bounded number of boxes at a time.

    Args:
        least_claim: a box whose best IoU is less claims no anchor.
        is_removed: `[B, N]` anchors that overlap nothing.
    """
    batch, count = tf.shape(boxes)[0], tf.shape(boxes)[1]
    rows = tf.shape(anchors)[0]
    chunk = tf.maximum(_CHUNK_ELEMENTS // tf.maximum(batch * rows, 1), 1)

    def extend(start: tf.Tensor, state: _Overlaps) -> tuple[tf.Tensor, _Overlaps]:
        part = boxes[:, start : start + chunk]
        values = iou(part[:, :, None, :], anchors[None, None])
        if is_removed is not None:
            values = tf.where(is_removed[:, None], tf.cast(-1, values.dtype), values)
        best = tf.reduce_max(values, axis=1)
        first = tf.argmax(values, axis=1, output_type=tf.int32) + start
        own_best = tf.reduce_max(values, axis=2, keepdims=True)
        is_claim = (values == own_best) & (own_best >= least_claim)
        order = tf.range(start + 1, start + 1 + tf.shape(part)[1])
        claim = tf.reduce_max(tf.where(is_claim, order[None, :, None], 0), axis=1)
        is_better = best > state.best  # strictly, so that the first of equals stays
        return start + chunk, _Overlaps(
            tf.where(is_better, best, state.best),
            tf.where(is_better, first, state.first),
            tf.maximum(state.claim, claim),
        )

    none = tf.zeros([batch, rows], tf.int32)
    # Below every IoU, so that the first box counts even where it overlaps nothing.
    least = tf.fill([batch, rows], tf.cast(-2, anchors.dtype))
    _, overlaps = tf.while_loop(
        lambda start, _: start < count,
        extend,
        (tf.constant(0), _Overlaps(least, none, none)),
        parallel_iterations=1,
    )
    return overlaps


def _largest_iof(anchors: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """`[B, N]` the largest share of an anchor that lies inside one of `[B, K, 4]` boxes."""
    batch, count = tf.shape(boxes)[0], tf.shape(boxes)[1]
    rows = tf.shape(anchors)[0]
    chunk = tf.maximum(_CHUNK_ELEMENTS // tf.maximum(batch * rows, 1), 1)
    size = tf.maximum(area(anchors), 1e-6)

    def extend(start: tf.Tensor, largest: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        part = boxes[:, start : start + chunk]
        share = intersection(part[:, :, None, :], anchors[None, None]) / size
        return start + chunk, tf.maximum(largest, tf.reduce_max(share, axis=1))

    _, largest = tf.while_loop(
        lambda start, _: start < count,
        extend,
        (tf.constant(0), tf.zeros([batch, rows], anchors.dtype)),
        parallel_iterations=1,
    )
    return largest
