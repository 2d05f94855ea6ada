"""Many disagreements at once, in the order of a queue, as arrays: what a page of tiles shows."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from tinaface.boxes import FloatArray, IndexArray
from tinaface.disagreements import Kind


@dataclass(frozen=True)
class Listed:
    """One of them.

    Attributes:
        image: number of its image.
        xyxy: of an FP the prediction, else the label; of a DUP the later one.
        partner_xyxy: the prediction that found an FN or LOOSE at some score, or the earlier label
            of a DUP; None where there is none.
        score: of the prediction; of a DUP the IoU of both labels; None where nothing was found.
    """

    image: int
    kind: Kind
    xyxy: tuple[float, float, float, float]
    partner_xyxy: tuple[float, float, float, float] | None
    score: float | None


@dataclass(frozen=True, eq=False)
class Listing:
    """N disagreements, the first one first.

    Attributes:
        image: `[N]` int32 numbers of images.
        kind: `[N]` int8 Kind.
        xyxy, partner_xyxy: `[N, 4]` float32 as in `Listed`; not a number where there is no partner.
        score: `[N]` float32, not a number where nothing was found.
    """

    image: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int8]
    xyxy: npt.NDArray[np.float32]
    partner_xyxy: npt.NDArray[np.float32]
    score: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.image)

    def __getitem__(self, place: int) -> Listed:
        partner, score = self.partner_xyxy[place], float(self.score[place])
        return Listed(
            int(self.image[place]),
            Kind(int(self.kind[place])),
            _corners(self.xyxy[place]),
            None if np.isnan(partner).any() else _corners(partner),
            None if np.isnan(score) else score,
        )

    def __iter__(self) -> Iterator[Listed]:
        return (self[place] for place in range(len(self)))

    def take(self, places: IndexArray) -> "Listing":
        """These places of it."""
        return Listing(*(getattr(self, field.name)[places] for field in fields(self)))

    def places_of(self, others: "Listing") -> IndexArray:
        """`[M]` where each of other disagreements stands in this listing; -1 where it is gone."""
        place_of = {key: place for place, key in enumerate(self._keys())}
        return np.array([place_of.get(key, -1) for key in others._keys()], np.intp)

    def _keys(self) -> list[bytes]:
        """What tells one from another: its image, its kind and its very box."""
        columns = (self.image[:, None], self.kind[:, None], self.xyxy)
        rows = np.concatenate([column.astype("<f4") for column in columns], axis=1)
        return [row.tobytes() for row in rows]

    @staticmethod
    def none() -> "Listing":
        """No disagreement."""
        empty = np.zeros((0, 4), np.float32)
        nothing = np.zeros(0, np.float32)
        return Listing(nothing.astype(np.int32), nothing.astype(np.int8), empty, empty, nothing)


def _corners(xyxy: FloatArray) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(side) for side in xyxy)
    return x0, y0, x1, y1
