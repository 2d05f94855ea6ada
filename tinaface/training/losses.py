"""The three losses and the loss of a whole batch (specification, sections 7 and 8), differentiable.

Sums over anchors and levels, divided once by the batch's number of positives: a crowd weighs more
than a portrait, as in the reference.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tinaface.training.targets import POSITIVE_IOU, area, assign_anchors, intersection, iou

FOCAL_ALPHA = 0.25
FOCAL_GAMMA = 2.0
BOX_WEIGHT = 2.0

# The coder's standard deviations, and the largest |ln| of a side ratio it decodes.
_STDS = (0.1, 0.1, 0.2, 0.2)
_LARGEST_LOG_RATIO = abs(math.log(16 / 1000))
# The reference's focal kernel floors p inside its logarithm at the least normal float32.
_LEAST_LOG = float(np.log(np.finfo(np.float32).tiny))


class LossSums(NamedTuple):
    """Sums over all anchors of a batch, not yet divided; `total` carries the gradient.

    Attributes:
        classification: focal loss of every positive and negative, or cross entropy of the positives
            and the hardest negatives.
        box: BOX_WEIGHT times DIoU loss of the positives.
        iou: cross entropy of the IoU branch, positives alone.
        normaliser: sum over images of max(positives, 1).
    """

    classification: tf.Tensor
    box: tf.Tensor
    iou: tf.Tensor
    normaliser: tf.Tensor

    @property
    def total(self) -> tf.Tensor:
        return self.classification + self.box + self.iou

    def averaged(self) -> dict[str, tf.Tensor]:
        """The figures that are logged: each sum, and their total, over the normaliser."""
        parts = {
            "loss": self.total,
            "loss_classification": self.classification,
            "loss_box": self.box,
            "loss_iou": self.iou,
        }
        return {name: value / self.normaliser for name, value in parts.items()}


def decode(anchors: tf.Tensor, deltas: tf.Tensor) -> tf.Tensor:
    """Boxes `[..., 4]` that deltas make of anchors; not clipped to the picture.

    Source: specification, section 7. Gradients reach the deltas; none where a ratio is clipped.
    """
    deltas = deltas * tf.constant(_STDS, deltas.dtype)
    size = anchors[..., 2:] - anchors[..., :2]
    centre = (anchors[..., :2] + anchors[..., 2:]) * 0.5 + deltas[..., :2] * size
    log_ratio = tf.clip_by_value(deltas[..., 2:], -_LARGEST_LOG_RATIO, _LARGEST_LOG_RATIO)
    half = size * tf.exp(log_ratio) * 0.5
    return tf.concat([centre - half, centre + half], axis=-1)


def focal_loss(logits: tf.Tensor, is_face: tf.Tensor) -> tf.Tensor:
    """Element-wise focal loss of logits against a boolean of the same shape."""
    probability = tf.sigmoid(logits)
    log_p = tf.math.log_sigmoid(logits)
    # Floored in value alone: the reference's gradient is that of the unfloored logarithm.
    log_p += tf.stop_gradient(tf.maximum(log_p, _LEAST_LOG) - log_p)
    positive = -FOCAL_ALPHA * (1 - probability) ** FOCAL_GAMMA * log_p
    negative = (1 - FOCAL_ALPHA) * probability**FOCAL_GAMMA * tf.math.softplus(logits)
    return tf.where(is_face, positive, negative)


def mined_loss(
    logits: tf.Tensor, is_face: tf.Tensor, is_background: tf.Tensor, negatives: int
) -> tf.Tensor:
    """Cross entropy of the positives and, per picture, of the hardest negatives; 0 elsewhere.

    Args:
        logits: `[B, N]`.
        is_face: `[B, N]` the positives.
        is_background: `[B, N]` the negatives; what is neither counts neither way.
        negatives: how many of them a positive; a picture without positives has as many as one.

    Source: hard negative mining of SSD (arXiv 1512.02325), as RetinaFace uses it.
    """
    losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(is_face, logits.dtype), logits)
    positives = tf.reduce_sum(tf.cast(is_face, tf.int32), axis=1)
    wanted = negatives * tf.maximum(positives, 1)
    hardness = tf.where(is_background, losses, tf.fill(tf.shape(losses), losses.dtype.min))
    ranked = tf.sort(hardness, axis=1, direction="DESCENDING")
    last = tf.minimum(wanted, tf.shape(losses)[1]) - 1
    least = tf.gather(ranked, last, axis=1, batch_dims=1)[:, None]
    counts = is_face | (is_background & (hardness >= least))
    return tf.where(counts, losses, tf.zeros_like(losses))


def diou_loss(boxes: tf.Tensor, gt_boxes: tf.Tensor) -> tf.Tensor:
    """`[...]` 1 - IoU + (distance of the centres / diagonal of the enclosing box) squared."""
    shared = intersection(boxes, gt_boxes)
    overlap = shared / (area(boxes) + area(gt_boxes) - shared + 1e-6)
    enclosing = tf.maximum(boxes[..., 2:], gt_boxes[..., 2:])
    enclosing = tf.maximum(enclosing - tf.minimum(boxes[..., :2], gt_boxes[..., :2]), 0)
    diagonal = tf.reduce_sum(enclosing**2, axis=-1) + 1e-6
    offset = gt_boxes[..., :2] + gt_boxes[..., 2:] - boxes[..., :2] - boxes[..., 2:]
    distance = tf.reduce_sum(offset**2, axis=-1) / 4
    return 1 - overlap + distance / diagonal


def iou_loss(logits: tf.Tensor, reached: tf.Tensor) -> tf.Tensor:
    """Element-wise cross entropy of the IoU branch against the IoU that the box reached."""
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=reached, logits=logits)


def batch_loss(
    outputs: Mapping[str, Sequence[tf.Tensor]],
    anchors: tf.Tensor,
    gt_boxes: tf.Tensor,
    ignored_boxes: tf.Tensor | None = None,
    least_claim: float = POSITIVE_IOU,
    is_judged: tf.Tensor | None = None,
    mined_negatives: int = 0,
) -> LossSums:
    """The losses of a batch before division.

    Args:
        outputs: the detector's three lists of NHWC tensors, finest level first.
        anchors: `[N, 4]` of all levels in that order.
        gt_boxes: `[B, G, 4]`, rows of zeros are padding.
        ignored_boxes: `[B, K, 4]`, or None to train them as background (`uses_ignore`).
        least_claim: a face takes its best anchor if their IoU is at least this.
        is_judged: `[N]` anchors that count at all; None for every one.
        mined_negatives: hardest negatives a positive (`mined_loss`); 0 for the focal loss.
    """
    dtype = anchors.dtype
    logits = _flatten(outputs["class_logits"], 1, dtype)[..., 0]
    deltas = _flatten(outputs["box_deltas"], 4, dtype)
    iou_logits = _flatten(outputs["iou_logits"], 1, dtype)[..., 0]

    assigned = assign_anchors(anchors, gt_boxes, ignored_boxes, least_claim=least_claim)
    if is_judged is not None:
        assigned = tf.where(is_judged, assigned, -1)
    is_face = assigned > 0
    if mined_negatives:
        classification = mined_loss(logits, is_face, assigned == 0, mined_negatives)
    else:
        focal = focal_loss(logits, is_face)
        classification = tf.where(assigned >= 0, focal, tf.zeros_like(logits))

    places = tf.where(is_face)  # [P, 2] image, anchor
    faces = tf.stack([places[:, 0], tf.cast(tf.gather_nd(assigned, places), tf.int64) - 1], axis=1)
    gt = tf.gather_nd(gt_boxes, faces)
    boxes = decode(tf.gather(anchors, places[:, 1]), tf.gather_nd(deltas, places))
    reached = tf.stop_gradient(iou(boxes, gt))
    iou_branch = iou_loss(tf.gather_nd(iou_logits, places), reached)

    positives = tf.reduce_sum(tf.cast(is_face, dtype), axis=1)
    return LossSums(
        classification=tf.reduce_sum(classification),
        box=BOX_WEIGHT * tf.reduce_sum(diou_loss(boxes, gt)),
        iou=tf.reduce_sum(iou_branch),
        normaliser=tf.reduce_sum(tf.maximum(positives, 1)),
    )


def _flatten(levels: Sequence[tf.Tensor], width: int, dtype: tf.DType) -> tf.Tensor:
    """`[B, N, width]` of all levels: by row, column, anchor, in the working precision."""
    batch = tf.shape(levels[0])[0]
    return tf.concat(
        [tf.cast(tf.reshape(level, [batch, -1, width]), dtype) for level in levels], axis=1
    )
