"""How faces are looked for in a picture: the preset's rule with the user's changes."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from tinaface.presets import Preset, Resize

TestTimeAugmentation = Literal["none", "flip", "paper"]
# Below this the overlap of tiles is no face.
LEAST_TILE = 256
TTA_NAMES: tuple[TestTimeAugmentation, ...] = get_args(TestTimeAugmentation)


@dataclass(frozen=True)
class DetectSettings:
    """Everything that, besides the weights, decides which faces are found.

    Attributes:
        resize: how a picture becomes the network's input.
        score_floor: detections must score strictly more.
        nms_iou: a box is suppressed by a better one it overlaps strictly more than this.
        alpha: weight of the class score, `p^(2 alpha) * iou^(2 (1 - alpha))`.
        candidates_per_level: best-scoring anchors of each level kept before suppression, or all.
        faint_per_level: of those, the best kept that score less than FAINT, or all.
        least_height: least height in pixels of the original picture.
        max_detections: most faces kept a picture, or all.
        looks_twice_above: a resized picture with a longer side than this is looked at a second time
            at a quarter of its size, for the large faces; None never.
        looks_closer_from: so many small faces make a crowd, which is looked at again in larger
            pictures (`crowds`); None never.
        votes: each face is moved to the mean of the candidates around it (box voting).
        tta: "flip" adds the mirrored picture; "paper" five sizes, mirrored and shifted, with box
            voting.
        tile: longest side of network input computed at once; a larger one is cut into overlapping
            tiles. 0 never cuts; None cuts where memory would not do.
    """

    resize: Resize
    score_floor: float = 0.01
    nms_iou: float = 0.45
    alpha: float = 0.4
    candidates_per_level: int | None = None
    faint_per_level: int | None = None
    least_height: float = 0.0
    max_detections: int | None = None
    looks_twice_above: int | None = None
    looks_closer_from: int | None = None
    votes: bool = False
    tta: TestTimeAugmentation = "none"
    tile: int | None = None

    def __post_init__(self) -> None:
        # The values come from other processes too, so their kinds are checked as well.
        for name in ("score_floor", "nms_iou", "alpha"):
            if not _is_number(getattr(self, name)) or not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in 0..1, got {getattr(self, name)!r}")
        if not _is_number(self.least_height) or not 0 <= self.least_height < math.inf:
            raise ValueError(f"least_height must be 0 or more, got {self.least_height!r}")
        if self.max_detections is not None:
            _whole("max_detections", self.max_detections)
        if not isinstance(self.votes, bool):
            raise ValueError(f"votes must be true or false, got {self.votes!r}")
        if self.tta not in TTA_NAMES:
            raise ValueError(f"tta must be one of {', '.join(TTA_NAMES)}, got {self.tta!r}")
        if self.tile is not None and self.tile != 0 and _whole("tile", self.tile) < LEAST_TILE:
            raise ValueError(f"a tile must have at least {LEAST_TILE} pixels, got {self.tile}")

    @staticmethod
    def for_preset(preset: Preset, options: Mapping[str, object] | None = None) -> "DetectSettings":
        """The preset's own settings with a user's changes.

        Args:
            preset: of the weights that will be used.
            options: any of `score`, `nms_iou`, `size` ([height, width]), `long_side`,
                `least_height`, `max_detections`, `votes`, `tta` and `tile`; plain JSON
                values, as they travel to the worker.

        Raises:
            ValueError: an unknown option or a value out of range.
        """
        rule = preset.inference
        changes = dict(options or {})
        resize = rule.resize
        if "long_side" in changes:
            resize = by_long_side(resize, _whole("long_side", changes.pop("long_side")))
        if "size" in changes:
            resize = by_size(resize, changes.pop("size"))
        if "score" in changes:
            changes["score_floor"] = changes.pop("score")
        allowed = {"score_floor", "nms_iou", "least_height", "max_detections", "votes"}
        allowed |= {"tta", "tile"}
        unknown = changes.keys() - allowed
        if unknown:
            raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
        settings = DetectSettings(
            resize=resize,
            score_floor=rule.score_floor,
            nms_iou=rule.nms_iou,
            alpha=rule.alpha,
            candidates_per_level=rule.candidates_per_level,
            faint_per_level=rule.faint_per_level,
            least_height=rule.least_height,
            max_detections=rule.max_detections,
            looks_twice_above=rule.looks_twice_above,
            looks_closer_from=rule.looks_closer_from,
            votes=rule.votes,
        )
        return dataclasses.replace(settings, **changes)  # type: ignore[arg-type]  # checked there

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values, as they are stored beside predictions."""
        return dataclasses.asdict(self)


def by_long_side(resize: Resize, long_side: int) -> Resize:
    """The rule with another long side; smaller pictures are enlarged only where they were."""
    return dataclasses.replace(resize, short_side=None, long_side=long_side, pad_to=None)


def by_size(resize: Resize, size: object) -> Resize:
    """The rule that makes a picture fill `size` (height, width, or turned), keeping its aspect."""
    if not isinstance(size, list | tuple) or len(size) != 2:
        raise ValueError(f"size must be a height and a width, got {size!r}")
    short, long = sorted(_whole("size", side) for side in size)
    return dataclasses.replace(
        resize, short_side=short, long_side=long, largest_factor=None, pad_to=None
    )


def resized_size(resize: Resize, height: int, width: int) -> tuple[int, int]:
    """Height and width of the network's input before padding (specification, section 11)."""
    factor = float("inf") if resize.largest_factor is None else resize.largest_factor
    if resize.long_side is not None:
        factor = min(factor, resize.long_side / max(height, width))
    if resize.short_side is not None:
        factor = min(factor, resize.short_side / min(height, width))
    if factor == float("inf"):
        factor = 1.0
    return max(int(height * factor + 0.5), 1), max(int(width * factor + 0.5), 1)


def padded_size(resize: Resize, height: int, width: int) -> tuple[int, int]:
    """The size with its padding: a fixed one, or the next multiples."""
    if resize.pad_to is not None:
        return max(resize.pad_to[0], height), max(resize.pad_to[1], width)
    multiple = resize.pad_multiple
    return -(-height // multiple) * multiple, -(-width // multiple) * multiple


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    return value
