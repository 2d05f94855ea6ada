"""Which disagreements are about suspicious labels."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from tinaface.boxes import FloatArray
from tinaface.disagreements import Kind
from tinaface.suspicion.suspecter import Suspicion


def probabilities(
    suspicions: Iterable[Suspicion],
    kind: npt.NDArray[np.int8],
    xyxy: FloatArray,
    partner_xyxy: FloatArray,
) -> npt.NDArray[np.float32]:
    """`[K]` how probable it is that each disagreement of an image is a wrong label.

    Labels of another picture count at the image's first disagreement only: one look is enough.

    Args:
        suspicions: of that image.
        kind, xyxy, partner_xyxy: `[K]` and `[K, 4]` twice, of its disagreements.
    """
    found = np.zeros(len(kind), np.float32)
    is_extra, is_double = kind == Kind.FP, kind == Kind.DUP
    for one in suspicions:
        if one.box is None:
            about = np.arange(len(kind)) == 0
        else:
            box = np.array(one.box, np.float32)
            about = (xyxy == box).all(axis=1) & (is_extra == (one.kind == "missing"))
            about |= (partner_xyxy == box).all(axis=1) & is_double
        found[about] = np.maximum(found[about], one.probability)
    return found
