"""Boxes and detections as numpy arrays: area, IoU, clipping, suppression, voting.

A box is `x0, y0, x1, y1` in pixels of the upright picture; x1 and y1 lie outside the box, so
its width is x1 - x0. No function here adds the "+1" of older protocols.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]
IndexArray = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Detections:
    """The faces found in one image. The arrays are read-only, so that panels can share them.

    Attributes:
        xyxy: `[N, 4]` corners x0, y0, x1, y1 in image pixels; x1 and y1 lie outside the box.
        scores: `[N]` in 0..1, classification and predicted IoU already combined.
    """

    xyxy: FloatArray
    scores: FloatArray

    def __post_init__(self) -> None:
        if self.xyxy.shape != (len(self.scores), 4):
            raise ValueError(f"xyxy must be [{len(self.scores)}, 4], got {self.xyxy.shape}")
        self.xyxy.setflags(write=False)
        self.scores.setflags(write=False)

    def __len__(self) -> int:
        return len(self.scores)

    @staticmethod
    def none() -> "Detections":
        """No face at all."""
        return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    def above(self, threshold: float) -> "Detections":
        """Those whose score is at least `threshold`."""
        kept = self.scores >= threshold
        return Detections(self.xyxy[kept], self.scores[kept])


def area(xyxy: FloatArray) -> FloatArray:
    """`[N]` areas; a box with reversed corners has none."""
    sides = np.maximum(xyxy[..., 2:] - xyxy[..., :2], 0)
    return sides[..., 0] * sides[..., 1]


def pairwise_intersection(left: FloatArray, right: FloatArray) -> FloatArray:
    """`[N, M]` areas that each of the left boxes shares with each of the right ones."""
    low = np.maximum(left[:, None, :2], right[None, :, :2])
    high = np.minimum(left[:, None, 2:], right[None, :, 2:])
    sides = np.maximum(high - low, 0)
    return sides[..., 0] * sides[..., 1]


def pairwise_iou(left: FloatArray, right: FloatArray) -> FloatArray:
    """`[N, M]` intersection over union; 0 where the union is empty."""
    shared = pairwise_intersection(left, right)
    union = area(left)[:, None] + area(right)[None, :] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def clip(xyxy: FloatArray, height: float, width: float) -> FloatArray:
    """The boxes cut to the picture `[0, width] x [0, height]`."""
    limits = np.asarray([width, height, width, height], xyxy.dtype)
    return np.clip(xyxy, 0, limits)
